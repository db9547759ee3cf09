"""Tables of the Data Catalog, as pyiceberg and Athena views need them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from moto.glue.models import FakeTable, glue_backends
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from rapid.local.clients import ACCOUNT_ID

DG = "https://docs.aws.amazon.com/glue/latest/dg/"
pytestmark = pytest.mark.aws("Glue", "Tables", f"{DG}aws-glue-api-catalog-tables.html")

ROUNDS = 5
WRITERS = 4
SCHEMA = pa.schema([("number", pa.int64())])
# One commit is one try: pyiceberg's own retries would hide who lost.
ONE_TRY = {"commit.retry.num-retries": "0"}


@pytest.fixture(scope="module")
def glue(rig):
    client = rig.aws("glue")
    client.create_database(DatabaseInput={"Name": "lake"})
    rig.aws("s3").create_bucket(Bucket="lake")
    return client


@pytest.fixture
def name(glue, rig):
    """A table, as created."""
    name = rig.name("table").replace("-", "_")
    glue.create_table(DatabaseName="lake", TableInput={"Name": name, "Parameters": {"step": "0"}})
    return name


@pytest.fixture
def catalog(glue, rig):
    """A catalog that keeps nothing of another: each writer of a race has its own."""

    def connect():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        client = boto3.session.Session(**keys).client("glue", endpoint_url=rig.url)
        files = {"s3.endpoint": rig.url, "s3.access-key-id": "test", "s3.secret-access-key": "test"}
        return GlueCatalog("glue", client=client, **files, **{"s3.region": "us-east-1"})

    return connect


def table(glue, name):
    return glue.get_table(DatabaseName="lake", Name=name)["Table"]


def update(glue, name, step, **request):
    glue.update_table(DatabaseName="lake", TableInput={"Name": name, "Parameters": {"step": step}}, **request)


def test_each_update_gives_a_table_a_higher_version(glue, name):
    versions = []
    for step in range(12):
        update(glue, name, str(step))
        versions.append(int(table(glue, name)["VersionId"]))
    assert versions == sorted(set(versions))


def test_an_update_of_the_present_version_is_taken(glue, name):
    update(glue, name, "1", VersionId=table(glue, name)["VersionId"])
    assert table(glue, name)["Parameters"] == {"step": "1"}


def test_an_update_of_a_version_that_is_no_more_is_refused_and_changes_nothing(glue, name):
    stale = table(glue, name)["VersionId"]
    update(glue, name, "1", VersionId=stale)
    with pytest.raises(glue.exceptions.ConcurrentModificationException) as refusal:
        update(glue, name, "2", VersionId=stale)
    assert refusal.value.response["Error"]["Message"] == "Update table failed due to concurrent modifications."
    assert table(glue, name)["Parameters"] == {"step": "1"}


def test_an_update_without_a_version_is_taken_as_the_last_word(glue, name):
    update(glue, name, "1")
    update(glue, name, "2")
    assert table(glue, name)["Parameters"] == {"step": "2"}


def test_an_update_of_a_table_that_is_not_there_says_so(glue):
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        update(glue, "nowhere", "1", VersionId="1")


def test_versions_are_archived_unless_the_update_skips_it(glue, name):
    def archived():
        return len(glue.get_table_versions(DatabaseName="lake", TableName=name)["TableVersions"])

    update(glue, name, "1")
    assert archived() == 2
    update(glue, name, "2", SkipArchive=True)
    update(glue, name, "3", SkipArchive=True)
    assert archived() == 2


def test_a_table_is_read_whole_while_an_update_takes_the_version_away_that_is_read(glue, name, monkeypatch):
    stored = glue_backends[ACCOUNT_ID]["us-east-1"].get_table("lake", name)
    read = FakeTable.get_version

    def replace():
        stored.update({"Name": name, "Parameters": {"step": "1"}})
        stored.delete_version("1")

    writer = threading.Thread(target=replace)

    def read_late(found, version):
        monkeypatch.undo()
        writer.start()
        writer.join(0.2)
        return read(found, version)

    monkeypatch.setattr(FakeTable, "get_version", read_late)
    assert table(glue, name)["Parameters"] == {"step": "0"}
    writer.join(30)
    assert table(glue, name)["Parameters"] == {"step": "1"}


def test_of_many_updates_of_one_version_at_once_one_is_taken(glue, name):
    for step in range(ROUNDS):
        version = table(glue, name)["VersionId"]
        barrier = threading.Barrier(WRITERS)

        def write(writer, version=version, barrier=barrier, step=step):
            barrier.wait(30)
            try:
                update(glue, name, f"{step}-{writer}", VersionId=version)
            except ClientError as error:
                return error.response["Error"]["Code"]
            return writer

        with ThreadPoolExecutor(WRITERS) as pool:
            outcomes = list(pool.map(write, range(WRITERS)))
        winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert outcomes.count("ConcurrentModificationException") == WRITERS - 1
        assert table(glue, name)["Parameters"] == {"step": f"{step}-{winners[0]}"}


@pytest.mark.aws("Glue", "Tables", "https://docs.aws.amazon.com/athena/latest/ug/views.html")
def test_a_view_is_given_back_as_it_was_created(glue, rig):
    name = rig.name("view").replace("-", "_")
    given = {
        "Name": name,
        "Description": "All orders",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": "/* Presto View: eyJvcmlnaW5hbFNxbCI6ICJTRUxFQ1QgMSJ9 */",
        "ViewExpandedText": "/* Presto View */",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": "number", "Type": "bigint", "Comment": "how many"}],
            "Location": "",
            "SerdeInfo": {},
        },
    }
    glue.create_table(DatabaseName="lake", TableInput=given)
    found = table(glue, name)
    assert {member: found[member] for member in given} == given
    listed = glue.get_tables(DatabaseName="lake", Expression=name)["TableList"][0]
    assert {member: listed[member] for member in given} == given
    changed = {**given, "ViewOriginalText": "/* Presto View: e30= */"}
    glue.update_table(DatabaseName="lake", TableInput=changed)
    assert {member: table(glue, name)[member] for member in given} == changed


@pytest.mark.aws("Glue", "Tables", "https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html")
def test_pyiceberg_creates_appends_evolves_and_drops_a_table(catalog, rig):
    identifier = ("lake", rig.name("iceberg").replace("-", "_"))
    made = catalog().create_table(identifier, SCHEMA, location=f"s3://lake/{identifier[1]}")
    made.append(pa.table({"number": [1, 2]}))
    with made.update_schema() as change:
        change.add_column("word", made.schema().find_type("number"))
    made.append(pa.table({"number": [3], "word": [4]}))
    rows = catalog().load_table(identifier).scan().to_arrow().sort_by("number").to_pylist()
    assert rows == [{"number": 1, "word": None}, {"number": 2, "word": None}, {"number": 3, "word": 4}]
    catalog().drop_table(identifier)
    assert not catalog().table_exists(identifier)


@pytest.mark.aws("Glue", "Tables", "https://iceberg.apache.org/spec/#optimistic-concurrency")
def test_of_two_commits_of_the_same_base_exactly_one_is_lost(catalog, rig, monkeypatch):
    identifier = ("lake", rig.name("race").replace("-", "_"))
    catalog().create_table(identifier, SCHEMA, location=f"s3://lake/{identifier[1]}", properties=ONE_TRY)
    kept = []
    for step in range(ROUNDS):
        # Both have read the table's version before either writes it.
        barrier = threading.Barrier(2)
        write = GlueCatalog._update_glue_table

        def together(self, *arguments, barrier=barrier, write=write, **named):
            barrier.wait(30)
            return write(self, *arguments, **named)

        def commit(number, base):
            try:
                base.append(pa.table({"number": [number]}))
            except CommitFailedException:
                return None
            return number

        bases = [catalog().load_table(identifier) for _ in range(2)]
        with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
            patch.setattr(GlueCatalog, "_update_glue_table", together)
            outcomes = list(pool.map(commit, (2 * step, 2 * step + 1), bases))
        assert outcomes.count(None) == 1
        kept += [number for number in outcomes if number is not None]
        rows = catalog().load_table(identifier).scan().to_arrow()["number"].to_pylist()
        assert sorted(rows) == kept
