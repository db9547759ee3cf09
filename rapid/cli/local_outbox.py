"""`rapid local outbox`: mails that AWS would have sent."""

import email
import json
import sys
from email import policy
from typing import Any

from .console import say

_NOTHING = "The outbox is empty."


def show_all(mails: list[dict[str, Any]], as_json: bool) -> None:
    """List mails."""
    if as_json:
        say(json.dumps(mails, indent=2))
        return
    if not mails:
        say(_NOTHING)
        return
    widest = max(len(mail["to"]) for mail in mails)
    for mail in mails:
        say(f"{mail['number']:>4}  {mail['date']}  {mail['to']:<{widest}}  {mail['subject']}")
    say("\n`rapid local outbox NUMBER` shows one.")


def show(number: int, content: bytes, as_json: bool) -> None:
    """Show a mail as it would be sent, but for its ends of lines; as JSON, its text is decoded."""
    if not as_json:
        # What is copied or cut out of a terminal's line must not end with a carriage return.
        sys.stdout.buffer.write(content.replace(b"\r\n", b"\n"))
        sys.stdout.flush()
        return
    message = email.message_from_bytes(content, policy=policy.default)
    headers = {name.lower(): str(message[name]) for name in ("Date", "From", "To", "Subject")}
    say(json.dumps({"number": number, **headers, "text": message.get_content()}, indent=2))
