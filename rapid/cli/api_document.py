"""The OpenAPI document of the deployed API, from where the stack keeps it."""

import json
from typing import Any

from .errors import CommandError
from .target import Target


def text(stack: Target, *, as_page: bool) -> str:
    """The document as JSON, or as a page for a browser. Raises CommandError where the stack has none."""
    document = read(stack)
    if as_page:
        from rapid import api_page

        return api_page.render(document)
    return json.dumps(document, indent=2, ensure_ascii=False)


def read(stack: Target) -> dict[str, Any]:
    """The document. Raises CommandError where the stack has none, or it cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    uri = stack.masked_outputs.get("openapi")
    if not uri:
        raise CommandError("the stack has no output 'openapi'; deploy it again")
    bucket, _, key = str(uri).removeprefix("s3://").partition("/")
    try:
        content = stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"{uri} cannot be read: {error}") from None
    return dict(json.loads(content))
