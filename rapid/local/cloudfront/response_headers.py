"""What a response headers policy does to the headers that a guest gets.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import Headers

from .checks import SECURITY_HEADERS
from .registry import items


def apply(headers: Headers, policy: Mapping[str, Any]) -> None:
    """Remove, then add; what the origin sent stays where the policy does not override it."""
    for removed in items(policy.get("RemoveHeadersConfig")):
        headers.remove(removed["Header"])
    for name, value, overrides in _added(policy):
        if overrides or name not in headers:
            headers[name] = value


def _added(policy: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for setting, values in (policy.get("SecurityHeadersConfig") or {}).items():
        yield SECURITY_HEADERS[setting], _value(setting, values), values["Override"]
    for custom in items(policy.get("CustomHeadersConfig")):
        yield custom["Header"], custom["Value"], custom["Override"]


def _value(setting: str, values: Mapping[str, Any]) -> str:
    match setting:
        case "ContentSecurityPolicy":
            return str(values["ContentSecurityPolicy"])
        case "ContentTypeOptions":
            return "nosniff"
        case "FrameOptions":
            return str(values["FrameOption"])
        case "ReferrerPolicy":
            return str(values["ReferrerPolicy"])
        case "StrictTransportSecurity":
            parts = [f"max-age={values['AccessControlMaxAgeSec']}"]
            parts += ["includeSubDomains"] if values.get("IncludeSubdomains") else []
            return "; ".join(parts + (["preload"] if values.get("Preload") else []))
    parts = ["1" if values["Protection"] else "0"]
    parts += ["mode=block"] if values.get("ModeBlock") else []
    return "; ".join(parts + ([f"report={values['ReportUri']}"] if values.get("ReportUri") else []))
