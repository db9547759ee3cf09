"""Exports one source, in parts of a few rows, and kills itself before or after its n-th call of S3.

Arguments: the number of the call, before or after, and those of the job.
"""

import os
import signal
import sys

import boto3

from etl.exports import parts
from etl.jobs import export_job

parts.PART_BYTES, parts.ROW_GROUP_BYTES = 1, 2_000

if __name__ == "__main__":
    number, moment = int(sys.argv[1]), sys.argv[2]
    calls = 0

    def count(**_: object) -> None:
        global calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)

    make = boto3.client

    def client(service: str) -> object:
        made = make(service)
        if service == "s3":
            made.meta.events.register(f"{moment}-call.s3", count)
        return made

    boto3.client = client
    status = export_job.main(sys.argv[3:])
    print(f"{calls} calls")
    sys.exit(status)
