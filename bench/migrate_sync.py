"""How quickly does `rapid migrate sync` copy objects, beside boto3's `copy`, one after the other?

Both copy the same objects of a raw zone from one bucket to another of one local cloud, a process of its own, in turns.
Boto3's is the loop that people write: a paginated listing, `client.copy` for each key. Ours compares the listings of
both buckets before it copies, and again afterwards.

    python -m bench migrate_sync [objects] [rounds]
"""

import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rapid.cli.migrate import state, zones
from rapid.cli.migrate.alone import Turn
from rapid.cli.target import LocalStack

from . import servers
from .table import circumstances

OBJECTS, ROUNDS = 12_000, 3
OBJECT_BYTES = 20_000
"""What Firehose writes of orders each minute."""
SOURCES = ("clickstream", "orders", "feedback")
_ZONES = ("raw", "processed", "curated", "quarantine")
_WRITERS = 8


def main() -> int:
    """Run it and print the table."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    seconds: dict[str, list[float]] = {"rapid migrate sync": [], "the same again": [], "boto3 copy": []}
    with servers.local_cloud() as server:
        plain = LocalStack(server.url)
        _store(plain.client("s3"), objects)
        for number in range(rounds):
            stack = _lakes(plain, number)
            for name in ("rapid migrate sync", "the same again"):
                seconds[name].append(_timed(lambda stack=stack: _sync(stack)))
            _require(stack.client("s3"), f"new{number}-raw", objects)
            plain.client("s3").create_bucket(Bucket=f"peer{number}")
            seconds["boto3 copy"].append(_timed(lambda number=number: _peer(plain.client("s3"), f"peer{number}")))
            _require(plain.client("s3"), f"peer{number}", objects)
    print(f"{circumstances(f'{objects:,} objects of {OBJECT_BYTES:,} bytes', rounds)}\n")
    print("| | seconds | objects a second | times as quick |")
    print("|---|---:|---:|---:|")
    peer = statistics.median(seconds["boto3 copy"])
    for name, found in seconds.items():
        median = statistics.median(found)
        print(f"| {name} | {median:,.1f} | {objects / median:,.0f} | {peer / median:.1f} |")
    return 0


def _store(s3: Any, objects: int) -> None:
    s3.create_bucket(Bucket="old-raw")
    body = os.urandom(OBJECT_BYTES)
    keys = (
        f"{source}/2026/{number // 672 % 12 + 1:02d}/{number // 24 % 28 + 1:02d}/{number % 24:02d}/old-{number}.gz"
        for number, source in zip(range(objects), itertools.cycle(SOURCES), strict=False)
    )
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket="old-raw", Key=key, Body=body), keys))


def _lakes(plain: LocalStack, number: int) -> LocalStack:
    """The stack with a new lake that has nothing in it yet."""

    def side(name: str) -> dict[str, str]:
        return {**{f"{zone}_bucket": f"{name}-{zone}" for zone in _ZONES}, "database": name, "workgroup": name}

    new = side(f"new{number}")
    s3 = plain.client("s3")
    for bucket in (*(new[f"{zone}_bucket"] for zone in _ZONES), *(f"old-{zone}" for zone in _ZONES[1:])):
        s3.create_bucket(Bucket=bucket)
    migration = {"phase": "side_by_side", "platform": side("old"), "streaming": new}
    return LocalStack(plain.endpoint_url, viewed={"migration": migration})


def _sync(stack: LocalStack) -> None:
    turn = Turn(state.touch(stack, state.new_run()))
    zones.carry(stack.client("s3"), state.of(stack), turn)


def _peer(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="old-raw"):
        for item in page.get("Contents", []):
            s3.copy({"Bucket": "old-raw", "Key": item["Key"]}, bucket, item["Key"])


def _timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _require(s3: Any, bucket: str, objects: int) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = sum(len(page.get("Contents", [])) for page in pages)
    if found != objects:
        raise SystemExit(f"{bucket} has {found} of {objects} objects")


if __name__ == "__main__":
    sys.exit(main())
