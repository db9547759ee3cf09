from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import Rig, document, proxy

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:any"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"policy": "{}"}, "policy"),
        ({"minimumCompressionSize": 1024}, "minimumCompressionSize"),
        ({"binaryMediaTypes": ["image/png"]}, "binaryMediaTypes"),
        ({"apiKeySource": "AUTHORIZER"}, "apiKeySource 'AUTHORIZER'"),
    ],
)
def test_a_setting_of_an_api_that_nothing_acts_on_is_refused_by_name(
    rig: Rig, settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError, match=named):
        rig.aws("apigateway").create_rest_api(name="refused", **settings)


@pytest.mark.parametrize(
    "path", ["/*/*/caching/enabled", "/~1events/POST/logging/loglevel", "/tracingEnabled", "/variables/colour"]
)
def test_a_setting_of_a_stage_that_nothing_acts_on_is_refused_by_name(rig: Rig, path: str) -> None:
    api = rig.api(document({"/events": {"post": proxy(FUNCTION)}}))
    patch = [{"op": "replace", "path": path, "value": "true"}]
    with pytest.raises(ClientError) as refused:
        rig.aws("apigateway").update_stage(restApiId=api.id, stageName="v1", patchOperations=patch)
    assert f"does not support the patch replace {path}" in refused.value.response["Error"]["Message"]


def test_a_stage_or_an_api_that_is_not_there_is_not_found(rig: Rig) -> None:
    api, client = rig.api(document({"/events": {"post": proxy(FUNCTION)}})), rig.aws("apigateway")
    patch = [{"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"}]
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid stage identifier specified"):
        client.update_stage(restApiId=api.id, stageName="none", patchOperations=patch)
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid Rest API Id specified"):
        client.create_stage(restApiId="none", stageName="v1", deploymentId="none")


def test_a_setting_of_the_account_that_nothing_acts_on_is_refused_by_name(rig: Rig) -> None:
    with pytest.raises(ClientError, match="does not support the patch add /features"):
        rig.aws("apigateway").update_account(patchOperations=[{"op": "add", "path": "/features", "value": "X"}])
