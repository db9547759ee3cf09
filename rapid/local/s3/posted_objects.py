"""Objects that come as posted forms: who signed the form, what its policy allows, and the answer.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from moto.s3.models import s3_backends
from moto.s3.utils import metadata_from_headers
from werkzeug import Request, Response

from ..clients import ACCOUNT_ID
from ..iam import signature as signatures
from ..iam.authorizer import Authorizer
from ..iam.refusals import RefusedSignatureError
from ..service_error import Protocol, ServiceError, unsupported
from . import post_policy, posted_form
from .posted_form import PostedForm

_BUCKET_PATH = re.compile(r"/(?P<bucket>[^/]+)/?")
_SIGNED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
# What else a form says of itself, and the headers that an object keeps.
_SPOKEN = frozenset({"key", "policy", "x-amz-security-token", *_SIGNED})
_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-type", "expires")
_METADATA = "x-amz-meta-"
_MAX_KEY_BYTES = 1024


def is_posted(request: Request) -> bool:
    """Whether a request posts a form to a bucket."""
    return (
        request.method == "POST"
        and request.mimetype == "multipart/form-data"
        and _BUCKET_PATH.fullmatch(request.path) is not None
    )


class PostedObjects:
    """Takes forms, and keeps the objects with moto's."""

    def __init__(self, authorizer: Authorizer, clock: Callable[[], float] = time.time) -> None:
        self._authorizer = authorizer
        self._clock = clock

    def handle(self, request: Request) -> Response:
        """Answer a request for which `is_posted`. Raises ServiceError."""
        found = _BUCKET_PATH.fullmatch(request.path)
        assert found is not None
        bucket = found["bucket"]
        form = posted_form.read(request)
        key = _key(form)
        self._check(form, bucket, key)
        stored = _store(form, bucket, key)
        url = request.host_url.rstrip("/")
        location = f"{url}/{bucket}/{quote(key)}"
        return Response(
            status=204, headers={"ETag": stored.etag, "Location": location, "x-amz-request-id": str(uuid.uuid4())}
        )

    def _check(self, form: PostedForm, bucket: str, key: str) -> None:
        """Whether the form may be posted: the signature, then the policy, then what its signer may do."""
        fields = form.fields
        if "policy" not in fields:
            # Without a policy anyone would have to be let in.
            raise ServiceError("AccessDenied", "Access Denied", 403)
        if "awsaccesskeyid" in fields:
            message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            raise ServiceError("InvalidRequest", message)
        for name in _SIGNED:
            if name not in fields:
                raise _lacking(name)
        try:
            signature = signatures.of_form(fields)
            caller = self._authorizer.identify_form(signature, fields["policy"]).caller
        except RefusedSignatureError as refused:
            raise refused.answer(Protocol.REST_XML) from None
        post_policy.check(fields["policy"], {**fields, "bucket": bucket}, len(form.content), self._clock())
        self._authorizer.check_object(caller, "PutObject", bucket, key)
        unknown = [
            name
            for name in fields
            if name not in _SPOKEN and name not in _KEPT and not name.startswith((_METADATA, "x-ignore-"))
        ]
        if unknown:
            raise unsupported(f"forms with the field {unknown[0]}")


def _key(form: PostedForm) -> str:
    key = form.fields.get("key", "").replace("${filename}", form.file_name)
    if not key:
        raise _lacking("key")
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise ServiceError("KeyTooLongError", "Your key is too long")
    return key


def _store(form: PostedForm, bucket: str, key: str) -> Any:
    backend = s3_backends[ACCOUNT_ID]["aws"]
    if bucket not in backend.buckets:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
    stored = backend.put_object(bucket, key, form.content, request_method="POST")
    stored.set_metadata(metadata_from_headers(dict(form.fields)))
    return stored


def _lacking(name: str) -> ServiceError:
    message = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return ServiceError("InvalidArgument", message)
