"""GetExport answers with the document of what a stage serves, not of what the API is defined as now."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import STAGE, Rig, document

PAGE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html"
pytestmark = pytest.mark.aws("API Gateway", "Exports", PAGE)
INTEGRATION = "x-amazon-apigateway-integration"
SOURCE = "x-amazon-apigateway-api-key-source"


def answering(name: str) -> dict[str, Any]:
    template = {"application/json": json.dumps({"statusCode": 200})}
    answers = {"default": {"statusCode": "200", "responseTemplates": {"application/json": name}}}
    integration = {"type": "mock", "passthroughBehavior": "never", "requestTemplates": template, "responses": answers}
    method = {"responses": {"200": {"description": "answered"}}, INTEGRATION: integration}
    return document({"/": {"options": method}}, **{SOURCE: "HEADER"})


def export(rig: Rig, api_id: str, **asked: Any) -> Any:
    given = {"stageName": STAGE, "exportType": "oas30", **asked}
    answer = rig.aws("apigateway").get_export(restApiId=api_id, **given)
    assert answer["contentType"] == "application/json"
    return json.loads(answer["body"].read())


def test_what_is_exported_is_what_the_stage_serves_with_the_extensions_that_were_asked_for(rig: Rig) -> None:
    api = rig.api(answering("first"))
    api.put(answering("second"))
    everything = export(rig, api.id, parameters={"extensions": "apigateway"})
    assert everything == answering("first")
    with_integrations = export(rig, api.id, parameters={"extensions": "integrations"})
    assert with_integrations["paths"] == everything["paths"]
    assert SOURCE not in with_integrations
    assert INTEGRATION not in export(rig, api.id)["paths"]["/"]["options"]
    api.deploy()
    assert export(rig, api.id, parameters={"extensions": "apigateway"}) == answering("second")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"stageName": "none"}, "Invalid stage identifier specified"),
        ({"exportType": "swagger"}, "exports oas30 alone, not 'swagger'"),
        ({"accepts": "application/yaml"}, "exports application/json alone, not 'application/yaml'"),
        ({"parameters": {"extensions": "postman"}}, "extensions=integrations or =apigateway alone"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(rig: Rig, asked: Any, said: str) -> None:
    api = rig.api(answering("first"))
    with pytest.raises(ClientError, match=said):
        export(rig, api.id, **asked)
