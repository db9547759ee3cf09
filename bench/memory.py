"""Does the local cloud's memory stay put however many events pass, and is every event still there?

Sends 200,000 orders through the API of the deployed stack. Prints the server's resident memory after the first 20,000
and after all of them, each time with all buffers empty, their ratio, and the bytes of the objects that S3 holds, which
are in that memory: moto's S3 keeps them there.

    python -m bench.memory [events]
"""

import itertools
import sys
import time

from contracts import Contract
from rapid.cli import athena, project, samples
from rapid.cli.credentials import ApiKey
from rapid.cli.ingest_client import IngestClient
from rapid.cli.send import ingest_url
from rapid.cli.target import LocalStack

from . import servers

EVENTS = 200_000
FIRST_EVENTS = 20_000
BATCH_EVENTS = 500
GOAL_RATIO = 1.1
_ZONES = ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket")


def main() -> int:
    """Run it; the exit status is 1 if an event is lost, whatever the memory."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with servers.deployed_stack() as server:
        stack = LocalStack(server.url)
        contract = project.contract_of("orders")
        events = samples.events(contract, total, seed=1)
        print(f"{'events':>10} {'seconds':>8} {'resident MB':>12} {'of that, S3 objects MB':>23}")
        _report(0, 0.0, server, stack)
        began = time.monotonic()
        first = last = 0.0
        for sent in range(FIRST_EVENTS, total + 1, FIRST_EVENTS):
            _send(stack, contract, list(itertools.islice(events, FIRST_EVENTS)))
            stack.flush()
            last = _report(sent, time.monotonic() - began, server, stack)
            first = first or last
        print(f"\nratio {last / first:.2f} (goal: at most {GOAL_RATIO})")
        rows, ids = (int(figure or 0) for figure in athena.run(stack, _count(contract)).rows[0])
        print(f"{total} accepted, {rows} rows in the table, {ids} distinct ids")
    return 0 if rows == ids == total else 1


def _send(stack: LocalStack, contract: Contract, events: list[dict[str, object]]) -> None:
    client = IngestClient(ingest_url(stack, contract), ApiKey(stack.outputs["api_key"]))
    for start in range(0, len(events), BATCH_EVENTS):
        batch = events[start : start + BATCH_EVENTS]
        outcome = client.send(batch)
        if outcome.accepted != len(batch):
            raise SystemExit(f"not every event was accepted: {outcome}")
    client.close()


def _report(sent: int, seconds: float, server: servers.Server, stack: LocalStack) -> float:
    resident_mb = server.resident_mb()
    print(f"{sent:>10,} {seconds:>8.1f} {resident_mb:>12.1f} {_stored_mb(stack):>23.1f}", flush=True)
    return resident_mb


def _stored_mb(stack: LocalStack) -> float:
    pages = (
        page
        for zone in _ZONES
        for page in stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.outputs[zone])
    )
    size_bytes: int = sum(found["Size"] for page in pages for found in page.get("Contents", []))
    return size_bytes / 1e6


def _count(contract: Contract) -> str:
    return f"SELECT count(*), count(DISTINCT {contract.primary_key.column}) FROM {contract.source}_processed"


if __name__ == "__main__":
    raise SystemExit(main())
