"""The Glue Data Catalog of a stack as pyiceberg sees it."""

from pyiceberg.catalog.glue import GlueCatalog

from .target import LocalStack, Target


def of(stack: Target) -> GlueCatalog:
    """The catalog, and the tables' files with it."""
    properties = {"s3.endpoint": stack.endpoint_url, "s3.region": stack.region}
    if isinstance(stack, LocalStack):
        keys = stack.credentials
        properties |= {"s3.access-key-id": keys.access_key, "s3.secret-access-key": keys.secret_key}
    return GlueCatalog(
        "glue", client=stack.client("glue"), **{name: value for name, value in properties.items() if value}
    )
