"""boto3's paginators and waiters for the services that the stack uses; prints what they find."""

import io
import json
import os

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

found = {}
bucket = os.environ["BUCKET"]

athena = boto3.client("athena")
query_id = athena.start_query_execution(
    QueryString="SELECT event_id, price FROM orders WHERE restaurantid = 'rest789' ORDER BY event_id",
    WorkGroup=os.environ["WORKGROUP"],
    QueryExecutionContext={"Database": os.environ["DATABASE"]},
)["QueryExecutionId"]
while athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] in (
    "QUEUED",
    "RUNNING",
):
    pass
pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id, PaginationConfig={"PageSize": 15})
rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
found["rows"] = [[cell["VarCharValue"] for cell in row] for row in rows[1:]]
found["queries"] = query_id in [
    listed
    for page in athena.get_paginator("list_query_executions").paginate(WorkGroup=os.environ["WORKGROUP"])
    for listed in page["QueryExecutionIds"]
]
found["metadata"] = [
    table["Name"]
    for page in athena.get_paginator("list_table_metadata").paginate(
        CatalogName="AwsDataCatalog", DatabaseName=os.environ["DATABASE"], PaginationConfig={"PageSize": 2}
    )
    for table in page["TableMetadataList"]
]

s3 = boto3.client("s3")
s3.get_waiter("bucket_exists").wait(Bucket=bucket)
for number in range(5):
    s3.put_object(Bucket=bucket, Key=f"pages/{number}", Body=str(number).encode())
s3.get_waiter("object_exists").wait(Bucket=bucket, Key="pages/4")
found["objects"] = [
    listed["Key"]
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="pages/", PaginationConfig={"PageSize": 2}
    )
    for listed in page["Contents"]
]
content = os.urandom(6 * 1024 * 1024)
parts = TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024)
s3.upload_fileobj(io.BytesIO(content), bucket, "parts", Config=parts)
fetched = io.BytesIO()
s3.download_fileobj(bucket, "parts", fetched, Config=parts)
found["parts"] = [fetched.getvalue() == content, s3.head_object(Bucket=bucket, Key="parts")["ETag"][-3:-1]]
try:
    s3.get_object(Bucket=bucket, Key="none")
except ClientError as error:
    found["missing"] = error.response["Error"]["Code"]

glue = boto3.client("glue")
tables = glue.get_paginator("get_tables").paginate(
    DatabaseName=os.environ["DATABASE"], PaginationConfig={"PageSize": 2}
)
found["tables"] = [table["Name"] for page in tables for table in page["TableList"]]
runs = glue.get_paginator("get_job_runs").paginate(JobName=os.environ["JOB"], PaginationConfig={"PageSize": 1})
found["runs"] = {run["JobRunState"] for page in runs for run in page["JobRuns"]}
found["runs"] = sorted(found["runs"])

functions = [
    function["FunctionName"]
    for page in boto3.client("lambda").get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
    for function in page["Functions"]
]
for function in functions:
    boto3.client("lambda").get_waiter("function_active_v2").wait(FunctionName=function)
found["functions"] = sorted(function.split("-function-")[0] for function in functions)

groups = boto3.client("logs").get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
found["log_groups"] = len({group["logGroupName"] for page in groups for group in page["logGroups"]})
roles = boto3.client("iam").get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3})
role = next(role["RoleName"] for page in roles for role in page["Roles"])
boto3.client("iam").get_waiter("role_exists").wait(RoleName=role)
queues = boto3.client("sqs").get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1})
found["queues"] = os.environ["DEAD_LETTER_QUEUE_URL"] in [url for page in queues for url in page.get("QueueUrls", [])]
apis = boto3.client("apigateway").get_paginator("get_rest_apis").paginate()
found["apis"] = [api["name"].split("-")[0] for page in apis for api in page["items"]]
metrics = boto3.client("cloudwatch").get_paginator("list_metrics").paginate(Namespace="AWS/Firehose")
found["metrics"] = "IncomingRecords" in {metric["MetricName"] for page in metrics for metric in page["Metrics"]}

print(json.dumps(found))
