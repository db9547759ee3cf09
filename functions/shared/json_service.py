"""A service of AWS with the JSON protocol, its requests signed and sent by botocore's own parts.

A whole client would load the models of services and endpoints at each cold start, which takes longer than all the rest.
"""

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


class JsonService:
    """Calls operations of one service; a call is one attempt, and raises the errors of boto3's clients."""

    def __init__(self, environment: Mapping[str, str], name: str, target: str) -> None:
        """Take region, credentials and endpoint from a Lambda function's environment variables.

        `name` is the service's in endpoints and signatures, `target` what its header X-Amz-Target begins with.
        """
        region = environment["AWS_REGION"]
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
        )
        named = environment.get(f"AWS_ENDPOINT_URL_{name.upper()}") or environment.get("AWS_ENDPOINT_URL")
        self.url = named or endpoint(name, region)
        self._target, self._signer = target, SigV4Auth(credentials, name, region)
        # As botocore's clients do: a session by itself leaves Nagle's algorithm on, and head and body are two packets.
        self._session = URLLib3Session(
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def call(self, operation: str, members: dict[str, Any], answered: str) -> dict[str, Any]:
        """What the service answers, which has the member `answered`. Raises ClientError or BotoCoreError."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{self._target}.{operation}"}
        request = AWSRequest("POST", self.url, headers, json.dumps(members).encode())
        self._signer.add_auth(request)
        response = self._session.send(request.prepare())
        answer = _json_object(response.content)
        if response.status_code != 200 or answered not in answer:
            code = answer.get("__type", "").rpartition("#")[2] or str(response.status_code)
            message = answer.get("message") or answer.get("Message") or ""
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
        return answer


def endpoint(name: str, region: str) -> str:
    """Source: https://docs.aws.amazon.com/general/latest/gr/fh.html and ak.html."""
    return f"https://{name}.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _json_object(text: bytes) -> dict[str, Any]:
    """What a server answered; nothing where it was not the service that answered."""
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
