"""Athena: moto keeps named queries but cannot delete them; here is that operation.

https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteNamedQuery.html
"""

from __future__ import annotations

import json

from moto.athena.models import athena_backends
from werkzeug import Request, Response

from .clients import ACCOUNT_ID
from .service_error import ServiceError


def delete_named_query(request: Request, region: str) -> Response:
    """Answer DeleteNamedQuery; raises ServiceError for a query that does not exist."""
    id_ = json.loads(request.get_data()).get("NamedQueryId", "")
    if athena_backends[ACCOUNT_ID][region].named_queries.pop(id_, None) is None:
        raise ServiceError("InvalidRequestException", f"NamedQuery {id_} was not found")
    return Response("{}", content_type="application/x-amz-json-1.1")
