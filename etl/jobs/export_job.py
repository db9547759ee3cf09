"""The Glue job that exports tables of databases: of one source, or of all. Prints and stores a report a source.

Arguments arrive as Glue passes them, `--name value`
(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).
"""

import argparse
import dataclasses
import datetime
import json
import sys
import uuid
from collections.abc import Mapping
from typing import Any

import boto3

from etl.exports import plan, secret
from etl.exports.errors import ExportError
from etl.exports.export import export


def main(argv: list[str]) -> int:
    """Run; returns the exit status, 1 if any source could not be exported."""
    arguments = _arguments(argv)
    s3 = boto3.client("s3")
    bucket, _, key = arguments.exports_uri.removeprefix("s3://").partition("/")
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
    report["seconds"] = round((datetime.datetime.now(datetime.UTC) - started).total_seconds(), 3)
    text = json.dumps(report)
    print(text)
    key = f"exports/{item.source}/reports/{started:%Y/%m/%d/%H-%M-%S}-{uuid.uuid4()}.json"
    s3.put_object(Bucket=arguments.files_bucket, Key=key, Body=text.encode(), ContentType="application/json")
    return 1 if "error" in report else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="export_job.py", allow_abbrev=False)
    parser.add_argument("--source", default="all")
    parser.add_argument("--full", choices=("true", "false"), default="false")
    parser.add_argument("--exports_uri", required=True)
    parser.add_argument("--secret_arns", required=True)
    parser.add_argument("--files_bucket", required=True)
    # Glue adds arguments of its own, such as --JOB_NAME.
    return parser.parse_known_args(argv)[0]


if __name__ == "__main__":
    # Glue reports any SystemExit as a failure of the run, so a good end is no exit at all.
    if status := main(sys.argv[1:]):
        sys.exit(status)
