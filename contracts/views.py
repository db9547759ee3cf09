"""The views of a source: `<source>`, what is curated, `<source>_now`, with what arrived since, and of a database's
table `<source>_latest`, the last version of each row; and the views over all sources.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import aggregates, glue
from .model import Contract, DatabaseTable

RECENT_HOURS = 24
"""How far back `<source>_now` looks for events that are not curated yet; curation must not lag as much."""

# A timestamp of an Iceberg table has microseconds: a view that declared fewer digits would be stale from the start.
_TRINO_TYPES = {"string": "varchar", "timestamp": "timestamp(6)"}


@dataclass(frozen=True)
class View:
    """A view: its name, what it shows, its query, and the columns of that."""

    name: str
    description: str
    sql: str
    columns: tuple[glue.Column, ...]


def of(contract: Contract) -> tuple[View, ...]:
    """The views of a contract."""
    given = glue.columns(contract)
    columns = ", ".join(f'"{column.name}"' for column in given)
    curated = f"SELECT {columns} FROM {contract.curated_table}"
    now = "CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)"
    key = f'"{contract.primary_key.column}"'
    recent = f"""\
{curated}
UNION ALL
SELECT {columns} FROM (
    SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY received_at, ingest_id) AS copy
    FROM {contract.table}
    WHERE datehour >= date_format({now} - INTERVAL '{RECENT_HOURS}' HOUR, '%Y/%m/%d/%H')
)
WHERE copy = 1 AND {key} NOT IN (
    SELECT {key} FROM {contract.curated_table}
    WHERE received_at >= {now} - INTERVAL '{contract.repeat_horizon_days + 1}' DAY
)"""
    both = (
        View(contract.source, f"{contract.description} Curated: each event once.", curated, given),
        View(f"{contract.source}_now", f"{contract.description} Curated, and what arrived since.", recent, given),
    )
    return (*both, _latest(contract, columns, contract.database)) if contract.database else both


def _latest(contract: Contract, columns: str, table: DatabaseTable) -> View:
    """The rows as the database had them when it was last looked at."""
    now = f"{contract.source}_now"
    if table.high_water is None:
        sql = f"SELECT {columns} FROM {now} WHERE exported_at = (SELECT max(exported_at) FROM {now})"
    else:
        key = ", ".join(f'"{field.column}"' for field in table.key)
        sql = f"""\
SELECT {columns} FROM (
    SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY "{table.high_water.column}" DESC) AS version
    FROM {now}
)
WHERE version = 1"""
    description = f"{contract.description} Each row as it was last exported."
    return View(f"{contract.source}_latest", description, sql, glue.columns(contract))


def over(contracts: Iterable[Contract]) -> tuple[View, ...]:
    """The views over all sources, which are asked how they do now; none where there is no source."""
    since = "received_at >= current_date - INTERVAL '7' DAY"
    parts = "\nUNION ALL\n".join(
        f"""\
SELECT '{contract.source}' AS source, newest_at, greatest(all_rows - curated_rows, 0) AS waiting
FROM (SELECT max(received_at) AS newest_at, count(*) AS all_rows FROM {contract.source}_now WHERE {since})
CROSS JOIN (SELECT count(*) AS curated_rows FROM {contract.source} WHERE {since})"""
        for contract in contracts
    )
    columns = (
        glue.Column("source", "string", "The source"),
        glue.Column("newest_at", "timestamp", "When its newest event was received, UTC; null: none in seven days"),
        glue.Column("waiting", "bigint", "Its events of seven days that are delivered and not curated"),
    )
    description = "How far each source has come: its newest event, and what waits for curation."
    return (View("newest_rows", description, parts, columns),) if parts else ()


def read_by(sql: str, contracts: Iterable[Contract]) -> frozenset[str]:
    """The tables and views of some sources that a query reads, and those that these views read in their turn.

    Its words tell: one that is the name of a table counts, whatever it stands for.
    """
    known = tuple(contracts)
    queries = {view.name: view.sql for view in over(known)}
    for contract in known:
        queries |= dict.fromkeys((contract.table, contract.curated_table, *aggregates.tables(contract)), "")
        queries |= {view.name: view.sql for view in of(contract)}
    found: set[str] = set()
    pending = [sql]
    while pending:
        new = {*re.findall(r"\w+", pending.pop())} & queries.keys() - found
        found |= new
        pending += [queries[name] for name in new]
    return frozenset(found)


def original_text(view: View, database: str) -> str:
    """A view as Athena keeps it in the Glue Data Catalog (`ViewOriginalText`): its query and its columns, encoded."""
    definition = {
        "originalSql": view.sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [
            {"name": column.name, "type": _TRINO_TYPES.get(column.type, column.type)} for column in view.columns
        ],
    }
    return f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"
