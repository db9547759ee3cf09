"""The workflows and scripts of continuous integration: least rights, and all services of the program."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ENDPOINTS_OF_MODULE = {
    "cognito": {"cognitoidentity"},
    "kinesis": {"firehose", "kinesis"},
    "cloudwatch": {"cloudwatch", "events", "logs"},
    "lambda_": {"lambda"},
    "vpc": {"ec2"},
}
"""The provider's endpoints of a module of pulumi_aws, where its name is not all of them."""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_sees_no_secret(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "secrets." not in text


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def test_a_stack_is_deployed_once_the_one_before_has_passed_its_smoke_test() -> None:
    jobs = read("deploy")["jobs"]
    assert [(job["with"]["stack"], job.get("needs")) for job in jobs.values()] == [
        ("dev", None),
        ("test", "dev"),
        ("prod", "test"),
    ]
    assert {job["uses"] for job in jobs.values()} == {"./.github/workflows/deploy-stack.yml"}
    [up] = read("deploy-stack")["jobs"].values()
    assert up["environment"] == "${{ inputs.stack }}"
    commands = [step["run"].partition(" ")[2] for step in up["steps"] if "run" in step]
    assert commands[-3:] == [
        "install --cwd policy",
        "up --yes --non-interactive --policy-pack policy",
        "smoke --curate",
    ]
    for job in (*jobs.values(), up):
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_every_stack_is_previewed() -> None:
    preview = read("preview")
    stacks = {path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml")}
    assert set(preview["jobs"]["preview"]["strategy"]["matrix"]["stack"]) == stacks


def test_every_preview_holds_the_stack_against_the_security_rules() -> None:
    preview = read("preview")
    commands = [step["run"] for step in preview["jobs"]["preview"]["steps"] if "run" in step]
    assert "--policy-pack policy" in commands[-1]
    assert commands.index("pulumi install --cwd policy") < len(commands) - 1


def test_the_real_deployment_sends_every_service_of_the_program_to_the_local_cloud() -> None:
    script = (ROOT / ".ci" / "pulumi-up-locally").read_text(encoding="utf-8")
    listed = set(re.search(r"^services=\((.*)\)$", script, re.MULTILINE)[1].split())
    modules = {
        node.value.attr
        for file in (ROOT / "components").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "aws"
        and node.attr[0].isupper()
    }
    assert listed == {"sts"}.union(*(ENDPOINTS_OF_MODULE.get(module, {module}) for module in modules))
