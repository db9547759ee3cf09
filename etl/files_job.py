"""The Glue job of files: looks for files that have no report yet. Prints how many there are."""

import argparse
import json
import sys

import boto3


def main(argv: list[str]) -> int:
    """Run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="files_job.py", allow_abbrev=False)
    parser.add_argument("--files_bucket", required=True)
    parser.add_argument("--processed_bucket", required=True)
    parser.add_argument("--quarantine_bucket", required=True)
    parser.add_argument("--contracts_uri", required=True)
    # Glue adds arguments of its own, such as --JOB_NAME.
    arguments = parser.parse_known_args(argv)[0]
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=arguments.files_bucket)
    keys = [item["Key"].split("/") for page in pages for item in page.get("Contents", [])]
    done = {(parts[1], parts[2].removesuffix(".json")) for parts in keys if parts[0] == "reports"}
    waiting = [parts for parts in keys if parts[0] == "incoming" and (parts[1], parts[2]) not in done]
    print(json.dumps({"waiting": len(waiting)}))
    return 0


if __name__ == "__main__":
    # Glue reports any SystemExit as a failure of the run, so a good end is no exit at all.
    if status := main(sys.argv[1:]):
        sys.exit(status)
