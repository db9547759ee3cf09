from pathlib import Path

import pytest

from tests.athena_sql_page import render
from tests.unit.local.athena_rig import AthenaRig
from tests.unit.local.athena_sql_cases import groups

PAGE = Path(__file__).parents[3] / "docs" / "athena-sql.md"
GROUPS = {group.title: group for group in groups()}
pytestmark = pytest.mark.aws(
    "Athena", "Functions and operators", "https://docs.aws.amazon.com/athena/latest/ug/functions.html"
)


@pytest.fixture(scope="module")
def athena():
    rig = AthenaRig()
    yield rig
    rig.close()


@pytest.mark.parametrize("title", GROUPS)
def test_an_expression_has_trinos_type_and_value(athena, title):
    cases = GROUPS[title].values
    if not cases:
        return

    [row] = athena.rows("SELECT " + ",\n".join(f"{case.sql}, typeof({case.sql})" for case in cases))

    found = {case.sql: (type_, value) for case, value, type_ in zip(cases, row[::2], row[1::2], strict=True)}
    assert found == {case.sql: (case.kind, case.rows[0][0]) for case in cases}


@pytest.mark.parametrize("title", GROUPS)
def test_a_query_is_answered_as_trino_answers_it_or_fails_with_its_error(athena, title):
    cases = GROUPS[title].others
    started = [(case, athena.start(case.statement)) for case in cases]

    wrong = []
    for case, query_id in started:
        status = athena.wait(query_id)["Status"]
        if case.fails:
            reason = status.get("StateChangeReason", status["State"])
            if not (reason.startswith(f"{case.kind}: ") and case.expected in reason):
                wrong.append((case.sql, reason))
        elif status["State"] != "SUCCEEDED":
            wrong.append((case.sql, status.get("StateChangeReason")))
        elif (rows := athena.result_rows(query_id)) != case.rows:
            wrong.append((case.sql, rows))

    assert wrong == []


def test_the_page_of_athenas_sql_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == render(groups()), "run `make docs`"
