"""Row-level security: a data set of rules that says which stores' rows a group sees.

https://docs.aws.amazon.com/quicksight/latest/user/restrict-access-to-a-data-set-using-row-level-security.html
"""

from collections.abc import Iterable, Sequence

import pulumi
import pulumi_aws as aws

from dashboards import STORE

from .settings import Group

GROUP_COLUMN = "GroupName"
"""QuickSight knows the column of groups by this name, letter for letter. Athena knows no case of names, and shows them
as a query writes them (https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html)."""


def restricts(groups: Iterable[Group]) -> bool:
    """Whether any group sees some stores alone. Where none does, whoever is shown a dashboard sees all of it."""
    return any(group.stores is not None for group in groups)


def rules_query(groups: Sequence[Group]) -> str:
    """A query that reads nothing: a row for each group and store; for a group that sees all of them, one without."""
    rows = [(group.name, store) for group in groups for store in (group.stores or (None,))]
    values = ", ".join(f"({_text(name)}, {_text(store)})" for name, store in rows)
    return f'SELECT * FROM (VALUES {values}) AS rules ("{GROUP_COLUMN}", "{STORE}")'


def _text(value: str | None) -> str:
    return "CAST(NULL AS varchar)" if value is None else "'" + value.replace("'", "''") + "'"


def rules_data_set(
    name: str,
    data_set_id: str,
    groups: Sequence[Group],
    data_source_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "aws.quicksight.DataSet":
    """The rules. A change of theirs is imported by the deployment that makes it."""
    return aws.quicksight.DataSet(
        name,
        data_set_id=data_set_id,
        name=data_set_id,
        import_mode="SPICE",
        use_as="RLS_RULES",
        physical_table_maps=[
            {
                "physical_table_map_id": "rules",
                "custom_sql": {
                    "data_source_arn": data_source_arn,
                    "name": "rules",
                    "sql_query": rules_query(groups),
                    "columns": [{"name": GROUP_COLUMN, "type": "STRING"}, {"name": STORE, "type": "STRING"}],
                },
            }
        ],
        opts=opts,
    )
