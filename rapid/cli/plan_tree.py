"""What a deployment would do, as a tree of resources by parent."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

_SIGNS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": ""}
_SHOWN_CHARACTERS = 60
_INDENT = "   "

_Event = Mapping[str, Any]


def render(events: Sequence[_Event]) -> str:
    """Return the tree: components, and in them each resource with what would happen to it and why; then the counts.

    `events` are those of the deployer's preview, `component` and `plan`.
    """
    urns = {event["urn"] for event in events}
    children: dict[str, list[_Event]] = defaultdict(list)
    for event in events:
        children[event["parent"] if event["parent"] in urns else ""].append(event)
    lines = [line for root in children[""] for line in _node(root, children, 0)]
    operations = [event["operation"] for event in events if event["event"] == "plan"]
    counts = {operation: operations.count(operation) for operation in _SIGNS}
    changes = [f"{count} to {operation}" for operation, count in counts.items() if count and operation != "same"]
    return "\n".join([*lines, "", f"{', '.join(changes) or 'nothing to do'}; {counts['same']} the same"])


def _node(event: _Event, children: Mapping[str, Sequence[_Event]], depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    operation = event.get("operation", "")
    yield f"{_SIGNS.get(operation, ''):<3}{indent}{event['type']} {event['name']}{operation and f': {operation}'}"
    for difference in event.get("differences", ()):
        forced = " (forces a replacement)" if difference["path"] in event["forced_by"] else ""
        change = f"{_shown(difference['before'])} => {_shown(difference['after'])}"
        yield f"   {indent}{_INDENT}{difference['path']}: {change}{forced}"
    for child in children.get(event["urn"], ()):
        yield from _node(child, children, depth + 1)


def _shown(value: Any) -> str:
    """A value as a person reads it; what is known only once other resources are there is said to be so."""
    if value is None:
        return "none"
    if value == UNKNOWN:
        return "known after the deployment"
    if isinstance(value, dict) and value.keys() == {"secret_sha256"}:
        return "[secret]"
    if isinstance(value, dict) and value.keys() == {"sha256"}:
        return f"content {value['sha256'][:12]}"
    text = json.dumps(value, ensure_ascii=False).replace(UNKNOWN, "known after the deployment")
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
