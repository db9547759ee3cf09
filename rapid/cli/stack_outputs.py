"""Printing a stack's outputs the way `pulumi stack output` does."""

import json
from typing import Any

from .errors import CommandError
from .target import Target


def render(target: Target, name: str | None = None, *, as_json: bool = False, show_secrets: bool = False) -> str:
    """All outputs as a table or as JSON, or one of them alone. Raises CommandError for an unknown name."""
    outputs = target.outputs if show_secrets else target.masked_outputs
    if name is None:
        return json.dumps(outputs, indent=2, sort_keys=True) if as_json else _table(outputs)
    if name not in outputs:
        raise CommandError(f"the stack has no output {name!r}; it has: {', '.join(sorted(outputs))}")
    return json.dumps(outputs[name]) if as_json else _text(outputs[name])


def _table(outputs: dict[str, Any]) -> str:
    width = max((len(name) for name in outputs), default=0)
    rows = [("OUTPUT", "VALUE"), *((name, _text(value)) for name, value in sorted(outputs.items()))]
    lines = (f"    {name:<{max(width, 6)}}  {value}" for name, value in rows)
    return "\n".join((f"Current stack outputs ({len(outputs)}):", *lines))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
