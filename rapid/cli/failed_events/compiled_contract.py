"""A contract's own check of an event, as the functions run it, to know here whether an event would pass."""

from collections.abc import Callable
from typing import Any

from contracts import Contract, validator

Check = Callable[[Any], list[dict[str, str]]]


def check_of(contract: Contract) -> Check:
    """What gives the errors of an event, field and reason each; none where it passes."""
    names = validator.compiled(contract)

    def check(event: Any) -> list[dict[str, str]]:
        _, errors = names["check"](event)
        return list(errors)

    return check
