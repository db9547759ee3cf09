"""Web ACLs of AWS WAF before the stages of API Gateway."""

import datetime
import itertools
import json
import uuid
from collections import defaultdict
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from rapid.local.billing.meter import METER

from .cloud_rig import REGION, STAGE, Api, Rig, document

_WAF = "https://docs.aws.amazon.com/waf/latest/developerguide"
_REFERENCE = "https://docs.aws.amazon.com/waf/latest/APIReference"
LIMITING = f"{_WAF}/waf-rule-statement-type-rate-based-request-limiting.html"
CAVEATS = f"{_WAF}/waf-rule-statement-type-rate-based-caveats.html"
ANY_OF = f"{_WAF}/waf-rule-statement-type-or.html"
METRICS = f"{_WAF}/waf-metrics.html"
WEB_ACL = f"{_REFERENCE}/API_WebACL.html"
STATEMENT = f"{_REFERENCE}/API_RateBasedStatement.html"
ASSOCIATE = f"{_REFERENCE}/API_AssociateWebACL.html"
FIRST = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html"
RESPONSES = "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"

as_limited = pytest.mark.aws("AWS WAF", "Rate-based rules", LIMITING)

LIMIT = 10
COUNTED = {"CloudWatchMetricsEnabled": True, "MetricName": "limit", "SampledRequestsEnabled": False}
_addresses = itertools.count(2)


def path_match(path: str = "/feedback", **changes: Any) -> dict[str, Any]:
    match = {
        "SearchString": path.encode(),
        "FieldToMatch": {"UriPath": {}},
        "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
        "PositionalConstraint": "CONTAINS",
    }
    return {"ByteMatchStatement": {**match, **changes}}


def rule(scope: Any = None, action: Any = None, statement: Any = None, **changes: Any) -> dict[str, Any]:
    """A rule of LIMIT requests in five minutes; `changes` are those of the rate-based statement."""
    limited = {"Limit": LIMIT, "EvaluationWindowSec": 300, "AggregateKeyType": "IP", **changes}
    limited |= {"ScopeDownStatement": scope} if scope else {}
    return {
        "Name": "limit",
        "Priority": 0,
        "Action": action or {"Block": {}},
        "Statement": statement or {"RateBasedStatement": limited},
        "VisibilityConfig": {**COUNTED, "MetricName": "rule"},
    }


def make(rig: Rig, *rules: Any, **changes: Any) -> dict[str, Any]:
    """A web ACL; what CreateWebACL answers."""
    asked = {
        "Name": rig.name("acl"),
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": COUNTED,
        "Rules": list(rules),
        **changes,
    }
    answer: dict[str, Any] = rig.aws("wafv2").create_web_acl(**asked)["Summary"]
    return answer


def update(rig: Rig, made: dict[str, Any], *rules: Any) -> None:
    place = {"Name": made["Name"], "Id": made["Id"], "Scope": "REGIONAL"}
    lock = rig.aws("wafv2").get_web_acl(**place)["LockToken"]
    rig.aws("wafv2").update_web_acl(
        **place, LockToken=lock, DefaultAction={"Allow": {}}, VisibilityConfig=COUNTED, Rules=list(rules)
    )


def stage_arn(api: Api) -> str:
    return f"arn:aws:apigateway:{REGION}::/restapis/{api.id}/stages/{STAGE}"


def mocked() -> dict[str, Any]:
    """A method that answers by itself."""
    integration = {
        "type": "mock",
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200"}},
    }
    return {"x-amazon-apigateway-integration": integration}


def paths(*names: str) -> dict[str, Any]:
    return {name: {"post": mocked()} for name in names}


@pytest.fixture
def api(rig: Rig) -> Api:
    return rig.api(document(paths("/feedback", "/orders", "/survey")))


def protect(api: Api, *rules: Any) -> dict[str, Any]:
    made = make(api.rig, *rules)
    api.rig.aws("wafv2").associate_web_acl(WebACLArn=made["ARN"], ResourceArn=stage_arn(api))
    return made


class Sender:
    """Somebody with an address of their own on this machine."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(source_address=(f"127.0.7.{next(_addresses)}", 0))

    def post(self, api: Api, path: str = "/feedback") -> urllib3.BaseHTTPResponse:
        url = f"{api.rig.url}/_aws/execute-api/{api.id}/{STAGE}{path}"
        return self._http.request("POST", url, headers={"content-type": "application/json"}, retries=False)

    def statuses(self, api: Api, count: int, path: str = "/feedback") -> list[int]:
        return [self.post(api, path).status for _ in range(count)]


def tick(rig: Rig, until: str) -> None:
    answer = rig.http.request("POST", f"{rig.url}/_rapid/tick", json={"until": until})
    assert answer.status == 200, answer.data


@as_limited
def test_an_address_past_the_limit_is_held_back_and_others_are_not(api: Api) -> None:
    protect(api, rule())
    eager, other = Sender(), Sender()
    assert eager.statuses(api, LIMIT + 3) == [200] * LIMIT + [403] * 3
    assert other.statuses(api, LIMIT) == [200] * LIMIT


@as_limited
def test_what_is_held_back_counts_as_well_until_the_address_sends_less(api: Api) -> None:
    protect(api, rule())
    eager = Sender()
    eager.statuses(api, LIMIT + 1)
    tick(api.rig, "+4m")
    assert eager.statuses(api, LIMIT - 1) == [403] * (LIMIT - 1)
    tick(api.rig, "+2m")
    assert eager.post(api).status == 200


@as_limited
def test_only_what_the_scope_means_is_counted_and_held_back(api: Api) -> None:
    protect(api, rule(path_match()))
    sender = Sender()
    assert sender.statuses(api, LIMIT + 1, "/orders") == [200] * (LIMIT + 1)
    assert sender.statuses(api, LIMIT + 1) == [200] * LIMIT + [403]
    assert sender.post(api, "/orders").status == 200


@pytest.mark.aws("AWS WAF", "Rate-based rules", f"{_REFERENCE}/API_ByteMatchStatement.html")
@pytest.mark.parametrize(
    ("constraint", "path", "is_meant"),
    [
        ("EXACTLY", "/v1/feedback", True),
        ("EXACTLY", "/feedback", False),
        ("STARTS_WITH", "/v1/feed", True),
        ("STARTS_WITH", "/feedback", False),
        ("ENDS_WITH", "/feedback", True),
        ("CONTAINS", "feed", True),
        ("CONTAINS", "FEED", False),
    ],
)
def test_the_path_of_the_uri_begins_with_the_stage(api: Api, constraint: str, path: str, is_meant: bool) -> None:
    protect(api, rule(path_match(path, PositionalConstraint=constraint)))
    assert Sender().statuses(api, LIMIT + 1)[-1] == (403 if is_meant else 200)


@pytest.mark.parametrize("written", ["/feedback/", "/%66eedback", "/feedback?a=1"])
def test_a_path_written_another_way_goes_past_no_limit(api: Api, written: str) -> None:
    protect(api, rule(path_match()))
    sender = Sender()
    sender.statuses(api, LIMIT)
    assert sender.post(api, written).status == 403
    assert sender.post(api, written).json() == {"message": "Forbidden"}


@pytest.mark.aws("AWS WAF", "Rate-based rules", ANY_OF)
def test_an_address_is_counted_over_all_paths_that_a_rule_names(api: Api) -> None:
    protect(api, rule({"OrStatement": {"Statements": [path_match(), path_match("/survey")]}}))
    sender = Sender()
    sender.statuses(api, LIMIT - 1)
    assert sender.statuses(api, 2, "/survey") == [200, 403]
    assert sender.post(api, "/orders").status == 200


@pytest.mark.aws("AWS WAF", "Web ACLs of API Gateway's stages", FIRST)
def test_it_comes_before_keys_and_before_whether_there_is_such_a_path(rig: Rig) -> None:
    guarded = {"/feedback": {"post": {**mocked(), "security": [{"api_key": []}]}}}
    scheme = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    api = rig.api(document(guarded, components={"securitySchemes": scheme}))
    protect(api, rule())
    sender = Sender()
    assert {*sender.statuses(api, LIMIT // 2), *sender.statuses(api, LIMIT // 2, "/nowhere")} == {403}
    for path in ("/feedback", "/nowhere"):
        held = sender.post(api, path)
        assert (held.json(), held.headers["x-amzn-ErrorType"]) == ({"message": "Forbidden"}, "ForbiddenException")


@pytest.mark.aws("AWS WAF", "Web ACLs of API Gateway's stages", RESPONSES)
def test_the_api_words_the_answer_to_what_is_held_back(rig: Rig) -> None:
    worded = {
        "statusCode": "429",
        "responseParameters": {"gatewayresponse.header.Retry-After": "'60'"},
        "responseTemplates": {"application/json": '{"message": "Too much", "id": "$context.extendedRequestId"}'},
    }
    extension = {"x-amazon-apigateway-gateway-responses": {"WAF_FILTERED": worded}}
    api = rig.api(document(paths("/feedback"), **extension))
    protect(api, rule())
    sender = Sender()
    sender.statuses(api, LIMIT)
    held = sender.post(api)
    assert (held.status, held.headers["Retry-After"]) == (429, "60")
    assert held.json() == {"message": "Too much", "id": held.headers["x-amz-apigw-id"]}
    [billed] = [it.quantity for it in METER if (it.resource.name, it.price_id) == (api.id, "api_gateway_requests")]
    assert billed == LIMIT + 1


@pytest.mark.aws("AWS WAF", "Rate-based rules", CAVEATS)
def test_other_settings_of_a_rate_begin_to_count_anew_and_the_same_go_on(api: Api) -> None:
    made = protect(api, rule(path_match()))
    sender = Sender()
    sender.statuses(api, LIMIT)
    update(api.rig, made, {**rule(path_match()), "Priority": 7})
    assert sender.post(api).status == 403
    update(api.rig, made, rule(path_match(), Limit=LIMIT + 1))
    assert sender.post(api).status == 200


@pytest.mark.aws("AWS WAF", "Web ACLs", WEB_ACL)
def test_rules_are_asked_in_the_order_of_their_priorities(api: Api) -> None:
    first = {**rule(Limit=LIMIT), "Name": "first", "Priority": 1}
    protect(api, {**rule(Limit=LIMIT * 2), "Priority": 2}, first)
    sender = Sender()
    sender.statuses(api, LIMIT * 3)
    tick(api.rig, "+6m")
    assert sender.statuses(api, LIMIT + 1) == [200] * LIMIT + [403]


@pytest.mark.aws("AWS WAF", "Web ACLs", f"{_REFERENCE}/API_UpdateWebACL.html")
def test_an_update_leaves_no_rule_that_it_does_not_name_and_needs_the_newest_lock(api: Api) -> None:
    made = protect(api, rule())
    with pytest.raises(ClientError, match="WAFOptimisticLockException"):
        api.rig.aws("wafv2").update_web_acl(
            Name=made["Name"],
            Id=made["Id"],
            Scope="REGIONAL",
            LockToken=str(uuid.uuid4()),
            DefaultAction={"Allow": {}},
            VisibilityConfig=COUNTED,
        )
    update(api.rig, made)
    assert Sender().statuses(api, LIMIT + 1)[-1] == 200


@pytest.mark.aws("AWS WAF", "Web ACLs of API Gateway's stages", ASSOCIATE)
def test_a_stage_has_one_web_acl_the_last(api: Api) -> None:
    waf = api.rig.aws("wafv2")
    first = protect(api, rule())
    second = protect(api, rule(path_match("/nowhere")))
    assert Sender().statuses(api, LIMIT + 1)[-1] == 200
    assert waf.get_web_acl_for_resource(ResourceArn=stage_arn(api))["WebACL"]["ARN"] == second["ARN"]
    waf.delete_web_acl(Name=first["Name"], Id=first["Id"], Scope="REGIONAL", LockToken=first["LockToken"])
    stage = api.rig.aws("apigateway").get_stage(restApiId=api.id, stageName=STAGE)
    assert stage["webAclArn"] == second["ARN"]


@pytest.mark.aws("AWS WAF", "Web ACLs of API Gateway's stages", f"{_REFERENCE}/API_DeleteWebACL.html")
def test_a_web_acl_is_deleted_once_it_protects_nothing(api: Api) -> None:
    waf, made = api.rig.aws("wafv2"), protect(api, rule())
    place = {"Name": made["Name"], "Id": made["Id"], "Scope": "REGIONAL", "LockToken": made["LockToken"]}
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        waf.delete_web_acl(**place)
    waf.disassociate_web_acl(ResourceArn=stage_arn(api))
    assert Sender().statuses(api, LIMIT + 1)[-1] == 200
    waf.delete_web_acl(**place)


def test_a_web_acl_of_a_stage_that_is_gone_can_be_deleted(api: Api) -> None:
    made = protect(api, rule())
    api.rig.aws("apigateway").delete_rest_api(restApiId=api.id)
    api.rig.aws("wafv2").delete_web_acl(Name=made["Name"], Id=made["Id"], Scope="REGIONAL", LockToken=made["LockToken"])


@pytest.mark.aws("AWS WAF", "Web ACLs of API Gateway's stages", ASSOCIATE)
def test_a_stage_that_does_not_exist_cannot_be_protected(api: Api) -> None:
    made = make(api.rig, rule())
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        api.rig.aws("wafv2").associate_web_acl(WebACLArn=made["ARN"], ResourceArn=f"{stage_arn(api)}2")


@pytest.mark.aws("AWS WAF", "Limits", STATEMENT)
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (rule(Limit=2 * 10**9 + 1), "limit' failed to satisfy constraint: .* less than or equal to 2000000000"),
        (rule(EvaluationWindowSec=90), "EvaluationWindowSec must be one of"),
        (rule(path_match("x" * 201)), "1 to 200 bytes"),
        (rule({**path_match(), "NotStatement": {"Statement": path_match()}}), "exactly one value"),
        (rule({"OrStatement": {"Statements": [path_match()]}}), "An OR statement needs"),
    ],
)
def test_what_aws_waf_refuses_of_a_rule_is_refused(rig: Rig, wrong: Any, reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        make(rig, wrong)


@pytest.mark.aws("AWS WAF", "Web ACLs", WEB_ACL)
@pytest.mark.parametrize("field", ["Priority", "Name"])
def test_no_two_rules_have_one_name_or_one_priority(rig: Rig, field: str) -> None:
    other = {"Priority": 1, "Name": "other", field: rule()[field]}
    with pytest.raises(ClientError, match=f"RULE_{field.upper()}"):
        make(rig, rule(), {**rule(), **other})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"Scope": "CLOUDFRONT"}, "the scope CLOUDFRONT"),
        ({"DefaultAction": {"Block": {}}}, "DefaultAction Block"),
        ({"TokenDomains": ["example.com"]}, "TokenDomains"),
        ({"Rules": [rule(action={"Count": {}})]}, "action Count"),
        ({"Rules": [rule(action={"Block": {"CustomResponse": {"ResponseCode": 429}}})]}, "action Block"),
        ({"Rules": [rule(statement={"GeoMatchStatement": {"CountryCodes": ["CH"]}})]}, "GeoMatchStatement"),
        ({"Rules": [rule(AggregateKeyType="CONSTANT")]}, "AggregateKeyType CONSTANT"),
        ({"Rules": [rule({"NotStatement": {"Statement": path_match()}})]}, "NotStatement"),
        ({"Rules": [rule({"AndStatement": {"Statements": [path_match(), path_match("/poc")]}})]}, "AndStatement"),
        ({"Rules": [rule(path_match(FieldToMatch={"Method": {}}))]}, "FieldToMatch Method"),
        ({"Rules": [rule(path_match(PositionalConstraint="CONTAINS_WORD"))]}, "CONTAINS_WORD"),
        (
            {"Rules": [rule(path_match(TextTransformations=[{"Priority": 0, "Type": "LOWERCASE"}]))]},
            "TextTransformation LOWERCASE",
        ),
        ({"Rules": [{**rule(), "RuleLabels": [{"Name": "a"}]}]}, "RuleLabels"),
    ],
)
def test_what_the_local_cloud_does_not_have_of_aws_waf_is_refused_by_name(rig: Rig, wrong: Any, named: str) -> None:
    with pytest.raises(ClientError, match=f"The local cloud does not support .*{named}"):
        make(rig, *wrong.pop("Rules", [rule()]), **wrong)


def test_other_operations_and_other_resources_are_refused_by_name(rig: Rig) -> None:
    waf, made = rig.aws("wafv2"), make(rig, rule())
    with pytest.raises(ClientError, match="does not support AWS WAF's CreateIPSet"):
        waf.create_ip_set(Name="a", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[])
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/1"
    with pytest.raises(ClientError, match="use the ARN of a stage of API Gateway"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=balancer)


@pytest.mark.aws("AWS WAF", "Metrics", METRICS)
def test_what_a_rule_holds_back_is_counted_by_the_names_of_the_metrics(rig: Rig, api: Api) -> None:
    named = {**rule(), "VisibilityConfig": {**COUNTED, "MetricName": rig.name("rule")}}
    protect(api, named)
    Sender().statuses(api, LIMIT + 4)
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    dimensions = {"Region": REGION, "Rule": named["VisibilityConfig"]["MetricName"], "WebACL": "limit"}
    [point] = rig.aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/WAFV2",
        MetricName="BlockedRequests",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - datetime.timedelta(days=2),
        EndTime=now,
        Period=86400 * 3,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Sum"] == 4


def test_the_rules_of_a_web_acl_can_be_read_again(rig: Rig) -> None:
    made = make(rig, rule(path_match()), Tags=[{"Key": "team", "Value": "kitchen"}])
    found = rig.aws("wafv2").get_web_acl(Name=made["Name"], Id=made["Id"], Scope="REGIONAL")["WebACL"]
    assert found["Rules"][0]["Statement"] == rule(path_match())["Statement"]
    tags = rig.aws("wafv2").list_tags_for_resource(ResourceARN=made["ARN"])["TagInfoForResource"]["TagList"]
    assert json.dumps(tags) == '[{"Key": "team", "Value": "kitchen"}]'


@pytest.mark.aws("AWS WAF", "Billing", "https://aws.amazon.com/waf/pricing/")
def test_each_request_that_a_web_acl_looks_at_is_billed_and_the_web_acl_with_its_rules_by_the_month(api: Api) -> None:
    key, made = api.rig.name("tag"), make(api.rig, rule())
    api.rig.aws("wafv2").tag_resource(ResourceARN=made["ARN"], Tags=[{"Key": key, "Value": "x"}])
    Sender().statuses(api, 1)
    api.rig.aws("wafv2").associate_web_acl(WebACLArn=made["ARN"], ResourceArn=stage_arn(api))
    assert Sender().statuses(api, LIMIT + 3)[-3:] == [403] * 3
    Sender().statuses(api, 2, "/orders")
    explorer, today, day = api.rig.aws("ce"), datetime.datetime.now(datetime.UTC).date(), datetime.timedelta(days=1)
    explorer.list_cost_allocation_tags()
    explorer.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])
    # A day may end while this runs.
    days = explorer.get_cost_and_usage(
        TimePeriod={"Start": str(today - day), "End": str(today + day)},
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        Filter={"Tags": {"Key": key, "Values": ["x"]}},
    )["ResultsByTime"]
    used = defaultdict[str, float](float)
    for group in (group for result in days for group in result["Groups"]):
        used[group["Keys"][0]] += float(group["Metrics"]["UsageQuantity"]["Amount"])
    assert used.keys() == {"waf_requests", "waf_rules", "waf_web_acls"}
    assert used["waf_requests"] == LIMIT + 3 + 2
    assert used["waf_rules"] == pytest.approx(used["waf_web_acls"])
