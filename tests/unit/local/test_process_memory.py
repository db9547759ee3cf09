"""The memory of the local cloud's process. How much it takes is measured by `bench/memory.py`."""

import os
import subprocess
import sys

PROGRAM = """
from rapid.local import LocalCloud

with LocalCloud(0):
    import pyarrow

    print(pyarrow.default_memory_pool().backend_name)
"""


def test_arrow_keeps_no_memory_of_its_own_once_a_local_cloud_is_started() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["system"]
