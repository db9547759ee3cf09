"""Putting records onto a data stream of Kinesis."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from shared.json_service import JsonService

MAX_CALL_RECORDS = 500
MAX_CALL_BYTES = 5 * 1024 * 1024
"""What is put by one PutRecords at most, partition keys included: as much as Kinesis took before records of more than
1 MiB, so that it is taken everywhere (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html)."""


class Kinesis:
    """Stands for boto3's client of that name, and raises the same errors; a call is one attempt."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take region, credentials and endpoint from a Lambda function's environment variables."""
        self.service = JsonService(environment, "kinesis", "Kinesis_20131202")

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        """Put records; the answer says which of them failed. Raises ClientError or BotoCoreError if all did."""
        records = [{**record, "Data": b64encode(record["Data"]).decode()} for record in Records]
        return self.service.call("PutRecords", {"StreamName": StreamName, "Records": records}, "Records")
