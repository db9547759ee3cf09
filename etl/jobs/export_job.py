"""The Glue job that exports tables of databases: of one source, or of all. Prints and stores a report a source."""

import argparse
import dataclasses
import datetime
import json
import sys
from collections.abc import Mapping
from typing import Any

import boto3

from etl import objects
from etl.exports import plan, secret
from etl.exports.errors import ExportError
from etl.exports.export import export
from etl.exports.state import PREFIX
from etl.jobs import runs


def main(argv: list[str]) -> int:
    """Run; returns the exit status, 1 if any source could not be exported."""
    arguments = _arguments(argv)
    s3 = boto3.client("s3")
    bucket, key = objects.place(arguments.exports_uri)
    plans = plan.parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    chosen = [item for item in plans if arguments.source in ("all", item.source)]
    if not chosen:
        known = ", ".join(item.source for item in plans)
        print(
            f"error: --source {arguments.source}: is exported from no database; known are all, {known}", file=sys.stderr
        )
        return 1
    secrets = json.loads(arguments.secret_arns)
    return max(_run(arguments, s3, secrets, item) for item in chosen)


def _run(arguments: argparse.Namespace, s3: Any, secrets: Mapping[str, str], item: plan.Plan) -> int:
    started = datetime.datetime.now(datetime.UTC)
    report: dict[str, Any] = {"task": "export", "source": item.source, "started": started.isoformat()}
    try:
        connection = secret.read(boto3.client("secretsmanager"), secrets[item.connection], item.engine)
        done = export(s3, arguments.files_bucket, item, connection, full=arguments.full == "true")
        report |= dataclasses.asdict(done)
    except ExportError as error:
        report["error"] = str(error)
        print(f"error: {item.source}: {error}", file=sys.stderr)
    report["seconds"] = runs.seconds_since(started)
    runs.keep_report(s3, arguments.files_bucket, f"{PREFIX}{item.source}/reports/", started, report)
    return 1 if "error" in report else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = runs.parser("export_job.py")
    parser.add_argument("--source", default="all")
    parser.add_argument("--full", choices=("true", "false"), default="false")
    parser.add_argument("--exports_uri", required=True)
    parser.add_argument("--secret_arns", required=True)
    parser.add_argument("--files_bucket", required=True)
    return runs.parsed(parser, argv)


if __name__ == "__main__":
    runs.end(main)
