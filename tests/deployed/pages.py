"""The storefront's pages, as browsers ask for them."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import urllib3


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    """The answer to a request. Browsers know that all names under localhost are this machine; systems need not."""
    parts = urlsplit(url)
    address = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    return urllib3.request("GET", address, headers={"host": parts.netloc, **headers}, retries=False)


def settings_of(page: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """What a page tells its scripts."""
    block = re.search('<script type="application/json" id="settings">(.*?)</script>', page.data.decode())
    assert block, page.data
    found: dict[str, Any] = json.loads(block[1])
    return found
