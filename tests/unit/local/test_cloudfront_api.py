"""CloudFront's API: what it takes, what it refuses, and what the local cloud does not support."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rapid.local.cloud import LocalCloud

from .cloud_rig import REGION, Rig, policy
from .cloudfront_rig import Site, behavior, listed
from .signing import signed

REFERENCE = "https://docs.aws.amazon.com/cloudfront/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
LIMITS_PAGE = f"{GUIDE}/cloudfront-limits.html"


@pytest.fixture(scope="module")
def site(rig: Rig) -> Site:
    return Site(rig)


def refused(call: Any, *arguments: Any, **members: Any) -> tuple[str, str]:
    """The code and the message of a call that must be refused."""
    with pytest.raises(ClientError) as error:
        call(*arguments, **members)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.mark.aws("CloudFront", "Distributions", f"{REFERENCE}/API_GetDistribution.html")
def test_a_distribution_is_answered_as_it_was_made_with_what_was_not_said(site: Site) -> None:
    found = site.cloudfront.get_distribution(Id=site.id)["Distribution"]
    config = found["DistributionConfig"]
    assert (found["Status"], found["ARN"]) == ("Deployed", f"arn:aws:cloudfront::123456789012:distribution/{site.id}")
    assert config["Origins"]["Items"][0]["OriginAccessControlId"] == site.control
    assert (config["PriceClass"], config["HttpVersion"], config["Aliases"]) == ("PriceClass_All", "http2", listed())
    assert site.cloudfront.get_distribution_config(Id=site.id)["DistributionConfig"] == config
    summaries = site.cloudfront.list_distributions()["DistributionList"]["Items"]
    assert [item["DomainName"] for item in summaries if item["Id"] == site.id] == [site.host]


@pytest.mark.aws("CloudFront", "Distributions", f"{REFERENCE}/API_UpdateDistribution.html")
def test_an_update_wants_the_etag_of_the_latest_configuration(site: Site) -> None:
    update = site.cloudfront.update_distribution
    before = site.cloudfront.get_distribution_config(Id=site.id)
    changed = {**before["DistributionConfig"], "Comment": "changed"}
    assert refused(update, Id=site.id, DistributionConfig=changed)[0] == "InvalidIfMatchVersion"
    after = update(Id=site.id, IfMatch=before["ETag"], DistributionConfig=changed)
    assert (after["Distribution"]["DistributionConfig"]["Comment"], after["ETag"] == before["ETag"]) == (
        "changed",
        False,
    )
    assert refused(update, Id=site.id, IfMatch=before["ETag"], DistributionConfig=changed)[0] == "PreconditionFailed"
    other = {**changed, "CallerReference": "another"}
    assert refused(update, Id=site.id, IfMatch=after["ETag"], DistributionConfig=other)[0] == "IllegalUpdate"


@pytest.mark.aws("CloudFront", "Distributions", f"{REFERENCE}/API_DeleteDistribution.html")
def test_a_distribution_is_disabled_before_it_is_deleted_and_what_it_used_goes_after_it(rig: Rig) -> None:
    site = Site(rig)
    cloudfront = site.cloudfront
    control = cloudfront.get_origin_access_control(Id=site.control)
    assert refused(cloudfront.delete_distribution, Id=site.id, IfMatch=etag(site))[0] == "DistributionNotDisabled"
    in_use = refused(cloudfront.delete_origin_access_control, Id=site.control, IfMatch=control["ETag"])
    assert in_use[0] == "OriginAccessControlInUse"
    site.change(Enabled=False)
    cloudfront.delete_distribution(Id=site.id, IfMatch=etag(site))
    assert refused(cloudfront.get_distribution, Id=site.id)[0] == "NoSuchDistribution"
    cloudfront.delete_origin_access_control(Id=site.control, IfMatch=control["ETag"])
    assert refused(cloudfront.get_origin_access_control, Id=site.control)[0] == "NoSuchOriginAccessControl"


def etag(site: Site) -> str:
    return str(site.cloudfront.get_distribution(Id=site.id)["ETag"])


@pytest.mark.aws("CloudFront", "Distributions", f"{REFERENCE}/API_CreateDistribution.html")
def test_what_a_distribution_names_must_be_there(rig: Rig, site: Site) -> None:
    wrong = {
        "NoSuchOrigin": {"DefaultCacheBehavior": behavior(TargetOriginId="other")},
        "InvalidOriginAccessControl": {"Origins": listed(site.origin(OriginAccessControlId="ENOSUCH"))},
        "NoSuchResponseHeadersPolicy": {"DefaultCacheBehavior": behavior(ResponseHeadersPolicyId="none")},
        "NoSuchCachePolicy": {"DefaultCacheBehavior": behavior(CachePolicyId="none")},
        "InconsistentQuantities": {"Origins": {"Quantity": 2, "Items": [site.origin()]}},
        "InvalidDefaultRootObject": {"DefaultRootObject": "/index.html"},
        "InvalidArgument": {"CustomErrorResponses": listed({"ErrorCode": 403, "ResponsePagePath": "/not-found"})},
        "DistributionAlreadyExists": {"CallerReference": site.config["CallerReference"]},
    }
    for code, settings in wrong.items():
        config = {**site.config, "CallerReference": rig.name("reference"), **settings}
        assert refused(site.cloudfront.create_distribution, DistributionConfig=config)[0] == code


@pytest.mark.aws("CloudFront", "Distributions", f"{GUIDE}/CNAMEs.html")
def test_an_alias_needs_a_certificate_of_us_east_1_and_belongs_to_one_distribution(rig: Rig) -> None:
    def made(name: str, arn: str) -> Site:
        certificate = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"} if arn else {}
        return Site(rig, Aliases=listed(name), ViewerCertificate=certificate)

    good = "arn:aws:acm:us-east-1:123456789012:certificate/0b9b0b2a-1c3f"
    made("a.example.com", good)
    assert refused(made, "b.example.com", "")[0] == "InvalidViewerCertificate"
    assert refused(made, "b.example.com", good.replace("us-east-1", "eu-central-1"))[0] == "InvalidViewerCertificate"
    assert refused(made, "a.example.com", good)[0] == "CNAMEAlreadyExists"


@pytest.mark.aws("CloudFront", "Distributions", f"{REFERENCE}/API_TagResource.html")
def test_tags_are_added_and_taken(rig: Rig, site: Site) -> None:
    tag = {"Items": [{"Key": "team", "Value": "kitchen"}, {"Key": "cost", "Value": "1"}]}
    site.cloudfront.tag_resource(Resource=site.arn, Tags=tag)
    site.cloudfront.untag_resource(Resource=site.arn, TagKeys={"Items": ["cost"]})
    assert site.cloudfront.list_tags_for_resource(Resource=site.arn)["Tags"]["Items"] == tag["Items"][:1]
    assert refused(site.cloudfront.list_tags_for_resource, Resource=f"{site.arn}x")[0] == "NoSuchResource"


@pytest.mark.aws("CloudFront", "Response headers policies", f"{REFERENCE}/API_CreateResponseHeadersPolicy.html")
def test_policies_have_names_of_their_own_and_stay_while_they_are_used(rig: Rig) -> None:
    cloudfront = rig.aws("cloudfront")
    config = {"Name": "frames", "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    id_ = made["ResponseHeadersPolicy"]["Id"]
    again = refused(cloudfront.create_response_headers_policy, ResponseHeadersPolicyConfig=config)
    assert again[0] == "ResponseHeadersPolicyAlreadyExists"
    site = Site(rig, DefaultCacheBehavior=behavior(ResponseHeadersPolicyId=id_))
    used = refused(cloudfront.delete_response_headers_policy, Id=id_, IfMatch=made["ETag"])
    assert used[0] == "ResponseHeadersPolicyInUse"
    site.change(DefaultCacheBehavior=behavior())
    cloudfront.delete_response_headers_policy(Id=id_, IfMatch=made["ETag"])
    listed_now = cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]
    assert id_ not in json.dumps(listed_now, default=str)


@pytest.mark.aws("CloudFront", "Limits", LIMITS_PAGE)
@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (
            {
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "x" * 1784}
                }
            },
            "TooLongCSPInResponseHeadersPolicy",
        ),
        (
            {
                "CustomHeadersConfig": listed(
                    *({"Header": f"x-{number}", "Value": "1", "Override": True} for number in range(11))
                )
            },
            "TooManyCustomHeadersInResponseHeadersPolicy",
        ),
        (
            {"RemoveHeadersConfig": listed(*({"Header": f"x-{number}"} for number in range(11)))},
            "TooManyRemoveHeadersInResponseHeadersPolicy",
        ),
        (
            {
                "CustomHeadersConfig": listed(
                    {"Header": "content-security-policy", "Value": "default-src *", "Override": True}
                )
            },
            "InvalidArgument",
        ),
    ],
)
def test_a_policy_has_at_most_ten_headers_of_its_own_and_a_short_content_policy(
    rig: Rig, settings: dict[str, Any], code: str
) -> None:
    create = rig.aws("cloudfront").create_response_headers_policy
    assert refused(create, ResponseHeadersPolicyConfig={"Name": "limits", **settings})[0] == code


@pytest.mark.aws(
    "CloudFront",
    "Permissions",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html",
)
def test_a_role_invalidates_the_distribution_that_its_policy_names_and_no_other(rig: Rig, site: Site) -> None:
    other = Site(rig)
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "cloudfront:CreateInvalidation", "Resource": site.arn}
    iam = rig.aws("iam")
    arn = iam.create_role(RoleName="invalidates", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="invalidates", PolicyName="all", PolicyDocument=policy(allowed))
    keys = rig.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    cloudfront = boto3.client(
        "cloudfront",
        region_name=REGION,
        endpoint_url=rig.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    batch = {"CallerReference": "by-role", "Paths": listed("/*")}
    assert cloudfront.create_invalidation(DistributionId=site.id, InvalidationBatch=batch)["Invalidation"]
    denied = refused(cloudfront.create_invalidation, DistributionId=other.id, InvalidationBatch=batch)
    assert denied[0] == "AccessDenied"
    assert f"cloudfront:CreateInvalidation on resource: {other.arn}" in denied[1]
    assert refused(cloudfront.get_distribution, Id=site.id)[0] == "AccessDenied"


@pytest.mark.aws("CloudFront", "Permissions", "https://docs.aws.amazon.com/general/latest/gr/cf_region.html")
def test_requests_are_signed_for_us_east_1_wherever_the_stack_is() -> None:
    with LocalCloud(0, "eu-central-1") as cloud:
        assert cloud.clients.client("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 0


def test_what_is_no_xml_is_refused(rig: Rig) -> None:
    url = f"{rig.url}/2020-05-31/origin-access-control"
    answer = rig.http.request("POST", url, headers=signed("cloudfront", "POST", url, body=b"<no"), body=b"<no")
    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.data) == (400, True)


def test_what_the_local_cloud_lacks_of_cloudfront_is_named(rig: Rig, site: Site) -> None:
    elsewhere = {
        "Id": "site",
        "DomainName": "shop.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    edge_function = {
        "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:a:1",
        "EventType": "viewer-request",
    }
    function = {"FunctionARN": "arn:aws:cloudfront::123456789012:function/a", "EventType": "viewer-request"}
    identity = {"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"}
    methods = listed("GET", "HEAD", "OPTIONS")
    lacking: dict[str, dict[str, Any]] = {
        "CustomOriginConfig of an origin": {"Origins": listed(elsewhere)},
        "the origin site without an origin access control": {"Origins": listed(site.origin(OriginAccessControlId=""))},
        "LambdaFunctionAssociations of a cache": {
            "DefaultCacheBehavior": behavior(LambdaFunctionAssociations=listed(edge_function))
        },
        "FunctionAssociations of a cache": {"DefaultCacheBehavior": behavior(FunctionAssociations=listed(function))},
        "the methods OPTIONS": {"DefaultCacheBehavior": behavior(AllowedMethods=methods)},
        "a cache behavior without CachePolicyId": {"DefaultCacheBehavior": behavior(CachePolicyId="")},
        "origin access identities": {"Origins": listed(site.origin(S3OriginConfig=identity))},
        "the wildcard in the alias *.example.com": {
            "Aliases": listed("*.example.com"),
            "ViewerCertificate": {
                "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
                "SSLSupportMethod": "sni-only",
            },
        },
        "WebACLId of a distribution": {"WebACLId": "arn:aws:wafv2:us-east-1:1:global/webacl/a/b"},
        "Logging of a distribution": {
            "Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""}
        },
        "Restrictions of a distribution": {
            "Restrictions": {"GeoRestriction": {"RestrictionType": "blacklist", **listed("AQ")}}
        },
    }
    for named, settings in lacking.items():
        config = {**site.config, "CallerReference": rig.name("reference"), **settings}
        code, message = refused(site.cloudfront.create_distribution, DistributionConfig=config)
        assert (code, named in message) == ("NotImplemented", True), message
    code, message = refused(site.cloudfront.list_functions)
    assert (code, "CloudFront's ListFunctions" in message) == ("NotImplemented", True)
    with pytest.raises(ClientError, match="origin access controls for lambda"):
        site.access_control(OriginAccessControlOriginType="lambda")
    with pytest.raises(ClientError, match="the signing behavior never"):
        site.access_control(SigningBehavior="never")
