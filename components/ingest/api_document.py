"""The OpenAPI document of the API, kept where whoever may read the stack's artifacts can fetch it."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

KEY = "openapi.json"


class ApiDocumentArgs(TypedDict):
    """Inputs of ApiDocument."""

    document: pulumi.Input[str]
    """The document, as JSON."""
    bucket: pulumi.Input[str]
    """Name of the bucket that keeps it."""


class ApiDocument(pulumi.ComponentResource):
    """One object in a bucket. It is not public: it tells which fields hold personal data."""

    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: ApiDocumentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:ApiDocument", name, {}, opts)
        stored = aws.s3.BucketObjectv2(
            f"{name}-document",
            bucket=args["bucket"],
            key=KEY,
            content=args["document"],
            content_type="application/json",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.outputs = {"openapi": pulumi.Output.concat("s3://", stored.bucket, "/", stored.key)}
        self.register_outputs(self.outputs)
