"""Runs end with the local cloud."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .glue_rig import wait_until_free, wait_until_held

ROOT = Path(__file__).parents[3]
CLOUD = """
    import sys
    from rapid.local.cloud import LocalCloud
    from tests.unit.local.cloud_rig import Rig
    from tests.unit.local.glue_rig import HOLD_LOCK, Jobs

    with LocalCloud(0) as cloud:
        jobs = Jobs(Rig(cloud))
        jobs.start(jobs.create(HOLD_LOCK), Arguments={"--lock": sys.argv[1]})
        sys.stdin.read()
"""


@pytest.mark.parametrize("ending", ["it is stopped", "it is killed"])
def test_a_script_and_what_it_started_die_with_the_local_cloud_however(ending, tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(CLOUD), str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as cloud:
        try:
            wait_until_held(tmp_path / "lock")
            if ending == "it is killed":
                os.kill(cloud.pid, signal.SIGKILL)
            else:
                cloud.stdin.close()
            assert cloud.wait(600) == (-signal.SIGKILL if ending == "it is killed" else 0)
            wait_until_free(tmp_path / "lock")
        finally:
            cloud.kill()
