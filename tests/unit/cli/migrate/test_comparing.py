"""What two listings differ in."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.cli.errors import CommandError
from rapid.cli.migrate.comparing import Kind, joined, looked_at
from rapid.cli.migrate.inventory import Listed

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def listed(key, size=1, etag="e"):
    return Listed(key, size, etag, NOW, "STANDARD")


def listing(keys):
    """In the order in which S3 lists: that of the bytes of UTF-8."""
    return [listed(key) for key in sorted(keys, key=str.encode)]


keys = st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3))


@given(keys, keys)
def test_every_key_of_either_listing_is_given_once_in_order_with_its_counterpart(left, right):
    pairs = list(joined(iter(listing(left)), iter(listing(right))))
    found = [(one or other).key for one, other in pairs]
    assert found == sorted(left | right, key=str.encode)
    assert {one.key for one, _ in pairs if one} == left
    assert {other.key for _, other in pairs if other} == right
    assert all(one.key == other.key for one, other in pairs if one and other)


def test_no_more_than_one_object_ahead_is_taken_from_a_listing_of_any_length():
    taken = 0

    def endless():
        nonlocal taken
        for number in range(10**9):
            taken += 1
            yield listed(f"{number:010d}")

    pairs = joined(endless(), endless())
    for _ in range(100):
        next(pairs)
    assert taken <= 202


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"]])
def test_a_listing_in_another_order_is_refused_rather_than_read_wrongly(keys):
    with pytest.raises(CommandError, match=f"not in the order of keys: {keys[1]} comes after {keys[0]}"):
        list(joined([listed(key) for key in keys], []))


class Copies:
    """Answers what the metadata of a copy says, and remembers which copies were asked."""

    def __init__(self, etag=None):
        self.metadata, self.asked = {"rapid-source-etag": etag} if etag else {}, []

    def head_object(self, *, Bucket, Key):
        self.asked.append(Key)
        return {"Metadata": self.metadata}


@pytest.mark.parametrize(
    ("source", "target", "said", "kind"),
    [
        (listed("k"), listed("k"), None, Kind.SAME),
        (listed("k"), None, None, Kind.MISSING),
        (None, listed("k"), None, Kind.EXTRA),
        (listed("k", size=2), listed("k"), None, Kind.CHANGED),
        (listed("k", etag="f"), listed("k"), None, Kind.CHANGED),
        (listed("k", etag="f-2"), listed("k"), "f-2", Kind.SAME),
        (listed("k", etag="f-2"), listed("k"), "e-2", Kind.CHANGED),
        (listed("k", etag="f-2"), listed("k", etag="f-2"), None, Kind.CHANGED),
        (listed("k"), listed("k", etag="f-3"), "e", Kind.SAME),
        (listed("k"), listed("k", etag="f-3"), None, Kind.CHANGED),
    ],
)
def test_a_copy_is_the_same_if_its_etag_or_what_it_says_of_its_source_is(source, target, said, kind):
    s3 = Copies(said)
    [found] = looked_at(s3, "new", [(source, target)])
    assert found.kind is kind
    assert bool(s3.asked) == bool(source and target and "-" in source.etag + target.etag)


def test_objects_come_in_the_order_of_keys_though_only_some_copies_must_be_asked():
    s3 = Copies("e-2")
    pairs = [(listed(f"{n:04}", etag="e-2" if n % 3 else "e"), listed(f"{n:04}")) for n in range(2500)]
    found = [*looked_at(s3, "new", pairs)]
    assert [(one.source, one.target) for one in found] == pairs
    assert {one.kind for one in found} == {Kind.SAME}
    assert sorted(s3.asked) == [source.key for source, _ in pairs if "-" in source.etag]
