"""A sync that is killed at any request goes on where it was."""

import json
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rapid.cli.migrate import inventory
from rapid.cli.project import ROOT

KILLS = 10


@pytest.mark.parametrize("objects", [200, pytest.param(12_000, marks=pytest.mark.full_size)])
def test_killed_ten_times_it_still_copies_everything(lakes, objects):
    large = bytes(range(256)) * (12 * 1024 * 1024 // 256)
    bodies = {f"orders/2026/03/{n % 28 + 1:02d}/00/old-orders-{n}.gz": b"event %d" % n for n in range(objects)}
    parts = "orders/2026/03/15/00/old-orders-large.gz"
    bodies[parts] = large

    def put(key):
        lakes.put(key, bodies[key])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, bodies))
    # One that was copied when it was another.
    first = min(bodies)
    lakes.s3.put_object(Bucket=lakes.new["raw"], Key=first, Body=b"before an erasure")

    # A run lists before it copies; so ten of them come to about two thirds of the objects.
    chosen = random.Random(objects)
    points = [chosen.choice((1, -1)) * chosen.randint(1, objects // 6) for _ in range(KILLS)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.cli.migrate.dying", lakes.stack.endpoint_url,
         json.dumps(lakes.stack.viewed), *map(str, points), "0"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    statuses = [int(line) for line in done.stdout.split()]
    assert statuses == [signal.SIGKILL] * KILLS + [0]
    old, new = (
        {item.key: item for item in inventory.listing(lakes.s3, side["raw"], "")} for side in (lakes.old, lakes.new)
    )
    assert len(old) == len(bodies)
    assert {key: item.size_bytes for key, item in new.items()} == {key: item.size_bytes for key, item in old.items()}
    assert [key for key in old if old[key].etag != new[key].etag] == [parts]
    assert lakes.s3.get_object(Bucket=lakes.new["raw"], Key=parts)["Body"].read() == large
    versions = lakes.s3.list_object_versions(Bucket=lakes.new["raw"], Prefix=first)["Versions"]
    assert {item["Size"] for item in versions} == {len(bodies[first])}
