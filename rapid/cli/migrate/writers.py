"""Who writes where: the doors of a stack as they are deployed, not as its outputs have them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..athena import Column, Result
from ..rows import print_table
from ..target import Target
from ..teardown.state import StackResource

_FUNCTION = "aws:lambda/function:Function"
_STAGE = "aws:apigateway/stage:Stage"
_INGEST = "rapid-analytics:index:IngestApi$"
"""In the URNs of what events come in by."""
_ACTION = re.compile(r"arn:[^:]+:apigateway:[^:]*:(?P<service>firehose|kinesis):action/")


class Service(StrEnum):
    """What a door writes to."""

    FIREHOSE = "firehose"
    """The source's old delivery stream."""
    KINESIS = "kinesis"
    """Its data stream."""


@dataclass(frozen=True)
class Writer:
    """One door of one source."""

    source: str
    door: str
    """For people."""
    service: Service


def of(stack: Target, resources: Sequence[StackResource]) -> list[Writer]:
    """The writers of a stack, which is made of these resources."""
    own = [item for item in resources if _INGEST in item.urn]
    found = [writer for item in own if item.type == _FUNCTION for writer in _by_function(stack, item)]
    sources = {path: source for source, path in (stack.masked_outputs.get("paths") or {}).items()}
    for stage in (item for item in own if item.type == _STAGE):
        found += _by_paths(stack, stage, sources)
    return sorted(found, key=lambda writer: (writer.source, writer.door))


def moved(writers: Sequence[Writer], service: Service) -> list[Writer]:
    """Those that write to a service."""
    return [writer for writer in writers if writer.service is service]


def show(writers: Sequence[Writer]) -> None:
    """Print who writes where."""
    columns = tuple(Column(name, "varchar") for name in ("source", "door", "writes to"))
    names = {Service.FIREHOSE: "its old delivery stream", Service.KINESIS: "its data stream"}
    rows: list[tuple[str | None, ...]] = [(it.source, it.door, names[it.service]) for it in writers]
    print_table(Result(columns, rows, 0), with_count=False)


def _by_function(stack: Target, function: StackResource) -> list[Writer]:
    """What the ingest function is told; other functions of the API are told of no streams."""
    configuration = stack.client("lambda").get_function_configuration(FunctionName=function.id)
    told: Mapping[str, str] = configuration.get("Environment", {}).get("Variables", {})
    if "STREAMS" not in told:
        return []
    service = Service(told.get("STREAM_SERVICE", Service.FIREHOSE))
    return [Writer(source, "ingest function", service) for source in json.loads(told["STREAMS"])]


def _by_paths(stack: Target, stage: StackResource, sources: Mapping[str, str]) -> list[Writer]:
    """The paths that API Gateway puts onto a stream by itself, as its stage serves them."""
    answer = stack.client("apigateway").get_export(
        restApiId=stage.value("restApi"),
        stageName=stage.value("stageName"),
        exportType="oas30",
        parameters={"extensions": "integrations"},
        accepts="application/json",
    )
    document: dict[str, Any] = json.loads(answer["body"].read())
    found = []
    for path, item in document["paths"].items():
        uri = item.get("post", {}).get("x-amazon-apigateway-integration", {}).get("uri", "")
        if match := _ACTION.match(uri):
            found.append(Writer(sources.get(path, path), f"path {path}", Service(match["service"])))
    return found
