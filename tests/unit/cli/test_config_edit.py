"""A stack's file, in which one key is set: all else of it stays as somebody wrote it."""

import pytest
import yaml

from rapid.cli import config_edit
from rapid.cli.errors import CommandError

DEV = """\
# Development.
config:
  aws:region: us-east-1
  rapid-analytics:migration: side_by_side  # since Monday
  rapid-analytics:dashboard_groups:
    owners: {}
    harbour:
      stores: [harbour]  # a store
      # the last comment

# the end
encryptionsalt: v1:abc
"""
WITHOUT = DEV.replace("  rapid-analytics:migration: side_by_side  # since Monday\n", "")


def set_to(text, value="cut_over"):
    return config_edit.edited(text, "rapid-analytics", "migration", value, "Pulumi.dev.yaml")


def test_a_key_that_is_there_gets_the_value_and_nothing_else_changes():
    assert set_to(DEV) == DEV.replace("side_by_side", "cut_over")
    assert set_to(DEV, "side_by_side") == DEV


def test_a_key_that_is_not_there_comes_after_the_last_of_the_others():
    line = "  rapid-analytics:migration: cut_over\n"
    assert set_to(WITHOUT) == WITHOUT.replace("# a store\n", f"# a store\n{line}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "config:\n  rapid-analytics:migration: cut_over\n"),
        ("config:\n", "config:\n  rapid-analytics:migration: cut_over\n"),
        ("config:\nencryptionsalt: v1\n", "config:\n  rapid-analytics:migration: cut_over\nencryptionsalt: v1\n"),
        ("config: {}\n", "config: {rapid-analytics:migration: cut_over}\n"),
        ("config: {a: b}  # one\n", "config: {a: b, rapid-analytics:migration: cut_over}  # one\n"),
        ("config:\n    a: b", "config:\n    a: b\n    rapid-analytics:migration: cut_over\n"),
        ("config:\r\n  a: b\r\n", "config:\r\n  a: b\r\n  rapid-analytics:migration: cut_over\r\n"),
        ("config:\n  migration: 'none' # x\n", "config:\n  migration: cut_over # x\n"),
        ('config:\n  "rapid-analytics:migration": "none"\n', 'config:\n  "rapid-analytics:migration": cut_over\n'),
        ("config:\n  migration:  # x\n  a: b\n", "config:\n  migration: cut_over  # x\n  a: b\n"),
        (
            "config:\n  a: |\n    two\n    lines\n",
            "config:\n  a: |\n    two\n    lines\n  rapid-analytics:migration: cut_over\n",
        ),
        ("encryptionsalt: v1", "encryptionsalt: v1\nconfig:\n  rapid-analytics:migration: cut_over\n"),
    ],
)
def test_whatever_layout_a_file_has_it_says_the_same_afterwards_and_the_key(before, after):
    assert set_to(before) == after
    assert "cut_over" in yaml.safe_load(after)["config"].values()


def test_a_layout_that_cannot_be_edited_is_left_to_whoever_wrote_it():
    with pytest.raises(CommandError, match="set `rapid-analytics:migration: cut_over` by hand"):
        set_to("config: &all\n  a: &word side\n  migration: *word\n")


@pytest.mark.parametrize("text", ["config: [a]\n", "- a\n", "config: {", "config: word\n"])
def test_what_is_no_stacks_file_is_refused_by_name(text):
    with pytest.raises(CommandError, match=r"^Pulumi\.dev\.yaml is"):
        set_to(text)


def test_a_file_is_written_whole_and_only_where_something_changes(tmp_path):
    file = tmp_path / "Pulumi.dev.yaml"
    with pytest.raises(CommandError, match="is not there; `rapid init`"):
        config_edit.set_key(file, "rapid-analytics", "migration", "cut_over")
    file.write_bytes(DEV.replace("\n", "\r\n").encode())
    assert config_edit.set_key(file, "rapid-analytics", "migration", "cut_over")
    assert file.read_bytes().decode() == DEV.replace("\n", "\r\n").replace("side_by_side", "cut_over")
    assert not config_edit.set_key(file, "rapid-analytics", "migration", "cut_over")
    assert [found.name for found in tmp_path.iterdir()] == ["Pulumi.dev.yaml"]


@pytest.mark.parametrize(
    ("text", "value"),
    [(DEV, "side_by_side"), ("config: {migration: none}", "none"), (WITHOUT, ""), ("config:\n", ""), ("config: {", "")],
)
def test_what_a_key_is_set_to_is_read(tmp_path, text, value):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    assert config_edit.value_of(file, "rapid-analytics", "migration") == value
    assert config_edit.value_of(tmp_path / "none.yaml", "rapid-analytics", "migration") == ""
