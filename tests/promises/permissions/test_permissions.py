"""Each permission of the stack's roles is needed: without it something fails, and AWS's message names the action."""

import contextlib
import dataclasses
import functools
import json
import uuid
from collections.abc import Callable, Iterator

import pytest
import urllib3
from botocore.exceptions import ClientError

from rapid.cli import project
from rapid.cli.target import LocalStack
from tests.deployed import files
from tests.deployed.events import CLICK, ORDER

from .permissions import Bench, Permission

Look = Callable[[], str]
"""What is to be seen of a denial; it may take a moment to come."""

SOURCES = {"orders": ORDER, "clickstream": CLICK}
HASHING = [contract.source for contract in project.all_contracts() if contract.hashed]
USER = {"name": "Ada Example", "address": "1 Example Street", "contact": "ada@example.com"}
ALIKE = [contract.source for contract in project.all_contracts() if contract.source not in SOURCES]
"""Sources whose roles hold what those of the orders hold, so that nothing is shown of them again."""
WRITE_LOGS = {
    "ingest-handler-execution": 3,
    "orders-transform-execution": 2,
    "clickstream-transform-execution": 2,
    "files-door-execution": 3,
    "files-starter-execution": 4,
    "curation-starter-execution": 4,
}
STARTERS = {
    "files-starter": ("files_bucket", "incoming/orders/1/a.csv"),
    "curation-starter": ("processed_bucket", "none/2026/03/14/18/a.parquet"),
}
ATHENA = "dashboards-query"
ACCESS_LOGS = "ingest-api-gateway-logging"

_FIREHOSE_PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html"
_QUICKSIGHT_PAGE = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSQuicksightAthenaAccess.html"
_PARTS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"

NOT_EXERCISED: dict[Permission, str] = {
    **{
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
    },
    Permission("curation-execution", "s3:AbortMultipartUpload", 3): _PARTS_PAGE,
    Permission("erasure-execution", "s3:AbortMultipartUpload", 5): _PARTS_PAGE,
    **{
        Permission(ATHENA, action, statement): _QUICKSIGHT_PAGE
        for action, statement in (
            ("athena:GetQueryResultsStream", 1),
            ("glue:GetDatabase", 2),
            ("glue:GetTables", 2),
            ("s3:AbortMultipartUpload", 5),
            ("s3:ListMultipartUploadParts", 5),
            ("s3:ListBucketMultipartUploads", 6),
        )
    },
}
"""What only AWS's own implementation asks for, with the page that says so."""


@pytest.fixture
def bench(stack_in_this_process: LocalStack, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """The stack, with all that it holds delivered afterwards, whatever a denial held back."""
    yield Bench(stack_in_this_process, caplog)
    stack_in_this_process.flush()


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


def write_log(function: str, bench: Bench) -> Look:
    bench.restart(function)
    if function.startswith("ingest"):
        bench.post_order()
    elif function in STARTERS:
        bench.put(*STARTERS[function])
    elif function == "files-door":
        take_file(bench)
    else:
        source = function.partition("-")[0]
        bench.deliver(source, SOURCES[source])
    return lambda: bench.log.text


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


def delete_log_groups(bench: Bench, job: str) -> None:
    logs, prefix = bench.stack.client("logs"), f"/aws-glue/rapid-analytics-dev-{job}"
    for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])


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


def take_file(bench: Bench) -> Look:
    files.ask(bench.stack, b"a\n1\n", source="landed")
    return lambda: bench.lines("files-door-logs")


def tell_of_parts(bench: Bench) -> Look:
    files.announce(bench.stack, 20_000_000, "k")
    return lambda: bench.lines("files-door-logs")


def schedule(starter: str, bench: Bench) -> Look:
    bench.put(*STARTERS[starter])
    return lambda: bench.lines(f"{starter}-logs")


def start(starter: str, bench: Bench) -> Look:
    due(starter, bench)
    bench.stack.tick("+10m")
    return lambda: bench.lines(f"{starter}-logs")


def change(bench: Bench) -> Look:
    """The daily run is called for when another's schedule is there."""
    due("curation-starter", bench)
    functions = bench.stack.client("lambda")
    [name] = [
        item["FunctionName"]
        for item in functions.list_functions()["Functions"]
        if item["FunctionName"].startswith("curation-starter")
    ]
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"call": {"--task": "daily"}}))
    return lambda: bench.lines("curation-starter-logs")


def invoke(starter: str, bench: Bench) -> Look:
    due(starter, bench)
    _, runs = bench.stack.tick("+10m")
    return lambda: str(runs)


def due(starter: str, bench: Bench) -> None:
    """Let a starter make a schedule."""
    bench.put(*STARTERS[starter])
    client = bench.stack.client("scheduler")
    [group] = client.list_schedule_groups(NamePrefix=f"{starter}-schedules")["ScheduleGroups"]
    assert bench.seen("start-", lambda: str(client.list_schedules(GroupName=group["Name"])["Schedules"]))


def ask_athena(operation: str, bench: Bench) -> Look:
    athena, workgroup = bench.stack.client("athena"), bench.stack.outputs["workgroup"]
    query_id = athena.start_query_execution(QueryString="SELECT 1", WorkGroup=workgroup)["QueryExecutionId"]
    request = {
        "batch_get_query_execution": {"QueryExecutionIds": [query_id]},
        "get_data_catalog": {"Name": "AwsDataCatalog"},
        "get_work_group": {"WorkGroup": workgroup},
        "start_query_execution": {"QueryString": "SELECT 1", "WorkGroup": workgroup},
    }.get(operation, {"QueryExecutionId": query_id})
    with pytest.raises(ClientError) as refused:
        getattr(bench.as_quicksight("athena"), operation)(**request)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    return lambda: str(refused.value)


def read_a_table(bench: Bench) -> Look:
    bench.deliver("orders", ORDER)
    ended = bench.ask_as_quicksight(f'SELECT count(*) FROM "{bench.stack.outputs["database"]}"."orders_processed"')
    return lambda: ended


def set_logging_role(bench: Bench) -> Look:
    with pytest.raises(ClientError) as refused:
        bench.set_logging_role(ACCESS_LOGS)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    return lambda: str(refused.value)


def log_access(bench: Bench) -> Look:
    bench.post_order()
    return lambda: bench.log.text


PROOFS: dict[Permission, Callable[[Bench], Look]] = {
    Permission("ingest-direct", "firehose:PutRecord", 1): put_record,
    Permission("ingest-guests", "firehose:PutRecordBatch", 1): put_as_a_guest,
    Permission("users-transform-execution", "kms:GenerateMac", 2): pseudonym,
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
        Permission(role, action, statement): functools.partial(write_log, role.removesuffix("-execution"))
        for role, statement in WRITE_LOGS.items()
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
        Permission(f"{starter}-{role}", action, statement): functools.partial(proof, starter)
        for starter in STARTERS
        for role, action, statement, proof in (
            ("execution", "glue:StartJobRun", 1, start),
            ("execution", "scheduler:CreateSchedule", 2, schedule),
            ("execution", "iam:PassRole", 3, schedule),
            ("schedule", "lambda:InvokeFunction", 1, invoke),
        )
    },
    Permission("curation-starter-execution", "scheduler:UpdateSchedule", 2): change,
    **{
        Permission(ATHENA, action, 1): functools.partial(ask_athena, operation)
        for action, operation in (
            ("athena:BatchGetQueryExecution", "batch_get_query_execution"),
            ("athena:GetDataCatalog", "get_data_catalog"),
            ("athena:GetQueryExecution", "get_query_execution"),
            ("athena:GetQueryResults", "get_query_results"),
            ("athena:GetWorkGroup", "get_work_group"),
            ("athena:StartQueryExecution", "start_query_execution"),
            ("athena:StopQueryExecution", "stop_query_execution"),
        )
    },
    **{
        Permission(ATHENA, action, statement): read_a_table
        for action, statement in (
            ("glue:GetTable", 2),
            ("s3:GetBucketLocation", 3),
            ("s3:ListBucket", 3),
            ("s3:GetObject", 4),
            ("s3:GetObject", 5),
            ("s3:PutObject", 5),
        )
    },
}


# https://repost.aws/knowledge-center/athena-output-bucket-error, https://repost.aws/knowledge-center/access-denied-athena
ATHENA_SAYS = {
    Permission(ATHENA, "s3:GetBucketLocation", 3): "Unable to verify/create output bucket",
    Permission(ATHENA, "s3:ListBucket", 3): "PERMISSION_DENIED: Permission denied on S3 path: s3://",
    Permission(ATHENA, "s3:GetObject", 5): "You do not seem to have access to the S3 location of your query results.",
    Permission(ATHENA, "s3:PutObject", 5): "Access denied when writing output to url: s3://",
}


def denial(permission: Permission) -> str:
    """What AWS says where the permission is missing."""
    if permission in ATHENA_SAYS:
        return ATHENA_SAYS[permission]
    if permission.action == "lambda:InvokeFunction" and permission.role.endswith("-delivery"):
        # https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
        return "Lambda.InvokeAccessDenied"
    if permission.role == ACCESS_LOGS and permission.action != "logs:PutLogEvents":
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        return "The role ARN does not have required permissions configured"
    if permission == Permission("curation-execution", "s3:GetObject", 3):
        # The Iceberg library asks for an object's size first, and an answer to HEAD has no body to hold a message.
        return "AWS Error ACCESS_DENIED during HeadObject operation"
    action = permission.action.lower() if permission.action.startswith("sqs:") else permission.action
    return f"is not authorized to perform: {action} on resource: "


def of_sources_alike() -> set[Permission]:
    """What the roles of such sources may do; where a contract hashes, the key's statement stands before the log's."""
    roles, transform = ("orders-delivery", "orders-transform-execution"), "orders-transform-execution"
    alike = {Permission(f"{source}-transform-execution", "kms:GenerateMac", 2) for source in HASHING}
    for source in ALIKE:
        for permission in (*PROOFS, *NOT_EXERCISED):
            if permission.role in roles:
                later = source in HASHING and permission.role == transform and permission.statement > 1
                role = permission.role.replace("orders", source)
                alike.add(dataclasses.replace(permission, role=role, statement=permission.statement + later))
    return alike


def test_every_permission_of_the_deployed_roles_is_shown_to_be_needed_or_has_its_page(bench: Bench) -> None:
    assert bench.permissions() == set(PROOFS) | set(NOT_EXERCISED) | of_sources_alike()
    assert not set(PROOFS) & set(NOT_EXERCISED)


def test_with_all_its_permissions_the_stack_is_denied_nothing(bench: Bench) -> None:
    assert bench.post_order().startswith("202")
    for source, event in SOURCES.items():
        bench.deliver(source, event)
        bench.deliver(source, {"not": "valid"})
    bench.deliver("users", USER)
    assert read_a_table(bench)().startswith("SUCCEEDED")
    assert bench.run_job("curate_job", task="curate").startswith("SUCCEEDED")
    assert bench.run_job("curate_job", task="maintain").startswith("SUCCEEDED")
    bench.put_dead_letter(ORDER, {**ORDER, "customerId": "c2"})
    assert bench.erase("orders", "customerId", ORDER["customerId"]).startswith("SUCCEEDED")
    assert "not authorized" not in bench.log.text


@pytest.mark.aws(
    "IAM",
    "Roles of the stack",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
)
@pytest.mark.parametrize(
    "permission",
    # Each of an erasure is a run of a job that looks at everything; `make prove` takes them.
    [pytest.param(it, marks=[pytest.mark.full_size] * (it.role == "erasure-execution")) for it in PROOFS],
    ids=str,
)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    with bench.without(permission):
        look = PROOFS[permission](bench)
        assert bench.seen(denial(permission), look), look()[-2000:]
