"""The limits that Athena and Glue state for what is sent to them, crossed on purpose."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .cloud_rig import REGION, Rig

ATHENA = "https://docs.aws.amazon.com/athena/latest/APIReference/API_"
DG = "https://docs.aws.amazon.com/glue/latest/dg/"


def refusal(rig: Rig, service: str, operation: str, **request: Any) -> tuple[str, str]:
    """Code and message of an error, to a client that checks nothing by itself."""
    client = boto3.client(
        service,
        endpoint_url=rig.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**request)
    detail = refused.value.response["Error"]
    return detail["Code"], detail["Message"]


def athena(rig: Rig, operation: str, **request: Any) -> str:
    code, message = refusal(rig, "athena", operation, **request)
    assert code == "InvalidRequestException"
    return message


def glue(rig: Rig, operation: str, **request: Any) -> str:
    code, message = refusal(rig, "glue", operation, **request)
    assert code == "ValidationException"
    return message


def violated(value: str, member: str, constraint: str) -> str:
    at = f"Value {value} at '{member}' failed to satisfy constraint"
    return f"1 validation error detected: {at}: Member must {constraint}"


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}WorkGroupConfiguration.html")
def test_a_work_group_s_scan_limit_is_10_mb_or_more(rig: Rig) -> None:
    request = {"Name": "thrifty", "Configuration": {"BytesScannedCutoffPerQuery": 9_999_999}}
    assert athena(rig, "create_work_group", **request) == violated(
        "'9999999'", "configuration.bytesScannedCutoffPerQuery", "have value greater than or equal to 10000000"
    )
    rig.aws("athena").create_work_group(Name="thrifty", Configuration={"BytesScannedCutoffPerQuery": 10_000_000})


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}CreateWorkGroup.html")
def test_a_work_group_s_name_has_128_characters_of_a_few_kinds(rig: Rig) -> None:
    assert "regular expression pattern: [a-zA-Z0-9._-]{1,128}" in athena(rig, "create_work_group", Name="n" * 129)
    assert "regular expression pattern: [a-zA-Z0-9._-]{1,128}" in athena(rig, "create_work_group", Name="a b")


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}StartQueryExecution.html")
@pytest.mark.parametrize(
    ("length", "constraint"), [(31, "greater than or equal to 32"), (129, "less than or equal to 128")]
)
def test_a_client_request_token_has_32_to_128_characters(rig: Rig, length: int, constraint: str) -> None:
    token = "t" * length
    assert athena(rig, "start_query_execution", QueryString="SELECT 1", ClientRequestToken=token) == violated(
        f"'{token}'", "clientRequestToken", f"have length {constraint}"
    )


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}StartQueryExecution.html")
def test_a_query_string_has_1_to_262144_characters(rig: Rig) -> None:
    request = {"QueryString": "S" * 262_145, "ClientRequestToken": "t" * 32}
    constraint = "failed to satisfy constraint: Member must have length less than or equal to 262144"
    assert athena(rig, "start_query_execution", **request) == (
        f"1 validation error detected: Value at 'queryString' {constraint}"
    )
    assert "greater than or equal to 1" in athena(rig, "start_query_execution", **{**request, "QueryString": ""})


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}CreateNamedQuery.html")
@pytest.mark.parametrize(
    ("member", "most"), [("Name", 128), ("Description", 1024), ("Database", 255), ("QueryString", 262_144)]
)
def test_a_named_query_s_members_have_their_longest_lengths(rig: Rig, member: str, most: int) -> None:
    request = {"Name": "n", "Database": "d", "QueryString": "SELECT 1", "ClientRequestToken": "t" * 32}
    message = athena(rig, "create_named_query", **{**request, member: "x" * (most + 1)})
    assert message.endswith(f"Member must have length less than or equal to {most}")


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}BatchGetQueryExecution.html")
def test_a_batch_has_1_to_50_ids(rig: Rig) -> None:
    assert "less than or equal to 50" in athena(rig, "batch_get_query_execution", QueryExecutionIds=["q"] * 51)
    assert "greater than or equal to 1" in athena(rig, "batch_get_query_execution", QueryExecutionIds=[])


@pytest.mark.aws("Athena", "Limits", f"{ATHENA}CreateNamedQuery.html")
def test_all_that_is_wrong_with_a_request_is_told_at_once(rig: Rig) -> None:
    message = athena(rig, "create_named_query", Name="", QueryString="SELECT 1", ClientRequestToken="t" * 32)
    assert message.startswith("2 validation errors detected: Value null at 'database' failed to satisfy constraint: ")
    assert message.endswith(
        "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1"
    )


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-catalog-databases.html")
@pytest.mark.parametrize("name", ["", "n" * 256])
def test_a_database_s_name_has_1_to_255_characters(rig: Rig, name: str) -> None:
    assert "at 'databaseInput.name' failed to satisfy" in glue(rig, "create_database", DatabaseInput={"Name": name})


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-catalog-tables.html")
@pytest.mark.parametrize("name", ["", "n" * 256])
def test_a_table_s_name_has_1_to_255_characters(rig: Rig, name: str) -> None:
    request = {"DatabaseName": "d", "TableInput": {"Name": name}}
    assert "at 'tableInput.name' failed to satisfy" in glue(rig, "create_table", **request)


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-catalog-tables.html")
def test_a_column_s_type_has_at_most_131072_characters(rig: Rig) -> None:
    columns = [{"Name": "ok", "Type": "string"}, {"Name": "wide", "Type": "s" * 131_073}]
    request = {"DatabaseName": "d", "TableInput": {"Name": "t", "StorageDescriptor": {"Columns": columns}}}
    assert "at 'tableInput.storageDescriptor.columns.2.member.type' failed" in glue(rig, "create_table", **request)


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-jobs-job.html")
@pytest.mark.parametrize(("member", "value"), [("Timeout", 0), ("Name", ""), ("WorkerType", "")])
def test_a_job_s_members_have_their_bounds(rig: Rig, member: str, value: object) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
    request = {"Name": "j", "Role": "r", "Command": command, "GlueVersion": "5.1", member: value}
    assert f"at '{member[0].lower()}{member[1:]}' failed to satisfy" in glue(rig, "create_job", **request)


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-jobs-runs.html")
@pytest.mark.parametrize("results", [0, 201])
def test_a_page_of_runs_has_1_to_200(rig: Rig, results: int) -> None:
    assert f"Value '{results}' at 'maxResults'" in glue(rig, "get_job_runs", JobName="j", MaxResults=results)


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-catalog-tables.html")
def test_a_page_of_tables_has_at_most_100(rig: Rig) -> None:
    assert "Value '101' at 'maxResults'" in glue(rig, "get_tables", DatabaseName="d", MaxResults=101)
