"""URLs as java.net.URI and URLEncoder take them (https://trino.io/docs/current/functions/url.html)."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote, unquote_to_bytes

from .json_documents import FunctionFailedError

# RFC 3986, appendix B; Java takes no character that must be escaped.
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?")
_ILLEGAL = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9A-Fa-f]{2})')
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")


def part(url: str, name: str) -> str | None:
    """Return one part of a URL, percent escapes decoded: empty if it has none; None if it is no URL."""
    match = None if _ILLEGAL.search(url) else _URL.fullmatch(url)
    if match is None:
        return None
    scheme, authority, path, query, fragment = match.groups()
    if scheme and authority is None and not path.startswith("/"):  # opaque, like mailto:
        path, query = "", ""
    if name in ("host", "port"):
        host = _AUTHORITY.fullmatch(authority or "")
        found = host[1 if name == "host" else 2] if host else None
        return found or (None if name == "port" else "")
    return unquote({"protocol": scheme, "path": path, "query": query, "fragment": fragment}[name] or "")


def parameter(url: str, name: str) -> str | None:
    """Return the first value of a parameter of the query."""
    if _ILLEGAL.search(url):
        return None
    match = _URL.fullmatch(url)
    query = match[4] if match else None
    for item in (query or "").split("&"):
        key, _, value = item.partition("=")
        if query and unquote(key) == name:
            return unquote(value)
    return None


def encode(text: str) -> str:
    """Escape a text for a form."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def decode(text: str) -> str:
    """Undo ``encode``."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise FunctionFailedError("INVALID_FUNCTION_ARGUMENT: URLDecoder: Illegal hex characters in escape (%) pattern")
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")
