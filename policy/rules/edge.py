"""What guests' browsers load from: distributions of CloudFront, and the headers of their answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of
from .s3 import BUCKET

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
ORIGIN_ACCESS = "aws:cloudfront/originAccessControl:OriginAccessControl"
HEADERS = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"

NEW_TLS = ("TLSv1.2_2025", "TLSv1.3_2025")
"""Security policies for viewers that CloudFront.15 takes."""
_PAGE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
_CLOSED_TLS = {"TLSv1.2"}
_ENCRYPTED = ("https-only", "redirect-to-https")
_UNSAFE_SOURCES = ("*", "'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "data:", "http:", "https:")


def _behaviors(distribution: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each cache behavior with the paths that it is for, empty for all others."""
    yield "", distribution.get("defaultCacheBehavior") or {}
    for behavior in distribution.get("orderedCacheBehaviors") or ():
        yield str(behavior.get("pathPattern")), behavior


def _origins(distribution: Resource, *, custom: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each origin with its name: servers, or else buckets."""
    for origin in distribution.get("origins") or ():
        if bool(origin.get("customOriginConfig")) is custom:
            yield str(origin.get("originId")), origin


@rule(
    "CloudFront.1",
    types=[DISTRIBUTION],
    title="A distribution answers its root with an object, not with a list",
    fix="set default_root_object",
)
def distribution_has_root_object(resource: Resource) -> Faults:
    if not resource.get("defaultRootObject"):
        yield "", "it has no default root object"


@rule(
    "CloudFront.3",
    types=[DISTRIBUTION],
    title="A distribution answers over TLS alone",
    fix="set viewer_protocol_policy redirect-to-https or https-only",
)
def distribution_asks_for_tls(resource: Resource) -> Faults:
    for path, behavior in _behaviors(resource):
        if behavior.get("viewerProtocolPolicy") not in _ENCRYPTED:
            yield path, "it answers without TLS"


@rule(
    "CloudFront.4",
    types=[DISTRIBUTION],
    title="A distribution has a second origin to fail over to",
    fix="give it an origin group with two origins",
)
def distribution_has_failover(resource: Resource) -> Faults:
    if not resource.get("originGroups"):
        yield "", "it has no origin group"


@rule(
    "CloudFront.5", "AwsSolutions-CFR3",
    types=[DISTRIBUTION],
    title="A distribution has an access log",
    fix="set logging_config",
)  # fmt: skip
def distribution_logs_requests(resource: Resource) -> Faults:
    if not resource.get("loggingConfig", "bucket"):
        yield "", "it has no access log"


@rule(
    "CloudFront.6", "AwsSolutions-CFR2",
    types=[DISTRIBUTION],
    title="A web application firewall is in front of a distribution",
    fix="name a web ACL of AWS WAF as web_acl_id",
)  # fmt: skip
def distribution_has_firewall(resource: Resource) -> Faults:
    if not resource.get("webAclId"):
        yield "", "it has none"


@rule(
    "AwsSolutions-CFR1",
    types=[DISTRIBUTION],
    title="A distribution answers in chosen countries alone",
    fix="set a geo restriction",
)
def distribution_names_countries(resource: Resource) -> Faults:
    if resource.get("restrictions", "geoRestriction", "restrictionType") in (None, "none"):
        yield "", "it answers in all countries"


@rule(
    "CloudFront.7",
    types=[DISTRIBUTION],
    title="A distribution has a certificate of its own",
    fix="set the config keys storefront_domain and storefront_certificate_arn",
)
def distribution_has_own_certificate(resource: Resource) -> Faults:
    if not resource.get("viewerCertificate", "acmCertificateArn"):
        yield "", "it has CloudFront's certificate"


@rule(
    "CloudFront.8",
    types=[DISTRIBUTION],
    title="A distribution tells its certificate by the name that a browser asks for",
    fix="set ssl_support_method sni-only",
)
def distribution_uses_sni(resource: Resource) -> Faults:
    certificate = resource.get("viewerCertificate") or {}
    if certificate.get("acmCertificateArn") and certificate.get("sslSupportMethod") != "sni-only":
        yield "", "it would have addresses of its own, at $600 a month"


@rule(
    "CloudFront.15", "AwsSolutions-CFR4",
    types=[DISTRIBUTION],
    title="A distribution speaks no old TLS",
    fix=f"with a certificate of its own, set minimum_protocol_version {' or '.join(NEW_TLS)}",
)  # fmt: skip
def distribution_speaks_new_tls(resource: Resource) -> Faults:
    certificate = resource.get("viewerCertificate") or {}
    if not certificate.get("acmCertificateArn"):
        yield "certificate of CloudFront", "CloudFront takes TLSv1 with it, whatever is set"
    elif certificate.get("minimumProtocolVersion") not in NEW_TLS:
        yield "", f"its minimum is {certificate.get('minimumProtocolVersion')}"


@rule(
    "CloudFront.9", "CloudFront.10", "AwsSolutions-CFR5",
    types=[DISTRIBUTION],
    title="A distribution asks servers behind it over TLS 1.2",
    fix="set origin_protocol_policy https-only and origin_ssl_protocols TLSv1.2",
)  # fmt: skip
def distribution_asks_servers_over_tls(resource: Resource) -> Faults:
    for name, origin in _origins(resource, custom=True):
        config = origin["customOriginConfig"]
        if config.get("originProtocolPolicy") != "https-only":
            yield name, "it is asked without TLS"
        elif set(config.get("originSslProtocols") or ()) != _CLOSED_TLS:
            yield name, "it is asked over old TLS"


@rule(
    "CloudFront.12",
    types=[DISTRIBUTION],
    title="A distribution's bucket is one of the program",
    fix="take the domain name from a bucket of the program: whoever makes a bucket of a free name answers for us",
)
def distribution_reads_own_bucket(resource: Resource, stack: Stack) -> Faults:
    made_of = set(resource.sources.get("origins", ()))
    own = any(it.type == BUCKET and it.urn in made_of for it in stack.resources)
    for name, _origin in _origins(resource, custom=False):
        if not own:
            yield name, "no bucket of the program is behind it"


@rule(
    "CloudFront.13", "AwsSolutions-CFR7",
    types=[DISTRIBUTION],
    title="A distribution signs what it asks of a bucket, which nobody else may read",
    fix="name an OriginAccessControl as origin_access_control_id",
)  # fmt: skip
def distribution_signs_requests(resource: Resource) -> Faults:
    for name, origin in _origins(resource, custom=False):
        if not origin.get("originAccessControlId"):
            yield name, "it has no origin access control"


@rule(
    f"{_PAGE}/private-content-restricting-access-to-s3.html",
    types=[ORIGIN_ACCESS],
    title="An origin access control signs every request",
    fix="set signing_behavior always and signing_protocol sigv4",
)
def origin_access_signs_always(resource: Resource) -> Faults:
    if (resource.get("signingBehavior"), resource.get("signingProtocol")) != ("always", "sigv4"):
        yield "", "a viewer's own Authorization header could stand in place of the signature, or none"


@rule(
    f"{_PAGE}/adding-response-headers.html",
    types=[DISTRIBUTION],
    title="All answers of a distribution have the headers of a policy",
    fix="name a ResponseHeadersPolicy as response_headers_policy_id of each cache behavior",
)
def distribution_sets_headers(resource: Resource) -> Faults:
    for path, behavior in _behaviors(resource):
        if not behavior.get("responseHeadersPolicyId"):
            yield path, "it has no response headers policy"


@rule(
    f"{_PAGE}/understanding-response-headers-policies.html",
    types=[HEADERS],
    title="Pages may load and run what the program put there, nothing else, and nobody may frame them",
    fix="set a content security policy that begins with default-src 'none' and names no * and no unsafe source, "
    "with frame-ancestors 'none', base-uri 'none'; HSTS for a year, nosniff, a referrer policy; override each",
)
def headers_are_strict(resource: Resource) -> Faults:
    config = resource.get("securityHeadersConfig") or {}
    policy = resource.get("securityHeadersConfig", "contentSecurityPolicy", "contentSecurityPolicy")
    directives = _directives(str(policy or ""))
    for name in ("default-src", "base-uri", "frame-ancestors"):
        if directives.get(name) != ["'none'"]:
            yield name, "it is not 'none'"
    for name, sources in directives.items():
        for source in sources:
            if source in _UNSAFE_SOURCES:
                yield name, f"it allows {source}"
    if (config.get("strictTransportSecurity") or {}).get("accessControlMaxAgeSec", 0) < 31_536_000:
        yield "strictTransportSecurity", "browsers do not remember for a year to ask over TLS"
    for name in ("contentTypeOptions", "referrerPolicy"):
        if not config.get(name):
            yield name, "it is not set"
    for name, entry in config.items():
        if entry and not entry.get("override"):
            yield name, "an object's own header would win"


def _directives(policy: str) -> dict[str, list[str]]:
    found = (words.split() for words in policy.split(";"))
    return {words[0].lower(): words[1:] for words in found if words}


RULES = rules_of(globals())
