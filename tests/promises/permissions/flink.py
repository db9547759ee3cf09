"""A Flink application as its Kinesis source, Iceberg sink and log ask AWS, by the role that a stack's outputs name."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import Table

from etl.iceberg import data_files
from rapid.cli.target import LocalStack
from rapid.local.clients import Clients


@dataclass(frozen=True)
class Flink:
    """What a Flink application does, with the role that the stack's outputs name."""

    stack: LocalStack
    clients: Clients

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stack.outputs["migration"]
        return found

    def client(self, service: str) -> Any:
        return self.clients.client(service, self.told["flink"]["role_arn"])

    def read(self, source: str) -> list[dict[str, Any]]:
        """The events in a data stream from its beginning on."""
        kinesis, stream = self.client("kinesis"), {"StreamARN": self.told["flink"]["stream_arns"][source]}
        assert kinesis.describe_stream_summary(**stream)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
        events = []
        for shard in kinesis.list_shards(**stream)["Shards"]:
            start = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator, behind = kinesis.get_shard_iterator(**stream, **start)["ShardIterator"], 1
            while behind:
                page = kinesis.get_records(ShardIterator=iterator)
                iterator, behind = page["NextShardIterator"], page["MillisBehindLatest"]
                lines = [line for record in page["Records"] for line in record["Data"].splitlines()]
                events += [json.loads(line) for line in lines]
        return events

    def table(self, source: str) -> Table:
        """The curated table of a source in the streaming lake."""
        keys = self.clients.assume(self.told["flink"]["role_arn"], "flink")
        files = {
            "s3.endpoint": self.stack.endpoint_url,
            "s3.region": self.stack.region,
            "s3.access-key-id": keys["AccessKeyId"],
            "s3.secret-access-key": keys["SecretAccessKey"],
            "s3.session-token": keys["SessionToken"],
        }
        catalog = GlueCatalog("glue", client=self.client("glue"), **files)
        return catalog.load_table((self.told["flink"]["catalog_database"], f"{source}_curated"))

    def append(self, source: str, ingest_id: str) -> None:
        """Append a row to the curated table, like one that is there."""
        table = self.table(source)
        rows = table.scan(limit=1).to_arrow()
        at = rows.column_names.index("ingest_id")
        rows = rows.set_column(at, rows.field(at), pa.array([ingest_id], rows.field(at).type))
        [day] = table.spec().fields
        files = data_files.write(table, rows, table.schema().find_column_name(day.source_id))
        with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
            for file in files:
                append.append_data_file(file)

    def log(self, line: str) -> None:
        """Write a line to the application's log, which is looked for first, as the service does."""
        logs, (group, stream) = self.client("logs"), self._log_stream
        [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        logs.describe_log_streams(logGroupName=found["logGroupName"], logStreamNamePrefix=stream)
        event = {"timestamp": int(time.time() * 1000), "message": line}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    @property
    def _log_stream(self) -> tuple[str, str]:
        """Group and stream of the ARN that the application is told of."""
        *_, group, _, stream = self.told["flink"]["log_stream_arn"].split(":")
        return group, stream
