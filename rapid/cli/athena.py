"""One query through the Athena API, from start to the last row."""

import time
from typing import Any, NamedTuple

from .errors import CommandError
from .target import Target

_FIRST_POLL_SECONDS = 0.05
_MAX_POLL_SECONDS = 1.0


class Column(NamedTuple):
    """A column of a result: its name and Athena's name of its type."""

    name: str
    type: str


class Result(NamedTuple):
    """A query's result; values are Athena's text for them, or None."""

    columns: tuple[Column, ...]
    rows: list[tuple[str | None, ...]]
    scanned_bytes: int


def run(stack: Target, sql: str) -> Result:
    """Run one statement in the stack's workgroup and database. Raises CommandError with Athena's own message."""
    from botocore.exceptions import BotoCoreError, ClientError

    outputs = stack.masked_outputs
    missing = [name for name in ("workgroup", "database") if name not in outputs]
    if missing:
        raise CommandError(f"the stack has no output {' or '.join(missing)}; deploy it again")
    try:
        athena = stack.client("athena")
        query_id = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=outputs["workgroup"],
            QueryExecutionContext={"Database": outputs["database"]},
        )["QueryExecutionId"]
        return _result(athena, _finished(athena, query_id))
    except ClientError as error:
        raise CommandError(f"Athena: {error.response['Error'].get('Message') or error}") from None
    except BotoCoreError as error:
        raise CommandError(f"Athena cannot be asked: {error}") from None


def saved_query(stack: Target, name: str) -> str | None:
    """The SQL of a query saved in the stack's workgroup, or None."""
    athena = stack.client("athena")
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=stack.masked_outputs["workgroup"])
    for page in pages:
        for query_id in page["NamedQueryIds"]:
            saved = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
            if saved["Name"] == name:
                return str(saved["QueryString"])
    return None


def _finished(athena: Any, query_id: str) -> dict[str, Any]:
    delay_seconds = _FIRST_POLL_SECONDS
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            return execution
        if status["State"] in ("FAILED", "CANCELLED"):
            reason = status.get("StateChangeReason") or f"the query was {status['State'].lower()}"
            raise CommandError(f"Athena: {reason}")
        time.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 1.5, _MAX_POLL_SECONDS)


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
