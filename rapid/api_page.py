"""An OpenAPI document as one page of HTML, to be read in a browser; it loads nothing, and runs no script."""

import json
import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_METHODS = ("get", "put", "post", "delete", "patch")


def render(document: Mapping[str, Any]) -> str:
    """The page."""
    info = document["info"]
    operations = list(_operations(document))
    links = "".join(
        f'<li><a href="#{escape(operation["operationId"])}"><b>{method.upper()}</b> {escape(path)}</a></li>'
        for method, path, operation in operations
    )
    doors = "".join(_door(document, method, path, operation) for method, path, operation in operations)
    schemes = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_scheme(scheme))}</td></tr>"
        for name, scheme in document["components"].get("securitySchemes", {}).items()
    )
    servers = "".join(f"<p><code>{escape(server['url'])}</code></p>" for server in document["servers"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<nav><h2>{escape(info['title'])}</h2><ul>{links}</ul></nav><main>"
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info.get('description', ''))}</p><h2>Address</h2>{servers}"
        f"<h2>Credentials</h2><table>{schemes}</table>{doors}{_shapes(document)}</main></body></html>"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def _door(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    bodies = "".join(_body(document, media_type, body) for media_type, body in content.items())
    answers = "".join(
        f"<tr><td><b>{escape(status)}</b></td><td>{escape(answer['description'])}{_shape(answer)}{_names(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    wanted = " or ".join(" and ".join(choice) for choice in operation.get("security", [])) or "none"
    return (
        f'<section id="{escape(operation["operationId"])}"><h2><b class="method">{method.upper()}</b> '
        f"<code>{escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}</p>"
        f"<p>{escape(operation.get('description', ''))}</p><p>Credentials: <b>{escape(wanted)}</b></p>"
        f"{_parameters(operation)}{bodies}{_curl(document, method, path, operation)}"
        f"<h3>Answers</h3><table>{answers}</table></section>"
    )


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in operation.get("parameters", [])
    )
    return f"<h3>Parameters</h3><table>{rows}</table>" if rows else ""


def _body(document: Mapping[str, Any], media_type: str, body: Mapping[str, Any]) -> str:
    schema = body.get("schema", {})
    # Of several forms the first is an event, and the others are made of it.
    shown = _resolved(document, schema.get("oneOf", [schema])[0])
    examples = "".join(
        f"<p>{escape(example.get('summary', ''))}</p><pre>{escape(_text(example['value']))}</pre>"
        for example in body.get("examples", {}).values()
    )
    said = f"<p>{escape(shown['description'])}</p>" if shown.get("description") and not shown.get("properties") else ""
    return f"<h3>{escape(media_type)}</h3>{said}{_fields(shown)}{examples}"


def _fields(schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(field))}</td>"
        f"<td>{'required' if name in required else ''}</td><td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _type(field: Mapping[str, Any]) -> str:
    limits = [
        f"{said} {field[name]}"
        for name, said in (
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("minimum", "from"),
            ("maximum", "to"),
            ("pattern", "like"),
        )
        if name in field
    ]
    if "enum" in field:
        limits.append("one of " + ", ".join(str(value) for value in field["enum"]))
    return ", ".join([str(field.get("type", "any")), *limits])


def _names(answer: Mapping[str, Any]) -> str:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", {}))
    return f"<br><small>Headers: {names}</small>" if names else ""


def _shape(answer: Mapping[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return f' <a href="#shape-{escape(name)}">{escape(name)}</a>' if name else ""


def _shapes(document: Mapping[str, Any]) -> str:
    """The forms of the answers."""
    answers = [answer for _, _, operation in _operations(document) for answer in operation["responses"].values()]
    found = ""
    for shape in dict.fromkeys(_shape(answer) for answer in answers):
        name = shape.partition(">")[2].partition("<")[0]
        if name:
            found += f'<h3 id="shape-{name}">{name}</h3>' + _fields(document["components"]["schemas"][name])
    return f"<section><h2>What answers hold</h2>{found}</section>"


def _curl(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    first = next(((kind, body["examples"]) for kind, body in content.items() if body.get("examples")), None)
    if first is None:
        return ""
    kind, examples = first
    words = ["curl", "-X", method.upper(), "-H", f"content-type: {kind}"]
    for choice in operation.get("security", [])[:1]:
        for name in choice:
            words += _credentials(document["components"]["securitySchemes"][name])
    words += ["-d", json.dumps(next(iter(examples.values()))["value"], ensure_ascii=False)]
    line = shlex.join([*words, document["servers"][0]["url"] + path])
    return f"<h3>Try it</h3><pre>{escape(line)}</pre>"


def _credentials(scheme: Mapping[str, Any]) -> list[str]:
    match scheme:
        case {"type": "apiKey", "name": "Authorization"}:
            return ["--aws-sigv4", "aws:amz:REGION:execute-api", "--user", "ACCESS_KEY_ID:SECRET_ACCESS_KEY"]
        case {"type": "apiKey", "name": name}:
            return ["-H", f"{name}: API_KEY"]
        case {"type": "http", "scheme": "basic"}:
            return ["--user", "NAME:PASSWORD"]
    return []


def _scheme(scheme: Mapping[str, Any]) -> str:
    place = f"{scheme['in']} {scheme['name']}" if "name" in scheme else scheme.get("scheme", "")
    return f"{scheme.get('description', scheme['type'])} ({place})"


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    found: Any = document
    for name in reference.removeprefix("#/").split("/") if reference else []:
        found = found[name]
    return found if reference else schema


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
* { box-sizing: border-box; }
body { margin: 0; display: flex; font: 15px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; flex: 0 0 16rem; padding: 1rem;
  border-right: 1px solid var(--line); }
nav ul { list-style: none; padding: 0; } nav li { margin: .4rem 0; overflow-wrap: anywhere; }
nav a { color: inherit; text-decoration: none; } nav a:hover { text-decoration: underline; }
nav b, .method { color: var(--accent); }
main { flex: 1; min-width: 0; max-width: 60rem; padding: 1rem 2rem 4rem; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .35rem .6rem .35rem 0;
  vertical-align: top; }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
h3 { margin-bottom: .3rem; } small { font-weight: normal; opacity: .7; }
code { overflow-wrap: anywhere; } td:first-child code { overflow-wrap: normal; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; }
  main { padding: 1rem; } tr { display: block; border-top: 1px solid var(--line); padding: .35rem 0; }
  td { display: inline; border: 0; padding: 0 .6rem 0 0; } td:last-child { display: block; } }
"""
