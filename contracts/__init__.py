"""Data contracts: reading them, and deriving every schema from them."""

from .model import (
    Authentication,
    BrowserCredentials,
    Condition,
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
    Unpack,
)
from .odcs import load, load_all

__all__ = [
    "Authentication",
    "BrowserCredentials",
    "Condition",
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
    "Unpack",
    "load",
    "load_all",
]
