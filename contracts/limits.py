"""What the platform's doors take, and how long they wait. The functions have the same file, as `shared.limits`."""

MAX_EVENTS = 500
"""Events in one request."""
MAX_BODY_BYTES = 6_000_000
"""Of a request that a function reads; Lambda takes no more
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
MAX_RECORD_BYTES = 256 * 1024
"""Of one event, and of the Firehose record that events are packed into. Small enough for the transform's answer to stay
under Lambda's 6 MB, and for a message on the dead-letter queue."""
MAX_ID_CHARACTERS = 200
"""Of the id of an accepted event. The API's have about 20, a UUID 36; whoever bypasses the API could send megabytes."""
MAX_FILE_BYTES = 100 * 1024 * 1024
"""Of an uploaded file."""

SOURCE_PATTERN = "[a-z][a-z0-9_]{0,31}"
"""What a source may be called."""
IDEMPOTENCY_KEY_PATTERN = "[A-Za-z0-9._:-]{1,100}"
"""What the Idempotency-Key of a request with events may be: it becomes part of an event's id."""
IDEMPOTENCY_KEY_RULE = "must be 1 to 100 of the characters A-Z a-z 0-9 . _ : -"
"""The same for people."""

GATEWAY_SECONDS = 29
"""The longest that API Gateway waits (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
RETRY_AFTER_SECONDS = 5
"""How long a client should wait after 503."""
