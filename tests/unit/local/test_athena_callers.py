"""Athena reads and writes with the rights of who asks it."""

import io
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, REGION, Rig, policy

ACCESS_PAGE = "https://repost.aws/knowledge-center/access-denied-athena"
SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
LAKE, RESULTS, DATABASE, TABLE = "lake", "results", "shop", "orders"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT_ID}"
MAY = {
    "athena": {"Action": "athena:*", "Resource": "*"},
    "table": {
        "Action": ["glue:GetTable", "glue:GetDatabase"],
        "Resource": [f"{GLUE}:catalog", f"{GLUE}:database/{DATABASE}", f"{GLUE}:table/{DATABASE}/*"],
    },
    "list": {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{LAKE}"},
    "read": {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{LAKE}/*"},
    "locate": {"Action": "s3:GetBucketLocation", "Resource": f"arn:aws:s3:::{RESULTS}"},
    "write": {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{RESULTS}/*"},
    "fetch": {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{RESULTS}/*"},
}


class Analyst:
    """A role that may do what a query takes, but for what a test takes away."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.arn = rig, rig.role_of("quicksight")
        self.name = self.arn.rpartition("/")[2]
        self.athena = rig.cloud.clients.of_service("quicksight.amazonaws.com").client("athena", self.arn)

    def may_all_but(self, *names: str) -> None:
        statements = ({"Effect": "Allow", **statement} for name, statement in MAY.items() if name not in names)
        document = policy(*statements)
        self.rig.aws("iam").put_role_policy(RoleName=self.name, PolicyName="everything", PolicyDocument=document)

    def ask(self) -> tuple[str, str]:
        """A query's id, and how it ended."""
        started = self.athena.start_query_execution(
            QueryString=f"SELECT sum(quantity) FROM {DATABASE}.{TABLE}",
            ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
        )
        query = {"QueryExecutionId": started["QueryExecutionId"]}
        while True:
            status = self.athena.get_query_execution(**query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return query["QueryExecutionId"], f"{status['State']} {status.get('StateChangeReason', '')}"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def analyst(rig: Rig) -> Analyst:
    s3, glue, content = rig.aws("s3"), rig.aws("glue"), io.BytesIO()
    for bucket in (LAKE, RESULTS):
        s3.create_bucket(Bucket=bucket)
    pq.write_table(pa.table({"quantity": pa.array([1, 2], pa.int32())}), content)
    s3.put_object(Bucket=LAKE, Key="orders/1.parquet", Body=content.getvalue())
    glue.create_database(DatabaseInput={"Name": DATABASE})
    storage = {
        "Columns": [{"Name": "quantity", "Type": "int"}],
        "Location": f"s3://{LAKE}/orders/",
        "SerdeInfo": {"SerializationLibrary": SERDE},
    }
    table = {"Name": TABLE, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    glue.create_table(DatabaseName=DATABASE, TableInput=table)
    return Analyst(rig)


@pytest.mark.aws("Athena", "Access to data", "https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html")
def test_a_role_that_may_read_the_table_and_its_objects_and_write_the_result_is_answered(analyst):
    analyst.may_all_but()
    query_id, ended = analyst.ask()
    assert ended.startswith("SUCCEEDED")
    rows = analyst.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert rows[1]["Data"] == [{"VarCharValue": "3"}]


@pytest.mark.aws("Athena", "Access to data", ACCESS_PAGE)
@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (
            "read",
            f"s3:GetObject action (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied) (Path: s3://{LAKE}/",
        ),
        ("list", f"Permission denied on S3 path: s3://{LAKE}/orders"),
        ("table", "is not authorized to perform: glue:GetTable on resource: "),
        ("write", f"Access denied when writing output to url: s3://{RESULTS}/"),
    ],
)
def test_a_role_that_lacks_a_permission_has_its_query_fail_though_others_have_read_the_same(analyst, missing, reason):
    analyst.may_all_but()
    assert analyst.ask()[1].startswith("SUCCEEDED")
    analyst.may_all_but(missing)
    ended = analyst.ask()[1]
    assert ended.startswith("FAILED PERMISSION_DENIED: ")
    assert reason in ended


@pytest.mark.aws("Athena", "Access to results", "https://repost.aws/knowledge-center/athena-output-bucket-error")
def test_a_role_that_may_not_find_out_where_the_result_s_bucket_is_cannot_start_a_query(analyst):
    analyst.may_all_but("locate")
    with pytest.raises(ClientError, match="Unable to verify/create output bucket results"):
        analyst.ask()


@pytest.mark.aws(
    "Athena", "Access to results", "https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html"
)
def test_a_role_that_may_not_read_the_result_s_objects_does_not_get_the_result(analyst):
    analyst.may_all_but("fetch")
    query_id, ended = analyst.ask()
    assert ended.startswith("SUCCEEDED")
    with pytest.raises(ClientError, match="You do not seem to have access to the S3 location of your query results"):
        analyst.athena.get_query_results(QueryExecutionId=query_id)
