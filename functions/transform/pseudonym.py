"""Pseudonyms: what stands in the tables for a value that the contract hashes, the same for the same value.

A keyed hash, since a plain one of a mail address or a telephone number is found by trying them all. The key is derived
by KMS from one that never leaves it: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
"""

import functools
import hmac
import os

_PURPOSE = b"rapid-analytics pseudonyms"


def of(value: str) -> str:
    """HMAC-SHA256 of a text, in hexadecimal digits. Raises botocore's errors where the key cannot be had."""
    return hmac.digest(_key(), value.encode(), "sha256").hex()


@functools.cache
def _key() -> bytes:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    answer = boto3.client("kms", config=config).generate_mac(
        KeyId=os.environ["PSEUDONYM_KEY_ARN"], MacAlgorithm="HMAC_SHA_256", Message=_PURPOSE
    )
    return bytes(answer["Mac"])
