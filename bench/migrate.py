"""How quickly does `rapid migrate sync` copy objects, and what would the script lose that a migration begins with?

A raw zone of many small objects on the local cloud. Ours is what sync does with the zones: it compares listings, copies
what lacks with a checksum, and compares again. Beside it a loop over all pages of a listing, one copy after the other;
in turns, each into a bucket of its own. Then that loop with one call of ListObjects, which answers with 1,000 objects
at most, and the check that goes with it: as many events here as there.

    python -m bench migrate [objects] [rounds]
"""

import datetime
import gzip
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rapid.cli import project
from rapid.cli.migrate import zones
from rapid.cli.migrate.alone import Turn
from rapid.cli.migrate.state import Migration, Phase, Side
from rapid.cli.target import LocalStack

from . import history, servers
from .table import Better, Figure, circumstances

OBJECTS, EVENTS_AN_OBJECT, ROUNDS = 12_000, 10, 3
_READERS = 8
_ZONES = ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket")
OURS, THEIRS = 0, 1


def main() -> int:
    """Run it; the exit status is 1 if our copy lacks an object."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with servers.local_cloud() as server:
        s3 = LocalStack(server.url).client("s3")
        lakes = itertools.count()
        old = _lake(s3, next(lakes))
        contracts = [project.contract_of(source) for source in ("orders", "clickstream")]
        outputs = {**vars(old), "streams": {contract.source: f"{contract.source}-stream" for contract in contracts}}
        written = history.write(s3, outputs, contracts, objects, EVENTS_AN_OBJECT)
        print(circumstances(f"{objects:,} objects, {sum(map(len, written.values())):,} events", rounds))
        rate, megabytes = Figure("objects/s", Better.MORE), Figure("MB/s", Better.MORE)
        stored = _stored(s3, old.raw_bucket)
        for number in range(rounds):
            for which in (OURS, THEIRS) if number % 2 == 0 else (THEIRS, OURS):
                new = _lake(s3, next(lakes))
                began = time.monotonic()
                (_sync, _every_page)[which](s3, old, new)
                seconds = time.monotonic() - began
                rate.add(which, len(stored) / seconds)
                megabytes.add(which, sum(stored.values()) / 1e6 / seconds)
                if which == OURS and _stored(s3, new.raw_bucket) != stored:
                    print("error: the copy is not complete", file=sys.stderr)
                    return 1
        print("\n| copying | sync | one after the other | ratio | goal |\n|---|---:|---:|---:|---:|")
        print(f"{rate}\n{megabytes}")
        _losses(s3, old, _lake(s3, next(lakes)))
    return 0


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


def _sync(s3: Any, old: Side, new: Side) -> None:
    migration = Migration(Phase.SIDE_BY_SIDE, old, new, {}, {}, {}, {})
    zones.carry(s3, migration, Turn(datetime.datetime.now(datetime.UTC)))


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
