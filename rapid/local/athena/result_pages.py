"""GetQueryResults: pages of a result, read from its object on S3 by byte range.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html. The first page of
a query's result begins with a row of column names; the token of the next page tells the byte where it begins.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from .errors import InvalidRequestError
from .executions import Execution
from .results import split_lines, split_rows
from .statements import ResultForm

MAX_ROWS = 1000
NO_ACCESS = (
    "You do not seem to have access to the S3 location of your query results. Please confirm your account has access "
    "to the S3 location where your query results are saved and try again. If specifying an expected bucket owner, "
    "confirm the bucket is owned by the expected account. If you are using KMS to encrypt query results, please ensure "
    "you have permission to access your KMS key. If you continue to see this issue, please contact customer support."
)
_CHUNK_BYTES = 512 * 1024
Row = list[str | None]


def result_page(s3: Any, execution: Execution, max_rows: int, token: str | None) -> dict[str, Any]:
    """Return one page of a succeeded execution's result; raises InvalidRequestError if it is gone or the token is
    wrong.
    """
    offset = _offset(token, execution.id) if token else 0
    form = execution.kind.form
    try:
        rows, following = _READERS[form](s3, execution, offset, max_rows) if form in _READERS else ([], None)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "403"):
            raise InvalidRequestError(NO_ACCESS) from None
        message = error.response["Error"]["Message"]
        raise InvalidRequestError(f"Could not find results at {execution.output_location}: {message}") from None
    page: dict[str, Any] = {
        "UpdateCount": execution.written_rows,
        "ResultSet": {
            "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in execution.columns]},
        },
    }
    if following is not None:
        page["NextToken"] = _token(execution.id, following)
    return page


def _csv_rows(s3: Any, execution: Execution, offset: int, max_rows: int) -> tuple[list[Row], int | None]:
    return _rows(s3, execution, offset, max_rows, split_rows)


def _lines(s3: Any, execution: Execution, offset: int, max_rows: int) -> tuple[list[Row], int | None]:
    """A line of DDL's result is a row of one datum, whatever its columns."""
    return _rows(s3, execution, offset, max_rows, split_lines)


_READERS = {ResultForm.CSV: _csv_rows, ResultForm.TEXT: _lines}


def _rows(
    s3: Any,
    execution: Execution,
    offset: int,
    max_rows: int,
    split: Callable[[str], Iterator[tuple[Row, int]]],
) -> tuple[list[Row], int | None]:
    """Return rows from a byte offset on, and the offset of the row after them (None at the end)."""
    content = b""
    while True:
        chunk, size = _chunk(s3, execution, offset + len(content))
        content += chunk
        text = content.decode(errors="ignore")  # a character cut at the end comes whole with the next chunk
        taken = list(islice(split(text), max_rows))
        rows, position = [row for row, _ in taken], taken[-1][1] if taken else 0
        if len(rows) == max_rows or offset + len(content) >= size:
            following = offset + len(text[:position].encode())
            return rows, following if following < size else None


def _chunk(s3: Any, execution: Execution, start: int) -> tuple[bytes, int]:
    """Return the bytes of the result from one on, and how many it has in all."""
    wanted = f"bytes={start}-{start + _CHUNK_BYTES - 1}"
    try:
        found = s3.get_object(Bucket=execution.target.bucket, Key=execution.output_key, Range=wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":
            raise
        return b"", start  # an empty object has no first byte
    return found["Body"].read(), int(found["ContentRange"].rpartition("/")[2])


def _token(query_id: str, offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([query_id, offset]).encode()).decode()


def _offset(token: str, query_id: str) -> int:
    try:
        owner, offset = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        owner, offset = None, 0
    if owner != query_id or not isinstance(offset, int) or offset < 0:
        raise InvalidRequestError("Invalid NextToken")
    return offset
