"""Files from landing to SQL: rows in are rows out and quarantined, and `rapid counts` says so."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from rapid.cli import project
from rapid.cli.counts import command
from rapid.cli.counts.command import Counted
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here, number, rows

COLUMNS = ("event_id", "timestamp", "menuItem", "quantity", "price", "customerId", "restaurantId")


def order(event_id: str, price: str = "9.50") -> str:
    return f"{event_id},2026-03-14T18:30:00Z,Pasta,2,{price},c1,r1\n"


def land(stack: LocalStack, file_id: str, body: bytes, source: str = "orders") -> None:
    key = f"incoming/{source}/{file_id}/file.csv"
    stack.client("s3").put_object(Bucket=stack.outputs["files_bucket"], Key=key, Body=body)


def run_files_job(stack: LocalStack) -> None:
    """Run the deployed job to its end; the starter's own run, if it is under way, first."""
    glue, job = stack.client("glue"), stack.outputs["files_job"]
    while True:
        try:
            run_id = glue.start_job_run(JobName=job)["JobRunId"]
            break
        except glue.exceptions.ConcurrentRunsExceededException:
            time.sleep(0.2)
    while (run := glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])["JobRunState"] in ("STARTING", "RUNNING"):
        time.sleep(0.1)
    assert run["JobRunState"] == "SUCCEEDED", run


def report(stack: LocalStack, file_id: str, source: str = "orders") -> dict[str, Any]:
    key = f"reports/{source}/{file_id}.json"
    body = stack.client("s3").get_object(Bucket=stack.outputs["files_bucket"], Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def counts(stack: LocalStack) -> Counted:
    [found] = command.of(stack, (project.contract_of("orders"),))
    return found


def test_rows_of_a_file_are_curated_and_the_counts_add_up_at_every_step(own_stack: LocalStack) -> None:
    lines = [order(f"a{row}", "free" if row % 10 == 0 else "9.50") for row in range(100)] + [order("a1")]
    land(own_stack, "one", (",".join(COLUMNS) + "\n" + "".join(lines)).encode())
    waiting = counts(own_stack)
    assert (waiting.fates.accepted, waiting.fates.adds_up) == (0, True)
    assert any(note.startswith("files that the next run of the files job takes in: 1, of") for note in waiting.notes)

    run_files_job(own_stack)
    landed = counts(own_stack)
    assert (landed.fates.accepted, landed.fates.quarantined, landed.fates.in_flight) == (101, 10, 91)
    assert (landed.fates.adds_up, landed.notes) == (True, ())

    curate_here(own_stack, "orders")
    done = counts(own_stack)
    assert (done.fates.accepted, done.fates.curated, done.fates.duplicate, done.fates.quarantined) == (101, 90, 1, 10)
    assert (done.fates.adds_up, done.notes) == (True, ())
    assert rows(own_stack, "SELECT count(*), sum(price) FROM orders") == [("90", "855.00")]


def test_a_run_that_was_killed_before_its_report_leaves_counts_that_add_up(own_stack: LocalStack) -> None:
    before = counts(own_stack).fates
    land(own_stack, "two", (",".join(COLUMNS) + "\n" + order("b1") + order("b2", "?")).encode())
    run_files_job(own_stack)
    own_stack.client("s3").delete_object(Bucket=own_stack.outputs["files_bucket"], Key="reports/orders/two.json")
    killed = counts(own_stack)
    assert (killed.fates.accepted - before.accepted, killed.fates.adds_up) == (2, True)
    run_files_job(own_stack)
    assert counts(own_stack).fates.accepted == killed.fates.accepted
    assert report(own_stack, "two")["processed"] == 1


def test_rows_that_a_report_counts_and_nobody_holds_are_unaccounted(own_stack: LocalStack) -> None:
    land(own_stack, "three", (",".join(COLUMNS) + "\n" + order("c1") + order("c2")).encode())
    run_files_job(own_stack)
    [part] = report(own_stack, "three")["parts"]
    own_stack.client("s3").delete_object(Bucket=own_stack.outputs["processed_bucket"], Key=part)
    found = counts(own_stack).fates
    assert (found.unaccounted, found.adds_up) == (2, False)
    own_stack.client("s3").delete_object(Bucket=own_stack.outputs["files_bucket"], Key="reports/orders/three.json")
    run_files_job(own_stack)
    assert counts(own_stack).fates.adds_up


def test_a_file_that_is_refused_is_told(own_stack: LocalStack) -> None:
    land(own_stack, "refused", b"PK\x03\x04")
    run_files_job(own_stack)
    assert report(own_stack, "refused")["state"] == "refused"
    assert "files that were refused as a whole, as their reports say: 1" in counts(own_stack).notes


@pytest.mark.full_size
def test_a_hundred_megabytes_of_csv_are_rows_in_the_curated_table(own_stack: LocalStack) -> None:
    peaks = {}
    for name, megabytes in (("small", 10), ("large", 100)):
        before = counts(own_stack).fates
        body, count = _orders(name, megabytes * 1_000_000)
        land(own_stack, name, body)
        started = time.monotonic()
        run_files_job(own_stack)
        taken_in = time.monotonic() - started
        found = report(own_stack, name)
        assert (found["rows"], found["processed"] + found["quarantined"]) == (count, count)
        curate_here(own_stack, "orders")
        curated = time.monotonic() - started
        after = counts(own_stack).fates
        assert after.adds_up
        assert after.curated - before.curated == found["processed"]
        assert after.quarantined - before.quarantined == found["quarantined"] == len(range(0, count, 1000))
        peaks[name] = found["peakMemoryBytes"]
        print(
            f"\n{len(body):,} bytes, {count:,} rows: {found['seconds']} s to read, check and store, {taken_in:.1f} s "
            f"with the job's start, {curated:.1f} s until they are curated; {found['processed']:,} processed, "
            f"{found['quarantined']:,} quarantined; the job held {found['peakMemoryBytes'] / 1e6:.0f} MB at most"
        )
    assert peaks["large"] < 1.5 * peaks["small"]
    total = Decimal(rows(own_stack, "SELECT sum(price) FROM orders WHERE event_id LIKE 'large-%'")[0][0] or 0)
    assert total == Decimal("9.50") * number(own_stack, "SELECT count(*) FROM orders WHERE event_id LIKE 'large-%'")


def _orders(name: str, size_bytes: int) -> tuple[bytes, int]:
    """A file of at least so many bytes, every thousandth row bad, and its number of rows."""
    lines, size = [",".join(COLUMNS) + "\n"], 0
    while size < size_bytes:
        row = len(lines) - 1
        moment = f"2026-03-{1 + row % 28:02d}T{row % 24:02d}:{row % 60:02d}:{row % 59:02d}.{row % 1000:03d}Z"
        price = "free" if row % 1000 == 0 else "9.50"
        lines.append(
            f"{name}-{row:024d},{moment},Crème Brûlée {row % 50},{1 + row % 9},{price},c{row % 9999},r{row % 99}\n"
        )
        size += len(lines[-1]) + 2
    return "".join(lines).encode(), len(lines) - 1
