"""Clients with the credentials that the deployed identity pool gives to guests."""

from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from rapid.cli.target import LocalStack


def guest_client(stack: LocalStack, service: str) -> Any:
    """A client of a new guest, as a page has it."""
    place = {"region_name": stack.region, "endpoint_url": stack.endpoint_url}
    cognito = boto3.client("cognito-identity", config=Config(signature_version=UNSIGNED), **place)
    identity = cognito.get_id(IdentityPoolId=stack.outputs["identity_pool_id"])["IdentityId"]
    keys = cognito.get_credentials_for_identity(IdentityId=identity)["Credentials"]
    return boto3.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretKey"],
        aws_session_token=keys["SessionToken"],
        **place,
    )
