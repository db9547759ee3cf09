"""Two lakes of orders, with real objects and Iceberg tables, and a stack whose Athena has no socket."""

import datetime
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts import Contract
from etl.iceberg import data_files
from etl.iceberg.commits import add_snapshot
from etl.lake import Lake
from rapid.cli import catalog
from rapid.cli.job_run import Ended
from rapid.cli.migrate import inventory, state
from rapid.cli.target import LocalStack
from tests.unit.etl.lake import Orders
from tests.unit.local.athena_rig import AthenaRig

from .stacks import ZONES, outputs

OLD, NEW = "old", "new"


class RigStack(LocalStack):
    """The stack, on a rig; what is in its streams is delivered."""

    @cached_property
    def region(self) -> str:
        return "us-east-1"

    def client(self, service: str) -> Any:
        return (
            _Athena(RIGS[self.endpoint_url]) if service == "athena" else RIGS[self.endpoint_url].clients.client(service)
        )

    def flush(self) -> int:
        return 0


RIGS: dict[str, AthenaRig] = {}
"""By endpoint."""


def stack_on(rig: AthenaRig) -> RigStack:
    """A stack in phase side_by_side whose two lakes are there, with nothing in them."""
    RIGS[rig.endpoint] = rig
    rig.reset()
    for name in (OLD, NEW):
        for zone in ZONES:
            rig.s3.create_bucket(Bucket=f"{name}-{zone}")
        rig.glue.create_database(DatabaseInput={"Name": f"lake_{name}"})
        rig.work_group(name)
    rig.s3.create_bucket(Bucket="files")
    return RigStack(rig.endpoint, viewed=outputs(files_bucket="files"))


class TwoLakes:
    """The lakes of a stack, curated and copied in this process."""

    def __init__(self, rig: AthenaRig, contract: Contract, folder: Path) -> None:
        self.rig, self.contract, self.stack = rig, contract, stack_on(rig)
        self.migration = state.of(self.stack)
        self.s3, self.catalog = rig.s3, catalog.of(self.stack)
        self.sides = {
            name: Orders(self.s3, self.catalog, Lake(f"lake_{name}", f"{name}-processed", f"{name}-curated"), folder)
            for name in (OLD, NEW)
        }

    def deliver(self, *rows: dict[str, Any], to: tuple[str, ...] = (OLD, NEW)) -> None:
        """Deliver an object to lakes."""
        for name in to:
            self.sides[name].deliver(list(rows))

    def sync(self, started: datetime.datetime | None = None) -> None:
        """Copy all, as the step copies what lacks, and say so; and that it began then, where it is given."""
        for part in inventory.parts(self.s3, self.migration):
            for item in inventory.listing(self.s3, part.bucket, part.prefix):
                self._copy(part.bucket, item.key, part.target_bucket, part.target_key(item.key))
        for file in inventory.history(self.stack, self.migration.platform, self.contract).files:
            self._copy(file.bucket, file.key, self.migration.streaming.processed_bucket, file.target_key)
        self.sides[NEW].curate()
        state.record(
            self.stack, state.Step.SYNC, {"complete": True, **({"started": started.isoformat()} if started else {})}
        )

    def _copy(self, bucket: str, key: str, target_bucket: str, target_key: str) -> None:
        self.s3.copy_object(CopySource={"Bucket": bucket, "Key": key}, Bucket=target_bucket, Key=target_key)

    def copies_of_history(self) -> list[str]:
        """Keys in the new lake's processed bucket."""
        bucket = self.migration.streaming.processed_bucket
        listed = inventory.listing(self.s3, bucket, f"{self.contract.source}/")
        return [item.key for item in listed if inventory.HISTORY_NAME in item.key]

    def append(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Put rows into a table that nobody delivered."""
        table = self.table(name)
        found = pa.Table.from_pylist(rows, table.schema().as_arrow())
        with table.transaction() as transaction:
            add_snapshot(transaction, [], list(data_files.write(table, found, self.contract.event_time.column)))

    def table(self, name: str) -> Any:
        """A lake's table."""
        return self.catalog.load_table((f"lake_{name}", self.contract.curated_table))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A lake's rows."""
        return self.table(name).scan().to_arrow().to_pylist()

    def curated(self, stack: LocalStack, _task: Any, _source: Any, _told: Any, _options: Any = None) -> Ended:
        """Stands for `job_run.run`."""
        name = OLD if stack.masked_outputs["curate_job"].startswith(OLD) else NEW
        self.sides[name].curate()
        return Ended("SUCCEEDED", "", "", [])


class _Athena:
    """As much of Athena's client as the commands use."""

    def __init__(self, rig: AthenaRig) -> None:
        self._rig = rig

    def start_query_execution(self, **wanted: Any) -> dict[str, Any]:
        return self._rig.call("StartQueryExecution", **wanted)

    def get_query_execution(self, **wanted: Any) -> dict[str, Any]:
        return self._rig.call("GetQueryExecution", **wanted)

    def get_work_group(self, **wanted: Any) -> dict[str, Any]:
        return self._rig.clients.client("athena").get_work_group(**wanted)

    def get_paginator(self, _name: str) -> "_Athena":
        return self

    def paginate(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._rig.call("GetQueryResults", **wanted, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
