"""Arrow's S3 file system over the stack's buckets; prints what it reads."""

import json
import os

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, S3FileSystem

bucket, processed = os.environ["BUCKET"], os.environ["PROCESSED_BUCKET"]
found = {}

# A file system made from a URI, or by a function that takes one, finds the endpoint by itself; S3FileSystem() does not.
by_uri, path = S3FileSystem.from_uri(f"s3://{processed}/orders")
listed = by_uri.get_file_info(FileSelector(path, recursive=True))
found["listed"] = all(entry.path.endswith(".parquet") for entry in listed if entry.is_file)

orders = ds.dataset(f"s3://{processed}/orders", format="parquet")
table = orders.to_table(
    columns=["event_id", "timestamp", "menuitem", "quantity", "price"],
    filter=pc.field("restaurantid") == "rest789",
)
found["rows"] = table.sort_by("event_id").to_pylist()

s3 = S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"])
with s3.open_output_stream(f"{bucket}/arrow/small") as stream:
    stream.write(b"a line\n")
content = os.urandom(12 * 1024 * 1024)
with s3.open_output_stream(f"{bucket}/arrow/large") as stream:
    for start in range(0, len(content), 1024 * 1024):
        stream.write(content[start : start + 1024 * 1024])
with s3.open_input_file(f"{bucket}/arrow/large") as file:
    found["large"] = file.read() == content
    file.seek(len(content) - 10)
    found["end"] = file.read() == content[-10:]
s3.copy_file(f"{bucket}/arrow/small", f"{bucket}/arrow/copied")
s3.move(f"{bucket}/arrow/copied", f"{bucket}/arrow/moved")
found["files"] = [[entry.base_name, entry.size] for entry in s3.get_file_info(FileSelector(f"{bucket}/arrow"))]
s3.delete_file(f"{bucket}/arrow/moved")
found["deleted"] = s3.get_file_info(f"{bucket}/arrow/moved").type.name

menu = pa.table({"item": ["Espresso", "Margherita", None], "course": ["drink", "main", "main"]})
pq.write_to_dataset(menu, f"{bucket}/arrow/menu", partition_cols=["course"], filesystem=s3)
found["dataset"] = pq.read_table(f"s3://{bucket}/arrow/menu", filters=[("course", "=", "drink")]).to_pylist()
s3.delete_dir(f"{bucket}/arrow")
found["emptied"] = len(s3.get_file_info(FileSelector(f"{bucket}/arrow", allow_not_found=True)))

print(json.dumps(found, default=str))
