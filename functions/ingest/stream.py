"""Firehose's PutRecordBatch, signed and sent by botocore's own parts.

A whole client would load the models of services and endpoints at each cold start, which takes longer than all the rest.
"""

import base64
import json
import socket
from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 1, 4


class Firehose:
    """Stands for boto3's client of that name, and raises the same errors; a call is one attempt."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take region, credentials and endpoint from a Lambda function's environment variables."""
        region = environment["AWS_REGION"]
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
        )
        self._url = environment.get("AWS_ENDPOINT_URL_FIREHOSE") or environment.get("AWS_ENDPOINT_URL") or _url(region)
        self._signer = SigV4Auth(credentials, "firehose", region)
        # As botocore's clients do: a session by itself leaves Nagle's algorithm on, and head and body are two packets.
        self._session = URLLib3Session(
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        """Put records; the answer says which of them failed. Raises ClientError or BotoCoreError if all did.

        https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
        """
        data = [{"Data": base64.b64encode(record["Data"]).decode()} for record in Records]
        request = AWSRequest(
            "POST",
            self._url,
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Firehose_20150804.PutRecordBatch"},
            json.dumps({"DeliveryStreamName": DeliveryStreamName, "Records": data}).encode(),
        )
        self._signer.add_auth(request)
        response = self._session.send(request.prepare())
        answer = _json_object(response.content)
        if response.status_code != 200 or "RequestResponses" not in answer:
            code = answer.get("__type", "").rpartition("#")[2] or str(response.status_code)
            message = answer.get("message") or answer.get("Message") or ""
            raise ClientError({"Error": {"Code": code, "Message": message}}, "PutRecordBatch")
        return answer


def _json_object(text: bytes) -> dict[str, Any]:
    """What a server answered; nothing where it was not Firehose that answered."""
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _url(region: str) -> str:
    """Source: https://docs.aws.amazon.com/general/latest/gr/fh.html."""
    return f"https://firehose.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
