"""What each dashboard shows, declared once: the question, the measures, the dimension, the chart."""

from .model import Aggregation, Chart, Column, ColumnType, Dashboard, Dimension, Granularity, Measure, Visual
from .orders import ORDERS

ALL = (ORDERS,)
"""Every dashboard of the platform."""

__all__ = [
    "ALL",
    "ORDERS",
    "Aggregation",
    "Chart",
    "Column",
    "ColumnType",
    "Dashboard",
    "Dimension",
    "Granularity",
    "Measure",
    "Visual",
]
