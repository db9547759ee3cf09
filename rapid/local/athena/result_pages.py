"""GetQueryResults: pages of a result, read from its CSV on S3 by byte range.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html. The first page begins with a
row of column names; the token of the next page tells the byte where it begins.
"""

from __future__ import annotations

import base64
import json
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from .errors import InvalidRequestError
from .executions import Execution
from .results import decode_metadata, split_rows

MAX_ROWS = 1000
_CHUNK_BYTES = 512 * 1024


def result_page(s3: Any, execution: Execution, max_rows: int, token: str | None) -> dict[str, Any]:
    """Return one page of a succeeded execution's result; raises InvalidRequestError if it is gone or the token is
    wrong.
    """
    offset = _offset(token, execution.id) if token else 0
    try:
        rows, following = _rows(s3, execution, offset, max_rows)
        key = f"{execution.target.prefix}{execution.id}.csv.metadata"
        metadata = s3.get_object(Bucket=execution.target.bucket, Key=key)["Body"].read()
    except ClientError as error:
        message = error.response["Error"]["Message"]
        raise InvalidRequestError(f"Could not find results at {execution.output_location}: {message}") from None
    page: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in decode_metadata(metadata)]},
        },
    }
    if following is not None:
        page["NextToken"] = _token(execution.id, following)
    return page


def _rows(s3: Any, execution: Execution, offset: int, max_rows: int) -> tuple[list[list[str | None]], int | None]:
    """Return rows from a byte offset on, and the offset of the row after them (None at the end)."""
    bucket, key = execution.target.bucket, f"{execution.target.prefix}{execution.id}.csv"
    size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    content = b""
    while True:
        start = offset + len(content)
        if start < size:
            wanted = f"bytes={start}-{min(size, start + _CHUNK_BYTES) - 1}"
            content += s3.get_object(Bucket=bucket, Key=key, Range=wanted)["Body"].read()
        text = content.decode(errors="ignore")  # a character cut at the end comes whole with the next chunk
        taken = list(islice(split_rows(text), max_rows))
        rows, position = [row for row, _ in taken], taken[-1][1] if taken else 0
        if len(rows) == max_rows or offset + len(content) >= size:
            following = offset + len(text[:position].encode())
            return rows, following if following < size else None


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
