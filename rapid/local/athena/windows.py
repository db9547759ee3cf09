"""Window frames (https://trino.io/docs/current/functions/window.html)."""

from __future__ import annotations

from sqlglot import exp

from .errors import Position, not_supported


def frame(spec: exp.WindowSpec | None, position: Position | None) -> str:
    """Return the SQL of a frame (ROWS or RANGE BETWEEN …), empty if none is written."""
    if spec is None:
        return ""
    kind = str(spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE") or spec.args.get("exclude"):
        raise not_supported(f"Window frame '{spec.sql(dialect='trino')}'", position)
    start = _bound(spec.args.get("start"), spec.args.get("start_side"), kind, position)
    if spec.args.get("end") is None:
        return f"{kind} {start}"
    return f"{kind} BETWEEN {start} AND {_bound(spec.args['end'], spec.args.get('end_side'), kind, position)}"


def _bound(bound: exp.Expr | str | None, side: str | None, kind: str, position: Position | None) -> str:
    if isinstance(bound, str) and bound.upper() == "CURRENT ROW":
        return "CURRENT ROW"
    direction = str(side or "").upper()
    if isinstance(bound, str) and bound.upper() == "UNBOUNDED" and direction in ("PRECEDING", "FOLLOWING"):
        return f"UNBOUNDED {direction}"
    is_count = isinstance(bound, exp.Literal) and str(bound.this).isdigit()
    if is_count and kind == "ROWS" and direction in ("PRECEDING", "FOLLOWING"):
        return f"{bound.this} {direction}"  # type: ignore[union-attr]
    raise not_supported(f"Window frame bound '{bound}'", position)
