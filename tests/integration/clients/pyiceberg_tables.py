"""PyIceberg over the curated table and with a table of its own; prints what it reads."""

import json
import os

import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual
from pyiceberg.types import LongType

# Arrow's file system, which reads and writes the files, looks at no variable for its endpoint; and without a region
# PyIceberg asks AWS itself for the bucket's.
settings = {"s3.endpoint": os.environ["AWS_ENDPOINT_URL"], "s3.region": os.environ["AWS_REGION"]}
catalog = load_catalog("glue", type="glue", **settings)
database, bucket = os.environ["DATABASE"], os.environ["BUCKET"]
found = {}

found["tables"] = sorted(".".join(name) for name in catalog.list_tables(database))
orders = catalog.load_table((database, "orders_curated"))
of_restaurant = orders.scan(
    row_filter=EqualTo("restaurantid", "rest789"),
    selected_fields=("event_id", "timestamp", "menuitem", "quantity", "price"),
).to_arrow()
found["rows"] = of_restaurant.sort_by("event_id").to_pylist()
many = And(EqualTo("restaurantid", "rest789"), GreaterThanOrEqual("quantity", 2))
found["filtered"] = orders.scan(row_filter=many, selected_fields=("event_id",)).to_arrow()["event_id"].to_pylist()
found["operations"] = sorted({snapshot.summary.operation.value for snapshot in orders.snapshots()})
found["files"] = orders.inspect.files().num_rows
found["partition"] = [field.name for field in orders.spec().fields]

catalog.create_namespace_if_not_exists("of_iceberg", {"location": f"s3://{bucket}/iceberg"})
menu = pa.table({"item": ["Espresso", "Margherita", None], "price": [2.9, None, 21.5]})
own = catalog.create_table("of_iceberg.menu", menu.schema)
own.append(menu)
own.append(menu)
first, second = own.snapshots()
found["appended"] = own.scan().to_arrow().sort_by("item").to_pylist()
found["first"] = own.scan(snapshot_id=first.snapshot_id).to_arrow().sort_by("item").to_pylist()
with own.update_schema() as update:
    update.add_column("calories", LongType())
own.overwrite(menu.append_column("calories", pa.array([5, 900, None], pa.int64())))
own.delete("item = 'Espresso'")
found["changed"] = catalog.load_table("of_iceberg.menu").scan().to_arrow().sort_by("item").to_pylist()
catalog.rename_table("of_iceberg.menu", "of_iceberg.card")
found["renamed"] = [".".join(name) for name in catalog.list_tables("of_iceberg")]
catalog.drop_table("of_iceberg.card")
try:
    catalog.load_table("of_iceberg.card")
except NoSuchTableError as error:
    found["dropped"] = str(error)
catalog.drop_namespace("of_iceberg")

print(json.dumps(found, default=str))
