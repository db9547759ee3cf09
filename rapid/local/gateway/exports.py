"""GetExport: the OpenAPI document of what a stage serves.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
"""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import MIMEAccept

from .limits import bad_request

_PREFIX = "x-amazon-apigateway-"
_KEPT = {"": None, "integrations": f"{_PREFIX}integration", "apigateway": _PREFIX}
"""What stays of API Gateway's extensions, by the beginning of their names, by the parameter `extensions`."""


def answer(
    document: Mapping[str, Any], export_type: str, accepted: MIMEAccept, parameters: Mapping[str, str]
) -> Response:
    """The document, with the extensions that were asked for. Raises ServiceError for what is not supported."""
    if export_type != "oas30":
        raise bad_request(f"The local cloud exports oas30 alone, not {export_type!r}")
    if accepted.provided and not accepted.accept_json:
        raise bad_request(f"The local cloud exports application/json alone, not {accepted.to_header()!r}")
    extensions = parameters.get("extensions", "")
    if extensions not in _KEPT or {*parameters} - {"extensions"}:
        raise bad_request(
            f"The local cloud exports with extensions=integrations or =apigateway alone, not {dict(parameters)}"
        )
    content = json.dumps(_without(document, _KEPT[extensions]), indent=2)
    headers = {"Content-Disposition": 'attachment; filename="oas30.json"'}
    return Response(content, 200, headers, content_type="application/json")


def _without(value: Any, kept: str | None) -> Any:
    """A part of the document without the extensions whose names do not begin as those that are kept."""
    if isinstance(value, list):
        return [_without(item, kept) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: item if _is_extension(key) else _without(item, kept)
        for key, item in value.items()
        if not _is_extension(key) or (kept and key.startswith(kept))
    }


def _is_extension(key: str) -> bool:
    return key.startswith(_PREFIX)
