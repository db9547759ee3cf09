"""What CloudFront takes of a configuration, and what of it the local cloud does not support, by name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..service_error import ServiceError, unsupported
from . import managed, origin
from .registry import ACCESS_CONTROL, HEADERS_POLICY, Registry, Resource, items

MAX_CUSTOM_HEADERS, MAX_REMOVED_HEADERS, MAX_CSP_CHARACTERS = 10, 10, 1783
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-policies"""
_CERTIFICATE = re.compile(r"arn:aws:acm:us-east-1:\d{12}:certificate/[\w-]+")
_READING = frozenset({"GET", "HEAD"})
# Members of a behavior that must be empty here.
_OF_BEHAVIOR = (
    "FieldLevelEncryptionId",
    "ForwardedValues",
    "FunctionAssociations",
    "GrpcConfig",
    "LambdaFunctionAssociations",
    "OriginRequestPolicyId",
    "RealtimeLogConfigArn",
    "SmoothStreaming",
    "TrustedKeyGroups",
    "TrustedSigners",
)
_OF_DISTRIBUTION = (
    "AnycastIpListId",
    "ConnectionFunctionAssociation",
    "ContinuousDeploymentPolicyId",
    "Logging",
    "OriginGroups",
    "Staging",
    "TenantConfig",
    "ViewerMtlsConfig",
    "WebACLId",
)
_OF_ORIGIN = ("CustomHeaders", "CustomOriginConfig", "OriginShield", "VpcOriginConfig")
_OF_HEADERS_POLICY = ("CorsConfig", "ServerTimingHeadersConfig")
# Headers with a setting of their own: a policy does not take them among its custom ones.
SECURITY_HEADERS: Mapping[str, str] = {
    "ContentSecurityPolicy": "Content-Security-Policy",
    "ContentTypeOptions": "X-Content-Type-Options",
    "FrameOptions": "X-Frame-Options",
    "ReferrerPolicy": "Referrer-Policy",
    "StrictTransportSecurity": "Strict-Transport-Security",
    "XSSProtection": "X-XSS-Protection",
}


def quantities(config: Any) -> None:
    """Raises ServiceError where a list is not as long as it says."""
    if isinstance(config, Mapping):
        if "Quantity" in config and config["Quantity"] != len(items(config)):
            raise ServiceError("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
        config = list(config.values())
    if isinstance(config, list):
        for inner in config:
            quantities(inner)


def distribution(config: Mapping[str, Any], others: Sequence[Resource], registry: Registry) -> None:
    """Raises ServiceError for a configuration that is wrong, or that the local cloud does not support."""
    _refuse(config, _OF_DISTRIBUTION, "a distribution")
    if config["Restrictions"]["GeoRestriction"]["RestrictionType"] != "none":
        raise unsupported("Restrictions of a distribution")
    if config["DefaultRootObject"].startswith("/"):
        raise ServiceError("InvalidDefaultRootObject", "The default root object file name is too big or isn't valid.")
    _check_aliases(config, others)
    origins = {each["Id"]: each for each in items(config["Origins"])}
    for each in origins.values():
        _refuse(each, _OF_ORIGIN, "an origin")
        _check_origin(each, registry)
    for behavior in behaviors(config):
        _check_behavior(behavior, origins, registry)
    for response in items(config["CustomErrorResponses"]):
        if bool(response.get("ResponsePagePath")) != bool(response.get("ResponseCode")):
            message = "Your request must specify both ResponsePagePath and ResponseCode together or not at all."
            raise ServiceError("InvalidArgument", message)


def behaviors(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A distribution's cache behaviors, in the order in which a path is held against them; the default is the last."""
    yield from items(config["CacheBehaviors"])
    yield config["DefaultCacheBehavior"]


def uses(config: Mapping[str, Any], resource: Resource) -> bool:
    """Whether a distribution is configured with a resource."""
    if resource.kind is ACCESS_CONTROL:
        return any(each.get("OriginAccessControlId") == resource.id for each in items(config["Origins"]))
    return any(each.get("ResponseHeadersPolicyId") == resource.id for each in behaviors(config))


def access_control(config: Mapping[str, Any]) -> None:
    """As `distribution`, of an origin access control."""
    if config["OriginAccessControlOriginType"] != "s3":
        raise unsupported(f"origin access controls for {config['OriginAccessControlOriginType']}")
    if config["SigningBehavior"] != "always":
        raise unsupported(f"the signing behavior {config['SigningBehavior']} of an origin access control")


def headers_policy(config: Mapping[str, Any]) -> None:
    """As `distribution`, of a response headers policy."""
    _refuse(config, _OF_HEADERS_POLICY, "a response headers policy")
    own = [header["Header"] for header in items(config.get("CustomHeadersConfig"))]
    for name in own:
        if name.lower() in map(str.lower, SECURITY_HEADERS.values()):
            message = f"The parameter CustomHeaders contains {name} that is a security header and cannot be set as"
            raise ServiceError("InvalidArgument", f"{message} custom header.")
    if len(own) > MAX_CUSTOM_HEADERS:
        message = "The number of custom headers in the response headers policy exceeds the maximum."
        raise ServiceError("TooManyCustomHeadersInResponseHeadersPolicy", message)
    if len(items(config.get("RemoveHeadersConfig"))) > MAX_REMOVED_HEADERS:
        message = "The number of headers in RemoveHeadersConfig in the response headers policy exceeds the maximum."
        raise ServiceError("TooManyRemoveHeadersInResponseHeadersPolicy", message)
    csp = (config.get("SecurityHeadersConfig") or {}).get("ContentSecurityPolicy") or {}
    if len(csp.get("ContentSecurityPolicy", "")) > MAX_CSP_CHARACTERS:
        message = "The length of the Content-Security-Policy header value in the response headers policy exceeds the"
        raise ServiceError("TooLongCSPInResponseHeadersPolicy", f"{message} maximum.")


def _check_aliases(config: Mapping[str, Any], others: Sequence[Resource]) -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements"""
    certificate = config["ViewerCertificate"].get("ACMCertificateArn")
    aliases = items(config["Aliases"])
    if config["ViewerCertificate"].get("IAMCertificateId"):
        raise unsupported("IAMCertificateId of a viewer certificate")
    if certificate and not _CERTIFICATE.fullmatch(certificate):
        message = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't"
        raise ServiceError("InvalidViewerCertificate", f"{message} include a valid certificate chain.")
    if aliases and not certificate:
        message = (
            "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
            "certificate that validates your authorization to use the domain name."
        )
        raise ServiceError("InvalidViewerCertificate", message)
    for alias in aliases:
        if "*" in alias:
            raise unsupported(f"the wildcard in the alias {alias}")
        if any(alias in other.hosts for other in others):
            message = "One or more of the CNAMEs you provided are already associated with a different resource."
            raise ServiceError("CNAMEAlreadyExists", message, 409)


def _check_origin(config: Mapping[str, Any], registry: Registry) -> None:
    if origin.bucket_of(config["DomainName"]) is None:
        raise unsupported(
            f"the origin {config['DomainName']}: only buckets, as <bucket>.s3.<region>.amazonaws.com, are"
        )
    if (config.get("S3OriginConfig") or {}).get("OriginAccessIdentity"):
        raise unsupported("origin access identities: use an origin access control")
    control = config.get("OriginAccessControlId")
    if not control:
        raise unsupported(f"the origin {config['Id']} without an origin access control")
    if control not in [each.id for each in registry.all(ACCESS_CONTROL)]:
        raise ServiceError("InvalidOriginAccessControl", "The origin access control is not valid.")


def _check_behavior(behavior: Mapping[str, Any], origins: Mapping[str, object], registry: Registry) -> None:
    _refuse(behavior, _OF_BEHAVIOR, "a cache behavior")
    if behavior["TargetOriginId"] not in origins:
        message = "One or more of your origins or origin groups do not exist."
        raise ServiceError("NoSuchOrigin", message, 404)
    methods = set(items(behavior.get("AllowedMethods"))) - _READING
    if methods:
        raise unsupported(f"the methods {', '.join(sorted(methods))} of a cache behavior")
    if not behavior.get("CachePolicyId"):
        raise unsupported("a cache behavior without CachePolicyId")
    managed.cache_policy(behavior["CachePolicyId"])
    if behavior.get("ResponseHeadersPolicyId"):
        registry.find(HEADERS_POLICY, behavior["ResponseHeadersPolicyId"])


def _refuse(config: Mapping[str, Any], names: Sequence[str], of: str) -> None:
    for name in names:
        if _is_set(config.get(name)):
            raise unsupported(f"{name} of {of}")


def _is_set(value: Any) -> bool:
    """Whether a setting says anything: lists come with a length of zero, and much comes switched off."""
    if isinstance(value, Mapping):
        return any(_is_set(inner) for inner in value.values())
    return bool(value)
