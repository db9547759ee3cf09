"""What `--fix` does to an event: an expression of jq (https://jqlang.org/manual/) turns its JSON into another.

jq computes with 64-bit floating point. Larger whole numbers that the expression leaves alone are given back unharmed.
"""

from collections.abc import Iterator
from typing import Any

from ..errors import CommandError

_EXACT = 2**53
"""Up to here a floating-point number holds every whole number."""


_JSON_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "an array",
    type(None): "null",
}


class NotFixed(Exception):
    """The expression makes no event of an event; the argument says why."""


class Fix:
    """A compiled expression."""

    def __init__(self, expression: str) -> None:
        """Raises CommandError with jq's own message, which shows the place in the expression."""
        import jq

        try:
            self._program = jq.compile(expression)
            self._identity = jq.compile(".")
        except ValueError as error:
            raise CommandError(f"--fix: jq does not understand the expression: {error}") from None

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event as the expression makes it. Raises NotFixed."""
        large = self._large_numbers(event)
        try:
            results = self._program.input_value(event).all()
        except ValueError as error:
            raise NotFixed(f"--fix: {error}") from None
        if len(results) != 1 or not isinstance(results[0], dict):
            what = f"{len(results)} values" if len(results) != 1 else _JSON_NAMES[type(results[0])]
            raise NotFixed(f"--fix: gives {what}; an event must become one JSON object")
        fixed: dict[str, Any] = _restored(results[0], large)
        return fixed

    def _large_numbers(self, event: dict[str, Any]) -> dict[float, int]:
        """The event's whole numbers that jq rounds, by what it makes of them."""
        found: dict[float, int] = {}
        for number in _numbers(event):
            rounded = self._identity.input_value(number).first()
            if found.setdefault(rounded, number) != number:
                raise NotFixed(f"--fix: jq cannot tell the event's numbers {number} and {found[rounded]} apart")
        return found


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int) and abs(value) >= _EXACT:
        yield value


def _restored(value: Any, large: dict[float, int]) -> Any:
    if isinstance(value, dict):
        return {name: _restored(item, large) for name, item in value.items()}
    if isinstance(value, list):
        return [_restored(item, large) for item in value]
    return large.get(value, value) if type(value) in (int, float) else value
