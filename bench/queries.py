"""How long does a small Athena query take, beside MiniStack's and beside DuckDB alone?

Each server has one table over one Parquet object of 1,000 orders. A query is timed as a client sees it, from
StartQueryExecution over GetQueryExecution, asked every millisecond, to the rows of GetQueryResults. DuckDB alone reads
the same file in this process. All take turns, so that whatever else the machine does meets each of them.

    python -m bench.queries [rounds]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from rapid.cli import project, samples

from . import servers, table

ROUNDS = 20
ORDERS = 1_000
DUCKDB_PACKAGE = f"duckdb=={duckdb.__version__}"
REGION, BUCKET, DATABASE, TABLE = "us-east-1", "bench", "bench", "orders"
_COLUMNS = {"event_id": "string", "menuitem": "string", "quantity": "int", "price": "double", "restaurantid": "string"}
_QUERIES = {
    "SELECT 1": "SELECT 1",
    "count": f"SELECT count(*) FROM {TABLE}",
    "top menu items": f"SELECT menuitem, sum(price * quantity) AS revenue FROM {TABLE} "
    "GROUP BY menuitem ORDER BY revenue DESC LIMIT 10",
}
_POLL_SECONDS = 0.001
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."

Rows = list[tuple[str, ...]]


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.local_cloud() as ours,
        servers.ministack(DUCKDB_PACKAGE) as theirs,
    ):
        file = Path(folder) / "orders.parquet"
        pq.write_table(_orders(), file)
        ask: list[Callable[[str], Rows]] = [_Athena(ours.url, file), _Athena(theirs.url, file), _DuckDb(file)]
        found = {name: [_times(asked, sql, 0) for asked in ask] for name, sql in _QUERIES.items()}
        for name, sql in _QUERIES.items():
            answers = [asked(sql) for asked in ask]
            if not answers[0] == answers[1] == answers[2]:
                raise SystemExit(f"{name}: the answers differ: {answers}")
            for _round in range(rounds):
                for seconds, asked in zip(found[name], ask, strict=True):
                    seconds += _times(asked, sql, 1)
    print(f"\n{table.machine()}, {servers.MINISTACK_PACKAGE}, {DUCKDB_PACKAGE}, medians of {rounds} rounds\n")
    print("| query, ms | local cloud | MiniStack | ratio | DuckDB alone |\n|---|---:|---:|---:|---:|")
    for name, times in found.items():
        cloud, ministack, alone = (statistics.median(each) * 1000 for each in times)
        print(f"| {name} | {cloud:.1f} | {ministack:.1f} | {ministack / cloud:.2f} | {alone:.1f} |")
    return 0


def _times(ask: Callable[[str], Rows], sql: str, count: int) -> list[float]:
    """Seconds that a query took, for each time it was asked."""
    seconds = []
    for _time in range(count):
        began = time.perf_counter()
        ask(sql)
        seconds.append(time.perf_counter() - began)
    return seconds


def _orders() -> pa.Table:
    events = samples.events(project.contract_of("orders"), ORDERS, seed=1)
    rows = [{name.lower(): value for name, value in event.items()} for event in events]
    types = {"string": pa.string(), "int": pa.int32(), "double": pa.float64()}
    return pa.table(
        {name: pa.array([_plain(row.get(name)) for row in rows], types[kind]) for name, kind in _COLUMNS.items()}
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int) else float(value)


class _Athena:
    """Asks a server's Athena, over a table that it makes there."""

    def __init__(self, url: str, file: Path) -> None:
        self._url = url
        self._client("s3").create_bucket(Bucket=BUCKET)
        self._client("s3").put_object(Bucket=BUCKET, Key="orders/orders.parquet", Body=file.read_bytes())
        glue = self._client("glue")
        glue.create_database(DatabaseInput={"Name": DATABASE})
        glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": TABLE,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet"},
                "StorageDescriptor": {
                    "Columns": [{"Name": name, "Type": kind} for name, kind in _COLUMNS.items()],
                    "Location": f"s3://{BUCKET}/orders/",
                    "InputFormat": f"{_PARQUET}MapredParquetInputFormat",
                    "OutputFormat": f"{_PARQUET}MapredParquetOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}serde.ParquetHiveSerDe"},
                },
            },
        )
        self._athena = self._client("athena")

    def __call__(self, sql: str) -> Rows:
        """The rows of a query. Raises SystemExit if it fails."""
        started = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": DATABASE},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
        )["QueryExecutionId"]
        while True:
            status = self._athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                break
            if status["State"] not in ("QUEUED", "RUNNING"):
                raise SystemExit(f"{self._url}: {sql}: {status}")
            time.sleep(_POLL_SECONDS)
        rows = self._athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"][1:]
        return _comparable([cell.get("VarCharValue") for cell in row["Data"]] for row in rows)

    def _client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=self._url, **keys)


class _DuckDb:
    """Asks DuckDB in this process."""

    def __init__(self, file: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(f"CREATE VIEW {TABLE} AS SELECT * FROM read_parquet('{file}')")

    def __call__(self, sql: str) -> Rows:
        """The rows of a query."""
        return _comparable(self._connection.execute(sql).fetchall())


def _comparable(rows: Any) -> Rows:
    return [tuple(_text(value) for value in row) for row in rows]


def _text(value: Any) -> str:
    """A number to the cent, so that engines that add in another order agree."""
    try:
        return f"{float(value):.2f}"
    except ValueError:
        return str(value)


if __name__ == "__main__":
    raise SystemExit(main())
