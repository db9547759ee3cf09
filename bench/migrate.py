"""How quickly does `rapid migrate sync` copy objects, and what would the script lose that a migration begins with?

A raw zone of many small objects on the local cloud. Ours is what sync does with the zones: it compares listings, copies
what lacks with a checksum, and compares again. Beside it a loop over all pages of a listing, one copy after the other,
and `aws s3 sync`; in turns, each into a bucket of its own. First on the loopback interface, where no request waits;
then with fewer objects, where each request waits as in a region, which is a model (bench/far_cloud.py). Then that loop
with one call of ListObjects, which answers with 1,000 objects at most, and the check that goes with it: as many events
here as there.

    python -m bench migrate [objects] [rounds]
"""

import datetime
import functools
import gzip
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rapid.cli import project
from rapid.cli.migrate import zones
from rapid.cli.migrate.alone import Turn
from rapid.cli.migrate.state import Migration, Phase, Side
from rapid.cli.target import LocalStack
from rapid.local.clients import ACCESS_KEY_ID, DEFAULT_REGION, SECRET_ACCESS_KEY

from . import environments, history, servers
from .table import circumstances

OBJECTS, EVENTS_AN_OBJECT, ROUNDS = 12_000, 10, 3
SCRIPT_OBJECTS = 1_200
"""More than ListObjects names."""
FAR_OBJECTS, FAR_MS = 600, 50
"""So many objects are far away, where one after the other takes long; so long each request waits there. Medians of
small requests are often tens of milliseconds:
https://docs.aws.amazon.com/whitepapers/latest/s3-optimizing-performance-best-practices/timeouts-and-retries-for-latency-sensitive-applications.html"""
AWSCLI_PACKAGE = "awscli==1.46.3"
_AWS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    "AWS_DEFAULT_REGION": DEFAULT_REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_READERS = 8
_ZONES = ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket")


def main() -> int:
    """Run it; the exit status is 1 if a copy lacks an object."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    environments.bin_directory(AWSCLI_PACKAGE)
    with servers.near_and_far_cloud(FAR_MS) as (near, far):
        s3 = _s3(near)
        lakes = (_lake(s3, number) for number in itertools.count())
        many, some, few = next(lakes), next(lakes), next(lakes)
        for lake, most in ((many, objects), (some, SCRIPT_OBJECTS), (few, FAR_OBJECTS)):
            _fill(s3, lake, min(objects, most))
        print(circumstances(f"{AWSCLI_PACKAGE}, {EVENTS_AN_OBJECT} events an object", rounds))
        print("\n| objects/s | " + " | ".join(_COPYING) + " | ratios of sync to these |")
        print("|---|" + "---:|" * (len(_COPYING) + 1), flush=True)
        _contest("on the loopback interface", near, many, lakes, rounds)
        _contest(f"each request waits {FAR_MS} ms", far, few, lakes, rounds)
        _losses(s3, some, next(lakes))
    return 0


def _contest(where: str, url: str, old: Side, lakes: Iterator[Side], rounds: int) -> None:
    """Copy a lake by each, in turns, and print the medians."""
    stored = _stored(_s3(url), old.raw_bucket)
    rates: dict[str, list[float]] = {name: [] for name in _COPYING}
    names = deque(_COPYING)
    for _round in range(rounds):
        for name in names:
            new = next(lakes)
            began = time.monotonic()
            _COPYING[name](url, old, new)
            rates[name].append(len(stored) / (time.monotonic() - began))
            if _stored(_s3(url), new.raw_bucket) != stored:
                raise SystemExit(f"error: the copy by {name} is not complete")
        names.rotate(-1)
    ours, *theirs = (statistics.median(found) for found in rates.values())
    figures = " | ".join(f"{rate:,.0f}" for rate in (ours, *theirs))
    ratios = ", ".join(f"{ours / rate:.2f}" for rate in theirs)
    print(f"| {where}, {len(stored):,} objects | {figures} | {ratios} |", flush=True)


def _fill(s3: Any, lake: Side, objects: int) -> None:
    contracts = [project.contract_of(source) for source in ("orders", "clickstream")]
    outputs = {**vars(lake), "streams": {contract.source: f"{contract.source}-stream" for contract in contracts}}
    history.write(s3, outputs, contracts, objects, EVENTS_AN_OBJECT)


def _losses(s3: Any, old: Side, new: Side) -> None:
    """What the script leaves behind, and what its check says of that, and of other faults."""
    print("\n| of the script | objects lost | events lost | its check says |\n|---|---:|---:|---|")
    _first_page(s3, old, new)
    _line(s3, "one call of ListObjects", old, new)
    _every_page(s3, old, new)
    _line(s3, "all pages", old, new)
    keys = [*_stored(s3, old.raw_bucket)]
    s3.copy_object(CopySource={"Bucket": old.raw_bucket, "Key": keys[0]}, Bucket=new.raw_bucket, Key=keys[1])
    _line(s3, "all pages; one copy has the content of another", old, new)
    _every_page(s3, old, new)
    s3.put_object(
        Bucket=old.raw_bucket, Key=f"{keys[0]}-new", Body=gzip.compress(b'{"id": "of an event that came later"}\n')
    )
    _line(s3, "all pages; an object arrived after the listing", old, new)


def _line(s3: Any, what: str, old: Side, new: Side) -> None:
    here, there = (_events(s3, side.raw_bucket) for side in (old, new))
    objects = len(_stored(s3, old.raw_bucket).keys() - _stored(s3, new.raw_bucket).keys())
    counts = [sum(map(len, by_key.values())) for by_key in (here, there)]
    lost = len({line for lines in here.values() for line in lines} - {it for lines in there.values() for it in lines})
    said = "equal" if counts[0] == counts[1] else f"{counts[0]:,} and {counts[1]:,}: not equal"
    print(f"| {what} | {objects:,} | {lost:,} | {said} |", flush=True)


def _sync(url: str, old: Side, new: Side) -> None:
    migration = Migration(Phase.SIDE_BY_SIDE, old, new, {}, {}, {}, {})
    zones.carry(_s3(url), migration, Turn(datetime.datetime.now(datetime.UTC)))


def _one_after_the_other(url: str, old: Side, new: Side) -> None:
    _every_page(_s3(url), old, new)


def _aws_s3_sync(url: str, old: Side, new: Side) -> None:
    """As it comes, from the start of its process."""
    program = str(environments.bin_directory(AWSCLI_PACKAGE) / "aws")
    places = [f"s3://{lake.raw_bucket}" for lake in (old, new)]
    command = [program, "s3", "sync", *places, "--only-show-errors", "--endpoint-url", url]
    subprocess.run(command, env={**os.environ, **_AWS}, check=True)


_COPYING: dict[str, Callable[[str, Side, Side], None]] = {
    "sync": _sync,
    "one after the other": _one_after_the_other,
    "`aws s3 sync`": _aws_s3_sync,
}


@functools.cache
def _s3(url: str) -> Any:
    return LocalStack(url).client("s3")


def _every_page(s3: Any, old: Side, new: Side) -> None:
    for page in s3.get_paginator("list_objects").paginate(Bucket=old.raw_bucket):
        _copy(s3, page, old, new)


def _first_page(s3: Any, old: Side, new: Side) -> None:
    _copy(s3, s3.list_objects(Bucket=old.raw_bucket), old, new)


def _copy(s3: Any, page: dict[str, Any], old: Side, new: Side) -> None:
    for item in page["Contents"]:
        source = {"Bucket": old.raw_bucket, "Key": item["Key"]}
        s3.copy_object(CopySource=source, Bucket=new.raw_bucket, Key=item["Key"])


def _lake(s3: Any, number: int) -> Side:
    names = {zone: f"lake-{number}-{zone.removesuffix('_bucket')}" for zone in _ZONES}
    for bucket in names.values():
        s3.create_bucket(Bucket=bucket)
    return Side(**names, database="", workgroup="", curate_job=None, streams={})


def _stored(s3: Any, bucket: str) -> dict[str, int]:
    """The size of each object, by its key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}


def _events(s3: Any, bucket: str) -> dict[str, list[bytes]]:
    """The lines of each object, by its key."""

    def lines(key: str) -> list[bytes]:
        return gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).splitlines()

    keys = [*_stored(s3, bucket)]
    with ThreadPoolExecutor(_READERS) as pool:
        return dict(zip(keys, pool.map(lines, keys), strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
