"""Date patterns of java.time and Joda, as partition projection and format_datetime write them.

Source: https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_TOKENS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_NUMERIC_FIELDS = {"y": "year", "u": "year", "M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}
_PRECISION = ("year", "month", "day", "hour", "minute", "second")
_STRFTIME = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g",
    "EEEE": "%A", "EEE": "%a", "E": "%a", "a": "%p",
}  # fmt: skip


class PatternError(ValueError):
    """A pattern has a letter that this plane does not know."""


@dataclass(frozen=True)
class DatePattern:
    """A pattern of numeric fields, for values that are both parsed and written."""

    text: str
    _parts: tuple[tuple[str | None, str | int], ...]

    @property
    def regex(self) -> str:
        """A regular expression (without groups) that texts of this pattern match."""
        return "".join(
            re.escape(str(value)) if field is None else (f"[0-9]{{{value}}}" if value != 1 else "[0-9]{1,2}")
            for field, value in self._parts
        )

    @property
    def finest_field(self) -> str:
        """The smallest field that the pattern has: ``year`` … ``second``."""
        fields = {field for field, _ in self._parts if field}
        return max(fields, key=_PRECISION.index)

    def parse(self, text: str) -> datetime | None:
        """Return the UTC moment that the text names, ``None`` if it is not of this pattern."""
        groups = "".join(
            re.escape(str(value)) if field is None else (f"([0-9]{{{value}}})" if value != 1 else "([0-9]{1,2})")
            for field, value in self._parts
        )
        match = re.fullmatch(groups, text)
        if match is None:
            return None
        names = [field for field, _ in self._parts if field]
        numbers = {name: int(digits) for name, digits in zip(names, match.groups(), strict=True)}
        try:
            return datetime(**{"month": 1, "day": 1, **numbers}, tzinfo=UTC)
        except ValueError:
            return None

    def format(self, moment: datetime) -> str:
        """Write a moment in this pattern."""
        return "".join(
            str(value) if field is None else str(getattr(moment, field)).zfill(int(value))
            for field, value in self._parts
        )


def date_pattern(text: str) -> DatePattern:
    """Read a pattern of numeric fields (year, month … second); raises PatternError for any other letter."""
    parts: list[tuple[str | None, str | int]] = []
    for token, quoted in _tokens(text):
        field = None if quoted else _NUMERIC_FIELDS.get(token[0])
        if quoted or not token[0].isalpha():
            parts.append((None, token))
        elif field is None or (field == "year" and len(token) != 4) or len(token) > 4:
            raise PatternError(f"'{token}' in date format '{text}' is not supported by the local cloud")
        else:
            parts.append((field, len(token)))
    names = [field for field, _ in parts if field]
    if "year" not in names or len(set(names)) != len(names):
        raise PatternError(f"date format '{text}' needs a four-digit year, and each field once")
    return DatePattern(text, tuple(parts))


def strftime_pattern(text: str) -> str:
    """Translate a Joda pattern to DuckDB's strftime; raises PatternError for letters that have no counterpart."""
    written = []
    for token, quoted in _tokens(text):
        if quoted or not token[0].isalpha():
            written.append(token.replace("%", "%%"))
        elif token in _STRFTIME:
            written.append(_STRFTIME[token])
        else:
            raise PatternError(f"'{token}' in date format '{text}' is not supported by the local cloud")
    return "".join(written)


def _tokens(text: str) -> list[tuple[str, bool]]:
    tokens, end = [], 0
    for match in _TOKENS.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        quoted = match[1] is not None
        tokens.append((match[1].replace("''", "'") or "'", True) if quoted else (match[0], False))
    if end != len(text):
        raise PatternError(f"date format '{text}' has an unclosed quote")
    return tokens
