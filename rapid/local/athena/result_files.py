"""The files that a statement leaves at its result location: result, metadata, manifest.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from botocore.exceptions import ClientError

from .errors import ErrorName, QueryFailedError
from .executions import Execution
from .result_texts import text_of
from .results import ResultColumn, csv_row, encode_metadata, result_column
from .scopes import Output

_SPOOLED_BYTES = 8 * 1024 * 1024


class ResultFiles:
    """Writes one execution's result files."""

    def __init__(self, s3: Any, execution: Execution) -> None:
        self._s3 = s3
        self._execution = execution

    def rows(self, outputs: tuple[Output, ...], batches: Iterator[list[tuple[Any, ...]]]) -> None:
        """Write a query's result as CSV."""
        columns = [result_column(index, output) for index, output in enumerate(outputs)]
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as spool:
            spool.write(csv_row([column.name for column in columns]).encode())
            for batch in batches:
                lines = (
                    csv_row([text_of(value, output.type) for value, output in zip(row, outputs, strict=True)])
                    for row in batch
                )
                spool.write("".join(lines).encode())
            spool.seek(0)
            self._put(self._execution.output_key, spool)
        self.metadata(columns)

    def lines(self, names: tuple[str, ...], lines: list[str]) -> None:
        """Write the result of DDL as plain text; ``names`` are its columns'."""
        self._put(self._execution.output_key, "".join(f"{line}\n" for line in lines).encode())
        self.metadata([ResultColumn(name, "string", 0, 0, False) for name in names])

    def manifest(self, locations: list[str]) -> None:
        """Write which objects the statement wrote."""
        self._put(self._execution.manifest_key, "".join(f"{location}\n" for location in locations).encode())
        self._execution.has_manifest = True

    def metadata(self, columns: list[ResultColumn]) -> None:
        """Describe the result's columns."""
        self._execution.columns = columns
        self._put(self._execution.output_key + ".metadata", encode_metadata(self._execution.id, columns))

    def _put(self, key: str, body: IO[bytes] | bytes) -> None:
        target = self._execution.target
        try:
            self._s3.put_object(Bucket=target.bucket, Key=key, Body=body, **target.arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                # https://repost.aws/knowledge-center/access-denied-athena
                message = (
                    f"Access denied when writing output to url: s3://{target.bucket}/{key} . Please ensure you are "
                    "allowed to access the S3 bucket. If you are encrypting query results with KMS key, please ensure "
                    "you are allowed to access your KMS key"
                )
                raise QueryFailedError(ErrorName.PERMISSION_DENIED, message) from None
            message = f"Failed to write s3://{target.bucket}/{key}: {error.response['Error']['Message']}"
            raise QueryFailedError(ErrorName.RESULT_LOCATION_FAILED, message) from None
