"""CORS of the contracts' own API document, as browsers see it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from contracts import Contract, Delivery, load, openapi
from tests.fetch import NetworkError, fetch

from .cloud_rig import REGION, Api, Rig
from .test_gateway_direct import CLICK

CORS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html"
pytestmark = pytest.mark.aws("API Gateway", "CORS", CORS)

JSON = {"content-type": "application/json"}
MENU, SHOP, OTHER = "https://menu.example.com", "http://shop.example.com:8080", "https://other.example.com"
HANDLER = """
    def handler(event, context):
        origin = event["headers"].get("Origin", "")
        allowed = {"Access-Control-Allow-Origin": origin} if origin == "https://menu.example.com" else {}
        return {"statusCode": 202, "headers": allowed}
"""


@pytest.fixture(scope="module")
def clicks() -> Contract:
    """A direct source."""
    return load(Path(__file__).parents[3] / "sources" / "clickstream.yaml")


def deployed(rig: Rig, *contracts: Contract) -> Api:
    """The API of contracts, with a delivery stream for the direct ones and a function for the others."""
    bucket, stream, role, function = rig.name("bucket"), rig.name("stream"), rig.role(), rig.function(HANDLER)
    rig.aws("s3").create_bucket(Bucket=bucket)
    destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}"}
    rig.aws("firehose").create_delivery_stream(
        DeliveryStreamName=stream, ExtendedS3DestinationConfiguration=destination
    )
    services = f"arn:aws:apigateway:{REGION}"
    integrations = openapi.Integrations(
        f"{services}:lambda:path/2015-03-31/functions/{function}/invocations",
        f"{services}:firehose:action/PutRecord",
        role,
        {contract.source: stream for contract in contracts},
    )
    api = rig.api(openapi.document("cors", contracts, integrations))
    rig.permit(function, api)
    return api


@pytest.fixture(scope="module")
def api(rig: Rig, clicks: Contract) -> Api:
    """Direct paths for one origin, for two and for all; a function's path for two; and one for none."""
    return deployed(
        rig,
        *(
            dataclasses.replace(clicks, source=name, path=f"/{name}", delivery=delivery, allowed_origins=origins)
            for name, delivery, origins in (
                ("one", Delivery.DIRECT, (MENU,)),
                ("two", Delivery.DIRECT, (MENU, SHOP)),
                ("all", Delivery.DIRECT, ("*",)),
                ("function", Delivery.LAMBDA, (MENU, SHOP)),
                ("none", Delivery.DIRECT, ()),
            )
        ),
    )


def post(api: Api, origin: str, path: str, body: Any = CLICK, headers: dict[str, str] = JSON) -> Any:
    url = f"{api.rig.url}/_aws/execute-api/{api.id}/v1/{path}"
    return fetch(origin, "POST", url, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("origin", "path"),
    [(MENU, "one"), (MENU, "two"), (SHOP, "two"), (OTHER, "all"), (MENU, "all"), (MENU, "function")],
)
def test_a_page_of_an_allowed_origin_posts_and_reads_the_answer(api: Api, origin: str, path: str) -> None:
    assert post(api, origin, path).status in (200, 202)


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        (OTHER, "one"),
        (SHOP, "one"),
        (OTHER, "two"),
        (OTHER, "function"),
        ("null", "two"),
        (f"{MENU}.evil.example", "two"),
        ("http://menu.example.com", "two"),
    ],
)
def test_a_page_of_another_origin_is_refused_by_the_preflight(api: Api, origin: str, path: str) -> None:
    with pytest.raises(NetworkError, match="is not allowed"):
        post(api, origin, path)


@pytest.mark.parametrize("path", ["one", "two"])
def test_a_page_of_another_origin_cannot_read_the_answer_to_a_request_without_preflight(api: Api, path: str) -> None:
    url = f"{api.rig.url}/_aws/execute-api/{api.id}/v1/{path}"
    with pytest.raises(NetworkError, match="is not allowed"):
        fetch(OTHER, "POST", url, {}, json.dumps(CLICK).encode())


def test_a_path_whose_contract_names_no_origins_has_no_preflight(api: Api) -> None:
    with pytest.raises(NetworkError, match="the preflight was answered 404"):
        post(api, MENU, "none")


@pytest.mark.parametrize(("path", "varies"), [("one", None), ("two", "Origin"), ("all", None)])
def test_an_answer_varies_with_the_origin_where_there_are_several(api: Api, path: str, varies: str | None) -> None:
    for answer in (
        api.request("OPTIONS", f"/{path}", headers={"Origin": SHOP}),
        api.request("POST", f"/{path}", headers={"Origin": SHOP, **JSON}, body=json.dumps(CLICK).encode()),
    ):
        assert answer.headers.get("Vary") == varies


def test_a_preflight_is_answered_without_a_body_and_may_be_remembered(api: Api) -> None:
    answer = api.request("OPTIONS", "/two", headers={"Origin": MENU})
    assert (answer.status, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Max-Age"] == "7200"


PLAIN = {"content-type": "text/plain;charset=UTF-8"}


def test_where_any_page_may_post_one_request_of_plain_text_does(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fetch._preflight", lambda *_: pytest.fail("text/plain needs no preflight"))
    answer = post(api, OTHER, "all", [CLICK, CLICK], PLAIN)
    assert (answer.status, json.loads(answer.body)["accepted"]) == (200, 2)


@pytest.mark.parametrize("path", ["one", "two", "none"])
def test_plain_text_goes_past_no_list_of_origins(api: Api, path: str) -> None:
    answer = api.request("POST", f"/{path}", headers={"Origin": OTHER, **PLAIN}, body=json.dumps(CLICK).encode())
    assert answer.status == 415


def test_what_the_api_itself_refuses_can_be_read_by_pages(api: Api) -> None:
    refused = post(api, SHOP, "two", body={})
    assert refused.status == 400
    assert "missing required properties" in refused.headers["X-Validation-Error"]


def test_a_page_can_read_an_answer_of_503_and_when_to_come_again(rig: Rig, clicks: Contract) -> None:
    api = deployed(rig, dataclasses.replace(clicks, allowed_origins=(MENU, SHOP)))
    [stream] = rig.aws("firehose").list_delivery_streams(Limit=100)["DeliveryStreamNames"][-1:]
    rig.aws("firehose").delete_delivery_stream(DeliveryStreamName=stream)
    answer = post(api, MENU, "poc")
    assert (answer.status, answer.headers.get("Retry-After")) == (503, "5")
    assert "send it again later" in json.loads(answer.body)["message"]
