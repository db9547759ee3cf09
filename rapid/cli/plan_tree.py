"""What a deployment would do, as a tree of resources by parent."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

_SIGNS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": ""}
_SHOWN_CHARACTERS = 60
# Of what two long texts have in common before they differ.
_CONTEXT_CHARACTERS = 15
_INDENT = "   "

_Event = Mapping[str, Any]


def render(events: Sequence[_Event]) -> str:
    """Return the tree: each resource that something would happen to, what and why, in its components; then the counts.

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
    summary = f"{', '.join(changes) or 'nothing to do'}; {counts['same']} the same"
    return "\n".join([*lines, "", summary] if lines else [summary])


def _node(event: _Event, children: Mapping[str, Sequence[_Event]], depth: int) -> Iterator[str]:
    """Yield the lines of a resource and of what is in it; none where nothing would happen to any of them."""
    inside = [line for child in children.get(event["urn"], ()) for line in _node(child, children, depth + 1)]
    operation = event.get("operation", "same")
    if operation == "same" and not inside:
        return
    indent = _INDENT * depth
    shown = "" if operation == "same" else f": {operation}"
    yield f"{_SIGNS[operation]:<3}{indent}{event['type']} {event['name']}{shown}"
    for difference in event.get("differences", ()):
        forced = " (forces a replacement)" if difference["path"] in event["forced_by"] else ""
        yield f"   {indent}{_INDENT}{difference['path']}: {_change(difference['before'], difference['after'])}{forced}"
    yield from inside


def _change(before: Any, after: Any) -> str:
    """Both values; of long texts that begin alike, from where they differ."""
    old, new = _text(before), _text(after)
    shorter = min(len(old), len(new))
    alike = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    start = alike - _CONTEXT_CHARACTERS
    if start > 0 and max(len(old), len(new)) > _SHOWN_CHARACTERS:
        old, new = f"…{old[start:]}", f"…{new[start:]}"
    return f"{_cut(old)} => {_cut(new)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _text(value: Any) -> str:
    """A value as a person reads it; what is known only once other resources are there is said to be so."""
    if value is None:
        return "none"
    if value == UNKNOWN:
        return "known after the deployment"
    if isinstance(value, dict) and value.keys() == {"secret_sha256"}:
        return "[secret]"
    if isinstance(value, dict) and value.keys() == {"sha256"}:
        return f"content {value['sha256'][:12]}"
    return json.dumps(value, ensure_ascii=False).replace(UNKNOWN, "known after the deployment")
