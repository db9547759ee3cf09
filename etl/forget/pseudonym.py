"""The pseudonym that stands in the tables for a value, made as the transform makes it (functions/transform)."""

import hmac
from typing import Any

_PURPOSE = b"rapid-analytics pseudonyms"


def of(kms: Any, key_arn: str, value: str) -> str:
    """HMAC-SHA256 of a text by the key that KMS derives. Raises botocore's errors."""
    answer = kms.generate_mac(KeyId=key_arn, MacAlgorithm="HMAC_SHA_256", Message=_PURPOSE)
    return hmac.digest(answer["Mac"], value.encode(), "sha256").hex()
