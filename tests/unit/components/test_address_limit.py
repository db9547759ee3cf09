import pytest

from components.storefront.address_limit import AddressLimit

STAGE_ARN = "arn:aws:apigateway:eu-central-1::/restapis/a1b2c3/stages/v1"


@pytest.fixture
def limited(deploy):
    def build(*paths):
        return deploy(lambda: AddressLimit("limit", {"stage_arn": STAGE_ARN, "paths": paths}))

    return build


def path_match(path):
    return {
        "byteMatchStatement": {
            "fieldToMatch": {"uriPath": {}},
            "positionalConstraint": "CONTAINS",
            "searchString": path,
            "textTransformations": [{"priority": 0, "type": "URL_DECODE"}],
        }
    }


def test_an_address_may_send_a_hundred_requests_in_five_minutes_to_the_path(limited):
    web_acl = limited("/feedback").one("WebAcl", "limit-acl").inputs
    assert (web_acl["scope"], web_acl["defaultAction"]) == ("REGIONAL", {"allow": {}})
    [rule] = web_acl["rules"]
    assert rule["action"] == {"block": {}}
    assert rule["statement"]["rateBasedStatement"] == {
        "limit": 100,
        "evaluationWindowSec": 300,
        "aggregateKeyType": "IP",
        "scopeDownStatement": path_match("/feedback"),
    }


def test_paths_are_counted_together(limited):
    [rule] = limited("/feedback", "/survey").one("WebAcl", "limit-acl").inputs["rules"]
    assert rule["statement"]["rateBasedStatement"]["scopeDownStatement"] == {
        "orStatement": {"statements": [path_match("/feedback"), path_match("/survey")]}
    }


def test_the_stage_is_what_it_protects(limited):
    stack = limited("/feedback")
    association = stack.one("WebAclAssociation", "limit-association")
    assert association.inputs["resourceArn"] == STAGE_ARN
    assert association.inputs["webAclArn"]


def test_the_end_of_an_old_association_does_not_end_the_new_one(limited):
    assert limited("/feedback").one("WebAclAssociation", "limit-association").request.deleteBeforeReplace


def test_what_is_held_back_is_counted_and_no_request_is_kept(limited):
    web_acl = limited("/feedback").one("WebAcl", "limit-acl").inputs
    for found in (web_acl["visibilityConfig"], web_acl["rules"][0]["visibilityConfig"]):
        assert (found["cloudwatchMetricsEnabled"], found["sampledRequestsEnabled"]) == (True, False)
