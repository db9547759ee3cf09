"""The Glue Data Catalog as pyiceberg sees it, with every silent retry off."""

import os
from typing import Any

import boto3
from botocore.config import Config
from pyiceberg.catalog.glue import GlueCatalog


def connect() -> GlueCatalog:
    """The catalog of this account and region.

    A commit is one UpdateTable with the version it replaces. Were the client to repeat it after a lost answer, Glue
    would refuse the repetition as stale, and pyiceberg would take the commit that did land for a failed one and delete
    its manifests. So a call is made once; what came of it is learnt by loading the table again.
    """
    client = boto3.client("glue", config=Config(retries={"total_max_attempts": 1}))
    return GlueCatalog("glue", client=client, **_file_io())


def _file_io() -> dict[str, Any]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    properties = {"s3.endpoint": endpoint, "s3.region": region}
    return {name: value for name, value in properties.items() if value}
