"""A person is erased from every place, in all versions; everybody else stays as they were."""

import io
import json
import random
from types import SimpleNamespace

import boto3
import pyarrow.parquet as pq
import pytest
from moto.moto_api._internal.models import moto_api_backend

from etl.forget.contract import KeyField, UnfitKey
from etl.forget.person import Person
from etl.jobs import forget_job
from tests.unit.etl.lake import use_account
from tests.unit.etl.persons import Persons, holding

CUSTOMERS = ["cust1", "cust12", "cust2"]
CHANGES = ("put_object", "delete_objects", "send_message", "delete_message", "update_table")


class Killed(BaseException):
    """The run ends here."""


@pytest.fixture
def persons(own_account, tmp_path):
    return Persons(tmp_path)


@pytest.fixture
def everywhere(persons):
    """Three customers in every place; one is called as another begins."""
    persons.delivered_everywhere(CUSTOMERS)
    return persons


def rows_of_others(persons, customer="cust1"):
    """All rows of others in both tables, by value."""
    keys = [
        item["Key"] for item in persons.s3.list_objects_v2(Bucket="processed", Prefix="orders/").get("Contents", [])
    ]
    bodies = [persons.s3.get_object(Bucket="processed", Key=key)["Body"].read() for key in keys]
    processed = [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]
    return [
        sorted((row for row in rows if row["customerid"] != customer), key=lambda row: row["ingest_id"])
        for rows in (processed, persons.rows())
    ]


def current(everything):
    """What is current, as plain bytes by name; without what an erasure writes of itself, and without results."""
    left_out = ("curated/", "results/")
    return {name: body for name, body in everything.items() if "?" not in name and not name.startswith(left_out)}


def lines(body):
    return set(body.split(b"\n")) - {b""}


def raw_alone(persons):
    """Ids of events that the raw zone holds, and no place that says what became of them."""
    found = current(persons.everything())
    fates = b"".join(body for name, body in found.items() if not name.startswith("raw/")) + str(persons.rows()).encode()
    raw = [line for name, body in found.items() if name.startswith("raw/") for line in lines(body)]
    ids = [json.loads(line)["id"] for line in raw if line.startswith(b"{")]
    return [event for event in ids if event.encode() not in fates]


@pytest.fixture(scope="module")
def erasure(account, tmp_path_factory):
    """One of the three is looked for, and then erased: what was there before, in between and afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        use_account(account, "us-east-1", patch)
        moto_api_backend.reset()
        persons = Persons(tmp_path_factory.mktemp("erasure"))
        persons.delivered_everywhere(CUSTOMERS)
        return SimpleNamespace(
            before=persons.everything(),
            rows_before=rows_of_others(persons),
            looked=persons.forget("cust1", request_id="look", task="verify"),
            looked_in_vain=persons.forget("nobody", request_id="vain", task="verify"),
            between=persons.everything(),
            erased=persons.forget("cust1"),
            after=persons.everything(),
            rows_after=rows_of_others(persons),
            curated_again=persons.curate().inputs,
            rows_at_last=rows_of_others(persons),
        )


def test_a_person_who_is_everywhere_is_found_nowhere_afterwards(erasure):
    status, report = erasure.erased
    assert (status, report["state"], report["erased"]) == (0, "erased", 10)
    assert {name.partition("/")[0] for name in holding(erasure.before, "cust1")} == {
        *("curated", "files", "processed", "quarantine", "queue", "raw", "results"),
    }
    assert holding(erasure.after, "cust1") == []
    assert "cust1" not in json.dumps(report)


def test_everybody_else_is_as_before_to_the_line(erasure):
    assert erasure.rows_after == erasure.rows_before
    kept, left = (
        {line for name, body in current(of).items() if name.startswith(("raw", "queue")) for line in lines(body)}
        for of in (erasure.before, erasure.after)
    )
    assert {line for line in kept if b'"cust1"' not in line and not line.endswith(b" cust1")} == left


def test_what_was_rewritten_is_not_curated_again(erasure):
    assert erasure.curated_again == 0
    assert erasure.rows_at_last == erasure.rows_after


def test_looking_changes_nothing(erasure):
    status, report = erasure.looked
    assert (status, report["state"], report["erased"]) == (1, "found", 0)
    assert {name: erasure.between[name] for name in erasure.before} == erasure.before
    assert erasure.looked_in_vain[0] == 0


def interrupted(persons, monkeypatch, changes):
    """Run until so many changes were made, or to the end; whether it came to its end."""
    left, client = [changes], boto3.client

    def counting(*args, **options):
        made = client(*args, **options)
        for name in CHANGES:
            if hasattr(made, name):
                setattr(made, name, counted(getattr(made, name)))
        return made

    def counted(change):
        def once_more(*args, **options):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return change(*args, **options)

        return once_more

    with monkeypatch.context() as patched:
        patched.setattr(boto3, "client", counting)
        try:
            forget_job.main(persons.arguments("q1"))
        except Killed:
            return False
    return True


def moments(seed, runs):
    """After how many changes each of some runs ends: a run that goes on makes five before it removes anything."""
    chosen = random.Random(seed)
    return [chosen.randint(3, 14) for _run in range(runs)]


def check_interruptions(persons, monkeypatch, runs):
    rows = rows_of_others(persons)
    persons.request(value="cust1")
    for moment in runs:
        ended = interrupted(persons, monkeypatch, moment)
        assert raw_alone(persons) == [], f"after {moment} changes"
        if ended:
            break
    # One that was ended by its very last change is done: there is no request any more.
    forget_job.main(persons.arguments("q1"))
    assert (persons.report()["state"], persons.report()["erased"]) == ("erased", 10)
    assert persons.holding("cust1") == []
    assert rows_of_others(persons) == rows
    assert persons.curate().inputs == 0


def test_interrupted_anywhere_and_run_again_it_comes_to_the_same(everywhere, monkeypatch):
    check_interruptions(everywhere, monkeypatch, moments(7, 2))


@pytest.mark.full_size
@pytest.mark.parametrize("seed", range(12))
def test_interrupted_at_many_moments_it_comes_to_the_same(everywhere, monkeypatch, seed):
    check_interruptions(everywhere, monkeypatch, moments(seed, 10))


def test_old_versions_go_too(persons):
    key = persons.deliver([persons.order("e1", customerid="cust1")])
    persons.curate()
    persons.s3.delete_object(Bucket="processed", Key=key)
    assert persons.forget("cust1")[0] == 0
    assert persons.holding("cust1") == []


def test_whoever_repeated_an_event_of_the_person_takes_its_place(persons):
    persons.deliver([persons.order("same", customerid="cust1")])
    persons.deliver([persons.order("same", customerid="cust2")])
    persons.curate()
    assert [row["customerid"] for row in persons.rows()] == ["cust1"]
    persons.forget("cust1")
    assert [row["customerid"] for row in persons.rows()] == ["cust2"]


def test_what_is_not_curated_yet_stays_and_is_named(persons):
    persons.deliver([persons.order("e1", customerid="cust1"), persons.order("e2", customerid="cust2")])
    status, report = persons.forget("cust1")
    assert (status, report["state"], report["pending"]) == (1, "remains", 1)
    persons.curate()
    assert forget_job.main(persons.arguments("q1")) == 0
    assert [row["customerid"] for row in persons.rows()] == ["cust2"]


def test_a_file_that_was_not_taken_in_stays_and_is_named(persons):
    persons.put("files", "incoming/orders/f2/new.csv", b"customerId,quantity\ncust1,1\n")
    status, report = persons.forget("cust1")
    [files] = [place for place in report["places"] if place["place"] == "uploaded files"]
    assert (status, files["names"]) == (1, ["s3://files/incoming/orders/f2/new.csv"])


def test_a_request_is_gone_when_it_is_done(persons):
    persons.raw(persons.envelope("i1", persons.body("cust1")))
    persons.forget("cust1")
    versions = persons.s3.list_object_versions(Bucket="curated", Prefix="erasure-requests/")
    assert not versions.get("Versions")
    assert forget_job.main(persons.arguments("q1")) == 1


def person(value, *, names=("customerId",), is_number=False, pseudonym=None):
    return Person(KeyField(names[0], names, names[0].lower(), is_number, pseudonym is not None), value, pseudonym)


@pytest.mark.parametrize(
    ("found", "event"),
    [
        (True, {"customerId": "cust1"}),
        (True, {"CustomerID": "cust1"}),
        (True, {"customer_id": "cust1"}),
        (True, {"customerid": "cust1"}),
        (True, {"extra": '{"customer_id":"cust1"}'}),
        (False, {"customerId": "cust12"}),
        (False, {"customerId": "CUST1"}),
        (False, {"customerId": ["cust1"]}),
        (False, {"restaurantId": "cust1"}),
    ],
)
def test_an_event_is_the_person_s_if_the_field_has_the_value_however_it_is_written(found, event):
    assert person("cust1").has(event) is found


def test_a_number_may_have_come_as_text():
    anyone = person("7", names=("user", "uid"), is_number=True)
    assert all(anyone.has({"uid": value}) for value in (7, 7.0, "7", " 7", "7.0"))
    assert not any(anyone.has({"user": value}) for value in (70, "x", True, None, "nan"))


def test_a_pseudonym_is_the_value_in_the_tables():
    anyone = person("ada@example.com", names=("contact",), pseudonym="ab12")
    assert anyone.has({"contact": "ada@example.com"})
    assert anyone.has({"contact": "ab12"})


def test_what_is_no_event_is_the_person_s_if_the_value_is_a_word_in_it():
    assert person("cust1").is_in_text(b"a,cust1,b")
    assert not person("cust1").is_in_text(b"a,cust12,b")


@pytest.mark.parametrize(("value", "is_number"), [("", False), ("", True), ("x", True), ("1.5", True), ("1e99", True)])
def test_a_value_that_the_field_cannot_have_is_refused(value, is_number):
    with pytest.raises(UnfitKey):
        person(value, is_number=is_number)
