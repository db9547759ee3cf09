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
from bench.processes import peak_bytes, processor_seconds
from etl import contract
from etl.curation.curate import curate
from etl.engines.pyarrow_engine import PyArrowEngine
from etl.engines.spark import session
from etl.engines.spark.engine import SparkEngine


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
        before, began = processor_seconds(), time.perf_counter()
        report = curate(catalog, DiskS3(), DiskLake("lake", bucket, curated), orders, None, engine)
        seconds = time.perf_counter() - began
        figures = {"seconds": seconds, "processor_seconds": processor_seconds() - before, "added": report.rows_added}
        found["runs"].append(figures)
    print(json.dumps(found | {"peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
