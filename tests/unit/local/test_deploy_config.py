import json

import pytest

from rapid.local.deploy.errors import ConfigurationError
from rapid.local.deploy.project import read_project

pytestmark = pytest.mark.aws("Pulumi deployer", "Configuration", "https://www.pulumi.com/docs/iac/concepts/config/")

PROJECT = """
name: tiny
runtime:
  name: python
config:
  retention_days: {type: integer, default: 30, description: Days.}
  protect: {type: boolean, default: false}
  owner: {type: string}
  zones: {type: array, items: {type: string}, default: [a, b]}
  aws:region: eu-central-1
"""


def read(folder, stack, project=PROJECT):
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "Pulumi.dev.yaml").write_text(stack)
    return read_project(folder, "dev")


def refused(folder, stack, project=PROJECT):
    with pytest.raises(ConfigurationError) as caught:
        read(folder, stack, project)
    return str(caught.value)


def test_defaults_of_the_project_fill_in_what_the_stack_does_not_say(tmp_path):
    config = read(tmp_path, "config: {tiny:owner: kitchen}").config
    assert config["tiny:retention_days"] == "30"
    assert config["tiny:protect"] == "false"


def test_the_stack_overrides_a_default(tmp_path):
    assert read(tmp_path, "config: {tiny:owner: x, tiny:retention_days: 7}").config["tiny:retention_days"] == "7"


def test_a_key_without_a_namespace_belongs_to_the_project(tmp_path):
    assert read(tmp_path, "config: {owner: kitchen}").config["tiny:owner"] == "kitchen"


def test_a_number_written_as_text_is_a_number_as_the_cli_has_it(tmp_path):
    config = read(tmp_path, "config: {tiny:owner: x, tiny:retention_days: '7', tiny:protect: 'true'}").config
    assert (config["tiny:retention_days"], config["tiny:protect"]) == ("7", "true")


def test_the_program_is_told_where_services_are_as_with_the_cli_unless_the_stack_says_so(tmp_path):
    here = read(tmp_path, "config: {tiny:owner: x}").at("http://127.0.0.1:1", ["cognito-identity", "s3"])
    assert json.loads(here.config["aws:endpoints"]) == [
        {"cognitoidentity": "http://127.0.0.1:1", "s3": "http://127.0.0.1:1"}
    ]
    other = read(tmp_path, "config: {tiny:owner: x, 'aws:endpoints': [{s3: 'http://s3'}]}").at("http://[::1]:1", ["s3"])
    assert json.loads(other.config["aws:endpoints"]) == [{"s3": "http://s3"}]


def test_lists_and_objects_reach_the_program_as_json(tmp_path):
    config = read(tmp_path, "config: {tiny:owner: x, 'other:settings': {tags: {a: b}}}").config
    assert config["tiny:zones"] == '["a", "b"]'
    assert config["other:settings"] == '{"tags": {"a": "b"}}'


def test_default_tags_which_nothing_would_put_on_anything_are_refused_by_name(tmp_path):
    message = refused(tmp_path, "config: {tiny:owner: x, 'aws:defaultTags': {tags: {a: b}}}")
    assert "Pulumi.dev.yaml: config key aws:defaultTags is not supported by the local cloud" in message


def test_a_value_for_a_provider_may_stand_in_the_project(tmp_path):
    assert read(tmp_path, "config: {tiny:owner: x}").region == "eu-central-1"


@pytest.mark.parametrize(
    ("key", "value", "declared"),
    [
        ("retention_days", "soon", "integer"),
        ("retention_days", "1.5", "integer"),
        ("protect", "1", "boolean"),
        ("zones", "text", "array of string"),
        ("zones", "[[a]]", "array of string"),
    ],
)
def test_a_value_of_another_type_is_refused_naming_file_key_type_and_fix(tmp_path, key, value, declared):
    message = refused(tmp_path, f"config: {{tiny:owner: x, tiny:{key}: {value}}}")
    assert message.startswith(f"Pulumi.dev.yaml: config key tiny:{key} must be of type {declared}, but is ")
    assert f"write for instance `tiny:{key}: " in message


def test_a_default_of_another_type_names_the_project_file(tmp_path):
    project = PROJECT.replace("default: 30", "default: month")
    assert refused(tmp_path, "config: {owner: x}", project).startswith("Pulumi.yaml: config key tiny:retention_days")


def test_a_key_that_nobody_declared_is_refused_with_what_is_near(tmp_path):
    message = refused(tmp_path, "config: {tiny:owner: x, tiny:retention_day: 7}")
    assert "Pulumi.dev.yaml: config key tiny:retention_day is not declared in Pulumi.yaml" in message
    assert "near: tiny:retention_days" in message


def test_a_key_without_default_must_be_set(tmp_path):
    message = refused(tmp_path, "config: {}")
    assert message == "Pulumi.dev.yaml: config key tiny:owner is missing and has no default; add `tiny:owner: text`"


def test_an_encrypted_value_is_refused_naming_its_key(tmp_path):
    message = refused(tmp_path, "config: {tiny:owner: {secure: AAABAK}}")
    assert "Pulumi.dev.yaml: config key tiny:owner is encrypted" in message


def test_a_type_that_pulumi_does_not_have_is_refused(tmp_path):
    message = refused(tmp_path, "config: {owner: x}", PROJECT.replace("type: boolean", "type: bool"))
    assert "config key tiny:protect has the unknown type 'bool'; use one of string, integer, boolean" in message


def test_a_stack_without_a_file_names_the_stacks_there_are(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}")
    with pytest.raises(ConfigurationError) as caught:
        read_project(tmp_path, "dev")
    assert "Pulumi.dev.yaml does not exist" in str(caught.value)
    assert "known: prod" in str(caught.value)
    assert "pulumi stack init dev" in str(caught.value)


def test_a_folder_without_a_project_says_how_to_name_one(tmp_path):
    with pytest.raises(ConfigurationError, match=r"Pulumi\.yaml does not exist; give the project's folder"):
        read_project(tmp_path, "dev")


def test_a_file_that_is_not_yaml_names_the_line(tmp_path):
    assert "Pulumi.dev.yaml is not YAML" in refused(tmp_path, "config: [")
    assert "line 1" in refused(tmp_path, "config: [")


def test_a_project_in_another_language_is_refused(tmp_path):
    message = refused(tmp_path, "config: {owner: x}", PROJECT.replace("name: python", "name: nodejs"))
    assert message == "Pulumi.yaml has runtime 'nodejs'; only `python` runs here"


def test_a_stack_without_a_region_is_told_how_to_set_it(tmp_path):
    message = refused(tmp_path, "config: {owner: x}", PROJECT.replace("  aws:region: eu-central-1\n", ""))
    assert message == "Pulumi.dev.yaml has no region; add `aws:region: us-east-1` under `config:`"
