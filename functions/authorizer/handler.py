"""Says which sources a caller may send to: who they are by LDAP, what they may by their groups.

API Gateway keeps the answer for the same credentials over all paths, so it names every path that the caller may use
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html). Neither
credentials nor names reach the log.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import basic
from directory import Directory, NotAuthenticatedError, UnavailableError

METRIC = "DirectoryUnavailable"
NAMESPACE = "RapidAnalytics"
_CA_FILE = Path(__file__).with_name("ca.pem")

_GROUPS: dict[str, list[str]] = json.loads(os.environ["GROUPS"])
"""By path the groups whose members may send there, in small letters."""
_directory = Directory(
    os.environ["LDAP_URL"], os.environ["LDAP_BASE_DN"], _CA_FILE.read_text() if _CA_FILE.exists() else None
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of API Gateway."""
    login = basic.read(event)
    if login is None:
        _log("INFO", event, outcome="refused", reason="no login")
        raise Exception("Unauthorized")
    try:
        groups = _directory.groups(login)
    except NotAuthenticatedError as refused:
        _log("INFO", event, outcome="refused", reason=str(refused))
        # The word by which API Gateway answers 401.
        raise Exception("Unauthorized") from None
    except UnavailableError as error:
        _log("ERROR", event, outcome="failed", reason=str(error), **_metric(context.function_name))
        raise Exception("The directory could not be asked") from None
    paths = sorted(path for path, allowed in _GROUPS.items() if groups.intersection(allowed))
    _log("INFO", event, outcome="allowed" if paths else "denied", paths=paths)
    return {"principalId": login.user, "policyDocument": _policy(event["methodArn"], paths)}


def _policy(method_arn: str, paths: list[str]) -> dict[str, Any]:
    stage = "/".join(method_arn.split("/")[:2])
    allowed = {"Effect": "Allow", "Resource": [f"{stage}/POST{path}" for path in paths]}
    # A policy needs a statement.
    denied = {"Effect": "Deny", "Resource": [f"{stage}/*"]}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", **(allowed if paths else denied)}],
    }


def _log(level: str, event: dict[str, Any], **said: Any) -> None:
    print(json.dumps({"level": level, "requestId": event["requestContext"]["requestId"], **said}))


def _metric(function_name: str) -> dict[str, Any]:
    """What makes CloudWatch count a line.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    definition = {
        "Namespace": NAMESPACE,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": METRIC, "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [definition]},
        "FunctionName": function_name,
        METRIC: 1,
    }
