"""The S3 client of the transform."""

import functools
from typing import Any

CONNECTIONS = 16


@functools.cache
def s3() -> Any:
    """The client; importing it when there is something to store keeps the start of the others short."""
    import boto3
    from botocore.config import Config

    # The standard mode waits with full jitter. Four attempts that fail end well before the function's 300 s.
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    retries = {"mode": "standard", "total_max_attempts": 4}
    config = Config(max_pool_connections=CONNECTIONS, connect_timeout=3, read_timeout=20, retries=retries)
    return boto3.client("s3", config=config)
