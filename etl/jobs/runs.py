"""What every run of a job has: arguments, a clock, a report, an exit status.

Arguments arrive as Glue passes them, `--name value`
(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).
"""

import argparse
import datetime
import json
import sys
import traceback
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def parser(script: str) -> argparse.ArgumentParser:
    """A parser of a job's arguments; `script` is what the job's messages call it."""
    return argparse.ArgumentParser(prog=script, allow_abbrev=False)


def parsed(of: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """The arguments that a parser knows. Glue adds others of its own, such as --JOB_NAME."""
    return of.parse_known_args(argv)[0]


def seconds_since(started: datetime.datetime) -> float:
    """How long ago that was, to the millisecond."""
    return round((datetime.datetime.now(datetime.UTC) - started).total_seconds(), 3)


def place_of(error: Exception) -> str:
    """What is told of an error that nobody foresaw: kind and place, for its own words may hold a person's data."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"


def keep_report(s3: Any, bucket: str, prefix: str, started: datetime.datetime, report: Mapping[str, Any]) -> None:
    """Print a report, and store it under a key of its own."""
    text = json.dumps(report)
    print(text)
    key = f"{prefix}{started:%Y/%m/%d/%H-%M-%S}-{uuid.uuid4()}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")


def end(main: Callable[[list[str]], int]) -> None:
    """Run the script. Glue reports any SystemExit as a failure of the run, so a good end is no exit at all."""
    if status := main(sys.argv[1:]):
        sys.exit(status)
