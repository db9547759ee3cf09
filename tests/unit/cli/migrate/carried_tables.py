"""The orders of two lakes, as real Iceberg tables, and curate jobs that run in this process."""

import dataclasses

import contracts
from etl.iceberg import catalog
from etl.lake import Lake
from rapid.cli.job_run import Ended
from tests.unit.etl.lake import SOURCES, Orders


class Tables:
    """The orders of both lakes, and their curate jobs, which run here."""

    def __init__(self, lakes, folder):
        self.stack, self.s3, self.runs = lakes.stack, lakes.s3, []
        self.lakes, self.fails = lakes, False
        sides = {}
        for name, side in (("old", lakes.migration.platform), ("new", lakes.migration.streaming)):
            lakes.stack.client("glue").create_database(DatabaseInput={"Name": side.database})
            lake = Lake(side.database, side.processed_bucket, side.curated_bucket)
            (folder / name).mkdir()
            sides[side.database] = _Orders(lakes.s3, catalog.connect(), lake, folder / name)
        self.by_database = sides
        self.old, self.new = sides.values()
        self.contract = contracts.load(SOURCES / "orders.yaml")

    def run(self, stack, task, source, tell, options=None):
        """In place of a run of the Glue job."""
        orders = self.by_database[stack.masked_outputs["database"]]
        self.runs.append((orders is self.new, options))
        report = dataclasses.asdict(orders.curate(orders.contract))
        return Ended("FAILED" if self.fails else "SUCCEEDED", "no reason", "log", [{**report, "task": "curate"}])


class _Orders(Orders):
    @property
    def table(self):
        return self.catalog.load_table((self.lake.database, "orders_curated"))
