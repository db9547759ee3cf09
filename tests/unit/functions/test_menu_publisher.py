"""Publishing menus: the pages are those of the current version, whatever happens meanwhile."""

import itertools
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from .menu_frames import frames

HEADER = "section,id,name,name_de,price\n"
SOUP, CAKE = HEADER + "Soups,soup,Soup,Suppe,5\n", HEADER + "Cakes,cake,Cake,Kuchen,4\n"
PATHS = ["/menu/bella", "/menu/bella/de"]
BAD = HEADER + "Soups,soup,,,five\n"


class Killed(BaseException):
    """The invocation ends here."""


class Publisher:
    """The function between two buckets, with what it tells CloudFront and SNS."""

    def __init__(self, handler, s3):
        self.handler, self.s3 = handler, s3
        self.invalidated, self.mails = [], []
        handler._site._cloudfront = SimpleNamespace(create_invalidation=self._invalidate)
        handler._sns = lambda: SimpleNamespace(publish=lambda **mail: self.mails.append(mail))

    def _invalidate(self, DistributionId, InvalidationBatch):
        assert DistributionId == "E1"
        paths = InvalidationBatch["Paths"]
        assert paths["Quantity"] == len(paths["Items"])
        self.invalidated.append(paths["Items"])

    def upload(self, content, key="bella.csv"):
        """Put a menu; the event that S3 tells of it."""
        version = self.s3.put_object(Bucket="menus", Key=key, Body=content)["VersionId"]
        return event(key, version)

    def remove(self, key="bella.csv"):
        version = self.s3.delete_object(Bucket="menus", Key=key)["VersionId"]
        return event(key, version, "Object Deleted")

    def handle(self, told):
        return self.handler.handler(told, None)

    def pages(self):
        listed = self.s3.list_objects_v2(Bucket="site", Prefix="menu/").get("Contents", [])
        return {
            item["Key"]: self.s3.get_object(Bucket="site", Key=item["Key"])["Body"].read().decode() for item in listed
        }

    def names(self):
        """The item that each page shows."""
        return {key: page.partition('class="name">')[2].partition("<")[0] for key, page in self.pages().items()}

    def names_of(self, store):
        """The item that a store's pages show, in English and in German."""
        found = self.names()
        return [found[f"menu/{store}"], found[f"menu/{store}/de"]]


def event(key, version, kind="Object Created"):
    return {"detail-type": kind, "detail": {"object": {"key": key, "version-id": version}}}


@pytest.fixture
def load(aws, package):
    s3 = aws.client("s3")
    for bucket in ("menus", "site"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="menus", VersioningConfiguration={"Status": "Enabled"})

    def publisher(languages=("en", "de")):
        documents = {language: frames()[language] for language in languages}
        environment = {"MENUS_BUCKET": "menus", "SITE_BUCKET": "site", "DISTRIBUTION_ID": "E1"}
        environment |= {
            "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:refusals",
            "CURRENCY": "EUR",
            "CACHE_CONTROL": "max-age=9",
        }
        loaded = package("menu_publisher", files={"frames.json": json.dumps(documents)}, **environment)
        return Publisher(loaded.handler, s3)

    return publisher


@pytest.fixture
def publisher(load):
    return load()


def test_an_uploaded_menu_becomes_a_page_in_each_language(publisher):
    publisher.handle(publisher.upload(SOUP))
    assert publisher.names() == {"menu/bella": "Soup", "menu/bella/de": "Suppe"}
    assert publisher.invalidated == [PATHS]
    assert publisher.mails == []


def test_a_page_is_kept_by_cloudfront_and_tells_which_version_it_shows(publisher):
    told = publisher.upload(SOUP)
    publisher.handle(told)
    page = publisher.s3.head_object(Bucket="site", Key="menu/bella/de")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["CacheControl"] == "max-age=9"
    assert page["Metadata"] == {"menu-version": told["detail"]["object"]["version-id"], "menu-key": "bella.csv"}


def test_a_bad_menu_leaves_the_pages_as_they_are_and_a_mail_says_why(publisher):
    publisher.handle(publisher.upload(SOUP))
    before = publisher.pages()
    publisher.handle(publisher.upload(BAD))
    assert publisher.pages() == before
    assert publisher.invalidated == [PATHS]
    [mail] = publisher.mails
    assert mail["Subject"] == "Menu not published: bella.csv"
    assert "line 2, column name: missing" in mail["Message"]
    assert 'line 2, column price: "five" is not a price' in mail["Message"]
    assert "rapid menu rollback --store bella" in mail["Message"]


def test_a_good_menu_after_a_bad_one_is_published(publisher):
    for content in (SOUP, BAD, CAKE):
        publisher.handle(publisher.upload(content))
    assert publisher.names()["menu/bella"] == "Cake"


def test_a_first_menu_that_is_bad_makes_no_page(publisher):
    publisher.handle(publisher.upload(BAD))
    assert publisher.pages() == {}


def test_a_removed_menu_takes_its_pages_with_it_and_no_other_store_s(publisher):
    for key in ("bella.csv", "bella2.csv", "bella-mare.csv"):
        publisher.handle(publisher.upload(SOUP, key))
    publisher.handle(publisher.remove())
    assert {key.split("/")[1] for key in publisher.pages()} == {"bella2", "bella-mare"}
    assert publisher.invalidated[-1] == PATHS


def test_a_removal_that_was_killed_before_cloudfront_was_told_is_told_by_its_repeat(publisher):
    publisher.handle(publisher.upload(SOUP))
    told = publisher.remove()
    publisher.handle(told)
    publisher.invalidated.clear()
    publisher.handle(told)
    assert publisher.invalidated == [PATHS]


def test_the_menu_that_was_uploaded_last_counts_whatever_its_format(publisher):
    publisher.handle(publisher.upload(SOUP))
    # S3 tells times in seconds.
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["menus"].keys["bella.csv"].last_modified -= timedelta(seconds=1)
    sections = [{"title": "Cakes", "items": [{"id": "cake", "name": "Cake", "price": 4}]}]
    told = publisher.upload(json.dumps({"sections": sections}), "bella.json")
    publisher.handle(told)
    assert publisher.names()["menu/bella"] == "Cake"
    publisher.handle(publisher.remove("bella.json"))
    assert publisher.names()["menu/bella"] == "Soup"


@pytest.mark.parametrize(
    "key", ["menu.txt", "bella.JSON", "my menu.csv", "a/b.csv", "-x.csv", ".json", "ä.csv", "x" * 129 + ".csv"]
)
def test_a_file_of_no_store_is_told_of(publisher, key):
    publisher.handle(publisher.upload(SOUP, key))
    [mail] = publisher.mails
    assert mail["Subject"].isascii()
    assert len(mail["Subject"]) < 100
    assert mail["Message"].startswith(key)
    publisher.handle(publisher.remove(key))
    assert len(publisher.mails) == 1
    assert publisher.pages() == {}


def test_an_event_of_a_version_that_another_replaced_publishes_the_current_one(publisher):
    first = publisher.upload(SOUP)
    publisher.handle(publisher.upload(CAKE))
    publisher.handle(first)
    assert publisher.names()["menu/bella"] == "Cake"


def test_of_a_version_that_is_refused_its_own_event_alone_tells(publisher):
    first, second = publisher.upload(SOUP), publisher.upload(BAD)
    publisher.handle(first)
    assert publisher.mails == []
    publisher.handle(second)
    assert len(publisher.mails) == 1


def test_two_uploads_at_once_end_with_the_second_whenever_it_comes(publisher):
    """The second is uploaded, and published by another invocation, between any two calls of the first."""
    for moment in range(9):
        key = f"store{moment}.csv"
        first = publisher.upload(SOUP, key)
        calls = at_call(publisher, moment, lambda key=key: publisher.handle(publisher.upload(CAKE, key)))
        publisher.handle(first)
        assert next(calls) > moment, f"the invocation has no call {moment}"
        assert publisher.names_of(f"store{moment}") == ["Cake", "Kuchen"], moment
        assert publisher.invalidated[-1] == [f"/menu/store{moment}", f"/menu/store{moment}/de"]


def test_a_menu_that_is_published_and_replaced_by_a_bad_one_meanwhile_is_invalidated(publisher):
    first = publisher.upload(SOUP)
    at_call(publisher, 4, lambda: publisher.upload(BAD))
    publisher.handle(first)
    assert publisher.names()["menu/bella"] == "Soup"
    assert publisher.invalidated == [PATHS]


def test_an_invocation_that_is_killed_and_repeated_ends_with_the_current_menu(publisher):
    def kill():
        raise Killed

    for moment in range(9):
        key = f"store{moment}.csv"
        publisher.handle(publisher.upload(SOUP, key))
        told = publisher.upload(CAKE, key)
        at_call(publisher, moment, kill)
        with pytest.raises(Killed):
            publisher.handle(told)
        publisher.handle(told)
        assert publisher.names_of(f"store{moment}") == ["Cake", "Kuchen"], moment
        assert publisher.invalidated[-1] == [f"/menu/store{moment}", f"/menu/store{moment}/de"]


def at_call(publisher, moment, act):
    """Do something once, right before a call of S3 of this number; counts the calls."""
    calls = itertools.count()

    def before(**_):
        if next(calls) == moment:
            act()

    publisher.handler._s3.meta.events.register("before-call.s3", before)
    return calls


def test_a_deployment_publishes_all_menus_anew_and_removes_pages_of_stores_without_one(publisher):
    publisher.upload(SOUP)
    publisher.upload(CAKE, "roma.csv")
    publisher.upload(BAD, "torino.csv")
    publisher.s3.put_object(Bucket="site", Key="menu/gone/de", Body=b"")
    answer = publisher.handle({"deployed": {}})
    assert answer == {"published": ["bella", "roma"], "refused": ["torino"], "removed": ["gone"]}
    assert publisher.names()["menu/roma/de"] == "Kuchen"
    assert len(publisher.pages()) == 4
    assert publisher.invalidated == [["/*"]]


def test_a_deployment_shows_the_last_good_menu_of_a_store_as_pages_are_now(publisher):
    publisher.handle(publisher.upload(SOUP))
    publisher.handle(publisher.upload(BAD))
    publisher.s3.put_object(
        Bucket="site",
        Key="menu/bella",
        Body=b"of an older deployment",
        Metadata=publisher.s3.head_object(Bucket="site", Key="menu/bella")["Metadata"],
    )
    publisher.handle({"deployed": {}})
    assert publisher.names() == {"menu/bella": "Soup", "menu/bella/de": "Suppe"}


def test_a_deployment_with_fewer_languages_removes_pages_of_the_others(load):
    before = load()
    before.handle(before.upload(SOUP))
    before.handler._frames.languages = ("en",)
    before.handler._rules = before.handler.Rules(("en",), "EUR")
    before.handle({"deployed": {}})
    assert before.names() == {"menu/bella": "Soup"}


def test_a_mail_names_the_first_problems_of_many(publisher):
    publisher.handle(publisher.upload(HEADER + "\n".join(f"S,{number},x,,free" for number in range(300))))
    [mail] = publisher.mails
    assert "300 problems:" in mail["Message"]
    assert mail["Message"].count("\n- line") == 100
    assert "- and 200 more" in mail["Message"]


def test_a_file_larger_than_menus_may_be_is_not_read_whole(publisher):
    publisher.handle(publisher.upload(b"x" * 3_000_000))
    [mail] = publisher.mails
    assert "the file has more than 262,144 bytes, which is the most" in mail["Message"]


def test_a_menu_that_is_uploaded_while_a_deployment_falls_back_to_the_last_good_one_is_shown(publisher):
    for moment in range(4, 13):
        publisher.handle(publisher.upload(SOUP))
        publisher.handle(publisher.upload(BAD))
        calls = at_call(publisher, moment, lambda: publisher.handle(publisher.upload(CAKE)))
        publisher.handle({"deployed": {}})
        assert next(calls) > moment, f"the invocation has no call {moment}"
        assert publisher.names_of("bella") == ["Cake", "Kuchen"], moment
