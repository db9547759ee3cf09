"""The OpenAPI document that the contracts in sources/ make, without a deployment: python -m tests.api_document FILE."""

import json
import sys
from pathlib import Path
from typing import Any

from contracts import Contract, load_all, openapi, published_api

SOURCES = Path(__file__).parents[1] / "sources"
URL = "https://abc123.execute-api.eu-central-1.amazonaws.com/v1"


def definition(*contracts: Contract) -> dict[str, Any]:
    """What API Gateway gets."""
    integrations = openapi.Integrations(
        ingest_invoke_arn="arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/f/invocations",
        put_record_uri="arn:aws:apigateway:eu-central-1:firehose:action/PutRecord",
        put_record_role_arn="arn:aws:iam::123456789012:role/direct",
        ldap_invoke_arn="arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/ldap/invocations",
        files_invoke_arn="arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/files/invocations",
        streams={contract.source: f"{contract.source}-stream" for contract in contracts},
    )
    return openapi.document("ingest", contracts, integrations)


def document(*contracts: Contract) -> dict[str, Any]:
    """What senders get."""
    return published_api.document(definition(*contracts), contracts, "Ingest API", URL)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(*load_all(SOURCES)), indent=2))
