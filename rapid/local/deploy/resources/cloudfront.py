"""CloudFront: distributions, origin access controls, response headers policies.

What makes a replacement: internal/service/cloudfront/distribution.go, origin_access_control.go and
response_headers_policy.go.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule

HOSTED_ZONE_ID = "Z2FDTNDATAQYW2"
"""That of every distribution: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"""
# Those of the provider: internal/service/cloudfront/distribution.go.
_DEFAULTS = {"comment": "", "httpVersion": "http2", "isIpv6Enabled": False, "priceClass": "PriceClass_All"}
_BEHAVIOR = {
    "allowedMethods": "AllowedMethods",
    "cachedMethods": "AllowedMethods.CachedMethods",
    "defaultTtl": "DefaultTTL",
    "maxTtl": "MaxTTL",
    "minTtl": "MinTTL",
}
_RENAMES: Mapping[str, str] = {
    "customErrorResponses.errorCachingMinTtl": "ErrorCachingMinTTL",
    **{
        f"{property_}.{name}": member
        for property_ in ("defaultCacheBehavior", "orderedCacheBehaviors")
        for name, member in _BEHAVIOR.items()
    },
    "loggingConfig": "Logging",
    "orderedCacheBehaviors": "CacheBehaviors",
    "origins.customHeaders.name": "HeaderName",
    "origins.customHeaders.value": "HeaderValue",
    "origins.originId": "Id",
    "restrictions.geoRestriction.locations": "Items",
}


def _distribution(work: Creation) -> dict[str, Any]:
    """All of a distribution's configuration, as the provider completes it."""
    config = work.convert("UpdateDistribution.DistributionConfig", {**_DEFAULTS, **work.rest()}, _RENAMES)
    for source in config.get("Origins", {}).get("Items", []):
        if not source.keys() & {"CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig"}:
            source["S3OriginConfig"] = {"OriginAccessIdentity": ""}
    for behavior in (config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])):
        behavior.setdefault("Compress", False)
    certificate = config.get("ViewerCertificate", {})
    if certificate.get("ACMCertificateArn"):
        certificate.pop("CloudFrontDefaultCertificate", None)
    locations = config["Restrictions"]["GeoRestriction"]
    locations["Quantity"] = len(locations.get("Items", []))
    return config


def _create_distribution(creation: Creation) -> Created:
    given = _tags(creation.take_object("tags"))
    config = {"CallerReference": f"pulumi-{uuid.uuid4()}", **_distribution(creation)}
    answer = creation.call(
        "CreateDistributionWithTags", DistributionConfigWithTags={"DistributionConfig": config, "Tags": given}
    )
    made = answer["Distribution"]
    outputs = {
        "arn": made["ARN"],
        "callerReference": config["CallerReference"],
        "domainName": made["DomainName"],
        "hostedZoneId": HOSTED_ZONE_ID,
        "status": made["Status"],
    }
    return Created(made["Id"], outputs)


def _update_distribution(update: Update) -> None:
    config = {"CallerReference": update.before("callerReference"), **_distribution(update)}
    found = update.call("GetDistributionConfig", Id=update.id)
    update.call("UpdateDistribution", Id=update.id, IfMatch=found["ETag"], DistributionConfig=config)


def _update_tags(update: Update) -> None:
    arn, before, after = update.before("arn"), update.inputs_before.get("tags") or {}, update.take_object("tags")
    gone = sorted({*before} - {*after})
    if gone:
        update.call("UntagResource", Resource=arn, TagKeys={"Items": gone})
    if after:
        update.call("TagResource", Resource=arn, Tags=_tags(after))


def _tags(given: Mapping[str, str]) -> dict[str, Any]:
    return {"Items": [{"Key": key, "Value": value} for key, value in given.items()]}


def _delete_distribution(deletion: Deletion) -> None:
    """A distribution is disabled first, as the provider does it."""
    found = deletion.call("GetDistributionConfig", Id=deletion.id)
    if not found:
        return
    if found["DistributionConfig"]["Enabled"]:
        config = {**found["DistributionConfig"], "Enabled": False}
        found = deletion.call("UpdateDistribution", Id=deletion.id, IfMatch=found["ETag"], DistributionConfig=config)
    if deletion.value("retainOnDelete"):
        return
    deletion.call("DeleteDistribution", Id=deletion.id, IfMatch=found["ETag"])


def _find_distribution(made: Deletion) -> list[str]:
    """One that was made has the same comment and origins; AWS makes up all else by which it is known."""
    wanted = sorted(each["domainName"] for each in made.value("origins"))
    return [
        each["Id"]
        for each in made.call("ListDistributions").get("DistributionList", {}).get("Items", [])
        if each["Comment"] == (made.value("comment") or "")
        and sorted(source["DomainName"] for source in each["Origins"]["Items"]) == wanted
    ]


def _listed_plainly(properties: dict[str, Any]) -> dict[str, Any]:
    """Lists that the provider has within an object of their own."""
    for name in ("customHeadersConfig", "removeHeadersConfig"):
        if isinstance(properties.get(name), Mapping):
            properties[name] = properties[name].get("items", [])
    return properties


def _part(token: str, arn_type: str, max_name: int, listing: str) -> ResourceType:
    """The row of a kind that distributions are configured with: each is one structure, changed as a whole."""
    kind = token.rpartition(":")[2]
    config = f"{kind}Config"

    def converted(work: Creation) -> dict[str, Any]:
        work.take("etag")
        return {config: work.convert(f"Create{kind}.{config}", _listed_plainly(work.rest()))}

    def create(creation: Creation) -> Created:
        answer = creation.call(f"Create{kind}", **converted(creation))
        id_ = answer[kind]["Id"]
        return Created(id_, {"arn": f"arn:aws:cloudfront::{ACCOUNT_ID}:{arn_type}/{id_}", "etag": answer["ETag"]})

    def update(work: Update) -> None:
        before = work.call(f"Get{kind}", Id=work.id)
        work.call(f"Update{kind}", Id=work.id, IfMatch=before["ETag"], **converted(work))

    def delete(deletion: Deletion) -> None:
        found = deletion.call(f"Get{kind}", Id=deletion.id)
        if found:
            deletion.call(f"Delete{kind}", Id=deletion.id, IfMatch=found["ETag"])

    def find(made: Deletion) -> list[str]:
        (answer,) = (value for value in made.call(listing).values() if "Quantity" in value)
        listed = (item.get(kind, item) for item in answer.get("Items", []))
        return [item["Id"] for item in listed if item.get(config, item)["Name"] == made.value("name")]

    return ResourceType(token, "cloudfront", create, delete, AutoName(max_name), update=update, find=find)


ROWS = (
    ResourceType(
        "aws:cloudfront/distribution:Distribution",
        "cloudfront",
        _create_distribution,
        _delete_distribution,
        replace_on=("staging",),
        updates=(UpdateRule(("tags",), _update_tags),),
        update=_update_distribution,
        end_only=("retainOnDelete", "waitForDeployment"),
        find=_find_distribution,
    ),
    _part(
        "aws:cloudfront/originAccessControl:OriginAccessControl",
        "origin-access-control",
        64,
        "ListOriginAccessControls",
    ),
    _part(
        "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        "response-headers-policy",
        128,
        "ListResponseHeadersPolicies",
    ),
)
