"""What the erasure job may do. Each proof is a run of a job that looks at everything; `make prove` takes them."""

import pytest

from rapid.cli.target import LocalStack
from tests.deployed.events import ORDER
from tests.deployed.evidence import curate_here

from .permissions import Bench, Permission
from .proofs import USER, Look, Proofs, check, delete_log_groups, each

_PARTS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"


def erase(bench: Bench, source: str = "orders", field: str = "customerId", value: str = ORDER["customerId"]) -> Look:
    ended = bench.erase(source, field, value)
    assert ended.startswith("FAILED")
    return lambda: ended


def erase_what_is_there(bench: Bench) -> Look:
    bench.deliver("orders", ORDER)
    bench.deliver("orders", {**ORDER, "customerId": "c2"})
    assert bench.run_job("curate_job", task="curate", source="orders").startswith("SUCCEEDED")
    return erase(bench)


def erase_a_dead_letter(bench: Bench) -> Look:
    bench.put_dead_letter(ORDER, {**ORDER, "customerId": "c2"})
    return erase(bench)


def erase_a_result(bench: Bench) -> Look:
    assert bench.ask_as_quicksight(f"SELECT '{ORDER['customerId']}'").startswith("SUCCEEDED")
    return erase(bench)


def erase_who_has_a_pseudonym(bench: Bench) -> Look:
    return erase(bench, "users", "contact", USER["contact"])


def log_an_erasure(bench: Bench) -> Look:
    bench.erase("orders", "customerId", "nobody")
    return lambda: bench.log.text


def log_an_erasure_without_groups(bench: Bench) -> Look:
    delete_log_groups(bench, "erasure")
    return log_an_erasure(bench)


PROOFS: Proofs = {
    **{
        Permission("erasure-execution", action, statement): proof
        for action, statement, proof in (
            ("s3:ListBucket", 1, erase),
            ("s3:ListBucketVersions", 2, erase),
            ("s3:GetObject", 3, erase),
            ("s3:GetObjectVersion", 3, erase_what_is_there),
            ("s3:PutObject", 3, erase),
            ("s3:DeleteObjectVersion", 3, erase),
            ("s3:GetObjectVersion", 4, erase_a_result),
            ("s3:DeleteObjectVersion", 4, erase_a_result),
            ("s3:GetObject", 6, erase),
            ("glue:GetTable", 7, erase),
            ("glue:GetDatabase", 7, erase_what_is_there),
            ("glue:UpdateTable", 7, erase_what_is_there),
            ("glue:GetJobRuns", 8, erase_what_is_there),
            ("sqs:ReceiveMessage", 9, erase),
            ("sqs:ChangeMessageVisibility", 9, erase_a_dead_letter),
            ("sqs:SendMessage", 9, erase_a_dead_letter),
            ("sqs:DeleteMessage", 9, erase_a_dead_letter),
            ("kms:GenerateMac", 10, erase_who_has_a_pseudonym),
            ("logs:CreateLogGroup", 11, log_an_erasure_without_groups),
            ("logs:CreateLogStream", 11, log_an_erasure),
            ("logs:PutLogEvents", 11, log_an_erasure),
        )
    },
}

NOT_EXERCISED = {Permission("erasure-execution", "s3:AbortMultipartUpload", 5): _PARTS_PAGE}
"""What only AWS's own implementation asks for, with the page that says so."""


@pytest.fixture(autouse=True, scope="module")
def curated(own_stack: LocalStack) -> None:
    """The tables are there, whichever permission is the first to be missing."""
    for source in ("orders", "users"):
        curate_here(own_stack, source)


@each(PROOFS, pytest.mark.full_size)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
