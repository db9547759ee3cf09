"""When a request is sent again: exponential backoff with full jitter, for every sender of this command.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import random
import time
from collections.abc import Callable

ATTEMPTS = 8
BASE_DELAY_SECONDS = 0.2
MAX_DELAY_SECONDS = 20.0
LIMIT_SECONDS = 300.0
"""From the first attempt on; a wait that would end later is not begun."""


class Backoff:
    """The waits between the attempts of one request; the next request gets a new one."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` gives seconds."""
        self._sleep, self._random, self._clock = sleep, randomness or random.Random(), clock
        self._started = clock()
        self.repeats = 0
        """How often the request was sent again."""

    def again(self, retry_after_seconds: float = 0.0) -> bool:
        """Wait for the next attempt, as long as the server asked for or longer; False, at once, where there is none."""
        if self.repeats + 1 >= ATTEMPTS:
            return False
        jitter = self._random.uniform(0, min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * 2**self.repeats))
        delay_seconds = max(jitter, retry_after_seconds)
        if self._clock() - self._started + delay_seconds > LIMIT_SECONDS:
            return False
        self._sleep(delay_seconds)
        self.repeats += 1
        return True
