"""The curated tables of both lakes, compared in Athena: every day by its content, and the days that differ by row."""

import datetime
import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts import Contract

from .. import athena
from ..console import number_of
from ..errors import CommandError
from ..target import Target
from . import row_sql
from .differences import Group, Named
from .row_sql import Age, Kind, Scope, Side

_LIMIT = "Bytes scanned limit was exceeded"
_ROOM = 0.8
"""Share of the scan limit that a query is to use: data files grow by the footers that are read with them."""
_COMPARED = (Age.SETTLED, Age.YOUNG)
_SYNC = "`rapid migrate sync` carries over what lacks; then verify again"
_MADE_ANEW = (
    "the target's table is made anew from what was delivered and copied: `aws glue delete-table --database-name "
    "{database} --name {table}`, then `rapid migrate sync`, then verify again"
)


class Part(NamedTuple):
    """Some rows of a day: how many, of how many keys, and the sum of their contents."""

    rows: int = 0
    keys: int = 0
    content: int = 0


@dataclass(frozen=True)
class Day:
    """A day of both tables."""

    day: datetime.date
    parts: Mapping[tuple[Side, Age], Part]

    def part(self, side: Side, age: Age) -> Part:
        """The rows of one side and age."""
        return self.parts.get((side, age), Part())

    def rows(self, side: Side) -> int:
        """The rows that are compared."""
        return sum(self.part(side, age).rows for age in _COMPARED)

    def differs(self, *ages: Age) -> bool:
        """Whether the two sides have other rows of some ages."""
        return any(self.part(Side.OLD, age) != self.part(Side.TARGET, age) for age in ages)

    def times(self, side: Side) -> int:
        """How often a side has each row that the other has once; 1 if it is not so of every row."""
        other = Side.OLD if side is Side.TARGET else Side.TARGET
        times = self.rows(side) // self.rows(other) if self.rows(other) else 1
        repeated = all(
            self.part(side, age) == Part(part.rows * times, part.keys, part.content * times)
            for age in _COMPARED
            for part in [self.part(other, age)]
        )
        return times if times > 1 and repeated else 1


@dataclass(frozen=True)
class Compared:
    """A source's table, day by day."""

    contract: Contract
    scope: Scope
    days: tuple[Day, ...] = field(repr=False)

    @property
    def rows(self) -> int:
        """Rows of the old lake that were compared."""
        return sum(day.rows(Side.OLD) for day in self.days)

    @property
    def is_equal(self) -> bool:
        """Whether both sides have the same rows."""
        return not any(day.differs(*_COMPARED) for day in self.days)

    @property
    def waits(self) -> bool:
        """Whether the sides differ in rows that may still be on their way."""
        return any(day.differs(Age.YOUNG) for day in self.days)

    def left_out(self, age: Age) -> int:
        """Rows of an age that is not compared, of the side that has more of them."""
        return max(sum(day.part(side, age).rows for day in self.days) for side in Side)


class Asked:
    """Athena, asked through a stack, a query at a time within the scan limit of its workgroup; counts what is scanned.

    `size_bytes` says how large each day of a source's two tables is, as far as one knows.
    """

    def __init__(self, stack: Target, size_bytes: Callable[[Contract], Mapping[datetime.date, int]]) -> None:
        self._stack, self._size_bytes = stack, functools.cache(size_bytes)
        self.scanned_bytes: list[int] = []
        """Of each query."""

    @functools.cached_property
    def _most_bytes(self) -> float:
        """Of data files that one query is to read."""
        with athena.asked(self._stack) as client:
            group = client.get_work_group(WorkGroup=self._stack.masked_outputs["workgroup"])["WorkGroup"]
        limit = group.get("Configuration", {}).get("BytesScannedCutoffPerQuery")
        return limit * _ROOM if limit else math.inf

    def days(self, contract: Contract, scope: Scope) -> Compared:
        """Compare a source's tables by day. Raises CommandError."""
        found: dict[datetime.date, dict[tuple[Side, Age], Part]] = {}
        shares = row_sql.shares(self._size_bytes(contract), self._most_bytes)
        spans = row_sql.all_time(shares) if len(shares) > 1 else [None]
        asked = (row for span in spans for row in self._rows(row_sql.by_day(contract, scope, span)))
        for side, day, age, rows, keys, content in asked:
            parts = found.setdefault(datetime.date.fromisoformat(day), {})
            parts[Side(side), Age(age)] = Part(int(rows), int(keys), int(content))
        return Compared(contract, scope, tuple(Day(day, parts) for day, parts in sorted(found.items())))

    def differences(self, compared: Compared, shown: int | None) -> Iterator[Group]:
        """Name what differs, at most `shown` rows of a kind (None: all). Raises CommandError."""
        differing = [day for day in compared.days if day.differs(*_COMPARED)]
        yield from _repeated_days(compared, differing)
        by_row = [day.day for day in differing if all(day.times(side) == 1 for side in Side)]
        if not by_row:
            return
        contract, counts, named = compared.contract, Counter[Kind](), dict[Kind, list[Named]]()
        sizes = self._size_bytes(contract)
        for days in row_sql.shares({day: sizes.get(day, 0) for day in by_row}, self._most_bytes):
            of_share = {}
            for kind, of_kind, name, day, changed in self._rows(
                row_sql.by_row(contract, compared.scope, row_sql.runs(days), shown)
            ):
                of_share[Kind(kind)] = int(of_kind)
                named.setdefault(Kind(kind), []).append(Named(name, f"{day}  {changed}".rstrip()))
            counts.update(of_share)
        by = " (by ingest_id, for the key is personal data)" if row_sql.is_personal(contract) else ""
        for of, number in counts.items():
            yield Group(f"table {contract.source}{by}", f"{of} row", number, named[of][:shown], _fix(of, compared))

    def _rows(self, sql: str) -> Iterator[tuple[str, ...]]:
        try:
            result = athena.run(self._stack, sql)
        except CommandError as error:
            if _LIMIT not in str(error):
                raise
            raise CommandError(
                f"{error}: one day of both lakes is more than the config key athena_scan_limit_bytes lets a query "
                "read; raise it and deploy"
            ) from None
        self.scanned_bytes.append(result.scanned_bytes)
        return (tuple(value or "" for value in row) for row in result.rows)


def _repeated_days(compared: Compared, days: list[Day]) -> Iterator[Group]:
    for side, kind in ((Side.TARGET, Kind.DOUBLED), (Side.OLD, Kind.DOUBLED_IN_OLD)):
        other = Side.OLD if side is Side.TARGET else Side.TARGET
        named = [
            Named(str(day.day), f"each of {number_of(day.rows(other), 'row')} stands {day.times(side)} times")
            for day in days
            if day.times(side) > 1
        ]
        if named:
            place = f"table {compared.contract.source}"
            yield Group(place, f"partition {kind}", len(named), named, _fix(kind, compared))


def _fix(kind: Kind, compared: Compared) -> str:
    if kind is Kind.MISSING:
        return f"{_SYNC}; if it still lacks, {_anew(compared)}"
    if kind is Kind.DOUBLED_IN_OLD:
        return "the old lake's table has them more often than it should: look into its history of snapshots first"
    return _anew(compared)


def _anew(compared: Compared) -> str:
    return _MADE_ANEW.format(database=compared.scope.databases[Side.TARGET], table=compared.contract.curated_table)
