"""CloudFront's API: distributions, their origin access controls and response headers policies, invalidations, tags.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/Welcome.html. What was configured is in force at once.
"""

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from werkzeug import Request, Response

from ..billing.meter import METER
from ..billing.meter import Resource as Billed
from ..moto.modelled import ModelledService
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import checks, invalidations
from .cache import Cache
from .registry import ACCESS_CONTROL, DISTRIBUTION, HEADERS_POLICY, KINDS, Kind, Registry, Resource, items, new_id

_API = "https://cloudfront.amazonaws.com/2020-05-31"
_MAX_ITEMS = 100
Members = Mapping[str, Any]
_Operation = Callable[[Members], dict[str, Any]]
# What AWS answers where a distribution was made without it.
_DEFAULTS: Mapping[str, Any] = {
    "Aliases": {"Quantity": 0},
    "DefaultRootObject": "",
    "OriginGroups": {"Quantity": 0},
    "CacheBehaviors": {"Quantity": 0},
    "CustomErrorResponses": {"Quantity": 0},
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "Staging": False,
}
_SUMMARIZED = (
    "Aliases",
    "Origins",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
)


class CloudFrontService:
    """All of the API; an operation that is not here is refused by name."""

    def __init__(self, registry: Registry, cache: Cache) -> None:
        self._model = ModelledService("cloudfront")
        self._registry, self._cache = registry, cache
        self._operations: dict[str, _Operation] = {
            "CreateDistributionWithTags": self._create_with_tags,
            "CreateInvalidation": self._invalidate,
            "GetInvalidation": self._invalidation,
            "ListInvalidations": self._list_invalidations,
            "ListTagsForResource": self._tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }
        for kind in KINDS:
            self._operations |= {
                f"Create{kind.name}": partial(self._create, kind),
                f"Delete{kind.name}": partial(self._delete, kind),
                f"Get{kind.name}": partial(self._get, kind),
                f"Get{kind.config}": partial(self._get_config, kind),
                f"Update{kind.name}": partial(self._update, kind),
            }
        self._operations |= {
            "ListDistributions": self._list_distributions,
            "ListOriginAccessControls": self._list_access_controls,
            "ListResponseHeadersPolicies": self._list_headers_policies,
        }

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name, members = self._model.read(request)
        operation = self._operations.get(name)
        if operation is None:
            raise unsupported(f"CloudFront's {name}")
        with self._registry.lock:
            answer = operation(members)
        return self._model.answer(request, name, answer)

    def _create_with_tags(self, members: Members) -> dict[str, Any]:
        given = members["DistributionConfigWithTags"]
        answer = self._create(DISTRIBUTION, given)
        made = self._registry.find(DISTRIBUTION, answer["Distribution"]["Id"])
        made.tags = {tag["Key"]: tag.get("Value", "") for tag in items(given["Tags"])}
        return answer

    def _create(self, kind: Kind, members: Members) -> dict[str, Any]:
        config = self._checked(kind, members[kind.config], None)
        if kind is DISTRIBUTION:
            reference = config["CallerReference"]
            if any(other.config["CallerReference"] == reference for other in self._registry.all(kind)):
                message = "The caller reference that you are using to create a distribution is associated with another"
                raise ServiceError("DistributionAlreadyExists", f"{message} distribution.", 409)
        made = self._registry.add(kind, config)
        return {**_answer(made), "Location": f"{_API}/{kind.arn_type}/{made.id}"}

    def _get(self, kind: Kind, members: Members) -> dict[str, Any]:
        return _answer(self._registry.find(kind, members["Id"]))

    def _get_config(self, kind: Kind, members: Members) -> dict[str, Any]:
        found = self._registry.find(kind, members["Id"])
        return {kind.config: found.config, "ETag": found.etag}

    def _update(self, kind: Kind, members: Members) -> dict[str, Any]:
        found = self._current(kind, members)
        config = self._checked(kind, members[kind.config], found)
        if kind is DISTRIBUTION and config["CallerReference"] != found.config["CallerReference"]:
            raise ServiceError("IllegalUpdate", "The update contains modifications that are not allowed.")
        self._registry.change(found, config)
        return _answer(found)

    def _delete(self, kind: Kind, members: Members) -> dict[str, Any]:
        found = self._current(kind, members)
        if kind is DISTRIBUTION:
            if found.config["Enabled"]:
                message = "The distribution you are trying to delete has not been disabled."
                raise ServiceError("DistributionNotDisabled", message, 409)
        elif any(checks.uses(other.config, found) for other in self._registry.all(DISTRIBUTION)):
            message = f"Cannot delete the {kind.error_name} because it is attached to one or more distributions."
            raise ServiceError(f"{kind.name}InUse", message, 409)
        self._registry.remove(found)
        return {}

    def _checked(self, kind: Kind, given: Members, before: Resource | None) -> dict[str, Any]:
        """A configuration that may be kept."""
        config = copy.deepcopy({**(_DEFAULTS if kind is DISTRIBUTION else {}), **given})
        checks.quantities(config)
        others = [other for other in self._registry.all(kind) if other is not before]
        if kind is DISTRIBUTION:
            checks.distribution(config, others, self._registry)
            return config
        if kind is ACCESS_CONTROL:
            checks.access_control(config)
        else:
            checks.headers_policy(config)
        if any(other.config["Name"] == config["Name"] for other in others):
            message = f"A {kind.error_name} with this name already exists in this AWS account."
            raise ServiceError(f"{kind.name}AlreadyExists", message, 409)
        return config

    def _current(self, kind: Kind, members: Members) -> Resource:
        """A resource that is as its sender believes. Raises ServiceError if it is not."""
        found = self._registry.find(kind, members["Id"])
        if not members.get("IfMatch"):
            message = "The If-Match version is missing or not valid for the resource."
            raise ServiceError("InvalidIfMatchVersion", message)
        if members["IfMatch"] != found.etag:
            message = (
                "The request failed because it didn't meet the preconditions in one or more request-header fields."
            )
            raise ServiceError("PreconditionFailed", message, 412)
        return found

    def _list_distributions(self, _members: Members) -> dict[str, Any]:
        listed = [
            {**_distribution(found), **{name: found.config[name] for name in _SUMMARIZED}}
            for found in self._registry.all(DISTRIBUTION)
        ]
        return {"DistributionList": {"Marker": "", "IsTruncated": False, **_page(listed)}}

    def _list_access_controls(self, _members: Members) -> dict[str, Any]:
        listed = [{"Id": found.id, "Description": "", **found.config} for found in self._registry.all(ACCESS_CONTROL)]
        return {"OriginAccessControlList": {"Marker": "", "IsTruncated": False, **_page(listed)}}

    def _list_headers_policies(self, _members: Members) -> dict[str, Any]:
        listed = [
            {"Type": "custom", HEADERS_POLICY.name: _answer(found)[HEADERS_POLICY.name]}
            for found in self._registry.all(HEADERS_POLICY)
        ]
        return {"ResponseHeadersPolicyList": _page(listed)}

    def _invalidate(self, members: Members) -> dict[str, Any]:
        distribution, batch = self._distribution(members), members["InvalidationBatch"]
        checks.quantities(batch)
        paths = invalidations.checked(batch["Paths"])
        for made in distribution.invalidations.values():
            if made["InvalidationBatch"]["CallerReference"] == batch["CallerReference"]:
                if items(made["InvalidationBatch"]["Paths"]) != paths:
                    message = (
                        "Your request contains a caller reference that was used for a previous invalidation batch."
                    )
                    raise ServiceError("InvalidArgument", message)
                return _invalidation_answer(distribution, made)
        made = {
            "Id": new_id().replace("E", "I", 1),
            "Status": "Completed",
            "CreateTime": datetime.now(UTC),
            "InvalidationBatch": copy.deepcopy(dict(batch)),
        }
        distribution.invalidations[made["Id"]] = made
        self._cache.invalidate(distribution.id, paths)
        METER.count("cloudfront_invalidations", Billed("cloudfront", distribution.id), len(paths))
        return _invalidation_answer(distribution, made)

    def _invalidation(self, members: Members) -> dict[str, Any]:
        found = self._distribution(members).invalidations.get(members["Id"])
        if found is None:
            raise ServiceError("NoSuchInvalidation", "The specified invalidation does not exist.", 404)
        return {"Invalidation": found}

    def _list_invalidations(self, members: Members) -> dict[str, Any]:
        found = reversed(self._distribution(members).invalidations.values())
        listed = [{name: made[name] for name in ("Id", "CreateTime", "Status")} for made in found]
        return {"InvalidationList": {"Marker": "", "IsTruncated": False, **_page(listed)}}

    def _distribution(self, members: Members) -> Resource:
        return self._registry.find(DISTRIBUTION, members["DistributionId"])

    def _tags(self, members: Members) -> dict[str, Any]:
        tags = self._tagged(members).tags
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}}

    def _tag(self, members: Members) -> dict[str, Any]:
        self._tagged(members).tags |= {tag["Key"]: tag.get("Value", "") for tag in items(members["Tags"])}
        return {}

    def _untag(self, members: Members) -> dict[str, Any]:
        tagged = self._tagged(members)
        tagged.tags = {key: value for key, value in tagged.tags.items() if key not in items(members["TagKeys"])}
        return {}

    def _tagged(self, members: Members) -> Resource:
        for found in self._registry.all(DISTRIBUTION):
            if found.arn == members["Resource"]:
                return found
        raise ServiceError("NoSuchResource", f"A resource that was specified is not valid: {members['Resource']}", 404)


def _answer(found: Resource) -> dict[str, Any]:
    shown: dict[str, Any] = {"Id": found.id, found.kind.config: found.config}
    if found.kind is DISTRIBUTION:
        shown |= {
            **_distribution(found),
            "InProgressInvalidationBatches": 0,
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        }
    elif found.kind is HEADERS_POLICY:
        shown["LastModifiedTime"] = found.modified
    return {found.kind.name: shown, "ETag": found.etag}


def _distribution(found: Resource) -> dict[str, Any]:
    return {
        "Id": found.id,
        "ARN": found.arn,
        "Status": "Deployed",
        "LastModifiedTime": found.modified,
        "DomainName": found.domain_name,
    }


def _page(listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {"MaxItems": max(_MAX_ITEMS, len(listed)), "Quantity": len(listed), "Items": listed}


def _invalidation_answer(distribution: Resource, made: Mapping[str, Any]) -> dict[str, Any]:
    location = f"{_API}/distribution/{distribution.id}/invalidation/{made['Id']}"
    return {"Location": location, "Invalidation": made}
