"""What the API's access log says of each request: nothing of a person, so no address, user agent, path as sent or body.

Variables: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import json

_VARIABLES = {
    "requestId": "requestId",
    "extendedRequestId": "extendedRequestId",
    "requestTime": "requestTime",
    "httpMethod": "httpMethod",
    "path": "resourcePath",
    "status": "status",
    "responseLatencyMilliseconds": "responseLatency",
    "integrationLatencyMilliseconds": "integrationLatency",
    "responseBytes": "responseLength",
    "apiKeyId": "identity.apiKeyId",
    "errorMessage": "error.message",
    "errorType": "error.responseType",
}

# In quotation marks even where it is a number: what has no value is a hyphen.
FORMAT = json.dumps({name: f"$context.{variable}" for name, variable in _VARIABLES.items()})
"""One line of JSON."""
