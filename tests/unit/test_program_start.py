"""What lets the program start quickly: what it does not import, and how the SDK waits. bench.start has the times."""

import subprocess
import sys

_LOADED = """
import sys
import components, dashboards, settings
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("pulumi_aws.") and name.count(".") > 1}))
"""
CHOSEN = {"cloudfront", "ec2", "efs", "quicksight", "wafv2"}
"""Services of what a configuration can leave out. `ec2` alone takes 0.2 s to read."""
_WAITS = """
import asyncio, sys
from unittest.mock import patch
import pulumi
from components import begin_registrations
from pulumi.runtime import mocks, run_in_stack

class Mocks(mocks.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {}

def program():
    for number in range(50):
        pulumi.CustomResource("test:index:Thing", str(number), {"number": number}).id.apply(str)
    if sys.argv[1] == "begun":
        pulumi.run(begin_registrations)

async def run():
    monitor, names = mocks.MockMonitor(Mocks()), {"project": "project", "stack": "stack"}
    pulumi.runtime.configure(pulumi.runtime.Settings(monitor=monitor, engine=mocks.MockEngine(None), **names))
    with patch.object(asyncio, "wait", wraps=asyncio.wait) as wait:
        await run_in_stack(program)
    print(sum(len(call.args[0]) for call in wait.call_args_list))

asyncio.run(run())
"""


def test_services_that_the_configuration_may_leave_out_are_read_only_when_they_are_used() -> None:
    loaded = set(_told(_LOADED).split())
    assert "s3" in loaded
    assert loaded & CHOSEN == set(), "an annotation such as aws.ec2.Vpc reads the service: put it into quotation marks"


def test_once_registrations_have_begun_the_sdk_does_not_look_at_every_output_again_and_again() -> None:
    begun, not_begun = int(_told(_WAITS, "begun")), int(_told(_WAITS, "not begun"))
    assert begun * 3 < not_begun, "if the SDK has learned to wait, components/registrations.py can go"


def _told(program: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True).stdout
