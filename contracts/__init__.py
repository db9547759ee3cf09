"""Data contracts: reading them, and deriving every schema from them."""

from .model import (
    Authentication,
    Contract,
    ContractError,
    DatabaseEngine,
    DatabaseTable,
    Delivery,
    EpochUnit,
    Field,
    FieldType,
    Quota,
    QuotaPeriod,
    Throttle,
)
from .odcs import load, load_all

__all__ = [
    "Authentication",
    "Contract",
    "ContractError",
    "DatabaseEngine",
    "DatabaseTable",
    "Delivery",
    "EpochUnit",
    "Field",
    "FieldType",
    "Quota",
    "QuotaPeriod",
    "Throttle",
    "load",
    "load_all",
]
