"""The same on AWS: the Pulumi CLI sets the key, shows what it changes, and asks. Here it is a program of the test's."""

import json
import os
import stat
import sys

import pytest

from rapid.cli import pulumi_cli, target
from rapid.cli.errors import CommandError
from rapid.cli.migrate import cutover, switch
from rapid.cli.migrate.state import Step
from rapid.cli.teardown import streams

from .moving import Deployed, verified

PULUMI = """
import json, os, sys
os.chdir(os.path.dirname(os.path.abspath(__file__)))
said = " ".join(sys.argv[1:])
with open("asked", "a") as asked:
    asked.write(said + "\\n")
words = json.load(open("words.json"))
if said.startswith("config set"):
    open("key", "w").write(sys.argv[4])
    sys.exit()
if said.startswith("up"):
    if not words["status"]:
        open("phase", "w").write(open("key").read())
    sys.exit(words["status"])
print(words[said] if isinstance(words[said], str) else json.dumps(words[said][open("phase").read()]))
"""


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    """The stack prod on AWS; `status` is what `pulumi up` ends with."""
    program = tmp_path / "pulumi"
    program.write_text(f"#!{sys.executable} -IS\n{PULUMI}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "phase").write_text("side_by_side")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.setattr(streams, "drain", lambda *_: {})

    class OnAws(Deployed):
        """Its phase is what the program has carried out."""

        @property
        def phase(self):
            return (tmp_path / "phase").read_text()

        @phase.setter
        def phase(self, _phase):
            pass

        @property
        def asked(self):
            return [line for line in (tmp_path / "asked").read_text().splitlines() if not line.startswith("stack")]

        def words(self, status=0):
            outputs = {}
            for phase in ("side_by_side", "cut_over"):
                (tmp_path / "phase").write_text(phase)
                outputs[phase] = self.outputs()
            (tmp_path / "phase").write_text("side_by_side")
            export = json.dumps({"deployment": {"resources": [self.as_exported(it) for it in self.resources()]}})
            words = {"stack --show-name": "prod", "stack export": export, "stack output --json": outputs}
            (tmp_path / "words.json").write_text(json.dumps({**words, "status": status}))

        def as_exported(self, resource):
            names = {"type": resource.type, "urn": resource.urn, "id": resource.id, "custom": True}
            return {**names, "outputs": resource.outputs}

    found = OnAws(tmp_path)
    follow = property(lambda _: {"side_by_side": "firehose", "cut_over": "kinesis"}[found.phase], lambda *_: None)
    monkeypatch.setattr(OnAws, "function", follow, raising=False)
    monkeypatch.setattr(OnAws, "path", follow, raising=False)
    monkeypatch.setattr(target.AwsStack, "client", lambda _stack, service: found.client(service))
    found.words()
    return found


def test_the_cli_sets_the_key_and_deploys_and_then_it_is_looked_whether_writers_have_moved(deployed, capsys):
    verified(deployed, target.AwsStack())
    assert cutover.run(force=True) == 0
    assert deployed.asked == ["config set migration cut_over --stack prod", "up --stack prod --yes"]
    assert deployed.last(Step.CUTOVER)
    assert "$ pulumi up --stack prod --yes" in capsys.readouterr().out


def test_a_no_to_the_cli_puts_the_key_back(deployed, monkeypatch):
    verified(deployed, target.AwsStack())
    deployed.words(status=255)
    monkeypatch.setattr(switch, "ask", lambda *_, **__: None)
    with pytest.raises(CommandError, match="`pulumi up` ended with status 255\nNo writer has moved"):
        cutover.run(force=False)
    assert deployed.asked == [
        "config set migration cut_over --stack prod",
        "up --stack prod",
        "config set migration side_by_side --stack prod",
    ]


def test_an_interrupted_cli_is_waited_for_and_never_killed(monkeypatch):
    waits = iter([KeyboardInterrupt, KeyboardInterrupt, 130])

    class Process:
        def __init__(self, command, **_options):
            assert command == ["pulumi", "up"]

        def wait(self):
            found = next(waits)
            if found is KeyboardInterrupt:
                raise found
            return found

    monkeypatch.setattr("subprocess.Popen", Process)
    with pytest.raises(KeyboardInterrupt):
        pulumi_cli.run("up")
    assert list(waits) == []
