"""All that a page shows of a dashboard, as JSON. Altair, which takes long to load, is loaded with the first chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import Any

from ..answers import Control, DashboardAnswer, Field, Place, VisualAnswer
from . import text_box
from .values import number_format, plain

_LANGUAGES = {(",", "."): "de", (".", ","): "en"}
"""Languages of the page by the separators that a definition has its numbers written with."""


def language(answer: DashboardAnswer) -> str:
    """The language that a dashboard's numbers are written in, as far as the page speaks it."""
    separators = (each.format.separators for visual in answer.visuals for each in visual.fields)
    return next((_LANGUAGES[marks] for marks in separators if marks in _LANGUAGES), "en")


def content(answer: DashboardAnswer) -> dict[str, Any]:
    """What the page's scripts draw."""
    texts = text_box.read(answer.texts)
    top = min((answer.places[visual.id].row for visual in answer.visuals if visual.id in answer.places), default=0)
    return {
        "id": answer.id,
        "name": answer.name,
        "purpose": texts.purpose,
        "hints": list(texts.hints),
        "links": [{"text": link.text, "href": link.href} for link in texts.links],
        "importedAt": answer.imported_at.replace(tzinfo=UTC).isoformat() if answer.imported_at else None,
        "failures": list(answer.failures),
        "isImporting": answer.is_importing,
        "controls": [_control(control) for control in answer.controls],
        "visuals": [_visual(visual, answer.places.get(visual.id), top) for visual in answer.visuals],
        "colors": _colors(answer.theme),
    }


def _control(control: Control) -> dict[str, Any]:
    selected = [day.isoformat() if isinstance(day, date) else day for day in control.selected]
    return {
        "id": control.id,
        "title": control.title,
        "kind": control.kind,
        "column": control.column,
        "options": list(control.options),
        "selected": selected,
    }


def _visual(visual: VisualAnswer, place: Place | None, top: int) -> dict[str, Any]:
    from . import charts

    return {
        "id": visual.id,
        "title": visual.title,
        "kind": visual.kind,
        "place": [place.column, place.row - top, place.width, place.height] if place else None,
        "fields": [_field(each) for each in visual.fields],
        "rows": [[plain(row[each.id]) for each in visual.fields] for row in visual.rows],
        "lines": [{"label": label, "value": value} for label, value in visual.lines],
        "chart": charts.spec(visual) if visual.rows else None,
    }


def _field(of: Field) -> dict[str, Any]:
    return {
        "label": of.label,
        "role": of.role,
        "type": of.type,
        "granularity": of.granularity,
        "format": number_format(of.format),
    }


def _colors(theme: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """The colours of the deployed theme: those of series, and from few to many."""
    palette = theme.get("DataColorPalette", {})
    return {"series": palette.get("Colors", []), "heat": palette.get("MinMaxGradient", [])}
