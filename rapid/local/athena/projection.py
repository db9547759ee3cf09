"""Partition projection: which partitions a table has, from its Glue parameters, without asking for any.

Sources: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html,
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html.

Instead of making up every partition and listing each prefix, the objects under the template's literal beginning are
listed once, and the template is matched against their keys: the partitions that hold data are found, the rest are
empty anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from .java_dates import DatePattern, PatternError, date_pattern

_NOW = re.compile(r"\s*NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?", re.IGNORECASE)
_UNITS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class ProjectionError(ValueError):
    """A table's projection parameters are wrong, or of a kind that this plane does not project."""


@dataclass(frozen=True)
class DateDomain:
    """The values of a partition column of ``type`` date: ``range`` inclusive (dates or NOW±n UNITS), by ``interval``
    ``interval_unit``.
    """

    pattern: DatePattern
    low: str
    high: str
    interval: int
    interval_unit: str

    @property
    def regex(self) -> str:
        """Any text of the pattern."""
        return self.pattern.regex

    def contains(self, text: str, now: datetime) -> bool:
        """Whether the text is one of the projected moments."""
        moment = self.pattern.parse(text)
        if moment is None or self.pattern.format(moment) != text:
            return False
        low, high = self._bound(self.low, now), self._bound(self.high, now)
        return low <= moment <= high and self._is_on_step(low, moment)

    def _bound(self, text: str, now: datetime) -> datetime:
        """Return a bound cut to the pattern's precision, as the projected texts are."""
        match = _NOW.fullmatch(text)
        moment = self.pattern.parse(text)
        if match:
            shifted = _shift(now, int(f"{match[1]}{match[2]}"), match[3].upper()) if match[1] else now
            moment = self.pattern.parse(self.pattern.format(shifted))
        if moment is None:
            raise ProjectionError(f"range value '{text}' is not of format '{self.pattern.text}'")
        return moment

    def _is_on_step(self, low: datetime, moment: datetime) -> bool:
        if self.interval_unit in ("YEAR", "MONTH"):
            months = (moment.year - low.year) * 12 + moment.month - low.month
            step = self.interval * (12 if self.interval_unit == "YEAR" else 1)
            return months % step == 0 and _shift(low, months, "MONTH") == moment
        return (moment - low) % (self.interval * _length(self.interval_unit)) == timedelta(0)


@dataclass(frozen=True)
class Projection:
    """A table's partitions: a domain a column, and the template of where a partition's objects lie."""

    domains: Mapping[str, DateDomain]
    bucket: str
    template: str

    @property
    def literal_prefix(self) -> str:
        """What every object key of the table begins with."""
        return _PLACEHOLDER.split(self.template, maxsplit=1)[0]

    def matcher(self) -> re.Pattern[str]:
        """Return an expression that takes a key's partition values out of it, one group a column, in domain order."""
        seen: dict[str, int] = {}
        pattern = ""
        pieces = _PLACEHOLDER.split(self.template)
        for position, piece in enumerate(pieces):
            if position % 2 == 0:
                pattern += re.escape(piece)
            elif piece in seen:
                pattern += f"(?P=c{seen[piece]})"
            else:
                seen[piece] = list(self.domains).index(piece)
                pattern += f"(?P<c{seen[piece]}>{self.domains[piece].regex})"
        return re.compile(pattern + "/.+")


def projection_of(columns: list[str], parameters: Mapping[str, str], location: str) -> Projection:
    """Read a table's projection; raises ProjectionError naming the parameter that is wrong."""
    domains = {column: _domain(column, parameters) for column in columns}
    default = location + "/".join(f"{column}=${{{column}}}" for column in columns)
    template = urlsplit(parameters.get("storage.location.template", default).strip())
    if template.scheme not in ("s3", "s3a", "s3n") or not template.netloc:
        raise ProjectionError("storage.location.template is not an S3 location")
    path = template.path.strip("/")
    named = [name.lower() for name in _PLACEHOLDER.findall(path)]
    if set(named) != set(columns):
        raise ProjectionError(f"storage.location.template must name each partition column as ${{name}}: {columns}")
    lowered = _PLACEHOLDER.sub(lambda match: "${" + match[1].lower() + "}", path)
    return Projection(domains, template.netloc, lowered)


def _domain(column: str, parameters: Mapping[str, str]) -> DateDomain:
    kind = _required(column, "type", parameters).strip().lower()
    if kind != "date":
        raise ProjectionError(f"projection.{column}.type '{kind}' is not supported by the local cloud")
    try:
        pattern = date_pattern(_required(column, "format", parameters))
    except PatternError as error:
        raise ProjectionError(f"projection.{column}.format: {error}") from None
    low, high = _range(column, parameters)
    unit = parameters.get(f"projection.{column}.interval.unit", "").strip().upper().removesuffix("S")
    interval = parameters.get(f"projection.{column}.interval", "").strip()
    if pattern.finest_field in ("day", "month"):
        unit, interval = unit or pattern.finest_field.upper(), interval or "1"
    if unit not in _UNITS or not interval.isdigit() or int(interval) < 1:
        raise ProjectionError(f"projection.{column}.interval and .interval.unit must be a positive integer and one of "
                              f"{', '.join(f'{name}S' for name in _UNITS)}")  # fmt: skip
    domain = DateDomain(pattern, low, high, int(interval), unit)
    domain.contains(pattern.format(datetime.now(UTC)), datetime.now(UTC))  # refuses a bad range now
    return domain


def _required(column: str, name: str, parameters: Mapping[str, str]) -> str:
    key = f"projection.{column}.{name}"
    if key not in parameters:
        raise ProjectionError(f"{key} is missing")
    return parameters[key]


def _range(column: str, parameters: Mapping[str, str]) -> tuple[str, str]:
    bounds = _required(column, "range", parameters).split(",")
    if len(bounds) != 2:
        raise ProjectionError(f"projection.{column}.range must have two values, separated by a comma")
    return bounds[0], bounds[1]


def _length(unit: str) -> timedelta:
    return timedelta(**{f"{unit.lower()}s": 1})


def _shift(moment: datetime, count: int, unit: str) -> datetime:
    if unit not in ("YEAR", "MONTH"):
        return moment + count * _length(unit)
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1)
