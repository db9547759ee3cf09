"""The SQL that compares a curated table of two lakes, the same text on AWS and here: by day, then row by row.

A row is compared as text: of each column the length of its value and the value, one after the other, `-` for a null. So
an empty text is no null, and no value runs over into the next column. Moments have microseconds, decimals their scale.
A day's content is the sum of 64 bits of each row's MD5, whatever order the rows are in; a row that stands twice counts
twice. The functions are documented, with their results, at https://trino.io/docs/current/functions/binary.html.
"""

import datetime
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from contracts import Contract, glue

MAX_SPANS = 100
"""So many runs of days are asked for in one query; more of them are asked for with what lies between the nearest."""
MAX_FILES = 4000
"""So many ids of files, of 40 characters, fit into a query, which has 262,144 bytes at most
(https://docs.aws.amazon.com/athena/latest/ug/service-limits.html)."""


class Side(StrEnum):
    """Which of the two lakes."""

    OLD = "old"
    TARGET = "target"


class Age(StrEnum):
    """When rows were received."""

    SETTLED = "settled"
    """So long ago that both lakes must have them."""
    YOUNG = "young"
    """Before the moment of the comparison, and they may still be on their way to one of the lakes."""
    UNSYNCED = "unsynced"
    """In a file that landed after the last sync: the old lake has them until the next one."""
    LATER = "later"
    """After the moment of the comparison; they are not compared."""


class Kind(StrEnum):
    """What is wrong with the rows of a key."""

    MISSING = "missing"
    EXTRA = "extra"
    DOUBLED = "doubled"
    """The target has the same row more often."""
    DOUBLED_IN_OLD = "doubled in the old lake"
    CHANGED = "changed"


@dataclass(frozen=True)
class Scope:
    """Which rows are compared. Times are in UTC without time zone, as `received_at` is."""

    databases: dict[Side, str]
    moment: datetime.datetime
    """Rows received from here on are left out of both sides."""
    settled: datetime.datetime
    """Rows received before are no longer on their way."""
    synced: datetime.datetime
    """When the last sync began."""
    files: Collection[str] = ()
    """Ids of the files that landed since."""


class Span(NamedTuple):
    """A run of days, from the first to the last."""

    first: datetime.date
    last: datetime.date


def by_day(contract: Contract, scope: Scope, span: Span | None = None) -> str:
    """Side, day, age, rows, keys and content, a row each; only of days that there are, all or within a span."""
    content = f"from_big_endian_64(substr(md5(to_utf8({' || '.join(_framed_columns(contract))})), 1, 8))"
    columns = (
        f"{_key(contract)} AS row_key",
        # A sum of 64-bit numbers would leave their range.
        f"CAST({content} AS decimal(38, 0)) AS content",
    )
    return f"""\
SELECT side, event_day, age, count(*) AS row_count, count(DISTINCT row_key) AS key_count, sum(content) AS content
FROM (
SELECT side, event_day, row_key, content, {_age(scope)} AS age
FROM (
{_rows(contract, scope, columns, f"WHERE {_within(_event_time(contract), span)}" if span else "")}
)
)
GROUP BY side, event_day, age
ORDER BY event_day, side, age"""


def by_row(contract: Contract, scope: Scope, spans: Sequence[Span], shown: int | None) -> str:
    """Kind, how many keys there are of it, name of the key, day, changed columns: of keys whose rows differ.

    `shown`: so many of each kind; None: all. A key that is personal data is named by an `ingest_id` of its rows.
    """
    framed = _framed_columns(contract)
    columns = (
        f"{_key(contract)} AS row_key",
        f"{_name(contract)} AS name",
        *(f"{text} AS c{number}" for number, text in enumerate(framed)),
    )
    where = "WHERE " + " OR ".join(_within(_event_time(contract), span) for span in nearest(spans))
    values = ", ".join(f"c{number}" for number in range(len(framed)))
    changed = ", ".join(
        f"CASE WHEN min(c{number}) <> max(c{number}) THEN '{column.name}' END"
        for number, column in enumerate(glue.columns(contract))
    )
    only = "" if shown is None else f"\nWHERE place <= {shown}"
    return f"""\
WITH compared AS (
{_rows(contract, scope, columns, where)}
),
differing AS (
SELECT row_key, min(name) AS name, min(event_day) AS event_day, {values},
  count_if(side = '{Side.OLD}') AS old_rows, count_if(side = '{Side.TARGET}') AS target_rows
FROM compared
WHERE {_age(scope)} IN ('{Age.SETTLED}', '{Age.YOUNG}')
GROUP BY row_key, {values}
HAVING count_if(side = '{Side.OLD}') <> count_if(side = '{Side.TARGET}')
),
of_keys AS (
SELECT min(name) AS name, min(event_day) AS event_day,
  bool_or(old_rows > target_rows) AS lacks, bool_or(target_rows > old_rows) AS has_more,
  bool_or(old_rows > 0 AND target_rows > old_rows) AS doubled,
  bool_or(target_rows > 0 AND old_rows > target_rows) AS doubled_in_old,
  concat_ws(', ', ARRAY[{changed}]) AS changed
FROM differing
GROUP BY row_key
),
kinds AS (
SELECT name, event_day, changed, CASE WHEN lacks AND has_more THEN '{Kind.CHANGED}'
  WHEN doubled_in_old THEN '{Kind.DOUBLED_IN_OLD}' WHEN lacks THEN '{Kind.MISSING}'
  WHEN doubled THEN '{Kind.DOUBLED}' ELSE '{Kind.EXTRA}' END AS kind
FROM of_keys
)
SELECT kind, of_kind, name, event_day, CASE WHEN kind = '{Kind.CHANGED}' THEN changed ELSE '' END AS changed
FROM (
SELECT kind, name, event_day, changed, count(*) OVER (PARTITION BY kind) AS of_kind,
  row_number() OVER (PARTITION BY kind ORDER BY event_day, name) AS place
FROM kinds
){only}
ORDER BY kind, place"""


def runs(days: Collection[datetime.date]) -> list[Span]:
    """Days as runs of days that follow one another."""
    found: list[Span] = []
    for day in sorted(days):
        if found and (day - found[-1].last).days == 1:
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found


def shares(size_bytes: Mapping[datetime.date, int], most_bytes: float) -> list[list[datetime.date]]:
    """Days, in their order, in shares that take no more than so many bytes, or are a single day."""
    found: list[list[datetime.date]] = []
    taken = 0
    for day in sorted(size_bytes):
        taken += size_bytes[day]
        if not found or taken > most_bytes:
            found.append([])
            taken = size_bytes[day]
        found[-1].append(day)
    return found


def all_time(shares: Sequence[Sequence[datetime.date]]) -> list[Span]:
    """Spans that follow one another, from the first to the last of all days, each with a share of days."""
    starts = [datetime.date.min, *(share[0] for share in shares[1:])]
    ends = [start - datetime.timedelta(days=1) for start in starts[1:]]
    return [Span(*pair) for pair in zip(starts, [*ends, datetime.date.max], strict=True)]


def nearest(spans: Sequence[Span]) -> list[Span]:
    """At most MAX_SPANS spans that cover all of some, which are in order."""
    if not spans:
        return []
    gaps = sorted(range(1, len(spans)), key=lambda place: spans[place].first - spans[place - 1].last, reverse=True)
    starts = [0, *sorted(gaps[: MAX_SPANS - 1]), len(spans)]
    return [Span(spans[start].first, spans[end - 1].last) for start, end in itertools.pairwise(starts)]


def is_personal(contract: Contract) -> bool:
    """Whether the values of a source's key are personal data."""
    return bool(contract.primary_key.classification)


def _rows(contract: Contract, scope: Scope, columns: Sequence[str], where: str = "") -> str:
    shown = ",\n  ".join(
        (f"CAST({_event_time(contract)} AS date) AS event_day", *columns, '"received_at"', '"ingest_id"')
    )
    parts = [
        f'SELECT \'{side}\' AS side, {shown}\nFROM "{database}"."{contract.curated_table}"\n{where}'.rstrip()
        for side, database in scope.databases.items()
    ]
    return "\nUNION ALL\n".join(parts)


def _within(time: str, span: Span) -> str:
    if span.last == datetime.date.max:
        return f"({time} >= DATE '{span.first}')"
    return f"({time} >= DATE '{span.first}' AND {time} < DATE '{span.last + datetime.timedelta(days=1)}')"


def _framed_columns(contract: Contract) -> list[str]:
    return [_framed(_text(column)) for column in glue.columns(contract)]


def _text(column: glue.Column) -> str:
    return f'"{column.name}"' if column.type == "string" else f'CAST("{column.name}" AS varchar)'


def _framed(text: str) -> str:
    return f"coalesce(CAST(length({text}) AS varchar) || ':' || {text}, '-')"


def _key(contract: Contract) -> str:
    return f'CAST("{contract.primary_key.column}" AS varchar)'


def _name(contract: Contract) -> str:
    return '"ingest_id"' if is_personal(contract) else _key(contract)


def _event_time(contract: Contract) -> str:
    return f'"{contract.event_time.column}"'


def _age(scope: Scope) -> str:
    unsynced = ""
    if scope.files:
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(scope.files))
        unsynced = (
            f" WHEN received_at >= {_moment(scope.synced)} "
            f"AND regexp_replace(ingest_id, '-[0-9]+$', '') IN ({listed}) THEN '{Age.UNSYNCED}'"
        )
    return (
        f"CASE WHEN received_at >= {_moment(scope.moment)} THEN '{Age.LATER}'{unsynced} "
        f"WHEN received_at >= {_moment(scope.settled)} THEN '{Age.YOUNG}' ELSE '{Age.SETTLED}' END"
    )


def _moment(moment: datetime.datetime) -> str:
    return f"TIMESTAMP '{moment.isoformat(' ', 'milliseconds')}'"
