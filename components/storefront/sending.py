"""How the storefront's pages send, in the words that their scripts read; and where browsers must let them send to."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pulumi

from components import arn
from components.ingest.doors import Doors
from components.storefront.settings import StorefrontSettings, WayIn
from contracts.storefront import NEEDED, SOURCES

_GUEST_SERVICES = {"cognito": "cognito-identity", "firehose": "firehose"}
"""Services that `web/guest-sender.js` calls, by its names for them."""

Way = Mapping[str, Any]
"""`{"url"}`, or `{"identityPoolId", "stream", "endpoints"?}`."""


class NoWayError(pulumi.RunError):
    """Pages could not send to a source. The message names it and the fix."""


def ways(settings: StorefrontSettings, doors: Doors) -> pulumi.Output[dict[str, Way]]:
    """How pages send to each of SOURCES that there is. Raises NoWayError."""
    guest = settings.way_in is WayIn.GUEST
    sources = [source for source in SOURCES if source in NEEDED or source in doors["stream_arns"]]
    for source in sources:
        if source not in doors["stream_arns"]:
            raise NoWayError(
                f"storefront: pages send to {source}, which is not among the sources; "
                "add it to the config key sources, or set storefront: none"
            )
        if not guest and source not in doors["paths"]:
            raise NoWayError(
                f"storefront: pages post to {source}, which sources/{source}.yaml does not let them; give it "
                'delivery: direct, authentication: none and allowedOrigins: "*", or set storefront: guest or none'
            )
    return _as_guest(settings, doors, sources) if guest else _to_api(doors, sources)


def _to_api(doors: Doors, sources: Sequence[str]) -> pulumi.Output[dict[str, Way]]:
    paths = doors["paths"]
    return pulumi.Output.from_input(doors["url"]).apply(
        lambda url: {source: {"url": f"{url.rstrip('/')}{paths[source]}"} for source in sources}
    )


def _as_guest(settings: StorefrontSettings, doors: Doors, sources: Sequence[str]) -> pulumi.Output[dict[str, Way]]:
    if doors.get("identity_pool_id") is None:
        raise NoWayError("storefront: no guest has credentials; give the IngestApi the storefront's guest_sources")
    endpoints = {name: settings.endpoints[key] for name, key in _GUEST_SERVICES.items() if key in settings.endpoints}
    more = {"endpoints": endpoints} if endpoints else {}
    streams = {source: arn.resource_name(doors["stream_arns"][source]) for source in sources}
    return pulumi.Output.all(pool=doors["identity_pool_id"], streams=streams).apply(
        lambda found: {
            source: {"identityPoolId": found["pool"], "stream": found["streams"][source], **more} for source in sources
        }
    )


def origins(found: Mapping[str, Way]) -> list[str]:
    """The origins that pages connect to, of what `ways` came to; for the content security policy.

    https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html
    https://docs.aws.amazon.com/general/latest/gr/fh.html
    """
    urls = []
    for way in found.values():
        if "url" in way:
            urls.append(way["url"])
            continue
        region = way["identityPoolId"].partition(":")[0]
        urls += [
            way.get("endpoints", {}).get(name, f"https://{service}.{region}.amazonaws.com")
            for name, service in _GUEST_SERVICES.items()
        ]
    return sorted({"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in urls})
