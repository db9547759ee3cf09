"""Takes files from API Gateway (Lambda proxy integration), or tells a client how to upload one straight to S3.

Answers 202 when a file is stored, and 200 with what is left to be sent before that; a client sends it, then asks the
same again.
"""

import json
import os
from typing import Any

import boto3
import file_request
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from file_request import Refused, Sent
from shared.limits import RETRY_AFTER_SECONDS
from uploads import Uploads

_CONFIG = Config(
    signature_version="s3v4", connect_timeout=1, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)
_uploads = Uploads(boto3.client("s3", config=_CONFIG), os.environ["FILES_BUCKET"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one request."""
    # A client can choose the plain request id.
    request_id = event["requestContext"]["extendedRequestId"]
    try:
        asked = file_request.read(event)
        if isinstance(asked, Sent):
            _uploads.put(asked)
            step: dict[str, Any] = {"state": "stored"}
        else:
            step = _uploads.next_step(asked)
    except Refused as refused:
        error = {"index": 0, "field": refused.field, "reason": refused.reason}
        return _answer(refused.status, {"message": str(refused), "errors": [error], "requestId": request_id})
    except (BotoCoreError, ClientError) as error:
        print(json.dumps({"level": "ERROR", "extendedRequestId": request_id, "message": "S3", "reason": str(error)}))
        message = "The file could not be stored; send the request again later"
        answer = _answer(503, {"message": message, "errors": [], "requestId": request_id})
        answer["headers"]["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer
    found = {"fileId": asked.file_id, "source": asked.source}
    # A file's name may name a person.
    print(json.dumps({"level": "INFO", "extendedRequestId": request_id, **found, "state": step["state"]}))
    status = 202 if step["state"] == "stored" else 200
    return _answer(status, {**found, "fileName": asked.name, **step, "requestId": request_id})


def _answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(content, ensure_ascii=False),
    }
