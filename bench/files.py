"""How long does an uploaded file take from gzip NDJSON to the curated table, beside DuckDB doing the same?

A file of orders as senders write them, gzipped: 1 % come twice, 2 % are late, one in a thousand is bad. Ours is what
the two jobs run, the file's check and the curation, on a lake on this machine's disk. DuckDB reads the file, checks the
same rules, keeps the first of each key, and writes sorted zstd Parquet by day, and the bad rows apart. Each contestant
is a process of its own, in turns; their tables are compared.

    python -m bench.files [rows] [rounds]
"""

import datetime
import gzip
import itertools
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import duckdb

from rapid.cli import project, samples

from .processes import peak_bytes, processor_seconds
from .table import circumstances

ROWS, ROUNDS, GOAL = 1_000_000, 5, 1.0
RECEIVED = datetime.datetime(2026, 3, 14, 18, 31)
_FILE_ID = "f1"
_THREADS = 2
_LIVE = "live_files.json"

_DUCKDB = f"""
CREATE TABLE checked AS
SELECT
    event_id,
    try_cast("timestamp" AS TIMESTAMP) AS "timestamp",
    menuItem AS menuitem,
    try_cast(quantity AS BIGINT) AS quantity,
    try_cast(price AS DECIMAL(10, 2)) AS price,
    customerId AS customerid,
    restaurantId AS restaurantid,
    TIMESTAMP '{RECEIVED}' AS received_at,
    '{_FILE_ID}-' || row_number() OVER () AS ingest_id,
    "timestamp" IS NOT NULL AND length(menuItem) BETWEEN 1 AND 200 AND length(customerId) BETWEEN 1 AND 128
        AND length(restaurantId) BETWEEN 1 AND 128 AND length(event_id) BETWEEN 1 AND 128 AS are_texts_good,
    quantity AS given_quantity
FROM read_json('{{file}}', format = 'newline_delimited', columns = {{{{
    event_id: 'VARCHAR', "timestamp": 'VARCHAR', menuItem: 'VARCHAR', quantity: 'VARCHAR', price: 'VARCHAR',
    customerId: 'VARCHAR', restaurantId: 'VARCHAR'}}}});
COPY (
    SELECT * EXCLUDE (are_texts_good, given_quantity), "timestamp"::DATE AS event_day FROM checked
    WHERE are_texts_good AND "timestamp" IS NOT NULL AND quantity BETWEEN 1 AND 1000 AND price >= 0
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY received_at, ingest_id) = 1
    ORDER BY event_day, restaurantid, "timestamp"
) TO '{{folder}}/table' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (event_day));
COPY (
    SELECT * FROM checked
    WHERE NOT coalesce(are_texts_good AND "timestamp" IS NOT NULL AND quantity BETWEEN 1 AND 1000 AND price >= 0, false)
) TO '{{folder}}/bad.json.gz' (FORMAT json);
"""


def main() -> int:
    """Run it; the exit status is 1 unless both tables are equal."""
    if len(sys.argv) > 1 and sys.argv[1] in _CONTESTANTS:
        return _contest(*sys.argv[1:])
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    found: dict[str, list[dict[str, float]]] = {name: [] for name in _CONTESTANTS}
    tables = {}
    with tempfile.TemporaryDirectory(prefix="bench-files-") as name:
        file = Path(name) / "orders.ndjson.gz"
        write_file(file, rows)
        for number in range(rounds):
            for contestant in sorted(_CONTESTANTS, reverse=bool(number % 2)):
                folder = Path(name) / contestant
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                command = [sys.executable, "-m", "bench.files", contestant, str(file), str(folder)]
                ended = subprocess.run(command, check=True, capture_output=True, text=True)
                found[contestant].append(json.loads(ended.stdout))
                tables[contestant] = _figures(folder)
                print(f"{contestant}: {found[contestant][-1]}", flush=True)
        size = file.stat().st_size
    ours, theirs = (_median(found[name]) for name in ("ours", "duckdb"))
    is_equal = tables["ours"] == tables["duckdb"]
    print(f"{circumstances(f'duckdb=={duckdb.__version__}', rounds)}, {rows:,} rows, {size:,} bytes\n")
    print("| from gzip NDJSON to the table | ours | DuckDB | ratio | goal |\n|---|---:|---:|---:|---:|")
    ratio = theirs["seconds"] / ours["seconds"]
    missed = "" if ratio >= GOAL else ", missed"
    print(f"| seconds | {ours['seconds']:.2f} | {theirs['seconds']:.2f} | {ratio:.2f} | {GOAL:g}{missed} |")
    print(f"| of that, the file's check | {ours['check']:.2f} | | {theirs['seconds'] / ours['check']:.2f} | |")
    print(f"| processor seconds | {ours['cpu']:.2f} | {theirs['cpu']:.2f} | {theirs['cpu'] / ours['cpu']:.2f} | |")
    print(f"| most memory, MiB | {ours['mib']:.0f} | {theirs['mib']:.0f} | {theirs['mib'] / ours['mib']:.2f} | |")
    print(f"\ntables {'equal' if is_equal else 'DIFFER'}: {tables['ours'][0]:,} rows of {len(tables['ours'][1])} days")
    return 0 if is_equal else 1


def write_file(file: Path, rows: int) -> None:
    """Orders as their senders write them, some twice, some late, some bad."""
    contract, randomness = project.contract_of("orders"), random.Random(1)
    usual = list(itertools.islice(samples.events(contract, 20_000, seed=1), 20_000))
    sent: list[dict[str, object]] = []
    with gzip.open(file, "wb", compresslevel=6) as stream:
        for number in range(rows):
            if sent and randomness.random() < 0.01:
                event = randomness.choice(sent)
            else:
                day = RECEIVED - datetime.timedelta(days=randomness.randrange(1, 10) * (randomness.random() < 0.02))
                at = day.replace(hour=0, minute=0) + datetime.timedelta(
                    milliseconds=randomness.randrange(18 * 3_600_000)
                )
                event = usual[number % len(usual)] | {
                    "event_id": str(uuid.UUID(int=randomness.getrandbits(128), version=4)),
                    "timestamp": at.isoformat(timespec="milliseconds") + "Z",
                }
                if number % 1000 == 999:
                    event["quantity"] = "none"
                elif len(sent) < 10_000:
                    sent.append(event)
            stream.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")


def _contest(contestant: str, file: str, folder: str) -> int:
    """One contestant's run, in this process; prints what it took."""
    taken = _CONTESTANTS[contestant](Path(file), Path(folder))
    print(json.dumps({**taken, "cpu": processor_seconds(), "mib": peak_bytes() / 2**20}))
    return 0


def _ours(file: Path, folder: Path) -> dict[str, float]:
    from contracts import file_checks
    from etl import contract as compiled
    from etl.curation.curate import curate
    from etl.files import contract
    from etl.files.places import Buckets, LandedFile
    from etl.files.take_in import take_in

    from .disk_lake import DiskCatalog, DiskLake, DiskS3

    documents = json.dumps([file_checks.document(project.contract_of("orders"))])
    s3, lake = DiskS3(), DiskLake("lake", str(folder / "processed"), str(folder / "curated"))
    landed = LandedFile("orders", _FILE_ID, "orders.ndjson.gz", _FILE_ID, "", file.stat().st_size, RECEIVED)
    place = folder / "files" / landed.key
    place.parent.mkdir(parents=True)
    place.symlink_to(file)
    for bucket in ("processed", "quarantine", "curated"):
        (folder / bucket).mkdir()
    started = time.monotonic()
    buckets = Buckets(str(folder / "files"), lake.processed_bucket, str(folder / "quarantine"))
    take_in(s3, buckets, landed, contract.parse(documents)["orders"], RECEIVED)
    checked = time.monotonic()
    catalog, contract_of_table = DiskCatalog(), compiled.parse(documents)[0]
    report = curate(catalog, s3, lake, contract_of_table, None)
    seconds = time.monotonic() - started
    table = catalog.load_table((lake.database, contract_of_table.table))
    (folder / _LIVE).write_text(json.dumps([task.file.file_path for task in table.scan().plan_files()]))
    return {"seconds": seconds, "check": checked - started, "replaced": report.replaced}


def _duckdb(file: Path, folder: Path) -> dict[str, float]:
    started = time.monotonic()
    connection = duckdb.connect()
    connection.execute(f"SET threads = {_THREADS}")
    connection.execute(_DUCKDB.format(file=file, folder=folder))
    return {"seconds": time.monotonic() - started}


_CONTESTANTS = {"ours": _ours, "duckdb": _duckdb}


def _figures(folder: Path) -> tuple[int, list[tuple[object, ...]]]:
    """Distinct keys of a contestant's table, and each day's rows, keys and revenue."""
    # A file that a replaced row was in stays on the disk until maintenance.
    live = folder / _LIVE
    files = json.loads(live.read_text()) if live.exists() else [str(path) for path in folder.glob("table/**/*.parquet")]
    days = duckdb.execute(
        f"""
        SELECT "timestamp"::DATE AS day, count(*), count(DISTINCT event_id), sum(price * quantity), min(ingest_id)
        FROM read_parquet({files}, hive_partitioning = false) GROUP BY day ORDER BY day
        """
    ).fetchall()
    return sum(day[1] for day in days), days


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: sorted(run[name] for run in runs)[len(runs) // 2] for name in runs[0]}


if __name__ == "__main__":
    raise SystemExit(main())
