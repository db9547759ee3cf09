"""Asking the storefront for pages, as a guest's browser does."""

from urllib.parse import urlsplit

import urllib3

from .errors import CommandError

_TIMEOUT_SECONDS = 10


def get(url: str) -> urllib3.BaseHTTPResponse:
    """A page. Browsers know that all names under localhost are this machine; systems need not. Raises CommandError."""
    parts, headers = urlsplit(url), {}
    if (parts.hostname or "").endswith(".localhost"):
        headers["host"] = parts.netloc
        url = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl()
    try:
        return urllib3.request("GET", url, headers=headers, timeout=_TIMEOUT_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise CommandError(f"{parts.geturl()} does not answer: {error}") from None
