"""What others would write for the two functions: the same checks and the same rows, by libraries made for it.

Runs in the peers' own virtual environment (bench/functions.py). One peer is three functions: the row of an envelope's
line, the checked events of a request's body, and the loop over Firehose's records.
"""

import base64
import datetime
import json
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import jsonschema
import msgspec
import pydantic
import pydantic_core
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent, KinesisFirehoseEvent
from aws_lambda_powertools.utilities.data_classes.kinesis_firehose_event import (
    KinesisFirehoseDataTransformationRecord,
    KinesisFirehoseDataTransformationResponse,
)

Row = Callable[[bytes], bytes]


class Peer(NamedTuple):
    """One way to write the functions."""

    row: Row
    events: Callable[[dict[str, Any]], list[bytes]]
    """The checked events of an API Gateway request, each as JSON; one that breaks the contract raises."""
    transform: Callable[[dict[str, Any]], dict[str, Any]]


def plain_loop(row: Row) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Firehose's records without a library."""

    def transform(event: dict[str, Any]) -> dict[str, Any]:
        answers = []
        for record in event["records"]:
            rows = [row(line) for line in base64.b64decode(record["data"]).split(b"\n") if line]
            data = base64.b64encode(b"".join(rows)).decode()
            answers.append({"recordId": record["recordId"], "result": "Ok", "data": data})
        return {"records": answers}

    return transform


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _utc(moment: datetime.datetime) -> str:
    if moment.tzinfo:
        moment = moment.astimezone(datetime.UTC)
    return moment.isoformat(" ", "milliseconds")[:23]


def _two_decimals(value: float) -> float:
    if round(value, 2) != value:
        raise ValueError("must have at most 2 digits after the point")
    return value


# Pydantic, with Powertools for AWS Lambda around it.

_Text = Annotated[str, pydantic.Field(min_length=1, max_length=128, strict=True)]


class _Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    event_id: _Text | None = None
    timestamp: datetime.datetime
    menuItem: Annotated[str, pydantic.Field(min_length=1, max_length=200, strict=True)]
    quantity: Annotated[int, pydantic.Field(ge=1, le=1000, strict=True)]
    price: Annotated[float, pydantic.Field(ge=0, lt=1e8, strict=True), pydantic.AfterValidator(_two_decimals)]
    customerId: _Text
    restaurantId: _Text


class _Envelope(pydantic.BaseModel):
    id: str
    receivedAt: datetime.datetime
    body: _Order


def _pydantic_row(line: bytes) -> bytes:
    envelope = _Envelope.model_validate_json(line)
    order = envelope.body
    row = {
        "event_id": order.event_id or envelope.id,
        "timestamp": _utc(order.timestamp),
        "menuitem": order.menuItem,
        "quantity": order.quantity,
        "price": order.price,
        "customerid": order.customerId,
        "restaurantid": order.restaurantId,
        "received_at": _utc(envelope.receivedAt),
        "ingest_id": envelope.id,
    }
    if order.model_extra:
        row["extra"] = _dumps(order.model_extra)
    return _dumps(row).encode() + b"\n"


def _pydantic_events(request: dict[str, Any]) -> list[bytes]:
    values = pydantic_core.from_json(APIGatewayProxyEvent(request).decoded_body)
    values = values if isinstance(values, list) else [values]
    for value in values:
        _Order.model_validate(value)
    return [_dumps(value).encode() for value in values]


def _powertools_transform(event: dict[str, Any]) -> dict[str, Any]:
    result = KinesisFirehoseDataTransformationResponse()
    for record in KinesisFirehoseEvent(event).records:
        rows = [_pydantic_row(line) for line in record.data_as_bytes.split(b"\n") if line]
        data = base64.b64encode(b"".join(rows)).decode()
        result.add_record(KinesisFirehoseDataTransformationRecord(record.record_id, "Ok", data))
    return result.asdict()


# msgspec.

_MsgText = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class _MsgOrder(msgspec.Struct, forbid_unknown_fields=True):
    timestamp: datetime.datetime
    menuItem: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    price: Annotated[float, msgspec.Meta(ge=0, lt=1e8)]
    customerId: _MsgText
    restaurantId: _MsgText
    event_id: _MsgText | None = None


class _MsgEnvelope(msgspec.Struct):
    id: str
    receivedAt: datetime.datetime
    body: _MsgOrder


class _MsgRow(msgspec.Struct, omit_defaults=True):
    event_id: str
    timestamp: str
    menuitem: str
    quantity: int
    price: float
    customerid: str
    restaurantid: str
    received_at: str
    ingest_id: str
    extra: str | None = None


_msg_encode = msgspec.json.Encoder().encode
_msg_envelope = msgspec.json.Decoder(_MsgEnvelope).decode
_msg_order = msgspec.json.Decoder(_MsgOrder).decode
_msg_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _msgspec_row(line: bytes) -> bytes:
    extra = None
    try:
        envelope = _msg_envelope(line)
    except msgspec.ValidationError:
        # A struct keeps no unknown fields: they are taken out first.
        value = msgspec.json.decode(line)
        known = {name: field for name, field in value["body"].items() if name in _MsgOrder.__struct_fields__}
        unknown = {name: field for name, field in value["body"].items() if name not in known}
        envelope = msgspec.convert({**value, "body": known}, _MsgEnvelope)
        extra = _msg_encode(unknown).decode()
    order = envelope.body
    row = _MsgRow(
        order.event_id or envelope.id,
        _utc(order.timestamp),
        order.menuItem,
        order.quantity,
        _two_decimals(order.price),
        order.customerId,
        order.restaurantId,
        _utc(envelope.receivedAt),
        envelope.id,
        extra,
    )
    return _msg_encode(row) + b"\n"


def _msgspec_events(request: dict[str, Any]) -> list[bytes]:
    body = request["body"].encode()
    raws = _msg_raws(body) if body.startswith(b"[") else [body]
    for raw in raws:
        _two_decimals(_msg_order(raw).price)
    return [bytes(raw) for raw in raws]


# jsonschema.

_TEXT = {"type": "string", "minLength": 1, "maxLength": 128}
_ORDER = {
    "type": "object",
    "required": ["timestamp", "menuItem", "quantity", "price", "customerId", "restaurantId"],
    "properties": {
        "event_id": _TEXT,
        "timestamp": {"type": "string", "format": "date-time"},
        "menuItem": {"type": "string", "minLength": 1, "maxLength": 200},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "price": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e8},
        "customerId": _TEXT,
        "restaurantId": _TEXT,
    },
}
_ENVELOPE = {
    "type": "object",
    "required": ["id", "receivedAt", "body"],
    "properties": {"id": {"type": "string"}, "receivedAt": {"type": "string"}, "body": _ORDER},
}
_envelope_validator = jsonschema.Draft202012Validator(_ENVELOPE)
_order_validator = jsonschema.Draft202012Validator(_ORDER)


def _jsonschema_row(line: bytes) -> bytes:
    envelope = json.loads(line)
    _envelope_validator.validate(envelope)
    order = envelope["body"]
    row = {
        "event_id": order.get("event_id") or envelope["id"],
        "timestamp": _utc(datetime.datetime.fromisoformat(order["timestamp"])),
        "menuitem": order["menuItem"],
        "quantity": order["quantity"],
        "price": _two_decimals(order["price"]),
        "customerid": order["customerId"],
        "restaurantid": order["restaurantId"],
        "received_at": _utc(datetime.datetime.fromisoformat(envelope["receivedAt"])),
        "ingest_id": envelope["id"],
    }
    unknown = {name: field for name, field in order.items() if name not in _ORDER["properties"]}
    if unknown:
        row["extra"] = _dumps(unknown)
    return _dumps(row).encode() + b"\n"


def _jsonschema_events(request: dict[str, Any]) -> list[bytes]:
    values = json.loads(request["body"])
    values = values if isinstance(values, list) else [values]
    for value in values:
        _order_validator.validate(value)
        datetime.datetime.fromisoformat(value["timestamp"])
        _two_decimals(value["price"])
    return [_dumps(value).encode() for value in values]


PEERS = {
    "powertools, pydantic": Peer(_pydantic_row, _pydantic_events, _powertools_transform),
    "msgspec": Peer(_msgspec_row, _msgspec_events, plain_loop(_msgspec_row)),
    "jsonschema": Peer(_jsonschema_row, _jsonschema_events, plain_loop(_jsonschema_row)),
}
