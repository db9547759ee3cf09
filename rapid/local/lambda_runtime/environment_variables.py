"""What a function finds in its environment.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

import os
from pathlib import Path
from typing import Any

from ..clients import Clients
from .definition import FunctionDefinition, LogFormat


def of(
    function: FunctionDefinition, log_stream: str, temporary: Path, credentials: dict[str, Any], clients: Clients
) -> dict[str, str]:
    """The environment of one execution environment; `credentials` are the role's, as STS gives them."""
    variables = {
        **dict(function.variables),
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": clients.region,
        "AWS_DEFAULT_REGION": clients.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.code),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "TZ": ":UTC",
        # Ours: a directory that no other environment has, the local cloud, nothing of the user's own configuration.
        "TMPDIR": str(temporary),
        "AWS_ENDPOINT_URL": clients.endpoint_url,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if function.logging.format is LogFormat.JSON:
        variables["AWS_LAMBDA_LOG_FORMAT"] = LogFormat.JSON.value
        variables["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level or "INFO"
    return variables
