"""What the curate job may do."""

import contextlib

import pytest

from rapid.cli.target import LocalStack
from tests.deployed.events import ORDER
from tests.deployed.evidence import curate_here

from .permissions import Bench, Permission
from .proofs import Look, Proofs, check, delete_log_groups, each

_PARTS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"


def curate(bench: Bench) -> Look:
    bench.deliver("orders", ORDER)
    ended = bench.run_job("curate_job", task="curate", source="orders")
    assert ended.startswith("FAILED")
    return lambda: ended


def curate_anew(bench: Bench) -> Look:
    glue = bench.stack.client("glue")
    with contextlib.suppress(glue.exceptions.EntityNotFoundException):
        glue.delete_table(DatabaseName=bench.stack.outputs["database"], Name="orders_curated")
    return curate(bench)


def maintain(bench: Bench) -> Look:
    for _snapshot_to_expire in range(2):
        bench.deliver("orders", ORDER)
        assert bench.run_job("curate_job", task="curate", source="orders").startswith("SUCCEEDED")
    ended = bench.run_job("curate_job", task="maintain", source="orders", keep_hours="0")
    assert ended.startswith("FAILED")
    return lambda: ended


def log_a_run(bench: Bench) -> Look:
    bench.run_job("curate_job", task="maintain", source="orders")
    return lambda: bench.log.text


def log_a_run_without_groups(bench: Bench) -> Look:
    delete_log_groups(bench, "curation")
    return log_a_run(bench)


PROOFS: Proofs = {
    **{
        Permission("curation-execution", action, statement): proof
        for action, statement, proof in (
            ("s3:ListBucket", 1, curate),
            ("s3:GetObject", 2, curate),
            ("s3:GetObject", 3, curate),
            ("s3:PutObject", 3, curate),
            ("s3:PutObject", 4, curate),
            ("s3:DeleteObject", 3, maintain),
            ("glue:GetTable", 5, curate),
            ("glue:UpdateTable", 5, curate),
            ("glue:CreateTable", 5, curate_anew),
            ("glue:GetDatabase", 5, curate_anew),
            ("logs:CreateLogGroup", 6, log_a_run_without_groups),
            ("logs:CreateLogStream", 6, log_a_run),
            ("logs:PutLogEvents", 6, log_a_run),
        )
    },
}

NOT_EXERCISED = {Permission("curation-execution", "s3:AbortMultipartUpload", 3): _PARTS_PAGE}
"""What only AWS's own implementation asks for, with the page that says so."""


@pytest.fixture(autouse=True, scope="module")
def curated(own_stack: LocalStack) -> None:
    """The table is there, whichever permission is the first to be missing."""
    curate_here(own_stack, "orders")


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
