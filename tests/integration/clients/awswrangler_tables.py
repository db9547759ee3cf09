"""awswrangler over the stack's tables and with tables of its own; prints what it reads."""

import json
import os

import awswrangler as wr
import pandas as pd
from botocore.exceptions import ClientError

ROWS = """
SELECT event_id, timestamp, menuitem, quantity, price
FROM orders
WHERE restaurantid = 'rest789'
ORDER BY event_id
"""

stack = {"database": os.environ["DATABASE"], "workgroup": os.environ["WORKGROUP"]}
bucket = os.environ["BUCKET"]
wr.config.athena_query_wait_polling_delay = 0.1
found = {}

# In a work group that enforces its location, awswrangler follows results into that location only.
results = wr.athena.get_work_group(os.environ["WORKGROUP"])["WorkGroup"]["Configuration"]["ResultConfiguration"]
unloaded = f"{results['OutputLocation']}unloaded/{bucket}/"

frame = wr.athena.read_sql_query(ROWS, ctas_approach=False, **stack)
found["csv"] = frame.to_dict("records")
found["dtypes"] = [str(dtype) for dtype in frame.dtypes]
found["ctas"] = wr.athena.read_sql_query(ROWS, ctas_approach=True, **stack).to_dict("records")
found["unload"] = wr.athena.read_sql_query(
    ROWS, ctas_approach=False, unload_approach=True, s3_output=unloaded, **stack
).to_dict("records")
found["chunks"] = [len(chunk) for chunk in wr.athena.read_sql_query(ROWS, ctas_approach=False, chunksize=25, **stack)]
found["parameter"] = wr.athena.read_sql_query(
    "SELECT count(*) AS orders FROM orders WHERE restaurantid = :restaurant AND menuitem = :item",
    params={"restaurant": "rest789", "item": 'Crème "brûlée", 5% off'},
    ctas_approach=False,
    **stack,
).to_dict("records")
try:
    wr.athena.read_sql_query("SELECT nothing FROM orders", ctas_approach=False, **stack)
except wr.exceptions.QueryFailed as error:
    found["error"] = str(error)
found["temporary_tables"] = list(wr.catalog.tables(database=os.environ["DATABASE"])["Table"])

wr.catalog.create_database("of_wrangler", exist_ok=True)
menu = pd.DataFrame(
    {
        "item": ["Espresso", "Margherita", None],
        "price": [2.9, None, 21.5],
        "vegetarian": [True, True, False],
        "since": pd.to_datetime(["2026-01-02 03:04:05.678"] * 3),
        "course": ["drink", "main", "main"],
    }
)
written = {
    "path": f"s3://{bucket}/menu/",
    "dataset": True,
    "database": "of_wrangler",
    "table": "menu",
    "partition_cols": ["course"],
}
everything = {"sql": "SELECT * FROM menu", "database": "of_wrangler", "workgroup": os.environ["WORKGROUP"]}
wr.s3.to_parquet(menu, mode="overwrite", **written)
wr.s3.to_parquet(menu.assign(vegan=[True, None, None]), mode="append", **written)
found["appended"] = len(wr.athena.read_sql_query(ctas_approach=False, **everything))
found["evolved"] = wr.catalog.get_table_types("of_wrangler", "menu")
wr.s3.to_parquet(menu, mode="overwrite", **written)
read = wr.athena.read_sql_query(ctas_approach=False, **everything)
read = read[list(menu.columns)].sort_values("item", na_position="last", ignore_index=True)
found["overwritten"] = read.astype(menu.dtypes).equals(menu)
found["partitions"] = sorted(wr.catalog.get_parquet_partitions("of_wrangler", "menu").values())
found["of_drinks"] = wr.s3.read_parquet_table(
    "menu", database="of_wrangler", partition_filter=lambda values: values["course"] == "drink"
)["item"].to_list()
found["location"] = wr.catalog.get_table_location("of_wrangler", "menu") == written["path"]
found["described"] = wr.athena.describe_table("menu", database="of_wrangler", workgroup=stack["workgroup"])[
    "Column Name"
].to_list()
found["repaired"] = wr.athena.repair_table("menu", database="of_wrangler", workgroup=stack["workgroup"])

found["refused"] = []
for call in (
    lambda: wr.athena.to_iceberg(
        menu,
        database="of_wrangler",
        table="iceberg_menu",
        table_location=f"s3://{bucket}/iceberg/",
        temp_path=f"s3://{bucket}/temporary/",
        workgroup=stack["workgroup"],
    ),
    lambda: list(wr.catalog.search_tables("orders")),
):
    try:
        call()
    except ClientError as error:
        found["refused"].append(str(error))

wr.catalog.delete_table_if_exists("of_wrangler", "menu")
found["exists"] = wr.catalog.does_table_exist("of_wrangler", "menu")
wr.catalog.delete_database("of_wrangler")

print(json.dumps(found, default=str))
