"""PyAthena's cursors over the stack's tables; prints what they return."""

import functools
import json
import os
import time

import pyarrow.fs
from pyathena import connect
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor
from pyathena.error import OperationalError
from pyathena.pandas.cursor import PandasCursor

ROWS = """
SELECT event_id, timestamp, menuitem, quantity, price
FROM orders
WHERE restaurantid = 'rest789'
ORDER BY event_id
"""

connection = connect(
    work_group=os.environ["WORKGROUP"],
    schema_name=os.environ["DATABASE"],
    poll_interval=0.1,
)
found = {}

with connection.cursor() as cursor:
    cursor.execute(ROWS)
    names = [column[0] for column in cursor.description]
    found["default"] = [dict(zip(names, row, strict=True)) for row in cursor]
    found["types"] = [column[1] for column in cursor.description]
    found["scanned"] = cursor.data_scanned_in_bytes

with connection.cursor() as cursor:
    cursor.execute(
        "SELECT count(*) FROM orders WHERE restaurantid = %(restaurant)s AND menuitem = %(item)s",
        {"restaurant": "rest789", "item": 'Crème "brûlée", 5% off'},
    )
    found["pyformat"] = cursor.fetchone()

with connection.cursor() as cursor:
    cursor.execute(
        "SELECT count(*) FROM orders WHERE restaurantid = ? AND menuitem = ?",
        ["'rest789'", "'Crème \"brûlée\", 5% off'"],
        paramstyle="qmark",
    )
    found["qmark"] = cursor.fetchone()

with connection.cursor() as cursor:
    cursor.execute("PREPARE of_restaurant FROM SELECT count(*) FROM orders WHERE restaurantid = ?")
    cursor.execute("EXECUTE of_restaurant USING 'rest789'")
    found["prepared"] = cursor.fetchone()
    cursor.execute("DEALLOCATE PREPARE of_restaurant")

with connection.cursor() as cursor:
    cursor.execute("""
        SELECT DATE '2026-03-14', TIMESTAMP '2026-03-14 18:30:00.123', TIME '18:30:00', 1.5e0, 1.50, true, NULL,
            X'00ff', ARRAY[1, 2], MAP(ARRAY['a'], ARRAY[1]), CAST(JSON '{"a": 1}' AS JSON)
    """)
    found["values"] = [repr(value) for value in cursor.fetchone()]

try:
    connection.cursor().execute("SELECT nothing FROM orders")
except OperationalError as error:
    found["error"] = str(error)

# Pandas reads the result's CSV file; with unload=True the Parquet files of an UNLOAD.
frame = connection.cursor(PandasCursor).execute(ROWS).as_pandas()
found["pandas"] = frame.to_dict("records")
found["pandas_dtypes"] = [str(dtype) for dtype in frame.dtypes]
chunks = connection.cursor(PandasCursor).execute(ROWS, chunksize=25).as_pandas()
found["chunks"] = [len(chunk) for chunk in chunks]
unloading = connect(
    work_group=os.environ["WORKGROUP"],
    schema_name=os.environ["DATABASE"],
    s3_staging_dir=f"s3://{os.environ['BUCKET']}/unloaded/",
    poll_interval=0.1,
)
found["pandas_unload"] = unloading.cursor(PandasCursor, unload=True).execute(ROWS).as_pandas().to_dict("records")

# The arrow cursor makes its file system without an endpoint, and Arrow then looks at no variable for one.
pyarrow.fs.S3FileSystem = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=os.environ["AWS_ENDPOINT_URL"])
table = connection.cursor(ArrowCursor).execute(ROWS).as_arrow()
found["arrow"] = table.to_pylist()
found["arrow_types"] = [str(field.type) for field in table.schema]
found["arrow_unload"] = unloading.cursor(ArrowCursor, unload=True).execute(ROWS).as_arrow().to_pylist()

cursor = connection.cursor(AsyncCursor)
of_all = ", ".join(f"orders o{number}" for number in range(5))
query_id, future = cursor.execute(f"SELECT max(o0.quantity + o4.quantity) FROM {of_all}")
while cursor.query_execution(query_id).result().state == "QUEUED":
    time.sleep(0.02)
cursor.cancel(query_id).result()
found["cancelled"] = future.result().state

print(json.dumps(found, default=str))
