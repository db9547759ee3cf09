"""Copies the zones of two lakes as a process that kills itself at a request, again and again.

    python -m tests.unit.cli.migrate.dying URL OUTPUTS POINT...

A point is the number of the request at which a run ends itself with SIGKILL: before it is sent, or, for a negative one,
when its answer has come; 0: it may end by itself. Prints each run's exit status as `os.waitpid` has it. Runs are forks,
so that they cost little.
"""

import itertools
import json
import os
import signal
import sys

from rapid.cli.migrate import copying, state, zones
from rapid.cli.migrate.alone import Turn
from rapid.cli.target import LocalStack

MIB = 1024 * 1024


def run(stack: LocalStack, point: int) -> None:
    """One sync of the zones."""
    s3, requests = stack.client("s3"), itertools.count(1)

    def die(**_: object) -> None:
        if next(requests) == abs(point):
            os.kill(os.getpid(), signal.SIGKILL)

    s3.meta.events.register("before-send.s3" if point > 0 else "after-call.s3", die)
    zones.carry(s3, state.of(stack), Turn(state.touch(stack, "dying")))


def main(url: str, outputs: str, *points: str) -> None:
    """Run as often as there are points."""
    copying.LARGE_BYTES, copying.PART_BYTES = 6 * MIB, 5 * MIB
    for point in map(int, points):
        child = os.fork()
        if not child:
            status = 1
            try:
                run(LocalStack(url, viewed=json.loads(outputs)), point)
                status = 0
            finally:
                os._exit(status)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
