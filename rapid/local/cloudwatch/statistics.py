"""The statistics of CloudWatch, by their names.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import re
from collections.abc import Callable

from ..service_error import ServiceError, unsupported
from .metrics import StatisticSet

BASIC: dict[str, Callable[[StatisticSet], float]] = {
    "SampleCount": lambda told: told.sample_count,
    "Average": lambda told: told.sum / told.sample_count,
    "Sum": lambda told: told.sum,
    "Minimum": lambda told: told.minimum,
    "Maximum": lambda told: told.maximum,
}
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_TRIMMED = re.compile(r"IQM|(tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)|(TM|WM|PR|TC|TS)\([\d.%]*:[\d.%]*\)")


def of(name: str, told: StatisticSet) -> float | None:
    """A statistic; None where the values that it needs are not known."""
    if name in BASIC:
        return BASIC[name](told)
    return told.percentile(float(name[1:]))


def check(name: str, code: str, member: str) -> None:
    """Raise ServiceError for what is no statistic, and for one that is not supported."""
    if name in BASIC or _PERCENTILE.fullmatch(name):
        return
    if _TRIMMED.fullmatch(name):
        raise unsupported(f"the statistic {name}")
    raise ServiceError(code, f"The value {name} for parameter {member} is not supported.")
