"""What each dashboard shows, declared once: the question, the measures, the dimension, the chart."""

from .checks import DeclarationError, check
from .feedback import FEEDBACK
from .marketing import MARKETING
from .model import (
    STORE,
    TIME,
    Aggregation,
    Chart,
    Column,
    ColumnType,
    Dashboard,
    DataSet,
    Dimension,
    Filter,
    Format,
    Granularity,
    Line,
    Measure,
    Only,
    Ratio,
    Visual,
    Width,
)
from .operations import OPERATIONS
from .restaurant import RESTAURANT
from .sales import SALES

ALL = (RESTAURANT, SALES, MARKETING, FEEDBACK, OPERATIONS)
"""Every dashboard of the platform."""

__all__ = [
    "ALL",
    "FEEDBACK",
    "MARKETING",
    "OPERATIONS",
    "RESTAURANT",
    "SALES",
    "STORE",
    "TIME",
    "Aggregation",
    "Chart",
    "Column",
    "ColumnType",
    "Dashboard",
    "DataSet",
    "DeclarationError",
    "Dimension",
    "Filter",
    "Format",
    "Granularity",
    "Line",
    "Measure",
    "Only",
    "Ratio",
    "Visual",
    "Width",
    "check",
]
