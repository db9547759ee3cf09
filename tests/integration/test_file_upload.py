"""Files by the command: from the disk to the curated table."""

import itertools
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts import limits
from rapid.cli import files, project, samples
from rapid.cli import send as sending
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here, number

MIB = 1024 * 1024
ORDERS = project.contract_of("orders")
COLUMNS = ("event_id", "timestamp", "menuItem", "quantity", "price", "customerId", "restaurantId")


def write_csv(path: Path, count: int, seed: int, bad_every: int = 0) -> int:
    """Write orders as CSV; the number of bad rows."""
    bad = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for index, event in enumerate(samples.events(ORDERS, count, seed)):
            row = dict(event)
            if bad_every and index % bad_every == 0:
                row["quantity"], bad = "two", bad + 1
            file.write(",".join(f'"{row[name]}"' for name in COLUMNS) + "\n")
    return bad


def file_id(output: str) -> str:
    found = re.search(r"Stored as file ([0-9a-f]{32})", output)
    assert found, output
    return found[1]


def test_rows_of_a_csv_are_curated_once_and_bad_ones_are_in_quarantine(
    own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    path = tmp_path / "orders.csv"
    bad = write_csv(path, 2_000, seed=1, bad_every=100)
    for _ in range(2):
        assert sending.send_file("orders", path, 500) == 0
    assert files.run_job() == 0
    found = capsys.readouterr().out
    assert re.search(rf"orders\s+[0-9a-f]{{32}}\s+orders\.csv\s+[\d,]+\s+done\s+2,000\s+{2000 - bad:,}\s+{bad}", found)
    assert files.show(file_id(found)) == 0
    assert '"state": "done"' in capsys.readouterr().out
    assert curate_here(own_stack, "orders")["rows_added"] == 2_000 - bad
    assert number(own_stack, "SELECT count(DISTINCT event_id) FROM orders_curated") == 2_000 - bad


def test_a_source_without_a_contract_takes_a_file_that_waits_for_one(
    own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    path = tmp_path / "stock.csv"
    path.write_text("sku,stock\nA1,3\n")
    assert sending.send_file("stock", path, 500) == 0
    assert files.show_all() == 0
    assert re.search(r"stock\s+[0-9a-f]{32}\s+stock\.csv\s+15\s+waiting for a contract", capsys.readouterr().out)


BAD_EVERY = 1_000


def write_large_csv(path: Path, size_bytes: int) -> tuple[int, int]:
    """Write orders as CSV, of as many bytes or a few less; the numbers of rows and of bad ones."""
    randomness = random.Random(size_bytes)
    left, rows, bad = size_bytes, 0, 0
    with path.open("w", encoding="utf-8", newline="") as file:
        left -= file.write(",".join(COLUMNS) + "\n")
        while left > 0:
            is_bad = rows % BAD_EVERY == 7
            quantity = "two" if is_bad else randomness.randint(1, 9)
            moment = f"2026-11-{randomness.randint(1, 26):02}T{randomness.randint(0, 23):02}:15:00Z"
            price, customer = f"{randomness.randint(100, 9999) / 100:.2f}", randomness.randint(1, 10**6)
            identity = uuid.UUID(int=randomness.getrandbits(128), version=4)
            line = f"{identity},{moment},Pasta Carbonara,{quantity},{price},cust{customer},rest{customer % 40}\n"
            if len(line) > left:
                break
            left -= file.write(line)
            rows, bad = rows + 1, bad + is_bad
    return rows, bad


@contextmanager
def peak_of_job_mib() -> Iterator[list[float]]:
    """The most memory, in MiB, that the process of a job's run held: one number, at the end."""
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    if b"files_job.py" in (folder / "cmdline").read_bytes():
                        status = (folder / "status").read_text()
                        peak[0] = max(peak[0], int(status.partition("VmHWM:")[2].split()[0]) / 1024)
                except (OSError, IndexError):
                    continue

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peak
    finally:
        ended.set()
        watching.join()


@pytest.mark.parametrize(
    "size_bytes",
    [
        pytest.param(17 * MIB, id="small"),
        pytest.param(limits.MAX_FILE_BYTES, id="full", marks=pytest.mark.full_size),
    ],
)
def test_a_large_csv_is_in_the_curated_table_with_every_row_accounted_for(
    own_stack: LocalStack,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    size_bytes: int,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    curate_here(own_stack, "orders")
    before = number(own_stack, "SELECT count(*) FROM orders_curated")
    path = tmp_path / f"{size_bytes}.csv"
    rows, bad = write_large_csv(path, size_bytes)
    seconds = [time.monotonic()]
    assert sending.send_file("orders", path, 500) == 0
    seconds.append(time.monotonic())
    with peak_of_job_mib() as peak:
        assert files.run_job() == 0
    seconds.append(time.monotonic())
    report = curate_here(own_stack, "orders")
    seconds.append(time.monotonic())
    assert re.search(rf"done\s+{rows:,}\s+{rows - bad:,}\s+{bad:,}", capsys.readouterr().out)
    assert report["rows_added"] == rows - bad
    assert number(own_stack, "SELECT count(*) FROM orders_curated") - before == rows - bad
    upload, job, curation = (end - start for start, end in itertools.pairwise(seconds))
    with capsys.disabled():
        print(
            f"\n{path.stat().st_size:,} bytes, {rows:,} rows, {bad:,} of them bad: uploaded in {upload:.1f} s, "
            f"taken in in {job:.1f} s with {peak[0]:.0f} MiB at most, curated in {curation:.1f} s; "
            f"{rows:,} rows = {rows - bad:,} curated + {bad:,} in quarantine"
        )
