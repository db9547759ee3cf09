"""A visual's answer as a chart."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import altair
import pytest

from rapid.local.quicksight.answers import TextBox, VisualAnswer
from rapid.local.quicksight.page import charts, content, text_box
from tests.unit.local import dashboard_answers as answers

DRAWN = [each for each in answers.ALL if each.kind not in ("KPIVisual", "TableVisual")]


@pytest.mark.parametrize("visual", DRAWN, ids=lambda visual: visual.id)
def test_a_chart_is_vega_lite_with_a_row_for_each_number(visual: VisualAnswer) -> None:
    spec = charts.spec(visual)
    assert spec is not None
    altair.LayerChart.from_dict({key: value for key, value in spec.items() if key != "datasets"})
    measures = [each.id for each in visual.fields if each.role == "measure"]
    numbers = [row[name] for row in visual.rows for name in measures if row[name] is not None]
    assert [row["value"] for row in spec["datasets"]["rows"]] == numbers
    assert [layer["name"] for layer in spec["layer"] if "name" in layer] == [charts.MARKS]


def test_a_number_by_itself_and_a_table_need_no_chart() -> None:
    assert charts.spec(answers.TOTAL) is None
    assert charts.spec(answers.TABLE) is None


def test_several_measures_are_a_series_each() -> None:
    spec = charts.spec(answers.TWO_MEASURES)
    assert spec is not None
    assert spec["layer"][0]["encoding"]["color"]["sort"] == ["Revenue", "Forecast", "Share"]


def test_times_are_on_the_clock_of_their_data() -> None:
    first = charts.drawn_rows(answers.BY_DAY)[0]["category"]
    assert datetime.fromtimestamp(first / 1000, UTC) == datetime(2026, 11, 22, tzinfo=UTC)


def test_hours_across_a_heat_map_stand_in_their_order_and_weekdays_as_they_come() -> None:
    spec = charts.spec(answers.HEAT_MAP)
    assert spec is not None
    encoding = spec["layer"][0]["encoding"]
    assert encoding["x"]["sort"] == [8, 9, 12, 13, 20]
    assert encoding["y"]["sort"] is None


def test_a_line_at_a_value_says_what_it_is() -> None:
    assert '"Goal"' in json.dumps(charts.spec(answers.BY_DAY))
    assert '"Goal"' not in json.dumps(charts.spec(replace(answers.BY_DAY, lines=())))


def test_the_first_line_of_a_text_is_the_purpose_and_links_stand_apart() -> None:
    found = text_box.read(answers.dashboard().texts)
    assert found.purpose == "What sells & when."
    assert found.hints == ["No orders yet: send one with `rapid send orders`."]
    assert found.links == [text_box.Piece("Does it help?", "https://example.com/survey?dashboard=x")]


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("plain words", "plain words"),
        ("<text-box/>", ""),
        ("<text-box><block align='center'>One <b>bold</b> word</block></text-box>", "One bold word"),
        ("<text-box><a href='javascript:alert(1)'>no link</a></text-box>", "no link"),
    ],
)
def test_other_texts_are_read_too_and_no_script_is_a_link(markup: str, said: str) -> None:
    found = text_box.read([TextBox("about", markup)])
    assert found == text_box.Texts(said, [], [])


def test_charts_begin_in_the_first_row_of_the_page() -> None:
    shown = content.content(answers.dashboard(*answers.ALL))
    assert min(visual["place"][1] for visual in shown["visuals"]) == 0


def test_the_page_speaks_the_language_of_its_numbers() -> None:
    assert content.language(answers.dashboard(answers.TOTAL)) == "de"
    assert content.language(answers.dashboard()) == "en"


def test_what_a_page_gets_is_json() -> None:
    shown: dict[str, Any] = json.loads(json.dumps(content.content(answers.dashboard(*answers.ALL))))
    assert shown["controls"][0]["selected"] == [date(2026, 11, 22).isoformat(), "2026-11-28"]


def test_a_number_that_json_does_not_have_is_none() -> None:
    fields = [answers.dimension("Item"), answers.REVENUE]
    rows = [["a", float("nan")], ["b", float("inf")], ["c", 1.5]]
    shown = content.content(answers.dashboard(answers.visual("x", "?", "BarChart", fields, rows, "VERTICAL")))
    json.dumps(shown, allow_nan=False)
    [visual] = shown["visuals"]
    assert visual["rows"] == [["a", None], ["b", None], ["c", 1.5]]
    assert [row["value"] for row in visual["chart"]["datasets"]["rows"]] == [1.5]
