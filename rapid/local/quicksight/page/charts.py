"""A visual's answer as a chart: Vega-Lite, made by Altair.

Colours are the page's CSS variables, so that light, dark and print need no other chart. Numbers and times are written
by two functions of the page, `written` and `written_time`, which know its language.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

from ..answers import Field, NumberFormat, VisualAnswer
from .values import number_format, plain

MARKS = "numbers"
"""Name of the marks that stand for the rows, one each."""
_SERIES_COLORS = 8
_LETTERS = 13
"""Of a label below a mark, in one line."""
_NUMBER_PIXELS = 56
_UNNAMED = " "
"""Title of what is told without one; as often as makes it another title."""
_TICKS = {"HOUR": None, "DAY": {"interval": "day", "step": 1}}
"""Where a time axis has its ticks: where Vega puts them, at days; of other granularities at the points themselves."""


def spec(visual: VisualAnswer) -> dict[str, Any] | None:
    """The chart with its rows; None for what needs none, as a number by itself and a table."""
    draw = _KINDS.get(visual.kind)
    if draw is None or not measures(visual):
        return None
    rows = drawn_rows(visual)
    found: dict[str, Any] = alt.layer(*draw(visual, rows)).to_dict(validate=False)
    found.pop("config", None)
    found["datasets"] = {"rows": rows, "line": [{}]}
    return found


def drawn_rows(visual: VisualAnswer) -> list[dict[str, Any]]:
    """A row for each mark: `category`, `series`, `value`. Of several measures each makes a series."""
    category, series = field(visual, "dimension"), field(visual, "series")
    shown = measures(visual)
    found = []
    for row in visual.rows:
        for measure in shown:
            value = plain(row[measure.id])
            if value is None:
                continue
            drawn = {"category": _named(row[category.id]) if category else visual.title, "value": value}
            if series:
                drawn["series"] = _named(row[series.id])
            elif len(shown) > 1:
                drawn["series"] = measure.label
            found.append(drawn)
    return found


def _named(value: Any) -> Any:
    return "-" if value is None else plain(value)


def field(visual: VisualAnswer, role: str) -> Field | None:
    """The first field of a role."""
    return next((each for each in visual.fields if each.role == role), None)


def measures(visual: VisualAnswer) -> list[Field]:
    """The fields that are numbers to be shown."""
    return [each for each in visual.fields if each.role == "measure"]


def _bars(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    return _lying(visual, rows) if visual.orientation == "HORIZONTAL" else _standing(visual, rows)


def _lying(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    """Bars to the right, each with its number at its end; in the order of the rows."""
    color = _color(visual, rows)
    base = _base(visual).encode(y=_category(visual, rows, "y"))
    if color is None:
        # The numbers stand at the bars, so that an axis would only repeat them.
        value = alt.X("value:Q", axis=None, scale=_room(rows))
        bars = base.mark_bar(cornerRadiusEnd=3).encode(x=value).properties(name=MARKS)
        return [bars, *_at_ends(base.encode(x=value, text=_text(visual)), rows), *_lines(visual, "x")]
    value = alt.X("value:Q", axis=_value_axis(visual), stack="zero" if visual.stacked else None)
    bars = base.mark_bar().encode(x=value, color=color, order=alt.Order("rank:Q"))
    if not visual.stacked:
        bars = bars.encode(yOffset=alt.YOffset("series:N", sort=None))
    return [_ranked(bars, rows).properties(name=MARKS), *_lines(visual, "x")]


def _room(rows: Sequence[Mapping[str, Any]]) -> alt.Scale:
    """From 0 to the longest bar, with room for the numbers of those that go to the left."""
    values = [0, *(row["value"] for row in rows)]
    if min(values) < 0:
        return alt.Scale(nice=False, padding=_NUMBER_PIXELS)
    return alt.Scale(nice=False, domain=[0, max(values) or 1])


def _from_zero(rows: Sequence[Mapping[str, Any]]) -> alt.Scale:
    """Where all is 0, the line is at the bottom."""
    return alt.Scale(domain=[0, 1]) if not any(row["value"] for row in rows) else alt.Scale(zero=True)


def _at_ends(numbers: alt.Chart, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    """The numbers of lying bars, to the left of those that go there."""
    found = [numbers.transform_filter("datum.value >= 0").mark_text(align="left", baseline="middle", dx=6)]
    if any(row["value"] < 0 for row in rows):
        found.append(numbers.transform_filter("datum.value < 0").mark_text(align="right", baseline="middle", dx=-6))
    return found


def _standing(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    color = _color(visual, rows)
    value = alt.Y("value:Q", axis=_value_axis(visual), stack="zero" if visual.stacked else None)
    bars = _base(visual).mark_bar(cornerRadiusEnd=0 if color else 3).encode(x=_category(visual, rows, "x"), y=value)
    if color is not None:
        bars = _ranked(bars.encode(color=color, order=alt.Order("rank:Q")), rows)
        if not visual.stacked:
            bars = bars.encode(xOffset=alt.XOffset("series:N", sort=None))
    return [bars.properties(name=MARKS), *_lines(visual, "y")]


def _line(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    category = field(visual, "dimension")
    if category and category.type == "time":
        x = alt.X("category:T", scale=alt.Scale(type="utc"), axis=_time_axis(category, rows), title=None)
    else:
        x = _category(visual, rows, "x")
    base = _base(visual).encode(x=x, y=alt.Y("value:Q", axis=_value_axis(visual), scale=_from_zero(rows)))
    color = _color(visual, rows)
    if color is not None:
        base = base.encode(color=color)
    line = base.mark_line(strokeWidth=2.5, strokeJoin="round", strokeCap="round")
    points = base.mark_point(filled=True, size=36, opacity=1).properties(name=MARKS)
    # What a finger or a mouse finds: larger than what is seen.
    around = base.mark_point(filled=True, size=500, opacity=0)
    return [line, points, around, *_lines(visual, "y")]


def _funnel(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    """Each stage's name with its number and its share of the first stage's, and a bar in the middle."""
    first = next((row["value"] for row in rows if row["value"]), 1)
    words = f"written(datum.value, {_json(measures(visual)[0])})"
    names = {row["category"]: "\n".join(_wrapped(str(row["category"]), 2 * _LETTERS)) for row in rows}
    share = f"written(datum.value / {first}, {json.dumps(number_format(NumberFormat('percent')))})"
    stage = alt.Y(
        "stage:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelExpr="split(datum.label, '\\n')", labelOffset=-8, domain=False, ticks=False),
        scale=alt.Scale(paddingInner=0.15, paddingOuter=0.05),
    )
    bars = (
        _base(visual)
        .transform_calculate(stage=f"({json.dumps(names)})[datum.category] + '\\n' + {words} + ' · ' + {share}")
        .mark_bar(cornerRadius=3)
        .encode(y=stage, x=alt.X("value:Q", stack="center", axis=None, scale=alt.Scale(nice=False)))
        .properties(name=MARKS)
    )
    return [bars]


def _heat_map(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> list[alt.Chart]:
    """One colour, the fuller the more."""
    [measure, *_] = measures(visual)
    across = field(visual, "series")
    cells = (
        _base(visual)
        .mark_rect(cornerRadius=2, stroke="var(--paper)", strokeWidth=1, fill="var(--heat)")
        .encode(
            y=_category(visual, rows, "y"),
            # Sorted, for a row may lack what others have; a field across is ascending in the definition.
            x=alt.X("series:O", sort=_ascending(rows, "series"), axis=_axis(across, "x", rows, "series")),
            opacity=alt.Opacity(
                "value:Q",
                scale=alt.Scale(range=[0.1, 1], zero=True),
                legend=alt.Legend(
                    title=measure.label,
                    orient="top",
                    type="symbol",
                    symbolType="square",
                    symbolFillColor="var(--heat)",
                    columns=0,
                    tickCount=4,
                    **_written(measure, compact=True),
                ),
            ),
        )
        .properties(name=MARKS)
    )
    return [cells]


_KINDS = {
    "BarChartVisual": _bars,
    "LineChartVisual": _line,
    "FunnelChartVisual": _funnel,
    "HeatMapVisual": _heat_map,
}


def _base(visual: VisualAnswer) -> alt.Chart:
    """The rows, and what is told of one where the mouse is over it."""
    category, series = field(visual, "dimension"), field(visual, "series")
    told = []
    if category:
        told.append(_told(category, "category"))
    if series:
        told.append(_told(series, "series"))
    elif len(measures(visual)) > 1:
        told.append(alt.Tooltip("series:N", title=_UNNAMED))
    [first, *others] = measures(visual)
    chart = alt.Chart(alt.NamedData("rows"))
    if any(other.format != first.format for other in others):
        formats = json.dumps({each.label: number_format(each.format) for each in (first, *others)})
        chart = chart.transform_calculate(told=f"written(datum.value, ({formats})[datum.series])")
        told.append(alt.Tooltip("told:N", title=2 * _UNNAMED))
    else:
        told.append(alt.Tooltip("value:Q", title=2 * _UNNAMED if others else first.label, **_written(first)))
    return chart.encode(tooltip=told)


def _told(of: Field, name: str) -> alt.Tooltip:
    if of.type == "time":
        return alt.Tooltip(f"{name}:Q", title=of.label, **_written_time(of))
    return alt.Tooltip(f"{name}:N", title=of.label)


def _category(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]], channel: str) -> Any:
    """The categories along an axis, in order."""
    kind = {"x": alt.X, "y": alt.Y}[channel]
    axis = _axis(field(visual, "dimension"), channel, rows, "category")
    return kind("category:O", sort=None, axis=axis, title=None)


def _axis(of: Field | None, channel: str, rows: Sequence[Mapping[str, Any]], name: str) -> alt.Axis:
    """Of categories: without ticks, for the labels stand at the marks; long ones below them in several lines."""
    words: dict[str, Any] = _written_time(of) if of and of.type == "time" else {}
    long = {row[name] for row in rows if isinstance(row[name], str) and len(row[name]) > _LETTERS}
    if channel == "x" and long:
        lines = {label: _wrapped(label, _LETTERS) for label in sorted(long)}
        words = {"labelExpr": f"({json.dumps(lines)})[datum.value] || datum.label"}
    return alt.Axis(
        labelAngle=0,
        ticks=False,
        domain=False,
        labelOverlap=True,
        labelSeparation=5,
        title=None,
        **words,
    )


def _wrapped(text: str, letters: int) -> list[str]:
    """Lines of a text: what stands in brackets begins one."""
    return [line for part in re.split(r" (?=\()", text) for line in textwrap.wrap(part, letters)]


def _time_axis(of: Field, rows: Sequence[Mapping[str, Any]]) -> alt.Axis:
    if of.granularity in _TICKS:
        step = _TICKS[of.granularity]
        found: dict[str, Any] = {"tickCount": step} if step and len({row["category"] for row in rows}) <= 31 else {}
    else:
        found = {"values": [_date_time(at) for at in _ascending(rows, "category")]}
    return alt.Axis(grid=False, labelOverlap=True, labelSeparation=10, labelFlush=True, **found, **_written_time(of))


def _value_axis(visual: VisualAnswer) -> alt.Axis:
    """Named where no legend names it; in short figures."""
    [first, *others] = measures(visual)
    title = None if others or field(visual, "series") else first.label
    return alt.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleBaseline="bottom",
        titleX=0,
        titleY=-8,
        tickCount=5,
        domain=False,
        ticks=False,
        **_written(first, compact=True),
    )


def _text(visual: VisualAnswer) -> alt.Text:
    return alt.Text("value:Q", **_written(measures(visual)[0]))


def _color(visual: VisualAnswer, rows: Sequence[Mapping[str, Any]]) -> Any:
    """A colour a series; None where there is one."""
    of = field(visual, "series")
    if of is None and len(measures(visual)) < 2:
        return None
    order = _order(row["series"] for row in rows)
    [first, *others] = measures(visual)
    legend = alt.Legend(
        title=None if others else first.label,
        orient="top",
        symbolType="square",
        **(_written_time(of) if of and of.type == "time" else {}),
    )
    scale = alt.Scale(domain=order, range=[f"var(--data-{1 + n % _SERIES_COLORS})" for n in range(len(order))])
    return alt.Color("series:N", sort=order, scale=scale, legend=legend)


def _ranked(chart: alt.Chart, rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """What lies on one another, in the legend's order."""
    order = _order(row["series"] for row in rows)
    return chart.transform_calculate(rank=f"indexof({json.dumps(order)}, datum.series)")


def _lines(visual: VisualAnswer, channel: str) -> list[alt.Chart]:
    """Reference lines, each with its words at its end."""
    found = []
    for label, value in visual.lines:
        place = {channel: alt.datum(value)}
        found.append(
            alt.Chart(alt.NamedData("line"))
            .mark_rule(strokeDash=[6, 4], stroke="var(--wrong)", strokeWidth=1.5)
            .encode(**place)
        )
        at_end = {"x": alt.value("width")} if channel == "y" else {"y": alt.value(0)}
        found.append(
            alt.Chart(alt.NamedData("line"))
            .mark_text(align="right", dx=-2, dy=-7, fill="var(--wrong)", text=label)
            .encode(**place, **at_end)
        )
    return found


def _date_time(milliseconds: int) -> alt.DateTime:
    """A point on the axis. Vega's interpreter takes no milliseconds there."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return alt.DateTime(year=at.year, month=at.month, date=at.day, hours=at.hour, utc=True)


def _ascending(rows: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return sorted({row[name] for row in rows})


def _order(values: Iterable[Any]) -> list[Any]:
    """Each value once: numbers and times by size, texts as they come."""
    found = list(dict.fromkeys(values))
    return sorted(found) if all(isinstance(value, int | float) for value in found) else found


def _written(of: Field, *, compact: bool = False) -> dict[str, Any]:
    return {"formatType": "written", "format": {**number_format(of.format), "compact": compact}}


def _written_time(of: Field) -> dict[str, Any]:
    return {"formatType": "written_time", "format": {"granularity": of.granularity or "HOUR"}}


def _json(of: Field) -> str:
    return json.dumps(number_format(of.format))
