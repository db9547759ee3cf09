import json
import re
import threading

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.athena import runner, session
from rapid.local.athena.parsing import MAX_QUERY_BYTES
from tests.unit.local.athena_rig import DATABASE, LAKE, RESULTS, WORKGROUP, ApiError, AthenaRig, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
API = "https://docs.aws.amazon.com/athena/latest/APIReference/"


@pytest.fixture
def held(monkeypatch):
    """Workers wait before they plan a query, until the test lets them go."""
    gate = threading.Event()
    planning = session.plan

    def wait_then_plan(*arguments):
        gate.wait()
        return planning(*arguments)

    monkeypatch.setattr(session, "plan", wait_then_plan)
    yield gate
    gate.set()


def state(athena, query_id):
    return athena.call("GetQueryExecution", QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"]


@pytest.mark.aws("Athena", "Query executions", f"{API}API_QueryExecution.html")
def test_a_query_that_ends_well_tells_its_context_and_statistics(athena):
    execution = athena.run("SELECT 1")

    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["Query"] == "SELECT 1"
    assert execution["StatementType"] == "DML"
    assert execution["WorkGroup"] == WORKGROUP
    assert execution["QueryExecutionContext"] == {"Database": DATABASE, "Catalog": "awsdatacatalog"}
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert execution["Statistics"]["DataScannedInBytes"] == 0
    assert execution["Status"]["SubmissionDateTime"] <= execution["Status"]["CompletionDateTime"]


@pytest.mark.aws("Athena", "Query executions", f"{UG}error-reference.html")
def test_a_query_that_fails_tells_why_in_athenas_words(athena):
    status = athena.run("SELECT nope FROM missing")["Status"]

    message = "TABLE_NOT_FOUND: line 1:18: Table 'awsdatacatalog.shop.missing' does not exist"
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == message
    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1110,
        "Retryable": False,
        "ErrorMessage": message,
    }


@pytest.mark.aws("Athena", "Query executions", f"{UG}error-reference.html")
def test_a_missing_column_is_named_with_its_place(athena):
    athena.table("orders")

    reason = athena.failure("SELECT menuitem,\n       nope FROM orders")

    assert reason.startswith("COLUMN_NOT_FOUND: line 2:8: Column 'nope' cannot be resolved")


@pytest.mark.aws("Athena", "Query executions", f"{UG}error-reference.html")
def test_a_missing_database_is_named(athena):
    assert athena.failure("SELECT 1 FROM nowhere.t") == "SCHEMA_NOT_FOUND: line 1:15: Schema 'nowhere' does not exist"


@pytest.mark.aws("Athena", "Query executions", f"{API}API_QueryExecutionContext.html")
def test_a_catalog_that_is_not_glues_is_refused(athena):
    assert "Catalog 'other' does not exist" in athena.failure("SELECT 1 FROM other.shop.t")
    with pytest.raises(ApiError, match="Catalog other is not supported"):
        athena.start("SELECT 1", QueryExecutionContext={"Catalog": "other"})


@pytest.mark.aws("Athena", "Tables", f"{UG}supported-serdes.html")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, "View 'awsdatacatalog.shop.odd'"),
        (
            {"StorageDescriptor": {"Location": "s3://lake/odd/", "SerdeInfo": {"SerializationLibrary": "x.JsonSerDe"}}},
            "Table 'odd': SerDe 'x.JsonSerDe'",
        ),
    ],
)
def test_a_table_of_a_kind_that_cannot_be_read_is_refused_by_name(athena, changes, named):
    athena.table("odd", **changes)

    reason = athena.failure("SELECT 1 FROM odd")

    assert reason.startswith("NOT_SUPPORTED")
    assert named in reason


@pytest.mark.aws("Athena", "Tables", f"{UG}data-types.html")
def test_a_column_of_an_unknown_type_fails_only_the_queries_that_name_it(athena):
    athena.table("tagged", columns={"menuitem": "string", "tags": "array<string>"})
    athena.put("tagged/a.parquet", orders(("pizza", 1, "1.00")))

    assert athena.rows("SELECT menuitem FROM tagged") == [["pizza"]]
    assert "Column 'tags': type array<string> is not supported" in athena.failure("SELECT tags FROM tagged")


SYNTAX = {
    "SELCT 1": "line 1:1: mismatched input 'SELCT'",
    "SELECT 1 FORM t WHERE": "mismatched input",
    "SELECT a FORM t": "line 1:15: mismatched input 't'",
    "SELECT a,\nFROM t": "line 2:1: mismatched input 'FROM'",
    "SELECT 1 FROM": "line 1:14: mismatched input '<EOF>'",
    "SELECT (1": "mismatched input '<EOF>'",
    "SELECT 'open": "mismatched input '<EOF>'",
    "SELECT a::int FROM t": "line 1:9: mismatched input '::'",
    "SELECT `a` FROM t": "line 1:8: mismatched input '`'",
    "SELECT a FROM t LIMIT 1 OFFSET 2": "line 1:25: mismatched input 'OFFSET'",
    "SELECT 1; SELECT 2": "Only one sql statement is allowed",
    "CREATE TABLE a (b int) LOCATION 's3://lake/a/'": "runs no CREATE TABLE (without EXTERNAL: an Iceberg table)",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE": "runs no MERGE statements",
    "UPDATE t SET a = 1": "runs no UPDATE statements",
    "DELETE FROM t": "runs no DELETE statements",
    "EXPLAIN SELECT 1": "runs no EXPLAIN statements",
    "OPTIMIZE t REWRITE DATA USING BIN_PACK": "runs no OPTIMIZE statements",
    "ALTER TABLE t CHANGE COLUMN a b int": "runs no ALTER TABLE statements",
    "PRAGMA database_list": "mismatched input 'PRAGMA'",
    "COPY t TO 'x'": "mismatched input 'COPY'",
    "ATTACH 'x' AS y": "mismatched input 'ATTACH'",
}


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StartQueryExecution.html")
@pytest.mark.parametrize("sql", SYNTAX)
def test_a_text_that_is_not_a_query_is_refused_at_the_start(athena, sql):
    with pytest.raises(ApiError, match=re.escape(SYNTAX[sql])) as refused:
        athena.start(sql)

    assert refused.value.status == 400
    assert refused.value.kind == "InvalidRequestException"


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StartQueryExecution.html")
def test_a_semicolon_at_the_end_is_let_in(athena):
    assert athena.rows("SELECT 1 ; ") == [["1"]]


@pytest.mark.aws("Athena", "Limits", f"{UG}service-limits.html")
def test_a_query_text_has_at_most_262144_bytes(athena):
    with pytest.raises(ApiError, match=str(MAX_QUERY_BYTES)):
        athena.start(f"SELECT '{'x' * MAX_QUERY_BYTES}'")


@pytest.mark.aws("Athena", "Work groups", f"{UG}workgroups-settings-override.html")
def test_an_enforced_work_group_decides_where_results_go(athena):
    execution = athena.run("SELECT 1", ResultConfiguration={"OutputLocation": "s3://lake/mine/"})

    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{RESULTS}/{WORKGROUP}/")


@pytest.mark.aws("Athena", "Work groups", f"{UG}workgroups-settings-override.html")
def test_a_client_decides_where_the_work_group_lets_it(athena):
    athena.work_group("free", EnforceWorkGroupConfiguration=False)

    execution = athena.run("SELECT 1", WorkGroup="free", ResultConfiguration={"OutputLocation": f"s3://{LAKE}/mine"})

    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{LAKE}/mine/{execution['QueryExecutionId']}.csv"


@pytest.mark.aws("Athena", "Work groups", f"{UG}encrypting-query-results-stored-in-s3.html")
def test_results_are_encrypted_as_the_work_group_says(athena):
    configuration = {
        "OutputLocation": f"s3://{RESULTS}/safe/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    athena.work_group("safe", ResultConfiguration=configuration)

    execution = athena.run("SELECT 1", WorkGroup="safe")

    stored = athena.s3.head_object(Bucket=RESULTS, Key=f"safe/{execution['QueryExecutionId']}.csv")
    assert stored["ServerSideEncryption"] == "AES256"
    assert execution["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


@pytest.mark.aws("Athena", "Work groups", f"{UG}querying.html")
def test_a_query_without_a_result_location_is_refused(athena):
    athena.athena.create_work_group(Name="bare", Configuration={})

    with pytest.raises(ApiError) as refused:
        athena.start("SELECT 1", WorkGroup="bare")

    assert str(refused.value) == (
        "No output location provided. An output location is required either through the Workgroup result configuration "
        "setting or as an API input."
    )


@pytest.mark.aws("Athena", "Work groups", f"{API}API_ResultConfiguration.html")
def test_a_result_location_that_is_not_s3_is_refused(athena):
    athena.work_group("free", EnforceWorkGroupConfiguration=False)

    with pytest.raises(ApiError, match="outputLocation is not a valid S3 path"):
        athena.start("SELECT 1", WorkGroup="free", ResultConfiguration={"OutputLocation": "results/"})


@pytest.mark.aws("Athena", "Work groups", "https://repost.aws/knowledge-center/athena-output-bucket-error")
def test_a_result_bucket_that_does_not_exist_is_refused(athena):
    athena.work_group("lost", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/x/"})

    with pytest.raises(ApiError, match="Unable to verify/create output bucket no-such-bucket"):
        athena.start("SELECT 1", WorkGroup="lost")


@pytest.mark.aws("Athena", "Work groups", f"{API}API_StartQueryExecution.html")
def test_a_work_group_that_does_not_exist_is_refused(athena):
    with pytest.raises(ApiError, match="WorkGroup nobody is not found"):
        athena.start("SELECT 1", WorkGroup="nobody")


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StartQueryExecution.html")
def test_a_parameter_that_is_not_supported_is_refused_by_name(athena):
    with pytest.raises(ApiError, match="EngineConfiguration is not supported"):
        athena.start("SELECT 1", EngineConfiguration={"CoordinatorDpuSize": 1})


SCAN_LIMIT_BYTES = 10_000_000


@pytest.fixture
def thrifty(athena):
    """A work group that lets a query scan 10 MB, and a table of three files of 4 MB each."""
    athena.work_group("thrifty", BytesScannedCutoffPerQuery=SCAN_LIMIT_BYTES)
    athena.table("orders")
    rows = [(f"{number}".zfill(1000), number, "1.00") for number in range(4000)]
    for name in "abc":
        athena.put(f"orders/{name}.parquet", orders(*rows), compression="none", use_dictionary=False)
    return athena


@pytest.mark.aws("Athena", "Limits", f"{UG}workgroups-setting-control-limits-cloudwatch.html")
def test_a_query_past_the_scan_limit_is_cancelled_at_the_limit(thrifty):
    execution = thrifty.run("SELECT max(menuitem) FROM orders", WorkGroup="thrifty")

    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert execution["Statistics"]["DataScannedInBytes"] == SCAN_LIMIT_BYTES


@pytest.mark.aws("Athena", "Limits", f"{UG}workgroups-setting-control-limits-cloudwatch.html")
def test_a_query_within_the_scan_limit_is_answered_whatever_the_size_of_its_table(thrifty):
    assert thrifty.rows("SELECT max(quantity) FROM orders", WorkGroup="thrifty") == [["3999"]]


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StopQueryExecution.html")
def test_a_running_query_can_be_stopped(athena, held):
    query_id = athena.start("SELECT 1")

    athena.call("StopQueryExecution", QueryExecutionId=query_id)

    execution = athena.wait(query_id)
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Query cancelled by user"
    assert execution["Status"]["AthenaError"]["ErrorType"] == 1011


@pytest.mark.aws(
    "Athena", "Query executions", "https://docs.aws.amazon.com/athena/latest/APIReference/API_StopQueryExecution.html"
)
def test_a_statement_that_is_stopped_before_it_writes_leaves_no_table(athena, held):
    query_id = athena.start("CREATE TABLE stopped AS SELECT 1 AS n")
    while state(athena, query_id) == "QUEUED":
        pass

    athena.call("StopQueryExecution", QueryExecutionId=query_id)
    held.set()

    assert athena.wait(query_id)["Status"]["State"] == "CANCELLED"
    athena.rows("SELECT 1")  # meanwhile the stopped one's worker comes to its end
    assert "stopped" not in {table["Name"] for table in athena.glue.get_tables(DatabaseName=DATABASE)["TableList"]}


def test_a_query_that_runs_ends_with_its_plane():
    before = set(threading.enumerate())
    rig = AthenaRig()
    numbers = [f"UNNEST(sequence(1, 9000)) AS {name}(n)" for name in "abcd"]
    query_id = rig.start(f"SELECT max(a.n * b.n + c.n * d.n) FROM {' CROSS JOIN '.join(numbers)}")
    while state(rig, query_id) == "QUEUED":
        pass

    rig.close()

    workers = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("athena")]
    for worker in workers:
        worker.join(timeout=60)
    assert not any(worker.is_alive() for worker in workers)


@pytest.mark.aws("Athena", "Query executions", f"{UG}service-limits.html")
def test_queries_beyond_the_workers_wait_in_line(athena, held):
    ids = [athena.start("SELECT 1") for _ in range(runner.WORKERS + 1)]

    assert state(athena, ids[-1]) == "QUEUED"
    athena.call("StopQueryExecution", QueryExecutionId=ids[-1])
    assert state(athena, ids[-1]) == "CANCELLED"

    held.set()
    assert {athena.wait(query_id)["Status"]["State"] for query_id in ids[:-1]} == {"SUCCEEDED"}


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StopQueryExecution.html")
def test_stopping_a_finished_query_changes_nothing(athena):
    query_id = athena.run("SELECT 1")["QueryExecutionId"]

    athena.call("StopQueryExecution", QueryExecutionId=query_id)

    assert state(athena, query_id) == "SUCCEEDED"


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_results_of_an_unfinished_query_are_refused(athena, held):
    query_id = athena.start("SELECT 1")

    with pytest.raises(ApiError, match="Query has not yet finished"):
        athena.call("GetQueryResults", QueryExecutionId=query_id)


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_results_of_a_failed_query_are_refused(athena):
    query_id = athena.run("SELECT 1 / 0")["QueryExecutionId"]

    with pytest.raises(ApiError, match="Final query state: FAILED"):
        athena.call("GetQueryResults", QueryExecutionId=query_id)


@pytest.mark.aws(
    "Athena", "Query executions", "https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html"
)
def test_the_reuse_of_results_is_told_as_it_was_asked_for_and_each_query_runs_anew(athena):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}

    executions = [athena.run("SELECT 1", ResultReuseConfiguration=reuse) for _ in range(2)]

    for execution in executions:
        assert execution["ResultReuseConfiguration"] == reuse
        assert execution["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": False}


@pytest.mark.aws("Athena", "Query executions", f"{API}API_StartQueryExecution.html")
def test_the_same_client_token_starts_one_query(athena):
    first = athena.start("SELECT 1", ClientRequestToken="t" * 32)

    assert athena.start("SELECT 1", ClientRequestToken="t" * 32) == first
    with pytest.raises(ApiError, match="Idempotent parameters do not match"):
        athena.start("SELECT 2", ClientRequestToken="t" * 32)


@pytest.mark.aws("Athena", "Query executions", f"{API}API_ListQueryExecutions.html")
def test_executions_are_listed_by_work_group_newest_first(athena):
    athena.work_group("listed")
    ids = [athena.run("SELECT 1", WorkGroup="listed")["QueryExecutionId"] for _ in range(3)]

    first = athena.call("ListQueryExecutions", WorkGroup="listed", MaxResults=2)
    second = athena.call("ListQueryExecutions", WorkGroup="listed", NextToken=first["NextToken"])

    assert first["QueryExecutionIds"] == [ids[2], ids[1]]
    assert second == {"QueryExecutionIds": [ids[0]]}


@pytest.mark.aws("Athena", "Query executions", f"{API}API_BatchGetQueryExecution.html")
def test_a_batch_tells_apart_known_and_unknown_executions(athena):
    query_id = athena.run("SELECT 1")["QueryExecutionId"]

    answer = athena.call("BatchGetQueryExecution", QueryExecutionIds=[query_id, "unknown"])

    assert [execution["QueryExecutionId"] for execution in answer["QueryExecutions"]] == [query_id]
    assert [missing["QueryExecutionId"] for missing in answer["UnprocessedQueryExecutionIds"]] == ["unknown"]


@pytest.mark.aws("Athena", "Query executions", f"{API}API_GetQueryExecution.html")
def test_an_unknown_execution_is_refused(athena):
    with pytest.raises(ApiError, match="QueryExecution nope was not found"):
        athena.call("GetQueryExecution", QueryExecutionId="nope")


@pytest.mark.aws("Athena", "Query executions", f"{API}CommonErrors.html")
@pytest.mark.parametrize(
    ("target", "data", "kind"),
    [
        ("AmazonAthena.Nothing", b"{}", "UnknownOperationException"),
        ("AmazonAthena.GetQueryExecution", b"{", "SerializationException"),
        ("AmazonAthena.GetQueryExecution", b"[]", "SerializationException"),
        ("AmazonAthena.GetQueryExecution", b"{}", "InvalidRequestException"),
    ],
)
def test_a_malformed_request_is_answered_400(athena, target, data, kind):
    builder = EnvironBuilder(method="POST", data=data, headers={"X-Amz-Target": target})

    response = athena.plane.handle(Request(builder.get_environ()))

    assert response.status_code == 400
    assert json.loads(response.data)["__type"] == kind


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM scan_0",
        "SELECT * FROM duckdb_settings",
        "SELECT getenv('HOME')",
        "SELECT current_setting('threads')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM read_csv('/etc/passwd')",
    ],
)
def test_nothing_of_the_engine_or_the_machine_can_be_reached(athena, sql):
    reason = athena.failure(sql)

    assert reason.partition(":")[0] in ("TABLE_NOT_FOUND", "FUNCTION_NOT_FOUND", "NOT_SUPPORTED")


@pytest.mark.aws("Athena", "Work groups", "https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings.html")
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ManagedQueryResultsConfiguration": {"Enabled": True}}, "managed query results"),
        ({"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}, "PySpark engine version 3"),
    ],
)
def test_a_work_group_of_another_engine_or_with_results_of_its_own_is_refused_by_name(athena, settings, named):
    athena.work_group("other", **settings)

    with pytest.raises(ApiError, match=f"WorkGroup other: {named}"):
        athena.start("SELECT 1", WorkGroup="other")


def test_a_result_that_is_not_rows_is_refused_by_name(athena):
    query_id = athena.run("SELECT 1")["QueryExecutionId"]

    with pytest.raises(ApiError, match="QueryResultType DATA_MANIFEST"):
        athena.call("GetQueryResults", QueryExecutionId=query_id, QueryResultType="DATA_MANIFEST")
