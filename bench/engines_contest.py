"""One engine's curation of delivered orders, in a process of its own.

    python -m bench.engines_contest ENGINE PROCESSED CURATED

PROCESSED has two folders, the objects of a first and of a second run; the second meets the table of the first. Prints
as JSON for each run the seconds of the work (without the start of Python, imports and Spark's session), processor
seconds and rows; and the seconds that the session took to start and the most resident memory in bytes.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.disk_lake import DiskCatalog, DiskLake, DiskS3
from etl import contract
from etl.curate import curate
from etl.pyarrow_engine import PyArrowEngine
from etl.spark import session
from etl.spark.engine import SparkEngine


def main() -> None:
    """Measure one engine."""
    name, processed, curated = sys.argv[1:]
    [orders] = contract.parse(Path(os.environ["ORDERS_CONTRACT"]).read_text())
    began = time.perf_counter()
    context = session.context() if name == "spark" else None
    found: dict[str, Any] = {"session_seconds": time.perf_counter() - began, "runs": []}
    catalog = DiskCatalog()
    for run in ("first", "second"):
        bucket = f"{processed}/{run}"
        engine = (
            SparkEngine(session.context, bucket, orders, DiskS3) if context else PyArrowEngine(DiskS3(), bucket, orders)
        )
        before, began = _processor_seconds(), time.perf_counter()
        report = curate(catalog, DiskS3(), DiskLake("lake", bucket, curated), orders, None, engine)
        seconds = time.perf_counter() - began
        figures = {"seconds": seconds, "processor_seconds": _processor_seconds() - before, "added": report.rows_added}
        found["runs"].append(figures)
    print(json.dumps(found | {"peak_bytes": _peak_bytes()}))


def _peak_bytes() -> int:
    """Most resident memory of this process and those that it started, each at its own moment."""
    lines = [line for process in _processes() for line in (process / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _processor_seconds() -> float:
    """Of the same processes, from their start."""
    # After the name, which is in brackets: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    fields = [(process / "stat").read_text().rpartition(")")[2].split() for process in _processes()]
    # utime and stime, and cutime and cstime of what has ended.
    return sum(int(value) for field in fields for value in field[11:15]) / os.sysconf("SC_CLK_TCK")


def _processes() -> list[Path]:
    found, waiting = [], [Path(f"/proc/{os.getpid()}")]
    while waiting:
        process = waiting.pop()
        found.append(process)
        for children in process.glob("task/*/children"):
            waiting += [Path(f"/proc/{child}") for child in children.read_text().split()]
    return found


if __name__ == "__main__":
    main()
