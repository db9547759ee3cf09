"""The tree that `rapid local preview` prints."""

from pulumi.runtime.rpc import UNKNOWN

from rapid.cli.plan_tree import render


def component(urn, parent=""):
    return {"event": "component", "type": "index:Group", "name": urn, "urn": urn, "parent": parent}


def plan(urn, operation, parent="", differences=(), forced_by=()):
    place = {"type": "aws:sqs/queue:Queue", "name": urn, "urn": urn, "parent": parent}
    return {"event": "plan", **place, "operation": operation, "differences": differences, "forced_by": forced_by}


def difference(path, before, after):
    return {"path": path, "before": before, "after": after}


def test_resources_stand_under_their_parents_and_are_counted():
    shown = render([component("stack"), component("group", "stack"), plan("a", "create", "group"), plan("b", "same")])
    assert shown.splitlines() == [
        "   index:Group stack",
        "      index:Group group",
        "+        aws:sqs/queue:Queue a: create",
        "",
        "1 to create; 1 the same",
    ]


def test_a_difference_shows_both_values_and_whether_it_forces_a_replacement():
    found = [difference("name", "old", "new"), difference("tags.a", None, UNKNOWN)]
    lines = render([plan("a", "replace", differences=found, forced_by=["name"])]).splitlines()
    assert lines[1] == '      name: "old" => "new" (forces a replacement)'
    assert lines[2] == "      tags.a: none => known after the deployment"


def test_secrets_and_contents_are_shown_as_what_they_are_and_long_values_are_cut():
    found = [
        difference("value", {"secret_sha256": "0" * 64}, {"secret_sha256": "1" * 64}),
        difference("code", {"sha256": "a" * 64}, {"sha256": "b" * 64}),
        difference("text", "x" * 100, "y"),
    ]
    shown = render([plan("a", "update", differences=found)])
    assert "value: [secret] => [secret]" in shown
    assert f"code: content {'a' * 12} => content {'b' * 12}" in shown
    assert "x" * 100 not in shown


def test_a_resource_whose_parent_is_gone_stands_at_the_root():
    assert render([plan("a", "delete", parent="gone")]).startswith("-  aws:sqs/queue:Queue a: delete")


def test_nothing_to_do_is_said():
    assert render([component("stack"), plan("a", "same", "stack")]) == "nothing to do; 1 the same"


def test_what_stays_the_same_is_counted_and_not_shown_nor_is_a_component_without_a_change():
    events = [component("stack"), component("idle", "stack"), plan("a", "same", "idle"), plan("b", "update", "stack")]
    shown = render(events)
    assert "idle" not in shown
    assert "Queue a" not in shown
    assert shown.endswith("1 to update; 1 the same")


def test_long_texts_that_begin_alike_are_shown_from_where_they_differ():
    found = [difference("body", "x" * 100 + '{"rate": 200}', "x" * 100 + '{"rate": 150}')]
    shown = render([plan("a", "update", differences=found)])
    assert '200}"' in shown
    assert '150}"' in shown
