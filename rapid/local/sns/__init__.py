"""SNS: topics, and mailboxes that subscribe to them."""

from .plane import SnsService
from .publishing import NotAuthorizedError, Publisher

__all__ = ["NotAuthorizedError", "Publisher", "SnsService"]
