"""The OpenAPI document of the deployed API: from the output, by the command, in a browser."""

import json

import urllib3
from typer.testing import CliRunner

from rapid.cli.app import app
from rapid.cli.target import LocalStack


def test_the_command_prints_the_document_of_every_method_that_is_deployed(stack: LocalStack) -> None:
    document = json.loads(CliRunner().invoke(app, ["openapi"]).stdout)
    gateway = stack.client("apigateway")
    [api] = gateway.get_rest_apis()["items"]
    deployed = {
        (resource["path"], method)
        for resource in gateway.get_resources(restApiId=api["id"], limit=500)["items"]
        for method in resource.get("resourceMethods", {})
        if method != "OPTIONS"
    }
    assert {(path, method.upper()) for path, item in document["paths"].items() for method in item} == deployed
    assert document["servers"] == [{"url": stack.outputs["ingest_url"]}]


def test_the_document_is_no_public_object(stack: LocalStack) -> None:
    bucket, _, key = stack.outputs["openapi"].removeprefix("s3://").partition("/")
    assert urllib3.request("GET", f"{stack.endpoint_url}/{bucket}/{key}", retries=False).status == 403


def test_the_local_cloud_shows_it_as_a_page(stack: LocalStack) -> None:
    page = urllib3.request("GET", f"{stack.endpoint_url}/_rapid/docs/dev", retries=False)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "/events</code>" in page.data.decode()
    assert CliRunner().invoke(app, ["openapi", "--html"]).stdout.strip() == page.data.decode()
    assert urllib3.request("GET", f"{stack.endpoint_url}/_rapid/docs/prod", retries=False).status == 404
