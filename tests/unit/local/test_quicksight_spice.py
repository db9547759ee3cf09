"""Imports into the local SPICE: what is asked of Athena, when, as whom, and what stays when that fails."""

import io
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from rapid.local.quicksight.importing import AthenaImport, ImportFailure

from .cloud_rig import WAIT_SECONDS, Rig, policy
from .quicksight_rig import ACCOUNT, QuickSightRig, bars, category, kpi, number

API = "https://docs.aws.amazon.com/quicksight/latest/APIReference/API_"
USER = "https://docs.aws.amazon.com/quicksight/latest/user/"
REFRESHES = pytest.mark.aws("QuickSight", "Refreshes", f"{USER}refreshing-imported-data.html")
COLUMNS = {"at": "DATETIME", "store": "STRING", "quantity": "INTEGER"}
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
NOW = datetime.now(UTC).replace(microsecond=0, tzinfo=None)


@pytest.fixture(scope="module")
def quick(rig: Rig) -> QuickSightRig:
    return QuickSightRig.over(rig)


class Table:
    """A table of one Parquet object, whose rows are put and replaced at will."""

    def __init__(self, quick: QuickSightRig) -> None:
        self._s3, self.bucket = quick.rig.aws("s3"), quick.rig.name("table")
        self.database = quick.rig.name("lake").replace("-", "_")
        self._s3.create_bucket(Bucket=self.bucket)
        self._glue = quick.rig.aws("glue")
        self._glue.create_database(DatabaseInput={"Name": self.database})
        self.made()

    def made(self) -> None:
        """Let it be there."""
        columns = {"at": "timestamp", "store": "string", "quantity": "int"}
        storage = {
            "Columns": [{"Name": name, "Type": type_} for name, type_ in columns.items()],
            "Location": f"s3://{self.bucket}/",
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
        }
        table = {"Name": "sales", "StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE"}
        self._glue.create_table(DatabaseName=self.database, TableInput=table)

    def has(self, *rows: tuple[datetime | None, str, int]) -> None:
        """Let it have these rows and no others."""
        types = pa.schema({"at": pa.timestamp("ms"), "store": pa.string(), "quantity": pa.int32()})
        columns = dict(zip(types.names, map(list, zip(*rows, strict=True)), strict=True))
        written = io.BytesIO()
        parquet.write_table(pa.table(columns, types), written)
        self._s3.put_object(Bucket=self.bucket, Key="rows.parquet", Body=written.getvalue())

    def asked(self, quick: QuickSightRig, source: str = "") -> str:
        """A data set of the table that has been imported; its ARN."""
        columns = [{"Name": name, "Type": type_} for name, type_ in COLUMNS.items()]
        relation = {
            "DataSourceArn": source or quick.data_source,
            "Catalog": "AwsDataCatalog",
            "Schema": self.database,
            "Name": "sales",
            "InputColumns": columns,
        }
        tables = {"sales": {"RelationalTable": relation}}
        return quick.data_set("", {}, PhysicalTableMap=tables)


@pytest.fixture
def table(quick: QuickSightRig) -> Table:
    return Table(quick)


def place(arn: str) -> dict[str, str]:
    """A data set in requests."""
    return {**ACCOUNT, "DataSetId": arn.rpartition("/")[2]}


def window(quick: QuickSightRig, arn: str) -> None:
    """Let the last day be asked for at an incremental refresh."""
    lookback = {"ColumnName": "at", "Size": 1, "SizeUnit": "DAY"}
    given = {"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": lookback}}}
    quick.api.put_data_set_refresh_properties(**place(arn), DataSetRefreshProperties=given)


def refresh(quick: QuickSightRig, arn: str, type_: str) -> dict[str, Any]:
    """Import a data set once more; the import."""
    id_ = quick.rig.name("ingestion")
    quick.api.create_ingestion(**place(arn), IngestionId=id_, IngestionType=type_)
    return quick.ingestion(arn, id_)


def shown(quick: QuickSightRig, arn: str) -> list[tuple[str, int]]:
    """What a dashboard shows of a data set: quantities by store."""
    rows = quick.rows(bars("b", category("store"), number("quantity")), arn)
    return [(row["store"], row["quantity-sum"]) for row in rows]


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}DescribeIngestion.html")
def test_a_data_set_is_imported_when_it_is_made(quick: QuickSightRig, table: Table) -> None:
    table.has((NOW, "north", 2), (NOW, "south", 3))
    arn = table.asked(quick)
    found = quick.ingestion(arn)
    assert (found["IngestionStatus"], found["RequestType"]) == ("COMPLETED", "INITIAL_INGESTION")
    assert found["RowInfo"] == {"RowsIngested": 2, "RowsDropped": 0, "TotalRowsInDataset": 2}
    assert shown(quick, arn) == [("north", 2), ("south", 3)]


@REFRESHES
def test_what_arrived_since_the_import_is_not_shown_before_the_next(quick: QuickSightRig, table: Table) -> None:
    table.has((NOW, "north", 2))
    arn = table.asked(quick)
    table.has((NOW, "north", 2), (NOW, "south", 3))
    assert shown(quick, arn) == [("north", 2)]
    assert refresh(quick, arn, "FULL_REFRESH")["RequestType"] == "FULL_REFRESH"
    assert shown(quick, arn) == [("north", 2), ("south", 3)]


@REFRESHES
def test_an_incremental_refresh_replaces_the_rows_of_its_window_and_keeps_the_others(
    quick: QuickSightRig, table: Table
) -> None:
    old, new = NOW - timedelta(days=3), NOW - timedelta(hours=3)
    table.has((old, "old", 1), (new, "gone", 1), (new, "changed", 1), (None, "never", 1))
    arn = table.asked(quick)
    window(quick, arn)
    table.has((new, "changed", 5), (new, "fresh", 1))
    found = refresh(quick, arn, "INCREMENTAL_REFRESH")
    assert found["RowInfo"] == {"RowsIngested": 2, "RowsDropped": 0, "TotalRowsInDataset": 4}
    assert shown(quick, arn) == [("changed", 5), ("fresh", 1), ("never", 1), ("old", 1)]
    # What is older than the window goes with a full refresh alone.
    refresh(quick, arn, "FULL_REFRESH")
    assert shown(quick, arn) == [("changed", 5), ("fresh", 1)]


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}CreateIngestion.html")
def test_an_incremental_refresh_needs_a_window(quick: QuickSightRig, table: Table) -> None:
    table.has((NOW, "north", 2))
    arn = table.asked(quick)
    with pytest.raises(ClientError, match="no refresh properties"):
        refresh(quick, arn, "INCREMENTAL_REFRESH")


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}CreateRefreshSchedule.html")
def test_a_tick_of_the_clock_refreshes_what_is_scheduled(quick: QuickSightRig, table: Table, held: None) -> None:
    table.has((NOW, "north", 2))
    arn = table.asked(quick)
    schedule = {"ScheduleId": "hourly", "ScheduleFrequency": {"Interval": "HOURLY"}, "RefreshType": "FULL_REFRESH"}
    made = quick.api.create_refresh_schedule(**place(arn), Schedule=schedule)["Arn"]
    table.has((NOW, "south", 3))
    body = json.dumps({"until": "+61m"})
    answer = quick.rig.http.request("POST", f"{quick.rig.url}/_rapid/tick", body=body).json()
    (run,) = [run for run in answer["runs"] if run["name"] == made]
    assert run["outcome"].endswith("FULL_REFRESH COMPLETED, 1 rows")
    assert shown(quick, arn) == [("south", 3)]
    assert quick.ingestion(arn)["RequestSource"] == "SCHEDULED"
    # A data set that is gone is refreshed no more.
    quick.api.delete_data_set(**place(arn))
    later = quick.rig.http.request("POST", f"{quick.rig.url}/_rapid/tick", body=body).json()
    assert made not in [run["name"] for run in later["runs"]]


@pytest.mark.aws("QuickSight", "Limits", f"{API}CreateIngestion.html")
def test_a_data_set_is_refreshed_by_hand_so_often_a_day(quick: QuickSightRig, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = quick.data_set("SELECT 1 AS quantity", {"quantity": "INTEGER"})
    # The imports themselves are not what this is about.
    monkeypatch.setattr(AthenaImport, "rows", lambda *_: pa.table({"quantity": [1]}))
    for number_ in range(32):
        quick.api.create_ingestion(**place(arn), IngestionId=f"i{number_}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        quick.api.create_ingestion(**place(arn), IngestionId="one-more")
    quick.rig.cloud.quicksight.ingestions.wait()


@pytest.mark.aws("QuickSight", "Refreshes", f"{USER}errors-spice-ingestion.html")
@pytest.mark.parametrize(
    ("sql", "columns", "error", "message"),
    [
        ("SELECT * FROM nowhere.sales", {"a": "STRING"}, "SQL_TABLE_NOT_FOUND", "nowhere"),
        ("SELECT 'x' AS a", {"b": "STRING"}, "SQL_EXCEPTION", "COLUMN_NOT_FOUND"),
        ("SELECT 'x' AS a", {"a": "INTEGER"}, "DATA_TOLERANCE_EXCEPTION", "'x'"),
    ],
)
def test_an_import_that_fails_says_why(
    quick: QuickSightRig, sql: str, columns: dict[str, str], error: str, message: str
) -> None:
    found = quick.ingestion(quick.data_set(sql, columns))
    assert (found["IngestionStatus"], found["ErrorInfo"]["Type"]) == ("FAILED", error)
    assert message in found["ErrorInfo"]["Message"]


def test_dashboards_are_answered_while_data_sets_are_imported(
    quick: QuickSightRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count(1)
    # Each import has one row more than the one before, all of the same number.
    monkeypatch.setattr(AthenaImport, "rows", lambda *_: pa.table({"quantity": [n := next(numbers)] * n}))
    arn = quick.data_set("SELECT 1 AS quantity", {"quantity": "INTEGER"})
    dashboard = quick.dashboard(quick.definition({"sales": arn}, [kpi("k", number("quantity"))]))
    data_set = quick.rig.cloud.quicksight.dashboards

    def look(_: int) -> int:
        data_set.refresh(dashboard)
        return int(quick.answer(dashboard).visuals[0].rows[0]["quantity-sum"])

    with ThreadPoolExecutor(4) as pool:
        sums = list(pool.map(look, range(24)))
    assert {*sums} <= {n * n for n in range(1, 26)}
    quick.rig.cloud.quicksight.ingestions.wait()
    assert look(0) > 1


@REFRESHES
def test_an_import_that_fails_leaves_what_was_there_and_is_told_on_the_dashboard(
    quick: QuickSightRig, table: Table
) -> None:
    table.has((NOW, "north", 2))
    arn = table.asked(quick)
    dashboard = quick.dashboard(quick.definition({"sales": arn}, [kpi("k", number("quantity"))]))
    assert quick.answer(dashboard).failures == []
    quick.rig.aws("glue").delete_table(DatabaseName=table.database, Name="sales")
    assert refresh(quick, arn, "FULL_REFRESH")["IngestionStatus"] == "FAILED"
    answer = quick.answer(dashboard)
    assert answer.visuals[0].rows == [{"quantity-sum": 2}]
    (failure,) = answer.failures
    assert failure.startswith("sales: SQL_TABLE_NOT_FOUND: ")


@REFRESHES
def test_a_dashboard_says_whether_its_data_is_being_imported(
    quick: QuickSightRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = quick.data_set("SELECT 1 AS quantity", {"quantity": "INTEGER"})
    dashboard = quick.dashboard(quick.definition({"sales": arn}, [kpi("k", number("quantity"))]))
    may_end = threading.Event()

    def fail(*_: Any) -> None:
        may_end.wait(WAIT_SECONDS)
        raise ImportFailure("SOURCE", "is away")

    monkeypatch.setattr(AthenaImport, "rows", fail)
    assert not quick.answer(dashboard).is_importing
    quick.rig.cloud.quicksight.dashboards.refresh(dashboard)
    assert quick.answer(dashboard).is_importing
    may_end.set()
    quick.rig.cloud.quicksight.ingestions.wait()
    assert not quick.answer(dashboard).is_importing


ROLE = "datasource-run-as-role.html"


def limited(quick: QuickSightRig, service: str, *actions: str) -> str:
    """A role that a service may assume, and that may do some actions; its ARN."""
    iam, name = quick.rig.aws("iam"), quick.rig.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=allowed)
    return str(arn)


@pytest.mark.aws("QuickSight", "Permissions", f"{USER}{ROLE}")
@pytest.mark.parametrize(
    ("service", "actions", "error", "message"),
    [
        ("glue.amazonaws.com", ("*",), "FAILURE_TO_ASSUME_ROLE", "sts:AssumeRole"),
        ("quicksight.amazonaws.com", ("s3:*", "glue:*"), "PERMISSION_DENIED", "athena:StartQueryExecution"),
        ("quicksight.amazonaws.com", ("athena:*", "s3:*"), "PERMISSION_DENIED", "glue:GetTable"),
        ("quicksight.amazonaws.com", ("athena:*", "glue:*", "s3:*"), "", ""),
    ],
)
def test_athena_is_asked_with_the_role_of_the_data_source(
    quick: QuickSightRig, table: Table, service: str, actions: tuple[str, ...], error: str, message: str
) -> None:
    table.has((NOW, "north", 2))
    found = quick.ingestion(table.asked(quick, quick.source(limited(quick, service, *actions))))
    assert found.get("ErrorInfo", {}).get("Type", "") == error
    assert message in found.get("ErrorInfo", {}).get("Message", "")


@pytest.mark.aws("QuickSight", "Data sets", f"{API}UpdateDataSet.html")
def test_a_data_set_that_is_changed_is_imported_anew(quick: QuickSightRig) -> None:
    request = quick.asked("SELECT 'north' AS store, 2 AS quantity", {"store": "STRING", "quantity": "INTEGER"})
    arn = quick.api.create_data_set(**request)["Arn"]
    quick.ingestion(arn)
    changed = quick.asked("SELECT 'south' AS store, 3 AS quantity", {"store": "STRING", "quantity": "INTEGER"})
    request["PhysicalTableMap"] = changed["PhysicalTableMap"]
    id_ = quick.api.update_data_set(**request)["IngestionId"]
    assert quick.ingestion(arn, id_)["RequestType"] == "EDIT"
    assert shown(quick, arn) == [("south", 3)]
    # Its name alone is no reason to.
    assert "IngestionId" not in quick.api.update_data_set(**{**request, "Name": "Sold"})


@REFRESHES
def test_after_a_change_an_incremental_refresh_asks_for_all_rows(quick: QuickSightRig, table: Table) -> None:
    table.has((NOW - timedelta(days=3), "old", 1), (NOW, "new", 2))
    arn = table.asked(quick)
    window(quick, arn)
    query = f"SELECT at, store, quantity, 1 AS one FROM {table.database}.sales"
    changed = quick.asked(query, {**COLUMNS, "one": "INTEGER"})
    # The import that the change begins fails; the next ones find the table again.
    quick.rig.aws("glue").delete_table(DatabaseName=table.database, Name="sales")
    request = {**changed, "DataSetId": arn.rpartition("/")[2]}
    assert quick.ingestion(arn, quick.api.update_data_set(**request)["IngestionId"])["IngestionStatus"] == "FAILED"
    table.made()
    assert refresh(quick, arn, "INCREMENTAL_REFRESH")["RowInfo"]["RowsIngested"] == 2
    assert shown(quick, arn) == [("new", 2), ("old", 1)]


@pytest.mark.aws("QuickSight", "Data sets", f"{USER}directly-querying-data.html")
def test_what_is_not_in_spice_is_asked_for_at_each_view(quick: QuickSightRig, table: Table) -> None:
    table.has((NOW, "north", 2))
    columns = [{"Name": name, "Type": type_} for name, type_ in COLUMNS.items()]
    relation = {"DataSourceArn": quick.data_source, "Schema": table.database, "Name": "sales", "InputColumns": columns}
    tables = {"sales": {"RelationalTable": relation}}
    arn = quick.data_set("", {}, PhysicalTableMap=tables, ImportMode="DIRECT_QUERY")
    assert shown(quick, arn) == [("north", 2)]
    table.has((NOW, "south", 3))
    assert shown(quick, arn) == [("south", 3)]
