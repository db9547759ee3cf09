"""Which engine of the curate job is cheaper, and from what size on?

Orders as Firehose delivers them (`bench.curate_input`) are curated by pyarrow and by Spark, in turns, each in a process
of its own in the environment of Glue's job (.venv/spark), from disk to disk, into an empty table and then as much again
on top of it. docs/engines.md computes from the figures what they would cost on Glue, where nothing was measured.

    python -m bench.engines [rounds] [orders ...]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from contracts import curation
from rapid.cli import project

from . import curate_input, environments, table

ROUNDS = 3
SIZES = (200_000, 1_000_000, 5_000_000)
"""Orders of a run; a contest is two runs."""
ENGINES = ("pyarrow", "spark")
_PYTHON = environments.ROOT / ".venv" / "spark" / "bin" / "python"


def main() -> int:
    """Run it and print the table; the exit status is 1 if the two engines added different numbers of rows."""
    rounds, *sizes = map(int, sys.argv[1:] or [str(ROUNDS)])
    if not _PYTHON.exists():
        print(f"error: {_PYTHON} is not there; make .venv/spark/.installed", file=sys.stderr)
        return 1
    print(f"{table.circumstances('pyspark==3.5.6, local[*]', rounds)}\n")
    print("| orders a run | delivered MB | figure | pyarrow | Spark | Spark to pyarrow |")
    print("|---:|---:|---|---:|---:|---:|")
    is_equal = [_contest(orders, rounds) for orders in sizes or SIZES]
    return 0 if all(is_equal) else 1


def _contest(orders: int, rounds: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-engines-") as name:
        folder = Path(name)
        (folder / "orders.json").write_text(json.dumps([curation.document(project.contract_of("orders"))]))
        curate_input.write(folder / "all", orders * 2)
        objects = sorted((folder / "all").rglob("*.parquet"))
        for number, path in enumerate(objects):
            run = "first" if number < len(objects) / 2 else "second"
            to = folder / "processed" / run / path.relative_to(folder / "all")
            to.parent.mkdir(parents=True, exist_ok=True)
            path.rename(to)
        size = sum(path.stat().st_size for path in (folder / "processed/first").rglob("*.parquet"))
        found: dict[str, list[dict[str, Any]]] = {engine: [] for engine in ENGINES}
        for number in range(rounds):
            for engine in ENGINES[:: 1 if number % 2 else -1]:
                found[engine].append(_run(engine, folder, folder / f"curated-{engine}-{number}"))
    for figure, value in _FIGURES.items():
        ours, theirs = (statistics.median(map(value, found[engine])) for engine in ENGINES)
        ratio = f"{theirs / ours:.2f}" if ours else ""
        print(f"| {orders:,} | {size / 1e6:.0f} | {figure} | {ours:.1f} | {theirs:.1f} | {ratio} |", flush=True)
    added = {str([run["added"] for run in one["runs"]]) for runs in found.values() for one in runs}
    return len(added) == 1


_FIGURES = {
    "first run, s": lambda found: found["runs"][0]["seconds"],
    "second run, s": lambda found: found["runs"][1]["seconds"],
    "processor time of both, s": lambda found: sum(run["processor_seconds"] for run in found["runs"]),
    "most memory, MB": lambda found: found["peak_bytes"] / 1e6,
    "start of the session, s": lambda found: round(found["session_seconds"], 1),
}


def _run(engine: str, folder: Path, curated: Path) -> dict[str, Any]:
    environment = os.environ | {"ORDERS_CONTRACT": f"{folder}/orders.json", "PYTHONPATH": str(environments.ROOT)}
    command = [str(_PYTHON), "-m", "bench.engines_contest", engine, str(folder / "processed"), str(curated)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
