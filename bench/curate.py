"""How quickly are orders curated, and in how much memory, beside DuckDB, Polars and Spark?

One and five million orders as Firehose delivers them, 1 % twice and 2 % late, become a table: each order once, the
first received, in zstd Parquet files by day, sorted. Contestants take turns, each in a process of its own, from disk to
disk, and their tables are compared. Then 10,000 small objects, by ours alone.

    python -m bench.curate [rounds [orders orders]]
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from contracts import curation
from rapid.cli import project

from . import curate_input, environments, table

ROUNDS = 3
SIZES = (1_000_000, 5_000_000)
OURS, DUCKDB = "ours", "DuckDB"
PEERS = {DUCKDB: f"duckdb=={duckdb.__version__}", "Polars": "polars==2.1.0", "Spark": "pyspark==3.5.6"}
SLOW = "Spark"
"""Takes part in the first round alone."""
SMALL_OBJECTS, SMALL_ORDERS = 10_000, 20
GOAL_SPEED, GOAL_MEMORY, GOAL_GROWTH = 1.3, 0.6, 4.5

Figures = dict[str, list[dict[str, float]]]


def main() -> int:
    """Run it and print the tables; the exit status is 1 if two contestants' tables differ."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    sizes = [int(size) for size in sys.argv[2:4]] or SIZES
    with tempfile.TemporaryDirectory(prefix="bench-curate-") as name:
        folder = Path(name)
        (folder / "orders.json").write_text(json.dumps([curation.document(project.contract_of("orders"))]))
        found = [_contest(folder, orders, rounds) for orders in sizes]
        small = _small_objects(folder)
    print(f"{table.circumstances(', '.join(PEERS.values()), rounds)}\n")
    print("| orders | figure | ours | DuckDB | Polars | Spark | ours to DuckDB | goal |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for orders, figures in zip(sizes, found, strict=True):
        for line in _lines(orders, figures):
            print(line)
    growth = " | ".join(
        f"{_median(found[1], name, 'seconds') / _median(found[0], name, 'seconds'):.2f}" for name in (OURS, *PEERS)
    )
    missed = _median(found[1], OURS, "seconds") / _median(found[0], OURS, "seconds") > GOAL_GROWTH
    goal = f"at most {GOAL_GROWTH}{', missed' if missed else ''}"
    print(f"| {sizes[1]:,} to {sizes[0]:,} | times as long | {growth} |  | {goal} |")
    print(
        f"\n{SMALL_OBJECTS:,} objects of {SMALL_ORDERS} orders each, in one run: {small['seconds']:.1f} s, "
        f"{small['processor_seconds']:.1f} s of processor time, {small['peak_bytes'] / 1e6:.0f} MB"
    )
    return 0


def _contest(folder: Path, orders: int, rounds: int) -> Figures:
    processed = folder / f"processed-{orders}"
    curate_input.write(processed, orders)
    figures: Figures = {name: [] for name in (OURS, *PEERS)}
    answers = {}
    for number in range(rounds):
        names = list(figures)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if name == SLOW and number:
                continue
            figures[name].append(_run(folder, name, processed))
            answers[name] = _answer(folder / "curated")
            figures[name][-1]["bytes"] = _written_bytes(folder / "curated")
            print(f"{orders:,} {name}: {figures[name][-1]}", file=sys.stderr, flush=True)
            if answers[name] != answers[next(iter(answers))]:
                raise SystemExit(f"the tables differ: {answers}")
    shutil.rmtree(processed)
    return figures


def _small_objects(folder: Path) -> dict[str, float]:
    processed = folder / "processed-small"
    curate_input.write(processed, SMALL_OBJECTS * SMALL_ORDERS, SMALL_ORDERS)
    return _run(folder, OURS, processed)


def _run(folder: Path, name: str, processed: Path) -> dict[str, float]:
    curated = folder / "curated"
    shutil.rmtree(curated, ignore_errors=True)
    curated.mkdir()
    python = sys.executable if name == OURS else str(environments.bin_directory(PEERS[name]) / "python")
    command = [python, "-m", "bench.curate_contest", name, str(processed), str(curated)]
    variables = {**os.environ, "ORDERS_CONTRACT": str(folder / "orders.json")}
    answer = subprocess.run(
        command, cwd=environments.ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def _answer(curated: Path) -> list[tuple[Any, ...]]:
    """What a table holds, day by day: rows, keys, sums, and who won."""
    files = [str(path) for path in _data_files(curated)]
    return duckdb.execute(
        """
        SELECT CAST("timestamp" AS DATE), count(*), count(DISTINCT event_id), sum(quantity), sum(price * quantity),
            sum(hash(event_id, ingest_id, epoch_us(received_at), epoch_us("timestamp"), customerid)),
            count(DISTINCT parse_path(filename)[-2])
        FROM read_parquet(?, filename = true, hive_partitioning = false) GROUP BY ALL ORDER BY 1
        """,
        [files],
    ).fetchall()


def _written_bytes(curated: Path) -> int:
    return sum(path.stat().st_size for path in _data_files(curated))


def _data_files(curated: Path) -> Iterator[Path]:
    return curated.glob("**/data/event_day=*/*.parquet")


def _median(figures: Figures, name: str, figure: str) -> float:
    return statistics.median(found[figure] for found in figures[name])


def _lines(orders: int, figures: Figures) -> Iterator[str]:
    rows_per_second = {name: orders / _median(figures, name, "seconds") for name in figures}
    peak_mb = {name: _median(figures, name, "peak_bytes") / 1e6 for name in figures}
    processor = {name: _median(figures, name, "processor_seconds") for name in figures}
    written_mb = {name: _median(figures, name, "bytes") / 1e6 for name in figures}
    speed, memory = (found[OURS] / found[DUCKDB] for found in (rows_per_second, peak_mb))
    missed = ", missed"
    yield _line(
        orders, "orders a second", rows_per_second, 0, f"{speed:.2f}", f"{GOAL_SPEED}{missed * (speed < GOAL_SPEED)}"
    )
    yield _line(
        orders,
        "most memory, MB",
        peak_mb,
        0,
        f"{memory:.2f}",
        f"at most {GOAL_MEMORY}{missed * (memory > GOAL_MEMORY)}",
    )
    yield _line(orders, "processor seconds", processor, 1, f"{processor[OURS] / processor[DUCKDB]:.2f}", "")
    yield _line(orders, "written, MB", written_mb, 1, f"{written_mb[OURS] / written_mb[DUCKDB]:.2f}", "")


def _line(orders: int, name: str, found: dict[str, float], digits: int, ratio: str, goal: str) -> str:
    cells = " | ".join(f"{value:,.{digits}f}" for value in found.values())
    return f"| {orders // 1_000_000} M | {name} | {cells} | {ratio} | {goal} |"


if __name__ == "__main__":
    raise SystemExit(main())
