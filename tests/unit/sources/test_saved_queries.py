"""The saved queries, asked of the local Athena over a lake of generated events, against answers of plain Python."""

import importlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dashboards.survey_answers import SURVEY
from tests.unit.sources.shop import MOMENTS, SAVED, Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.lake.rig.close()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_query_answers_what_plain_python_works_out(shop: Shop, name: str, moment: datetime) -> None:
    source, _, query = name.partition("/")
    answer: Any = getattr(importlib.import_module(f"tests.unit.sources.answers.{source}"), query, None)
    assert answer is not None, (
        f"no answer is worked out for {name}: tests/unit/sources/answers/{source}.py has no {query}"
    )
    expected = answer(shop, moment)

    assert shop.lake.ask(SAVED[name].sql, moment) == expected
    assert expected != []


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_query_names_its_columns(name: str) -> None:
    assert "*" not in SAVED[name].sql.replace("COUNT(*)", "").replace(" * ", "")


def test_the_survey_s_data_set_scores_as_the_saved_query_does(shop: Shop) -> None:
    rows = SURVEY.sql.replace("{timezone}", "UTC")
    asked = f"SELECT dashboard, SUM(answers), SUM(satisfied) FROM ({rows}) GROUP BY dashboard ORDER BY dashboard"
    answers = shop.now("survey")
    assert shop.lake.ask(asked, MOMENTS[0]) == [
        (name, len(own), sum(row["satisfied"] for row in own))
        for name in ("restaurant", "sales")
        if (own := [row for row in answers if row["dashboard"] == name])
    ]
