"""What every answer of the storefront tells browsers: where a page may load from and send to, and nothing else."""

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_aws as aws

from components.storefront.sending import Way, origins

HSTS_SECONDS = 63_072_000
"""Two years, as https://hstspreload.org asks for."""

_NO_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "publickey-credentials-get", "usb")
"""What a page of ours never asks a guest for."""


def response_headers(
    name: str, ways: pulumi.Output[dict[str, Way]], opts: pulumi.ResourceOptions
) -> "aws.cloudfront.ResponseHeadersPolicy":
    """The headers of all answers; each stands in place of what an object itself would say.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    """
    return aws.cloudfront.ResponseHeadersPolicy(
        f"{name}-headers",
        comment="Pages load from the storefront alone",
        security_headers_config={
            "content_security_policy": {"content_security_policy": ways.apply(_policy), "override": True},
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": "DENY", "override": True},
            "referrer_policy": {"referrer_policy": "no-referrer", "override": True},
            "strict_transport_security": {"access_control_max_age_sec": HSTS_SECONDS, "override": True},
        },
        custom_headers_config={
            "items": [
                _header("Permissions-Policy", ", ".join(f"{feature}=()" for feature in _NO_FEATURES)),
                _header("Cross-Origin-Opener-Policy", "same-origin"),
                _header("Cross-Origin-Resource-Policy", "same-origin"),
            ]
        },
        opts=opts,
    )


def content_security_policy(connect_to: Iterable[str]) -> str:
    """The policy of pages that send to some origins: https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(("connect-src 'self'", *connect_to)),
            "manifest-src 'self'",
            "worker-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _policy(ways: Mapping[str, Way]) -> str:
    return content_security_policy(origins(ways))


def _header(name: str, value: str) -> "aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArgsDict":
    return {"header": name, "value": value, "override": True}
