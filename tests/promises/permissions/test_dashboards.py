"""What QuickSight may ask Athena with the role of the dashboards."""

import functools

import pytest
from botocore.exceptions import ClientError

from tests.deployed.events import ORDER
from tests.deployed.evidence import curate_here

from .permissions import Bench, Permission
from .proofs import ATHENA, Look, Proofs, check, each

_QUICKSIGHT_PAGE = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSQuicksightAthenaAccess.html"


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


def ask_the_view(bench: Bench) -> Look:
    """Ask what the data set `orders` asks: a view over another one, and over the tables under that."""
    glue, database = bench.stack.client("glue"), bench.stack.outputs["database"]
    made = {table["Name"] for table in glue.get_tables(DatabaseName=database, Expression="orders_.*")["TableList"]}
    if "orders_curated" not in made:
        curate_here(bench.stack, "orders")
    bench.deliver("orders", ORDER)
    ended = bench.ask_as_quicksight(f'SELECT count(*) FROM "{database}"."dashboard_orders"')
    return lambda: ended


PROOFS: Proofs = {
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
        Permission(ATHENA, action, statement): ask_the_view
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

NOT_EXERCISED = {
    Permission(ATHENA, action, statement): _QUICKSIGHT_PAGE
    for action, statement in (
        ("athena:GetQueryResultsStream", 1),
        ("glue:GetDatabase", 2),
        ("glue:GetTables", 2),
        ("s3:AbortMultipartUpload", 5),
        ("s3:ListMultipartUploadParts", 5),
        ("s3:ListBucketMultipartUploads", 6),
    )
}
"""What only AWS's own implementation asks for, with the page that says so."""


def test_with_all_permissions_the_view_of_a_data_set_is_answered(bench: Bench) -> None:
    assert ask_the_view(bench)().startswith("SUCCEEDED")


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
