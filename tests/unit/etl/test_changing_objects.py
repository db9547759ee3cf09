"""Objects that are replaced or gone between their listing and their reading: by an erasure, a job, retention."""

import pytest

from etl.curation import fetching, inputs


@pytest.fixture(params=["read at once", "read bit by bit"])
def listed(request, orders, monkeypatch):
    """Has something happen after the listing; objects are read in both ways."""
    if request.param == "read bit by bit":
        monkeypatch.setattr(fetching, "LARGE_BYTES", 0)
    listing = inputs.listing

    def then(happens):
        def list_first(*args):
            found = list(listing(*args))
            monkeypatch.setattr(inputs, "listing", listing)
            happens()
            return iter(found)

        monkeypatch.setattr(inputs, "listing", list_first)

    return then


def test_an_object_that_is_gone_holds_no_other_up_and_is_no_failure(orders, listed):
    orders.deliver([orders.order("a")])
    gone = orders.deliver([orders.order("gone")])
    orders.deliver([orders.order("b")])
    listed(lambda: orders.s3.delete_object(Bucket="processed", Key=gone))
    report = orders.curate()

    assert [row["event_id"] for row in orders.rows()] == ["a", "b"]
    assert report.unreadable == []


@pytest.mark.parametrize("others", [0, 1])
def test_an_object_that_is_replaced_is_read_by_the_same_run_as_it_is_then(orders, listed, others):
    key = orders.deliver([orders.order("before")])
    for _ in range(others):
        orders.deliver([orders.order("other")])

    def replace():
        newer = orders.deliver([orders.order("after")], hour="2026/03/15/00")
        orders.s3.copy_object(Bucket="processed", Key=key, CopySource=f"processed/{newer}")
        orders.s3.delete_object(Bucket="processed", Key=newer)

    listed(replace)
    report = orders.curate()

    assert [row["event_id"] for row in orders.rows()] == ["after", "other"][: 1 + others]
    assert report.unreadable == []
    assert orders.curate().inputs == 0
