"""One query through the Athena API, from start to the last row."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from .errors import CommandError
from .target import Target

_FIRST_POLL_SECONDS = 0.05
_MAX_POLL_SECONDS = 1.0
_NO_CURATED_TABLE = re.compile(r"_curated'? does not exist")
_NOT_CURATED = (
    "; the curated tables, and with them the views, are there minutes after a deployment, or once `rapid etl run` ran"
)
# A view is deployed with its contract; the table under it follows the contract when the job runs.
_OLD_CURATED_TABLE = re.compile(r"INVALID_VIEW: .* cannot be resolved|VIEW_IS_STALE: ", re.DOTALL)
_NOT_YET_CHANGED = (
    "; after a change of a contract its views answer again minutes after it was deployed, or once `rapid etl run` ran"
)


class Column(NamedTuple):
    """A column of a result: its name and Athena's name of its type."""

    name: str
    type: str


class Result(NamedTuple):
    """A query's result; values are Athena's text for them, or None."""

    columns: tuple[Column, ...]
    rows: list[tuple[str | None, ...]]
    scanned_bytes: int


class NotCuratedError(CommandError):
    """A view does not answer until a run of the curate job has made its table, or changed it."""


@contextmanager
def asked(stack: Target) -> Iterator[Any]:
    """An Athena client of the stack; what goes wrong with it is a CommandError with Athena's own message."""
    from botocore.exceptions import BotoCoreError, ClientError

    missing = [name for name in ("workgroup", "database") if name not in stack.masked_outputs]
    if missing:
        raise CommandError(f"the stack has no output {' or '.join(missing)}; deploy it again")
    try:
        yield stack.client("athena")
    except ClientError as error:
        raise CommandError(f"Athena: {error.response['Error'].get('Message') or error}") from None
    except BotoCoreError as error:
        raise CommandError(f"Athena cannot be asked: {error}") from None


def run(stack: Target, sql: str) -> Result:
    """Run one statement in the stack's workgroup and database.

    Raises CommandError with Athena's own message, NotCuratedError where a run of the curate job makes it answer.
    """
    with asked(stack) as athena:
        query_id = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=stack.masked_outputs["workgroup"],
            QueryExecutionContext={"Database": stack.masked_outputs["database"]},
        )["QueryExecutionId"]
        return _result(athena, _finished(athena, query_id))


def _finished(athena: Any, query_id: str) -> dict[str, Any]:
    delay_seconds = _FIRST_POLL_SECONDS
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            return execution
        if status["State"] in ("FAILED", "CANCELLED"):
            reason = status.get("StateChangeReason") or f"the query was {status['State'].lower()}"
            hint = _hint(reason)
            raise (NotCuratedError if hint else CommandError)(f"Athena: {reason}{hint}")
        time.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 1.5, _MAX_POLL_SECONDS)


def _hint(reason: str) -> str:
    """What makes a failed query answer, where the job does."""
    if _NO_CURATED_TABLE.search(reason):
        return _NOT_CURATED
    return _NOT_YET_CHANGED if _OLD_CURATED_TABLE.match(reason) else ""


def _result(athena: Any, execution: dict[str, Any]) -> Result:
    columns: tuple[Column, ...] = ()
    rows: list[tuple[str | None, ...]] = []
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
    for page in pages:
        info = page["ResultSet"].get("ResultSetMetadata", {}).get("ColumnInfo", [])
        columns = columns or tuple(Column(column["Name"], column["Type"]) for column in info)
        rows += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"]]
    # The first row of a DML statement repeats the column names.
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
    if execution.get("StatementType") == "DML" and rows and rows[0] == tuple(column.name for column in columns):
        del rows[0]
    return Result(columns, rows, execution.get("Statistics", {}).get("DataScannedInBytes", 0))
