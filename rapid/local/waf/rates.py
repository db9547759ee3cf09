"""How many requests each address sent within a window that moves on.

https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-request-limiting.html. AWS WAF
estimates, so it holds back near the limit and some seconds late; here it is counted, second by second.
"""

import threading
from collections import deque
from dataclasses import dataclass, field


@dataclass
class _Sender:
    total: int = 0
    seconds: deque[list[int]] = field(default_factory=deque)
    """A second and how many requests came in it, oldest first."""


class RateCounter:
    """Counts the requests of addresses. Safe for several threads."""

    def __init__(self, limit: int, window_seconds: int) -> None:
        self._limit = limit
        self._window = window_seconds
        self._senders: dict[str, _Sender] = {}
        self._lock = threading.Lock()

    def is_over(self, address: str, now: float) -> bool:
        """Whether an address is over the limit, with one request more; what is held back counts as well."""
        second = int(now)
        with self._lock:
            sender = self._senders.setdefault(address, _Sender())
            self._forget(sender, second)
            if sender.seconds and sender.seconds[-1][0] == second:
                sender.seconds[-1][1] += 1
            else:
                sender.seconds.append([second, 1])
            sender.total += 1
            return sender.total > self._limit

    def _forget(self, sender: _Sender, second: int) -> None:
        while sender.seconds and sender.seconds[0][0] <= second - self._window:
            sender.total -= sender.seconds.popleft()[1]
