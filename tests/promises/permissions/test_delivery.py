"""What delivery streams and their transforms may do."""

import functools

from .permissions import Bench, Permission
from .proofs import SOURCES, USER, Look, Proofs, check, each

_FIREHOSE_PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html"


def quarantine(source: str, bench: Bench) -> Look:
    bench.deliver(source, {"not": "valid"})
    assert "Lambda.FunctionError" in bench.failed_records(source)
    return lambda: bench.lines(f"{source}-transform-logs")


def pseudonym(bench: Bench) -> Look:
    bench.restart("users-transform")
    bench.deliver("users", USER)
    assert "Lambda.FunctionError" in bench.failed_records("users")
    return lambda: bench.lines("users-transform-logs")


def deliver(source: str, bench: Bench) -> Look:
    bench.deliver(source, SOURCES[source])
    return lambda: bench.lines(f"{source}-delivery-logs")


def convert(source: str, bench: Bench) -> Look:
    bench.deliver(source, SOURCES[source])
    return lambda: bench.failed_records(source)


def log_an_error(source: str, bench: Bench) -> Look:
    with bench.without(Permission(f"{source}-delivery", "s3:PutObject", 2)):
        bench.deliver(source, SOURCES[source])
    return lambda: bench.log.text


def write_log(source: str, bench: Bench) -> Look:
    bench.restart(f"{source}-transform")
    bench.deliver(source, SOURCES[source])
    return lambda: bench.log.text


PROOFS: Proofs = {
    Permission("users-transform-execution", "kms:GenerateMac", 2): pseudonym,
    **{
        Permission(f"{source}-transform-execution", action, 2): functools.partial(write_log, source)
        for source in SOURCES
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    **{
        Permission(f"{source}-transform-execution", "s3:PutObject", 1): functools.partial(quarantine, source)
        for source in SOURCES
    },
    **{
        Permission(f"{source}-delivery", action, statement): functools.partial(proof, source)
        for source in SOURCES
        for action, statement, proof in (
            ("s3:PutObject", 2, deliver),
            ("glue:GetTable", 3, convert),
            ("lambda:InvokeFunction", 4, convert),
            ("logs:PutLogEvents", 5, log_an_error),
        )
    },
}

NOT_EXERCISED = {
    Permission(f"{source}-delivery", action, statement): _FIREHOSE_PAGE
    for source in SOURCES
    for action, statement in (
        ("s3:GetBucketLocation", 1),
        ("s3:ListBucket", 1),
        ("s3:ListBucketMultipartUploads", 1),
        ("s3:AbortMultipartUpload", 2),
        ("s3:GetObject", 2),
        ("glue:GetTableVersion", 3),
        ("glue:GetTableVersions", 3),
        ("lambda:GetFunctionConfiguration", 4),
    )
}
"""What only AWS's own implementation asks for, with the page that says so."""


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
