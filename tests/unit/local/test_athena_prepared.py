import pytest

from tests.unit.local.athena_rig import WORKGROUP, ApiError, AthenaRig

PAGE = "https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html"
pytestmark = pytest.mark.aws("Athena", "Prepared statements", PAGE)
API = "https://docs.aws.amazon.com/athena/latest/APIReference/API_CreatePreparedStatement.html"
VALUES = "SELECT n FROM (VALUES (1, 'pizza'), (2, 'soup'), (3, 'tea')) AS v(n, name)"


@pytest.fixture(scope="module")
def athena():
    rig = AthenaRig()
    yield rig
    rig.close()


@pytest.fixture
def prepared(athena):
    """A prepared statement of the work group, gone after the test."""
    athena.run(f"PREPARE menu FROM {VALUES} WHERE name = ? OR n > ? ORDER BY 1")
    yield
    athena.run("DEALLOCATE PREPARE menu")


def test_execution_parameters_stand_for_the_question_marks_in_their_order(athena):
    sql = f"{VALUES} WHERE name = ? AND n < ?"

    execution = athena.run(sql, ExecutionParameters=["'soup'", "3"])

    assert execution["ExecutionParameters"] == ["'soup'", "3"]
    assert execution["Query"] == sql
    assert athena.rows(sql, ExecutionParameters=["'soup'", "3"]) == [["2"]]


@pytest.mark.parametrize(
    ("expression", "parameter", "value"),
    [
        ("? - 1", "-2", "-3"),
        ("date_add('day', 1, ?)", "DATE '2026-11-22'", "2026-11-23"),
        ("concat(?, '!')", "'it''s'", "it's!"),
        ("? IS NULL", "NULL", "true"),
    ],
)
def test_a_parameter_is_any_constant_of_sql(athena, expression, parameter, value):
    assert athena.rows(f"SELECT {expression}", ExecutionParameters=[parameter]) == [[value]]


def test_a_limit_can_be_a_parameter(athena):
    assert athena.rows("SELECT * FROM (VALUES 1, 2) AS v(n) LIMIT ?", ExecutionParameters=["1"]) == [["1"]]


@pytest.mark.parametrize("parameters", [{}, {"ExecutionParameters": ["1", "2"]}])
def test_too_few_or_too_many_parameters_fail_the_query(athena, parameters):
    reason = athena.failure("SELECT ?", **parameters)

    found = len(parameters.get("ExecutionParameters", []))
    assert reason == f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found {found}"


@pytest.mark.parametrize("parameter", ["pizza", "1, 2", "1 AS one", "(SELECT 1)", "?"])
def test_a_parameter_that_is_no_constant_fails_the_query(athena, parameter):
    assert f"'{parameter}'" in athena.failure("SELECT ?", ExecutionParameters=[parameter])


def test_a_question_mark_cannot_complete_a_typed_literal(athena):
    with pytest.raises(ApiError, match=r"line 1:13: mismatched input '\?'"):
        athena.start("SELECT DATE ?", ExecutionParameters=["'2026-11-22'"])


def test_a_question_mark_in_a_string_is_text(athena):
    assert athena.rows("SELECT '?'") == [["?"]]


def test_a_prepared_statement_is_kept_by_work_group_and_its_name_is_taken(athena, prepared):
    athena.work_group("others")

    assert athena.failure("PREPARE menu FROM SELECT 1").endswith(
        f"PreparedStatement menu already exists in workGroup {WORKGROUP}"
    )
    with pytest.raises(ApiError, match="PreparedStatement menu was not found in workGroup others"):
        athena.start("EXECUTE menu USING 1, 2", WorkGroup="others")


@pytest.mark.aws("Athena", "Prepared statements", API)
def test_the_operations_of_the_api_on_prepared_statements_are_refused_by_name(athena):
    with pytest.raises(ApiError, match="'CreatePreparedStatement' is not known"):
        athena.call("CreatePreparedStatement", StatementName="menu", WorkGroup=WORKGROUP, QueryStatement="SELECT 1")


def test_execute_takes_its_values_from_using_or_from_execution_parameters(athena, prepared):
    assert athena.rows("EXECUTE menu USING 'pizza', 2") == [["1"], ["3"]]
    assert athena.rows("EXECUTE menu", ExecutionParameters=["'pizza'", "2"]) == [["1"], ["3"]]


def test_prepare_and_deallocate_prepare_are_statements_too(athena):
    athena.run("PREPARE doubled FROM SELECT ? * 2")

    assert athena.rows("EXECUTE doubled USING (1 + 2)") == [["6"]]
    assert athena.run("DEALLOCATE PREPARE doubled")["Status"]["State"] == "SUCCEEDED"
    with pytest.raises(ApiError, match=f"PreparedStatement doubled was not found in workGroup {WORKGROUP}"):
        athena.start("EXECUTE doubled USING 1")


def test_only_queries_and_what_writes_their_results_can_be_prepared(athena):
    with pytest.raises(ApiError, match="can be prepared"):
        athena.start("PREPARE dropping FROM DROP TABLE orders")


def test_a_statement_without_a_query_takes_no_parameters(athena):
    with pytest.raises(ApiError, match="Execution parameters are not supported"):
        athena.start("SHOW TABLES", ExecutionParameters=["1"])
