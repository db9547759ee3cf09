"""Putting a curated table back as docs/runbook.md says: an earlier version of the table in the Glue catalog."""

import boto3

TAKEN = ("Name", "Parameters", "StorageDescriptor", "TableType")


def ids(orders):
    return sorted(row["event_id"] for row in orders.rows())


def versions(orders, glue):
    found = glue.get_table_versions(DatabaseName=orders.lake.database, TableName="orders_curated")["TableVersions"]
    return sorted(found, key=lambda version: int(version["VersionId"]))


def put_back(orders, glue, version, current):
    table_input = {name: version["Table"][name] for name in TAKEN}
    glue.update_table(DatabaseName=orders.lake.database, TableInput=table_input, VersionId=current["VersionId"])


def test_an_earlier_version_puts_rows_and_ledger_back_together(orders):
    glue = boto3.client("glue")
    orders.deliver([orders.order("good")])
    orders.curate()
    good = versions(orders, glue)[-1]
    orders.deliver([orders.order("bad")])
    orders.curate()
    assert ids(orders) == ["bad", "good"]

    put_back(orders, glue, good, versions(orders, glue)[-1])

    assert ids(orders) == ["good"]
    # The ledger is that of the good version: what it does not name is taken in again, once.
    assert orders.curate().inputs == 1
    assert ids(orders) == ["bad", "good"]
    assert orders.curate().inputs == 0
