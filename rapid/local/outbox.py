"""Mails that AWS would have sent. They lie here, and none leaves the machine."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

MAX_MAILS = 1_000
"""The newest ones are kept."""
_MAX_LINE_BYTES = 998
"""https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1"""


@dataclass(frozen=True)
class Mail:
    """A mail as it would be sent: RFC 5322. `number` counts from 1."""

    number: int
    epoch_seconds: float
    sender: str
    recipient: str
    subject: str
    text: str
    content: bytes

    def shown(self) -> dict[str, object]:
        """As the control endpoint lists it, without its text."""
        return {
            "number": self.number,
            "date": datetime.fromtimestamp(self.epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "from": self.sender,
            "to": self.recipient,
            "subject": self.subject,
        }


class Outbox:
    """Takes mails in, and keeps the newest. Safe for several threads."""

    def __init__(self) -> None:
        self._mails: list[Mail] = []
        self._count = 0
        self._lock = threading.Lock()

    def send(self, sender: Address, recipient: str, subject: str, text: str, epoch_seconds: float) -> None:
        """Take a mail in."""
        # A subject that is folded gets a space in front of it.
        message = EmailMessage(SMTP.clone(max_line_length=_MAX_LINE_BYTES))
        message["From"] = sender
        message["To"] = recipient
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.fromtimestamp(int(epoch_seconds), UTC))
        message["Message-ID"] = make_msgid(domain="email.amazonses.com")
        is_short = all(len(line.encode()) <= _MAX_LINE_BYTES for line in text.splitlines())
        message.set_content(text, cte="8bit" if is_short else "quoted-printable")
        with self._lock:
            self._count += 1
            mail = Mail(self._count, epoch_seconds, str(sender), recipient, subject, text, message.as_bytes())
            self._mails.append(mail)
            del self._mails[:-MAX_MAILS]

    def all(self) -> list[Mail]:
        """The mails, the newest first."""
        with self._lock:
            return self._mails[::-1]

    def find(self, number: int) -> Mail | None:
        """A mail by its number; None where there is none, or none any more."""
        return next((mail for mail in self.all() if mail.number == number), None)
