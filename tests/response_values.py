"""What of a value in an answer is not as its shape in a service's model: types, members, bounds, patterns."""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from xml.etree import ElementTree

from botocore.model import Shape

Problems = Iterator[str]
Check = Callable[[Shape, Any, str], Problems]

_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# What AWS documents and its model leaves out:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_BEYOND_ENUMERATIONS = {
    "ResourceStatus": {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}
}
# The model has one at least, and AWS answers none: examples in
# https://docs.aws.amazon.com/cli/latest/reference/kinesis/put-records.html and describe-stream.html beside it.
_NONE_TOO = (".FailedRecordCount", ".ShardLevelMetrics")
_BITS = {"integer": 32, "long": 64}


def in_json(shape: Shape, value: Any, at: str) -> Problems:
    """What is wrong with a value of parsed JSON; `at` says where it stands."""
    if shape.metadata.get("document"):
        return
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            yield from structure(shape, value, at, in_json)
        case "list" if isinstance(value, list):
            yield from _elements(shape, value, at, in_json)
        case "map" if isinstance(value, dict):
            yield from _bounds(shape, len(value), at, " pairs")
            for key, item in value.items():
                yield from in_text(shape.key, key, f"{at}'s key {key!r}")
                yield from in_json(shape.value, item, f"{at}[{key!r}]")
        case "boolean" if isinstance(value, bool):
            pass
        case "integer" | "long" if isinstance(value, int) and not isinstance(value, bool):
            yield from _number(shape, value, at)
        case "float" | "double" if isinstance(value, int | float) and not isinstance(value, bool):
            yield from _number(shape, value, at)
        case "timestamp":
            yield from _timestamp(shape, value, at, "unixTimestamp")
        case "string" | "character" | "blob" if isinstance(value, str):
            yield from in_text(shape, value, at)
        case _:
            yield f"{at} is {json.dumps(value)[:100]}, and not a {shape.type_name}"


def _parts_of_map(shape: Shape) -> tuple[tuple[Shape, str], tuple[Shape, str]]:
    """https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#map-response-serialization"""
    return (shape.key, "key"), (shape.value, "value")


def in_xml(shape: Shape, element: ElementTree.Element, at: str) -> Problems:
    """What is wrong with an element of the query protocol's XML."""
    children = list(element)
    names = [local_name(child) for child in children]
    match shape.type_name:
        case "structure":
            if len(set(names)) < len(names):
                yield f"{at} has an element twice: {', '.join(names)}"
            yield from structure(shape, dict(zip(names, children, strict=True)), at, in_xml)
        case "list":
            name = shape.member.serialization.get("name", "member")
            yield from (f"{at} has <{other}>, and not <{name}>" for other in names if other != name)
            yield from _elements(shape, children, at, in_xml)
        case "map":
            key, value = (part.serialization.get("name", name) for part, name in _parts_of_map(shape))
            for entry in children:
                found = {local_name(part): part for part in entry}
                if local_name(entry) != "entry" or found.keys() != {key, value}:
                    yield f"{at} has <{local_name(entry)}> of {', '.join(found)}, and not <entry> of {key}, {value}"
                    continue
                yield from in_xml(shape.key, found[key], f"{at}'s key")
                yield from in_xml(shape.value, found[value], f"{at}[{found[key].text!r}]")
        case _ if children:
            yield f"{at} has elements, which this check does not know in a {shape.type_name}"
        case _:
            yield from in_text(shape, element.text or "", at)


def in_text(shape: Shape, text: str, at: str, timestamp_format: str = "iso8601") -> Problems:
    """What is wrong with a value that is written as text: in XML, in a header, as a string or a blob in JSON."""
    match shape.type_name:
        case "string" | "character":
            yield from _string(shape, text, at)
        case "blob":
            try:
                yield from _bounds(shape, len(base64.b64decode(text, validate=True)), at, " bytes")
            except binascii.Error:
                yield f"{at} is not Base64"
        case "boolean":
            if text not in ("true", "false"):
                yield f"{at} is {text!r}, and not a boolean"
        case "timestamp":
            yield from _timestamp(shape, text, at, timestamp_format)
        case "integer" | "long" | "float" | "double":
            try:
                yield from _number(shape, int(text) if shape.type_name in _BITS else float(text), at)
            except ValueError:
                yield f"{at} is {text!r}, and not a {shape.type_name}"
        case _:
            yield f"{at} is text, and not a {shape.type_name}"


def structure(shape: Shape, members: Mapping[str, Any], at: str, check: Check) -> Problems:
    """What is wrong with a structure; members that stand in headers or in the status are not looked for."""
    modelled = {
        member.serialization.get("name", name): (name, member)
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    for written, value in members.items():
        if written in modelled:
            yield from check(modelled[written][1], value, f"{at}.{written}")
        else:
            yield f"{at}.{written} is not a member of {shape.name}"
    for written, (name, _) in modelled.items():
        if name in shape.required_members and written not in members:
            yield f"{at}.{written} is missing, and required in {shape.name}"
    if shape.is_tagged_union and len(members) != 1:
        yield f"{at} has {len(members)} members, and is the union {shape.name}"


def local_name(element: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _elements(shape: Shape, values: list[Any], at: str, check: Check) -> Problems:
    yield from _bounds(shape, len(values), at, " items")
    for index, value in enumerate(values):
        yield from check(shape.member, value, f"{at}[{index}]")


def _string(shape: Shape, text: str, at: str) -> Problems:
    enumeration = getattr(shape, "enum", [])
    if enumeration and text not in enumeration and text not in _BEYOND_ENUMERATIONS.get(shape.name, ()):
        yield f"{at} is {text!r}, and not one of {', '.join(enumeration)}"
    yield from _bounds(shape, len(text), at, " characters")
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern and not pattern.search(text):
        yield f"{at} is {text!r}, and not like {pattern.pattern}"


def _number(shape: Shape, number: float, at: str) -> Problems:
    bits = _BITS.get(shape.type_name)
    if bits and not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        yield f"{at} is {number}, and not a {shape.type_name}"
    yield from _bounds(shape, number, at, "")


def _bounds(shape: Shape, size: float, at: str, unit: str) -> Problems:
    least, most = shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)
    if not least <= size <= most and not (size == 0 and at.endswith(_NONE_TOO)):
        yield f"{at}: {size}{unit} is not within {least} to {most}, the bounds of {shape.name}"


def _timestamp(shape: Shape, value: Any, at: str, usual_format: str) -> Problems:
    form = shape.serialization.get("timestampFormat", usual_format)
    if form == "unixTimestamp":
        is_so = isinstance(value, int | float) and not isinstance(value, bool)
    elif form == "iso8601":
        is_so = isinstance(value, str) and bool(_ISO_8601.fullmatch(value))
    else:
        is_so = isinstance(value, str) and _is_http_date(value)
    if not is_so:
        yield f"{at} is {value!r}, and not a timestamp as {form}"


def _is_http_date(text: str) -> bool:
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return text.endswith(" GMT")


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of a model; None where there is none, or Python cannot read it."""
    try:
        return re.compile(text) if text else None
    except re.error:
        return None
