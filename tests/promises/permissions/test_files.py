"""What the door for files and the files job may do."""

import json
import uuid

from tests.deployed import files
from tests.deployed.events import ORDER

from .permissions import Bench, Permission
from .proofs import Look, Proofs, check, delete_log_groups, each


def take_in_a_file(bench: Bench) -> Look:
    key = f"incoming/orders/{uuid.uuid4()}/orders.ndjson"
    bench.stack.client("s3").put_object(
        Bucket=bench.stack.outputs["files_bucket"], Key=key, Body=json.dumps(ORDER).encode()
    )
    ended = bench.run_job("files_job")
    assert ended.startswith("FAILED")
    return lambda: ended


def log_a_files_run(bench: Bench) -> Look:
    bench.run_job("files_job")
    return lambda: bench.log.text


def log_a_files_run_without_groups(bench: Bench) -> Look:
    delete_log_groups(bench, "files")
    return log_a_files_run(bench)


def take_file(bench: Bench) -> Look:
    files.ask(bench.stack, b"a\n1\n", source="landed")
    return lambda: bench.lines("files-door-logs")


def tell_of_parts(bench: Bench) -> Look:
    files.announce(bench.stack, 20_000_000, "k")
    return lambda: bench.lines("files-door-logs")


def write_log(bench: Bench) -> Look:
    bench.restart("files-door")
    take_file(bench)
    return lambda: bench.log.text


PROOFS: Proofs = {
    **{
        Permission("files-execution", action, statement): proof
        for action, statement, proof in (
            ("s3:ListBucket", 1, take_in_a_file),
            ("s3:GetObject", 2, take_in_a_file),
            ("s3:PutObject", 3, take_in_a_file),
            ("logs:CreateLogGroup", 4, log_a_files_run_without_groups),
            ("logs:CreateLogStream", 4, log_a_files_run),
            ("logs:PutLogEvents", 4, log_a_files_run),
        )
    },
    **{
        Permission("files-door-execution", action, statement): proof
        for action, statement, proof in (
            ("s3:PutObject", 1, take_file),
            ("s3:ListMultipartUploadParts", 1, tell_of_parts),
            ("s3:ListBucket", 2, tell_of_parts),
            ("s3:ListBucketMultipartUploads", 2, tell_of_parts),
        )
    },
    **{
        Permission("files-door-execution", action, 3): write_log
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
