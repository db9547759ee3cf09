"""A view of Athena: a table of the Glue Data Catalog without data, whose query Athena runs."""

import pulumi
import pulumi_aws as aws

from contracts import views


def athena_view(
    name: str, view: views.View, database: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.glue.CatalogTable:
    """A view, stored as Athena's own `CREATE VIEW` stores it."""
    return aws.glue.CatalogTable(
        name,
        name=view.name,
        database_name=database,
        description=view.description,
        table_type="VIRTUAL_VIEW",
        parameters={"presto_view": "true", "comment": "Presto View"},
        view_original_text=pulumi.Output.from_input(database).apply(lambda found: views.original_text(view, found)),
        view_expanded_text="/* Presto View */",
        storage_descriptor={
            # Not used, and yet Athena refuses a view without it ("Table storage descriptor is missing SerDe info"),
            # and the provider leaves out an empty one: https://github.com/hashicorp/terraform-provider-aws/issues/28517
            "ser_de_info": {"name": "-", "serialization_library": "-"},
            "columns": [
                {"name": column.name, "type": column.type, "comment": column.comment} for column in view.columns
            ],
        },
        opts=opts,
    )
