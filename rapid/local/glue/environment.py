"""What a script finds in its environment: the local cloud, and nothing of the user's own configuration."""

import os
import site
from pathlib import Path
from typing import Any

from ..clients import Clients


def of(clients: Clients, credentials: dict[str, Any], zips: list[Path], folder: Path) -> dict[str, str]:
    """The variables of a run; `credentials` are the role's, as STS gives them, `zips` hold Python packages."""
    variables = {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": clients.region,
        "AWS_DEFAULT_REGION": clients.region,
        "AWS_ENDPOINT_URL": clients.endpoint_url,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, zips)),
        "TZ": "UTC",
    }
    if site.ENABLE_USER_SITE:
        # The interpreter's packages may lie under the user's home, which HOME does not name here.
        variables["PYTHONUSERBASE"] = site.getuserbase()
    return variables
