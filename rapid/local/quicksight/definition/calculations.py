"""Calculated fields: arithmetic over aggregations, such as `sum({revenue}) / sum({orders})`.

https://docs.aws.amazon.com/quicksight/latest/user/calculated-field-reference.html; this much of it, strictly.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...service_error import ServiceError, unsupported
from ..errors import invalid

AGGREGATIONS = {
    "avg": "avg({})",
    "count": "count({})",
    "distinct_count": "count(DISTINCT {})",
    "max": "max({})",
    "median": "median({})",
    "min": "min({})",
    "sum": "sum({})",
}
"""QuickSight's functions in SQL."""
_OF_NUMBERS = frozenset({"avg", "median", "sum"})
_TOKEN = re.compile(r"\s*(?:(?P<column>\{[^{}]*\})|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\S))")


def sql_of(expression: str, column: Callable[[str, bool], str]) -> str:
    """The expression in SQL. Raises ServiceError for what is no expression, or is not supported.

    `column` gives a column in SQL, which is to be a number where it is told so.
    """
    return _Parser(expression, column).whole()


class _Parser:
    def __init__(self, expression: str, column: Callable[[str, bool], str]) -> None:
        self._expression = expression
        self._column = column
        self._tokens = list(_TOKEN.finditer(expression.rstrip()))
        self._place = 0

    def whole(self) -> str:
        found = self._sum()
        if self._place < len(self._tokens):
            raise self._unexpected()
        return found

    def _sum(self) -> str:
        found = self._product()
        while sign := self._taken("+", "-"):
            found = f"({found} {sign} {self._product()})"
        return found

    def _product(self) -> str:
        found = self._factor()
        while sign := self._taken("*", "/"):
            other = self._factor()
            # Nothing is the answer where it is divided by nothing.
            found = f"({found} / nullif({other}, 0))" if sign == "/" else f"({found} * {other})"
        return found

    def _factor(self) -> str:
        if self._taken("("):
            found = self._sum()
            self._expect(")")
            return found
        token = self._next()
        if token["number"]:
            return f"CAST({token['number']} AS DOUBLE)"
        if token["column"]:
            raise unsupported(f"calculations of single rows, as {self._expression!r} is with {token['column']}")
        name = (token["name"] or "").lower()
        if name not in AGGREGATIONS:
            if not token["name"]:
                raise self._unexpected(back=1)
            raise unsupported(f"the function {token['name']} in the calculation {self._expression!r}")
        self._expect("(")
        argument = self._next()
        if not argument["column"]:
            raise unsupported(f"{name} of anything but a column in the calculation {self._expression!r}")
        self._expect(")")
        column = self._column(argument["column"][1:-1], name in _OF_NUMBERS)
        return f"CAST({AGGREGATIONS[name].format(column)} AS DOUBLE)"

    def _next(self) -> re.Match[str]:
        if self._place >= len(self._tokens):
            raise self._unexpected()
        self._place += 1
        return self._tokens[self._place - 1]

    def _taken(self, *signs: str) -> str:
        if self._place < len(self._tokens) and (sign := self._tokens[self._place]["sign"]) in signs:
            self._place += 1
            return str(sign)
        return ""

    def _expect(self, sign: str) -> None:
        if not self._taken(sign):
            raise self._unexpected()

    def _unexpected(self, back: int = 0) -> ServiceError:
        place = self._place - back
        found = repr(self._tokens[place][0].strip()) if place < len(self._tokens) else "the end"
        return invalid(f"Syntax error in the calculation {self._expression!r}: unexpected {found}")
