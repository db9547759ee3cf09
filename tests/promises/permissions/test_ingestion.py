"""What the API, its function and guests may do on the way in."""

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.deployed.events import CLICK

from .permissions import Bench, Permission
from .proofs import ACCESS_LOGS, Look, Proofs, check, each


def put_record(bench: Bench) -> Look:
    url = bench.stack.outputs["ingest_url"] + bench.stack.outputs["paths"]["clickstream"]
    answer = urllib3.request("POST", url, json=CLICK, retries=False)
    assert answer.status == 503
    return lambda: bench.log.text


def put_as_a_guest(bench: Bench) -> Look:
    with pytest.raises(ClientError) as refused:
        bench.as_guest("firehose").put_record_batch(
            DeliveryStreamName=bench.stack.outputs["streams"]["clickstream"], Records=[{"Data": b"{}\n"}]
        )
    return lambda: str(refused.value)


def dead_letter(bench: Bench) -> Look:
    assert bench.post_order().startswith("202")
    found = bench.dead_letters()
    return lambda: found


def nothing_stored(bench: Bench) -> Look:
    with bench.without(Permission("ingest-handler-execution", "firehose:PutRecordBatch", 1)):
        assert bench.post_order().startswith("503")
    return lambda: bench.lines("ingest-handler-logs")


def set_logging_role(bench: Bench) -> Look:
    with pytest.raises(ClientError) as refused:
        bench.set_logging_role(ACCESS_LOGS)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    return lambda: str(refused.value)


def log_access(bench: Bench) -> Look:
    bench.post_order()
    return lambda: bench.log.text


def write_log(bench: Bench) -> Look:
    bench.restart("ingest-handler")
    bench.post_order()
    return lambda: bench.log.text


PROOFS: Proofs = {
    Permission("ingest-direct", "firehose:PutRecord", 1): put_record,
    Permission("ingest-guests", "firehose:PutRecordBatch", 1): put_as_a_guest,
    Permission(ACCESS_LOGS, "logs:PutLogEvents", 1): log_access,
    **{
        Permission(ACCESS_LOGS, f"logs:{operation}", 1): set_logging_role
        for operation in (
            "CreateLogGroup",
            "CreateLogStream",
            "DescribeLogGroups",
            "DescribeLogStreams",
            "FilterLogEvents",
            "GetLogEvents",
        )
    },
    Permission("ingest-handler-execution", "firehose:PutRecordBatch", 1): dead_letter,
    Permission("ingest-handler-execution", "sqs:SendMessage", 2): nothing_stored,
    **{
        Permission("ingest-handler-execution", action, 3): write_log
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
