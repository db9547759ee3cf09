"""Values outside the range that an API states, in the words that its validation answers."""

from collections.abc import Sequence
from typing import Any

from ..input_constraints import violation
from ..service_error import ServiceError


def at_least(member: str, value: int, minimum: int) -> None:
    """Raises ServiceError if a member is below its minimum."""
    if value < minimum:
        raise _violated(member, value, f"Member must have value greater than or equal to {minimum}")


def at_most(member: str, value: int, maximum: int) -> None:
    """Raises ServiceError if a member is above its maximum."""
    if value > maximum:
        raise _violated(member, value, f"Member must have value less than or equal to {maximum}")


def no_longer_than(member: str, value: str, maximum: int) -> None:
    """Raises ServiceError if a member has more characters than it may."""
    if len(value) > maximum:
        raise _violated(member, value, f"Member must have length less than or equal to {maximum}")


def one_of(member: str, value: str, values: Sequence[str]) -> None:
    """Raises ServiceError if a member is none of its values."""
    if value not in values:
        raise _violated(member, value, f"Member must satisfy enum value set: [{', '.join(values)}]")


def _violated(member: str, value: Any, constraint: str) -> ServiceError:
    return ServiceError("ValidationException", violation(value, member, constraint))
