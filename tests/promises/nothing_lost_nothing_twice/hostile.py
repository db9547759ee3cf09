"""Requests that no honest sender makes, generated from the API's own OpenAPI document; the same seed makes the same."""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

_JSON = "application/json"
_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "\u2028\u2029",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "\u202e",
    "\U0001f600",
    "é" * 300,
    '"}\n{"id":"forged","receivedAt":"2026-01-01T00:00:00Z","body":{}}',
    "$input.json('$') #set($x = 1) $x ${y} ##",
    "$context.responseOverride.status",
    "'; DROP TABLE orders; --",
    "${jndi:ldap://127.0.0.1/a}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "2026-02-30T25:61:61Z",
    "0000-00-00",
    "9999-12-31T23:59:59.999999999+23:59",
    "\u0662\u0660\u0662\u0666-03-14T18:30:00Z",
    "NaN",
    "1e400",
    "x" * 100_000,
)
_NUMBERS = (0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, -0.0, 5e-324, 0.1 + 0.2, 1.5, 1e16)
_RAW = (
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe\x00",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf{}",
    b"null",
    b"true",
    b"0",
    b'""',
    b"{}",
    b"[]",
    b"[[]]",
    b"[{}]",
    b"{",
    b"[" * 1_000,
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"[" * 900 + b"]" * 900,
    b"NaN",
    b"-Infinity",
    b"1" * 5_000,
    b"1e99999",
    b'{"a":1,}',
    b"{'a':1}",
    b'{"a":1}{"b":2}',
    b'{"a":1}\n{"b":2}',
    b"\r\n\r\n",
    b"{}\n" * 501,
    b'"\\ud800"',
    b'"\\u0000"',
    b"a=1&b=2",
    b"<event/>",
)
_MEDIA_TYPES = (
    None,
    "",
    "text/plain",
    "text/csv",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/json; charset=utf-16",
    "APPLICATION/JSON",
    "application/json, application/json",
    "application/x-ndjson",
    "application/vnd.api+json",
    "*/*",
    ";",
    "x" * 1_000,
)
_HEADERS: tuple[tuple[str, str], ...] = (
    ("accept", "application/xml"),
    ("accept", "*/*;q=0"),
    ("content-encoding", "gzip"),
    ("content-encoding", "br"),
    ("origin", "null"),
    ("origin", "https://evil.example"),
    ("idempotency-key", "k" * 300),
    ("idempotency-key", "\t"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-http-method-override", "DELETE"),
    ("x-amzn-requestid", "chosen"),
    ("expect", "nothing"),
)


@dataclass(frozen=True)
class Hostile:
    """One request's query string, headers without credentials, and body."""

    query: str
    headers: Mapping[str, str]
    body: bytes


def requests(document: Mapping[str, Any], operation: Mapping[str, Any], count: int, seed: str) -> Iterator[Hostile]:
    """Requests to one operation."""
    chance = random.Random(seed)
    content = operation.get("requestBody", {}).get("content", {})
    for number in range(count):
        if number < len(_RAW):
            yield Hostile(_query(chance, operation), {"content-type": _JSON}, _RAW[number])
            continue
        body = chance.choices(_BODIES, weights=(12, 3, 2, 2, 1))[0](chance, _Shapes(document, content, chance))
        yield Hostile(_query(chance, operation), _headers(chance, list(content)), body)


class _Shapes:
    """What the document says of a body, and values that are near it."""

    def __init__(self, document: Mapping[str, Any], content: Mapping[str, Any], chance: random.Random) -> None:
        self._document, self._chance = document, chance
        bodies = [body for body in content.values() if body.get("schema")]
        self._schema = self._resolve(bodies[0]["schema"]) if bodies else {"type": "object"}
        examples = [example["value"] for body in content.values() for example in body.get("examples", {}).values()]
        self._examples = examples or [{}]

    def value(self) -> Any:
        """A body."""
        schema = self._schema
        return self.of(self._chance.choice(schema["oneOf"]) if "oneOf" in schema else schema)

    def event(self) -> dict[str, Any]:
        """An example, or one of its lines, with nothing wrong."""
        found = self._examples[0]
        return dict(found) if isinstance(found, dict) else {}

    def of(self, schema: Mapping[str, Any]) -> Any:
        """A value of a schema, or near one."""
        schema = self._resolve(schema)
        if self._chance.random() < 0.04:
            return anything(self._chance)
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return [self.of(schema.get("items", {})) for _ in range(self._chance.choice((0, 1, 2, 5, 20)))]
        return self._scalar(schema)

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        chance, fields = self._chance, schema.get("properties", {})
        found = {**self.event(), **{name: self.of(fields[name]) for name in fields if chance.random() < 0.3}}
        for name in [name for name in found if chance.random() < 0.06]:
            del found[name]
        if chance.random() < 0.2:
            found[chance.choice(("", "__proto__", "$", "a.b", "\ud800", "id", "EVENT_ID", "x" * 70_000))] = anything(
                chance
            )
        if chance.random() < 0.02:
            found |= {f"unknown_{number}": number for number in range(3_000)}
        return found

    def _scalar(self, schema: Mapping[str, Any]) -> Any:
        chance = self._chance
        edges: list[Any] = list(schema.get("enum", []))
        if schema.get("type") == "string":
            edges += ["x" * (schema.get(name, 0) + more) for name in ("minLength", "maxLength") for more in (0, 1)]
            edges += list(_TEXTS)
        else:
            edges += [schema.get(name, 0) + more for name in ("minimum", "maximum") for more in (-1, 0, 1, 0.001)]
            edges += list(_NUMBERS)
        return chance.choice(edges)

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in schema:
            return schema
        found: Any = self._document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)


def anything(chance: random.Random, depth: int = 0) -> Any:
    """A JSON value of any kind."""
    kind = chance.randrange(6 if depth < 4 else 4)
    if kind == 0:
        return chance.choice((None, True, False))
    if kind == 1:
        return chance.choice(_NUMBERS)
    if kind in (2, 3):
        return chance.choice(_TEXTS)
    if kind == 4:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_TEXTS)[:50]: anything(chance, depth + 1) for _ in range(chance.randrange(4))}


def _near(chance: random.Random, shapes: _Shapes) -> bytes:
    return _encoded(chance, shapes.value())


def _lines(chance: random.Random, shapes: _Shapes) -> bytes:
    values = [
        chance.choice((shapes.event, shapes.value, lambda: anything(chance)))() for _ in range(chance.randrange(8))
    ]
    return chance.choice((b"\n", b"\r\n", b"\n\n", b"\r")).join(_encoded(chance, value) for value in values)


def _damaged(chance: random.Random, shapes: _Shapes) -> bytes:
    """What was JSON, with bytes cut off, changed, doubled or put in."""
    content = bytearray(_encoded(chance, shapes.value())[:200_000])
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(content) + 1)
        match chance.randrange(4):
            case 0:
                del content[place:]
            case 1:
                content[place:place] = bytes([chance.randrange(256)])
            case 2:
                content[place : place + 1] = chance.choice((b'"', b"{", b"}", b"\\", b"\x00", b"\xff", b",", b":"))
            case 3:
                content[place:place] = content[:place][-40:]
    return bytes(content)


def _noise(chance: random.Random, _shapes: _Shapes) -> bytes:
    return chance.randbytes(chance.choice((1, 3, 50, 1_000, 20_000)))


def _large(chance: random.Random, shapes: _Shapes) -> bytes:
    event = json.dumps(shapes.event()).encode()
    match chance.randrange(6):
        case 0:
            return event[:-1] + b',"note":"' + b"x" * chance.choice((270_000, 1_100_000)) + b'"}'
        case 1:
            return b"[" + b",".join([event] * 501) + b"]"
        case 2:
            return gzip.compress(event)
        case 3:
            return gzip.compress(b"0" * 5_000_000)
        case 4:
            # Past Lambda's 6 MB with base64's third on top, within API Gateway's 10 MB.
            return b" " * 6_500_000 + event
        case _:
            return event[:-1] + b"," + event[1:]


def _encoded(chance: random.Random, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _query(chance: random.Random, operation: Mapping[str, Any]) -> str:
    """Parameters of the query as the operation wants them, most of the time."""
    pairs = []
    for parameter in operation.get("parameters", []):
        usual = _USUAL.get(parameter["name"])
        if parameter["in"] == "query" and chance.random() < (0.9 if usual else 0.1):
            value = chance.choice(_TEXTS)[:300] if chance.random() < 0.15 or not usual else usual
            pairs.append((parameter["name"], value.encode("utf-8", "surrogatepass")))
    return urlencode(pairs, quote_via=quote)


# A source of no contract, whose files are counted by no stream.
_USUAL = {"source": "hostile_files", "file_name": "file.csv"}


def _headers(chance: random.Random, declared: list[str]) -> dict[str, str]:
    usual = chance.choice(declared or [_JSON])
    media_type = chance.choice(_MEDIA_TYPES) if chance.random() < 0.15 else usual
    headers = {} if media_type is None else {"content-type": media_type}
    if chance.random() < 0.15:
        name, value = chance.choice(_HEADERS)
        headers[name] = value
    return headers


_BODIES: tuple[Callable[[random.Random, _Shapes], bytes], ...] = (_near, _lines, _damaged, _noise, _large)
