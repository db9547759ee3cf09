"""Table optimizers as Glue checks and keeps them."""

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import Rig
from .glue_rig import Jobs

PAGE = "https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-table-optimizers.html"
ACCOUNT = "123456789012"
RETENTION = {"retentionConfiguration": {"icebergConfiguration": {"snapshotRetentionPeriodInDays": 5}}}

pytestmark = pytest.mark.aws("Glue", "Table optimizers", PAGE)


class Optimizers:
    """A table in a database, and its optimizers."""

    def __init__(self, rig: Rig) -> None:
        self.jobs = Jobs(rig)
        self.glue, self.database = self.jobs.glue, rig.name("lake")
        self.glue.create_database(DatabaseInput={"Name": self.database})
        self.create_table()

    def create_table(self, name="orders", table_type="ICEBERG"):
        self.glue.create_table(
            DatabaseName=self.database, TableInput={"Name": name, "Parameters": {"table_type": table_type}}
        )

    def place(self, kind="retention", table="orders"):
        return {"CatalogId": ACCOUNT, "DatabaseName": self.database, "TableName": table, "Type": kind}

    def create(self, kind="retention", table="orders", **configuration):
        given = {"roleArn": self.jobs.role(), "enabled": True, **RETENTION, **configuration}
        wanted = {name: value for name, value in given.items() if value is not None}
        self.glue.create_table_optimizer(**self.place(kind, table), TableOptimizerConfiguration=wanted)
        return wanted

    def get(self, kind="retention"):
        return self.glue.get_table_optimizer(**self.place(kind))["TableOptimizer"]


@pytest.fixture
def optimizers(rig: Rig) -> Optimizers:
    return Optimizers(rig)


def test_what_is_created_is_kept_until_it_is_updated(optimizers):
    created = optimizers.create()
    assert optimizers.get() == {"type": "retention", "configuration": created, "configurationSource": "table"}

    changed = {**created, "enabled": False}
    optimizers.glue.update_table_optimizer(**optimizers.place(), TableOptimizerConfiguration=changed)
    assert optimizers.get()["configuration"] == changed
    with pytest.raises(ClientError, match="does not support Glue's DeleteTableOptimizer"):
        optimizers.glue.delete_table_optimizer(**optimizers.place())


def test_a_table_has_one_of_each_type(optimizers):
    optimizers.create()
    optimizers.create("compaction", retentionConfiguration=None)
    with pytest.raises(optimizers.glue.exceptions.AlreadyExistsException):
        optimizers.create()


def test_a_table_that_is_deleted_takes_its_optimizers_along(optimizers):
    optimizers.create()
    optimizers.glue.delete_table(DatabaseName=optimizers.database, Name="orders")
    optimizers.create_table()
    with pytest.raises(optimizers.glue.exceptions.EntityNotFoundException):
        optimizers.get()


@pytest.mark.parametrize(
    ("kind", "configuration", "code", "message"),
    [
        ("retention", {"roleArn": None}, "InvalidInputException", "no roleArn"),
        ("retention", {"roleArn": "arn:aws:iam::123456789012:role/none"}, "InvalidInputException", "assume role"),
        ("retention", {"retentionConfiguration": None}, "InvalidInputException", "needs retentionConfiguration"),
        ("orphan_file_deletion", {}, "InvalidInputException", "takes no retentionConfiguration"),
        ("compaction", {}, "InvalidInputException", "takes no retentionConfiguration"),
        (
            "retention",
            {"retentionConfiguration": {"icebergConfiguration": {"runRateInHours": 2}}},
            "InvalidInputException",
            "between 3 and 168",
        ),
        (
            "retention",
            {"vpcConfiguration": {"glueConnectionName": "private"}},
            "InvalidInputException",
            "does not support a table optimizer's vpcConfiguration",
        ),
    ],
)
def test_a_configuration_that_glue_does_not_take_is_refused(optimizers, kind, configuration, code, message):
    with pytest.raises(ClientError, match=message) as refused:
        optimizers.create(kind, **configuration)
    assert refused.value.response["Error"]["Code"] == code


def test_only_an_iceberg_table_that_exists_can_be_optimized(optimizers):
    optimizers.create_table("processed", "EXTERNAL_TABLE")
    with pytest.raises(optimizers.glue.exceptions.InvalidInputException, match="not an Iceberg table"):
        optimizers.create(table="processed")
    with pytest.raises(optimizers.glue.exceptions.EntityNotFoundException):
        optimizers.create(table="none")
    with pytest.raises(optimizers.glue.exceptions.EntityNotFoundException):
        optimizers.glue.get_table_optimizer(**{**optimizers.place(), "CatalogId": "999999999999"})
