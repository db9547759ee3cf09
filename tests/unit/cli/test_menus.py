"""`rapid menu`: checks before it uploads, and puts older versions back."""

import datetime
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from rapid.cli import stack_settings, target
from rapid.cli.errors import CommandError
from rapid.cli.menus import check, publish, rollback, store, versions

HEADER = "section,id,name,price\n"
SOUP, CAKE, BAD = HEADER + "S,soup,Soup,5\n", HEADER + "S,cake,Cake,4\n", HEADER + "S,soup,Soup,five\n"
NOON = datetime.datetime(2026, 3, 14, 12, tzinfo=datetime.UTC)


class Stack:
    """A stack with a storefront, whose menus are published at once."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self.outputs = {
            "menus_bucket": "menus",
            "storefront_url": "https://d1.cloudfront.net",
            "menu_rules": {"languages": ["en", "de"], "currency": "EUR"},
        }
        self.shown: str | None = None

    def client(self, _service: str) -> Any:
        return self._s3

    def age(self) -> None:
        """Let a minute pass: each upload is a minute later than the one before, for S3 tells times in seconds."""
        bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["menus"]
        uploads = sorted(
            (item for _, items in bucket.keys.lists() for item in items), key=lambda item: item.last_modified
        )
        for number, item in enumerate(uploads):
            item.last_modified = NOON.replace(tzinfo=None) + datetime.timedelta(minutes=number)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="menus")
        s3.put_bucket_versioning(Bucket="menus", VersioningConfiguration={"Status": "Enabled"})
        found = Stack(s3)
        monkeypatch.setattr(target, "find", lambda: found)
        monkeypatch.setattr(store.Store, "shown_version", lambda _: found.shown)
        yield found


def upload(stack: Stack, content: str, *, is_shown: bool = True, key: str = "bella.csv") -> str:
    version: str = stack.client("s3").put_object(Bucket="menus", Key=key, Body=content)["VersionId"]
    if is_shown:
        stack.shown = version
    stack.age()
    return version


@pytest.fixture
def waited(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions that a command waited for; guests see each at once."""
    found: list[str] = []

    def wait(_: store.Store, version: str) -> float:
        found.append(version)
        return 1.0

    monkeypatch.setattr(store.Store, "wait_until_shown", wait)
    return found


def newest(stack: Stack) -> str:
    listed = stack.client("s3").list_objects_v2(Bucket="menus").get("Contents", [])
    [content] = [stack.client("s3").get_object(Bucket="menus", Key=item["Key"])["Body"].read() for item in listed]
    text: str = content.decode()
    return text


def file(folder: Path, content: str, name: str = "menu.csv") -> Path:
    path = folder / name
    path.write_text(content)
    return path


def test_a_check_says_what_a_menu_holds_by_the_configuration_of_the_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"languages": "en, de", "currency": "EUR"}
    settings = stack_settings.StackSettings("shop", "dev", "us-east-1", values)
    monkeypatch.setattr(check, "settings_of", lambda: settings)
    path = file(tmp_path, SOUP)
    assert check.run(path) == 0
    assert capsys.readouterr().out == (
        f"{path}: 1 section, 1 item; languages en, de, prices in EUR\n  2 texts have no de: guests see en\n"
    )


def test_a_check_says_all_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, HEADER + "S,a b,,five\n")
    assert check.run(path) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"{path}: 3 problems"
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "  line 2, column id",
        "  line 2, column name",
        "  line 2, column price",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [("menu.txt", "a menu is a file that ends in .json or .csv"), ("nothing.csv", "No such file or directory")],
)
def test_what_is_no_file_of_a_menu_is_told(tmp_path: Path, name: str, message: str) -> None:
    file(tmp_path, SOUP, "menu.txt")
    with pytest.raises(CommandError, match=message):
        check.run(tmp_path / name)


def test_a_bad_menu_is_not_uploaded(
    stack: Stack, tmp_path: Path, waited: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish.run(file(tmp_path, BAD), "bella") == 1
    assert 'column price: "five" is not a price' in capsys.readouterr().err
    assert "Contents" not in stack.client("s3").list_objects_v2(Bucket="menus")


def test_a_menu_is_uploaded_and_its_addresses_are_told(
    stack: Stack, tmp_path: Path, waited: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish.run(file(tmp_path, SOUP), "bella") == 0
    assert newest(stack) == SOUP
    found = capsys.readouterr().out.splitlines()
    assert found[-3:] == [
        f"live after 1.0 s: version {waited[0]}",
        "  https://d1.cloudfront.net/menu/bella",
        "  https://d1.cloudfront.net/menu/bella/de",
    ]


def test_a_menu_in_json_takes_the_place_of_one_in_csv(stack: Stack, tmp_path: Path, waited: list[str]) -> None:
    upload(stack, SOUP)
    upload(stack, SOUP, key="bella2.csv")
    sections = [{"title": "S", "items": [{"id": "cake", "name": "Cake", "price": 4}]}]
    assert publish.run(file(tmp_path, json.dumps({"sections": sections}), "menu.json"), "bella") == 0
    listed = stack.client("s3").list_objects_v2(Bucket="menus")["Contents"]
    assert [item["Key"] for item in listed] == ["bella.json", "bella2.csv"]


def test_versions_say_which_one_guests_see_and_why_not_the_newest(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    uploaded = [upload(stack, SOUP), upload(stack, CAKE), upload(stack, BAD, is_shown=False)]
    versions.run("bella", as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [row["version"] for row in rows] == uploaded[::-1]
    assert [row["state"] for row in rows] == ["refused: 1 problem", "live", ""]
    assert rows[0] | {"version": ""} == {
        "version": "",
        "uploaded": "2026-03-14 12:02:00",
        "file": "bella.csv",
        "bytes": len(BAD),
        "state": "refused: 1 problem",
    }


def test_a_version_that_is_not_seen_yet_and_a_removal_say_so(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    upload(stack, SOUP)
    stack.client("s3").delete_object(Bucket="menus", Key="bella.csv")
    stack.age()
    upload(stack, CAKE, is_shown=False)
    versions.run("bella", as_json=True)
    states = [row["state"] for row in json.loads(capsys.readouterr().out)]
    assert states == ["on its way", "removed", "live"]


def test_a_rollback_puts_back_the_one_before(stack: Stack, waited: list[str]) -> None:
    for content in (SOUP, CAKE, CAKE):
        upload(stack, content)
    assert rollback.run("bella", "") == 0
    assert newest(stack) == SOUP
    assert len(waited) == 1


def test_after_a_refusal_a_rollback_puts_back_what_guests_see(stack: Stack, waited: list[str]) -> None:
    upload(stack, SOUP)
    upload(stack, CAKE)
    upload(stack, BAD, is_shown=False)
    assert rollback.run("bella", "") == 0
    assert newest(stack) == CAKE


def test_after_a_removal_a_rollback_puts_back_the_last_menu(stack: Stack, waited: list[str]) -> None:
    upload(stack, SOUP)
    upload(stack, CAKE)
    stack.client("s3").delete_object(Bucket="menus", Key="bella.csv")
    stack.age()
    stack.shown = None
    assert rollback.run("bella", "") == 0
    assert newest(stack) == CAKE


def test_a_rollback_to_a_version_takes_the_beginning_of_its_id(stack: Stack, waited: list[str]) -> None:
    first = upload(stack, SOUP)
    upload(stack, CAKE)
    upload(stack, SOUP + "S,tea,Tea,2\n")
    assert rollback.run("bella", first[:12]) == 0
    assert newest(stack) == SOUP


def test_a_rollback_without_another_version_or_to_an_unknown_one_says_so(stack: Stack) -> None:
    upload(stack, SOUP)
    with pytest.raises(CommandError, match="there is no other version"):
        rollback.run("bella", "")
    with pytest.raises(CommandError, match="--to nothing: no version begins so"):
        rollback.run("bella", "nothing")


def test_a_rollback_to_a_version_that_would_be_refused_says_why(stack: Stack) -> None:
    bad = upload(stack, BAD, is_shown=False)
    with pytest.raises(CommandError, match='would be refused; name another by --to:\n  line 2, column price: "five"'):
        rollback.run("bella", bad)


def test_a_store_without_a_menu_and_a_stack_without_a_storefront_say_so(stack: Stack) -> None:
    for run in (lambda: versions.run("bella", as_json=False), lambda: rollback.run("bella", "")):
        with pytest.raises(CommandError, match="store bella has no menu"):
            run()
    with pytest.raises(CommandError, match="--store 'my store': a store with a menu is 1 to 128 of the characters"):
        versions.run("my store", as_json=False)
    stack.outputs = {}
    with pytest.raises(CommandError, match="the stack has no storefront"):
        versions.run("bella", as_json=False)


def test_a_menu_that_is_not_seen_in_time_says_what_may_be(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count(0, 50)
    monkeypatch.setattr(store.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(store.time, "sleep", lambda _: None)
    version = upload(stack, SOUP, is_shown=False)
    with pytest.raises(CommandError, match="guests do not see it after 120 seconds"):
        store.of_stack("bella").wait_until_shown(version)
    other = upload(stack, CAKE, is_shown=False)
    with pytest.raises(CommandError, match=f"another menu was uploaded meanwhile, as version {other}"):
        store.of_stack("bella").wait_until_shown(version)


def test_of_a_menu_and_a_removal_in_one_second_the_menu_is_the_newer_one(stack: Stack, waited: list[str]) -> None:
    upload(stack, SOUP)
    shown = upload(stack, CAKE, key="bella.json")
    removed = stack.client("s3").delete_object(Bucket="menus", Key="bella.csv")["VersionId"]
    found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["menus"].keys
    for key in ("bella.csv", "bella.json"):
        found[key].last_modified = NOON.replace(tzinfo=None) + datetime.timedelta(hours=1)
    assert [version.id for version in store.of_stack("bella").versions()][:2] == [shown, removed]
