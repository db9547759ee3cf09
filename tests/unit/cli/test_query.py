"""`rapid query` against a server that speaks as much of Athena as the command needs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rapid.cli.app import app

from .conftest import Answer, Cloud, Request


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["query", *arguments])


def row(*values: str | None) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in values]}


class Athena:
    """Answers Athena's JSON protocol with one query's life."""

    def __init__(self, cloud: Cloud) -> None:
        self.states = ["QUEUED", "RUNNING", "SUCCEEDED"]
        self.reason: str | None = None
        self.statement_type = "DML"
        self.columns = [("item", "varchar"), ("orders", "bigint"), ("revenue", "decimal"), ("open", "boolean")]
        self.pages = [
            [row("item", "orders", "revenue", "open"), row("Soup [hot]", "2", "12345678901234567.89", "true")],
            [row(None, "0", None, "false")],
        ]
        self.started: dict[str, Any] = {}
        self.saved: list[dict[str, str]] = []
        self._answer_control = cloud.server.answer
        cloud.server.answer = self._answer

    def _answer(self, request: Request) -> Answer:
        operation = request.headers.get("x-amz-target", "").removeprefix("AmazonAthena.")
        if not operation:
            return self._answer_control(request)
        handle: Callable[[dict[str, Any]], Any] = getattr(self, operation)
        answer = handle(request.json)
        return answer if isinstance(answer, Answer) else Answer(200, answer)

    def StartQueryExecution(self, asked: dict[str, Any]) -> Any:
        self.started = asked
        return {"QueryExecutionId": "q1"}

    def GetQueryExecution(self, _asked: dict[str, Any]) -> Any:
        state = self.states.pop(0)
        status = {"State": state, **({"StateChangeReason": self.reason} if self.reason else {})}
        return {"QueryExecution": {"QueryExecutionId": "q1", "Status": status, "StatementType": self.statement_type}}

    def GetQueryResults(self, asked: dict[str, Any]) -> Any:
        page = int(asked.get("NextToken", "0"))
        columns = [{"Name": name, "Type": kind} for name, kind in self.columns]
        following = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"ResultSet": {"Rows": self.pages[page], "ResultSetMetadata": {"ColumnInfo": columns}}, **following}

    def ListNamedQueries(self, asked: dict[str, Any]) -> Any:
        assert asked["WorkGroup"] == "analytics"
        return {"NamedQueryIds": [str(number) for number in range(len(self.saved))]}

    def GetNamedQuery(self, asked: dict[str, Any]) -> Any:
        return {"NamedQuery": {"Database": "rapid_analytics_dev", **self.saved[int(asked["NamedQueryId"])]}}


@pytest.fixture
def athena(cloud: Cloud) -> Athena:
    return Athena(cloud)


def test_before_the_first_run_of_the_job_a_view_that_fails_says_what_makes_it_answer(athena: Athena) -> None:
    athena.states = ["FAILED"]
    athena.reason = "Failed analyzing stored view 'a.b.stock': Table 'a.b.stock_curated' does not exist"
    result = run("SELECT * FROM stock")
    hint = "are there minutes after a deployment, or once `rapid etl run` ran"
    assert (result.exit_code, hint in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "reason",
    [
        "INVALID_VIEW: line 1:15: Failed analyzing stored view 'a.b.stock': line 1:8: Column 'shelf' cannot be "
        "resolved or requester is not authorized to access requested resources",
        "VIEW_IS_STALE: line 1:15: View 'a.b.stock' is stale or in invalid state: column [shelf] of type bigint",
    ],
)
def test_a_view_whose_table_has_not_followed_the_contract_says_what_makes_it_answer(
    athena: Athena, reason: str
) -> None:
    athena.states, athena.reason = ["FAILED"], reason
    hint = "its views answer again minutes after it was deployed, or once `rapid etl run` ran"
    assert run("SELECT * FROM stock").stderr == f"error: Athena: {reason}; after a change of a contract {hint}\n"


def test_a_saved_query_that_fails_is_named(athena: Athena) -> None:
    athena.saved = [{"Name": "stock_by_day", "QueryString": "SELEC 1"}]
    athena.states, athena.reason = ["FAILED"], "no"
    assert run("stock_by_day").stderr == "error: saved query 'stock_by_day': Athena: no\n"


def test_the_query_runs_in_the_stack_s_workgroup_and_database(athena: Athena) -> None:
    assert run("SELECT 1").exit_code == 0
    assert athena.started["QueryString"] == "SELECT 1"
    assert athena.started["WorkGroup"] == "analytics"
    assert athena.started["QueryExecutionContext"] == {"Database": "rapid_analytics_dev"}


def test_rows_of_every_page_are_shown_as_a_table_without_the_repeated_header(athena: Athena) -> None:
    result = run("SELECT 1")
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert lines[0] == ["item", "orders", "revenue", "open"]
    assert lines[2:] == [
        ["Soup", "[hot]", "2", "12345678901234567.89", "true"],
        ["0", "false"],
        ["2", "rows"],
    ]


def test_json_keeps_types_and_every_digit(athena: Athena) -> None:
    text = run("SELECT 1", "--json").stdout
    assert json.loads(text, parse_float=str) == [
        {"item": "Soup [hot]", "orders": 2, "revenue": "12345678901234567.89", "open": True},
        {"item": None, "orders": 0, "revenue": None, "open": False},
    ]


def test_a_number_that_json_has_no_word_for_is_a_string(athena: Athena) -> None:
    athena.columns = [("ratio", "double")]
    athena.pages = [[row("ratio"), row("NaN"), row("1.0E10")]]
    assert json.loads(run("SELECT 1", "--json").stdout) == [{"ratio": "NaN"}, {"ratio": 1e10}]


def test_a_statement_that_is_no_query_has_no_header_row(athena: Athena) -> None:
    athena.statement_type = "DDL"
    athena.columns, athena.pages = [("tab_name", "string")], [[row("orders_processed")]]
    assert json.loads(run("SHOW TABLES", "--json").stdout) == [{"tab_name": "orders_processed"}]


def test_a_query_without_rows_is_an_empty_table_and_an_empty_array(athena: Athena) -> None:
    athena.pages = [[row("item", "orders", "revenue", "open")]]
    assert "0 rows" in run("SELECT 1").stdout
    athena.states = ["SUCCEEDED"]
    assert json.loads(run("SELECT 1", "--json").stdout) == []


def test_a_failed_query_is_athena_s_message_and_status_1(athena: Athena) -> None:
    athena.states, athena.reason = ["FAILED"], "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved"
    result = run("SELECT x")
    assert result.exit_code == 1
    assert result.stderr == "error: Athena: COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved\n"


def test_a_cancelled_query_is_said(athena: Athena) -> None:
    athena.states = ["CANCELLED"]
    assert "the query was cancelled" in run("SELECT 1").stderr


def test_a_query_that_athena_refuses_is_its_message_and_status_1(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Answer(400, {"__type": "InvalidRequestException", "Message": "line 1:1: mismatched input 'SELEC'"})
    monkeypatch.setattr(athena, "StartQueryExecution", lambda _asked: refusal)
    result = run("SELEC 1")
    assert result.exit_code == 1
    assert result.stderr == "error: Athena: line 1:1: mismatched input 'SELEC'\n"


def test_a_stack_without_a_workgroup_is_refused(cloud: Cloud) -> None:
    del cloud.outputs["workgroup"]
    result = run("SELECT 1")
    assert result.exit_code == 1
    assert "the stack has no output workgroup" in result.stderr


TOP = {"Name": "top_menu_items_by_revenue", "Description": "Which ten?", "QueryString": "SELECT 10"}
OWN = {"Name": "mine", "Description": "What I ask.", "QueryString": "SELECT 42"}


def test_a_saved_query_runs_by_its_name(athena: Athena) -> None:
    athena.saved = [TOP, OWN]
    assert run("mine").exit_code == 0
    assert athena.started["QueryString"] == "SELECT 42"


def test_a_saved_query_runs_by_its_source_and_name(athena: Athena) -> None:
    athena.saved = [TOP, OWN]
    assert run("orders/top_menu_items_by_revenue").exit_code == 0
    assert athena.started["QueryString"] == "SELECT 10"


def test_an_unknown_name_is_an_error_that_names_near_ones(athena: Athena) -> None:
    athena.saved = [TOP, OWN]
    result = run("top_menu_item_by_revenues")
    assert result.exit_code == 1
    assert "there is no saved query 'top_menu_item_by_revenues'; near it: top_menu_items_by_revenue;" in result.stderr
    assert "near it: top_menu_items_by_revenue;" in run("Revenue").stderr
    assert athena.started == {}


def test_a_name_that_two_sources_have_needs_the_source(athena: Athena, direct_source: str, tmp_path: Path) -> None:
    for source in ("orders", direct_source):
        folder = tmp_path / "project" / "sources" / "queries" / source
        folder.mkdir(parents=True)
        (folder / "all.sql").write_text(f"-- All {source}?\nSELECT * FROM {source}\n")
        saved = {"Name": "all", "Description": f"All {source}?", "QueryString": f"SELECT * FROM {source}"}
        athena.saved.append(saved)
    result = run("all")
    assert result.exit_code == 1
    assert "several saved queries are called 'all'; write one of: clicks/all, orders/all" in result.stderr
    assert run("clicks/all").exit_code == 0
    assert athena.started["QueryString"] == "SELECT * FROM clicks"
    assert [query["name"] for query in json.loads(run("--list", "--json").stdout)] == ["clicks/all", "orders/all"]


def test_saved_queries_are_listed_with_source_and_what_they_answer(athena: Athena) -> None:
    athena.saved = [TOP, OWN]
    assert json.loads(run("--list", "--json").stdout) == [
        {"name": "mine", "source": "", "what it answers": "What I ask."},
        {"name": "top_menu_items_by_revenue", "source": "orders", "what it answers": "Which ten?"},
    ]
    assert "Which ten?" in run("--list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "say what to run"), ([""], "say what to run"), (["SELECT 1", "--list"], "--list lists all saved queries")],
)
def test_a_statement_or_the_list_is_asked_for(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
