"""Signed requests of senders that cannot log in: an HMAC of the body in a header, by a secret that both sides know.

As GitHub (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries), Shopify and others sign
their webhooks: SHA-256, in hexadecimal, with or without `sha256=` before it, or in base64.
"""

import base64
import hmac
import time
from collections.abc import Callable, Sequence
from typing import Any

import body

KEEP_SECONDS = 60
"""How long a secret is used before it is read again: after a rotation both secrets hold, so nothing is lost."""
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_PREFIX = "sha256="


class NoSecretError(Exception):
    """The secret has no value yet, or cannot be read; the message says which error it was."""


class Secrets:
    """The secrets of signed sources, the current and the previous one of each, by the ARN in Secrets Manager."""

    def __init__(self, client: Callable[[], Any], clock: Callable[[], float] = time.monotonic) -> None:
        """`client` gives a client of Secrets Manager when the first secret is read."""
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[float, list[bytes]]] = {}

    def of(self, arn: str) -> Sequence[bytes]:
        """The secrets that a signature may be made with. Raises NoSecretError."""
        until, values = self._kept.get(arn, (0.0, []))
        if not values or self._clock() >= until:
            values = self._read(arn)
            self._kept[arn] = (self._clock() + KEEP_SECONDS, values)
        return values

    def _read(self, arn: str) -> list[bytes]:
        found = []
        for stage in (_CURRENT, _PREVIOUS):
            try:
                answer = self._client().get_secret_value(SecretId=arn, VersionStage=stage)
            except Exception as error:
                code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
                if stage == _PREVIOUS and code == "ResourceNotFoundException":
                    continue
                raise NoSecretError(code) from None
            if "SecretString" not in answer:
                raise NoSecretError("BinarySecret")
            found.append(answer["SecretString"].strip().encode())
        if not all(found):
            raise NoSecretError("EmptySecret")
        return found


def is_right(request: dict[str, Any], header: str, secrets: Sequence[bytes]) -> bool:
    """Whether a header holds the signature of the request's body by one of the secrets."""
    given = body.header(request, header).strip().removeprefix(_PREFIX).encode()
    message = _message(request)
    digests = [hmac.digest(secret, message, "sha256") for secret in secrets]
    # All are compared, so that the time tells nothing.
    matches = [
        hmac.compare_digest(given.lower(), digest.hex().encode()) | hmac.compare_digest(given, base64.b64encode(digest))
        for digest in digests
    ]
    return any(matches)


def _message(request: dict[str, Any]) -> bytes:
    text = request.get("body") or ""
    return base64.b64decode(text) if request.get("isBase64Encoded") else text.encode(errors="surrogatepass")
