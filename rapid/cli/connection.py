"""One keep-alive connection to a source's URL: posting a body, and what the answer says of posting it again."""

import datetime
import email.utils
import http.client
import json
import math
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .credentials import Anonymous, Credentials

TIMEOUT_SECONDS = 35
"""Longer than API Gateway's own 29 s (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""


class Answer(NamedTuple):
    """What the API answered; status 0 where it gave no answer."""

    status: int
    retry_after_seconds: float
    validation_error: str
    """Why API Gateway itself refused the body; empty if it did not."""
    content: dict[str, Any]

    @property
    def message(self) -> str:
        """The answer in a few words."""
        said = self.content.get("message") or http.client.responses.get(self.status, "")
        return f"{self.status or ''} {said}".strip()

    @property
    def request_id(self) -> str:
        """What the API calls the request; empty where it gave no answer of its own."""
        return str(self.content.get("requestId") or "")

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be taken later."""
        return self.status in (0, 429) or self.status >= 500


class Connection:
    """Posts JSON bodies, one after the other. Not for use by several threads."""

    def __init__(self, url: str, credentials: Credentials | None = None) -> None:
        """`url` is http or https."""
        parts = urlsplit(url)
        self._url, self._credentials = url, credentials or Anonymous()
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        self._path = parts.path or "/"

    def post(self, content: Any) -> Answer:
        """Post a JSON value; a failure of the connection is an answer with status 0."""
        body = json.dumps(content, separators=(",", ":")).encode()
        try:
            headers = self._credentials.headers("POST", self._url, body, {"Content-Type": "application/json"})
            self._connection.request("POST", self._path, body, headers)
            response = self._connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, 0.0, "", {"message": f"no answer: {error or type(error).__name__}"})
        return Answer(
            response.status,
            seconds_of(response.getheader("Retry-After")),
            response.getheader("X-Validation-Error") or "",
            _object(raw),
        )

    def close(self) -> None:
        """Close it; the next post opens it again."""
        self._connection.close()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def seconds_of(retry_after: str | None) -> float:
    """`Retry-After` in seconds, from either of its forms (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)."""
    text = (retry_after or "").strip()
    try:
        if text.isdecimal():
            return float(text)
        seconds = (email.utils.parsedate_to_datetime(text) - datetime.datetime.now(datetime.UTC)).total_seconds()
        return math.ceil(max(0.0, seconds))
    except (ValueError, TypeError, OverflowError):
        return 0.0
