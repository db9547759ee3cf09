"""Which requests to services are billed by the request, and to which resource."""

from werkzeug import Request

from ..iam import operations
from .meter import METER, Resource

_BY_REQUEST = {
    "kms": ("kms_requests", "KeyId"),
    "secretsmanager": ("secrets_requests", "SecretId"),
    "sns": ("sns_requests", "TopicArn"),
    "sqs": ("sqs_requests", "QueueUrl"),
}
"""Signing names of services that bill every request, with the price and the member that names the resource."""
_CATALOG = ("Database", "Table", "Partition")
"""What operations of Glue's catalog have in their names."""
_LISTING = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "key-marker",
        "list-type",
        "marker",
        "max-keys",
        "max-uploads",
        "prefix",
        "start-after",
        "uploads",
        "version-id-marker",
        "versions",
    }
)
"""Arguments of requests that list a bucket's objects, versions or uploads."""


def count(request: Request, service: str | None) -> None:
    """Count a request that was let in. Its body can be read again afterwards."""
    if service == "s3":
        _count_s3(request)
    elif service in _BY_REQUEST:
        price_id, member = _BY_REQUEST[service]
        operation = operations.of(request, service)
        named = str(operation.parameters.get(member) or "") if operation else ""
        METER.count(price_id, Resource(service, named.rsplit("/", 1)[-1].rsplit(":", 1)[-1]))
    elif service == "glue" and any(part in request.headers.get("X-Amz-Target", "") for part in _CATALOG):
        operation = operations.of(request, service)
        METER.count(
            "glue_catalog_requests", Resource("glue", str(operation and operation.parameters.get("DatabaseName")))
        )


def _count_s3(request: Request) -> None:
    """https://aws.amazon.com/s3/pricing/: what writes or lists costs more than what reads, what deletes nothing."""
    if request.method == "DELETE" or (request.method == "POST" and "delete" in request.args):
        return
    bucket, _, key = request.path.lstrip("/").partition("/")
    lists = request.method == "GET" and not key and request.args.keys() <= _LISTING
    writes = request.method in ("PUT", "POST") or lists
    METER.count("s3_writes" if writes else "s3_reads", Resource("s3", bucket))
