"""The thread that works a delivery stream's buffers when they are due."""

import logging
import threading

from .pipeline import Pipeline

_LOGGER = logging.getLogger(__name__)
PAUSE_AFTER_FAULT_SECONDS = 1.0
STOP_TIMEOUT_SECONDS = 5.0


class Worker:
    """Runs `pipeline` in a thread until stopped."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"firehose-{pipeline.stream.name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Looks at the buffers now; to be called after records came in."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread after its present work, or leaves it to that; what is buffered is gone."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(STOP_TIMEOUT_SECONDS)
        if not self._thread.is_alive():
            self.pipeline.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(self.pipeline.seconds_until_due())
            self._wake.clear()
            try:
                if self.pipeline.seconds_until_due() == 0.0 and not self._stopped.is_set():
                    self.pipeline.run_due()
            except Exception:
                # A fault of ours must not end deliveries: nothing has been taken out of the buffers.
                _LOGGER.exception("Firehose %s: the delivery stream's work failed", self.pipeline.stream.name)
                self._stopped.wait(PAUSE_AFTER_FAULT_SECONDS)
