"""How long does a cold start import, beside Python alone, and beside boto3 with a client?

Milliseconds of processor time, each of a process of its own; the programs take turns. The functions are source code,
as in Lambda; Python's own modules and boto3 have their bytecode.

    python -m bench.imports [rounds]
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from . import table
from .functions import package

ROUNDS = 25
GOAL_TRANSFORM_MILLISECONDS = 15
GOAL_INGEST_RATIO = 0.75
_ENVIRONMENT = {
    # A function's directory is read-only, and its zip holds no bytecode: Lambda compiles the code at each cold start.
    "PYTHONDONTWRITEBYTECODE": "1",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "SOURCE": "orders",
    "QUARANTINE_BUCKET": "none",
    "STACK": "rapid-analytics/bench",
    "ROUTES": '{"/events": "orders"}',
    "STREAMS": '{"orders": "stream"}',
    "DEAD_LETTER_QUEUE_URL": "none",
}
_BARE, _TRANSFORM, _INGEST, _CLIENT = "Python alone", "transform", "ingest", "boto3 and a client of Firehose"
_PROGRAMS = {_BARE: "pass", _CLIENT: "import boto3; boto3.client('firehose')"}


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as packages:
        programs = dict(_PROGRAMS)
        for function in (_TRANSFORM, _INGEST):
            package(function, Path(packages) / function)
            programs[function] = f"import sys; sys.path.insert(0, {packages + '/' + function!r}); import handler"
        found: dict[str, list[float]] = {name: [] for name in programs}
        for number in range(rounds + 1):
            for name, program in programs.items():
                milliseconds = _run(program)
                if number:  # the first run compiles
                    found[name].append(milliseconds)
    medians = {name: statistics.median(times) for name, times in found.items()}
    over_bare = {name: median - medians[_BARE] for name, median in medians.items()}
    ratio = over_bare[_INGEST] / over_bare[_CLIENT]
    print(f"{table.circumstances(f'boto3=={boto3.__version__}', rounds)}\n")
    print("| import | ms, with Python | ms over Python alone | goal |\n|---|---:|---:|---:|")
    goals = {
        _TRANSFORM: _goal(
            f"at most {GOAL_TRANSFORM_MILLISECONDS} ms", over_bare[_TRANSFORM] <= GOAL_TRANSFORM_MILLISECONDS
        ),
        _INGEST: _goal(f"at most {GOAL_INGEST_RATIO} of boto3 and a client; {ratio:.2f}", ratio <= GOAL_INGEST_RATIO),
    }
    for name in (_BARE, _TRANSFORM, _INGEST, _CLIENT):
        print(f"| {name} | {medians[name]:.1f} | {over_bare[name]:.1f} | {goals.get(name, '')} |")
    return 0


def _goal(text: str, reached: bool) -> str:
    return text if reached else f"{text}, missed"


def _run(program: str) -> float:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | _ENVIRONMENT
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], env=variables, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime) * 1e3


if __name__ == "__main__":
    raise SystemExit(main())
