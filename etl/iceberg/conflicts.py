"""Commits that were refused because another run's came first."""

import random
import time

MAX_CONFLICTS = 10


class Conflicts:
    """Counts them, and waits before the plan is made anew."""

    def __init__(self) -> None:
        self.count = 0

    def wait(self) -> None:
        """Where a refusal is handled: wait, longer each time; the refusal is raised on after MAX_CONFLICTS of them."""
        self.count += 1
        if self.count > MAX_CONFLICTS:
            raise
        time.sleep(random.uniform(0, 0.2 * 2 ** min(self.count, 6)))
