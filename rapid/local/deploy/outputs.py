"""A stack's outputs as they are of use on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from rapid.local.deploy.deployment import ResourceRecord

_OF_EDGE = re.compile(r"https://(?=[a-z0-9]+\.cloudfront\.localhost[:/])")
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def own_names(resources: Iterable[ResourceRecord]) -> dict[str, str]:
    """The domain names that distributions have here, by each name of their owners', which no resolver knows."""
    distributions = [record for record in resources if record.type == _DISTRIBUTION]
    return {alias: each.outputs["domainName"] for each in distributions for alias in each.inputs.get("aliases") or ()}


def quicksight_here(region: str, endpoint_url: str) -> dict[str, str]:
    """Where QuickSight's pages are here, by the name that they have on AWS.

    https://docs.aws.amazon.com/general/latest/gr/quicksight.html
    """
    return {f"{region}.quicksight.aws.amazon.com": urlsplit(endpoint_url).netloc}


def as_reached_here(value: Any, named: Mapping[str, str]) -> Any:
    """Return an output in which addresses of CloudFront and of `named` are this machine's, by `http`: here is no TLS.

    `named` are names of hosts on AWS, with the names that they have here.
    """
    if isinstance(value, str):
        for name, here in named.items():
            value = re.sub(rf"https://{re.escape(name)}(?=[:/]|$)", f"http://{here}", value)
        return _OF_EDGE.sub("http://", value)
    if isinstance(value, list):
        return [as_reached_here(item, named) for item in value]
    if isinstance(value, dict):
        return {key: as_reached_here(item, named) for key, item in value.items()}
    return value
