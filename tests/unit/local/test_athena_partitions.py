import re
from datetime import UTC, datetime

import pytest

from rapid.local.athena import parquet_objects
from rapid.local.athena.java_dates import PatternError, date_pattern, strftime_pattern
from rapid.local.athena.projection import ProjectionError, projection_of
from tests.unit.local.athena_rig import HOURLY, hour, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"

NOW = datetime(2026, 11, 22, 14, 38, 20, tzinfo=UTC)
BASE = {"projection.enabled": "true", "storage.location.template": "s3://lake/t/${p}/"}


def domain(**parameters):
    named = {f"projection.p.{key.replace('_', '.')}": value for key, value in parameters.items()}
    return projection_of(["p"], {**BASE, **named}, "s3://lake/t/").domains["p"]


def hourly_objects(athena, *hours):
    athena.hourly_orders()
    return {ago: athena.put(f"orders/{hour(ago)}/a.parquet", orders(("pizza", ago, "1.00"))) for ago in hours}


def scanned(athena, sql):
    execution = athena.run(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution["Statistics"]["DataScannedInBytes"]


PREDICATES = {
    "datehour = '{one}'": [1],
    "datehour IN ('{one}', '{three}')": [1, 3],
    "datehour BETWEEN '{three}' AND '{two}'": [2, 3],
    "datehour > '{two}' AND quantity > 0": [1],
    "datehour >= '{three}' AND datehour < '{one}'": [2, 3],
    "(datehour = '{one}' OR datehour = '{two}')": [1, 2],
    "datehour LIKE '{three}%'": [3],
    "NOT datehour <= '{two}'": [1],
    "substr(datehour, 1, 13) = '{two}' AND datehour < date_format(current_timestamp, '%Y/%m/%d/%H')": [2],
}


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection.html")
@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_predicate_on_the_partition_column_reads_only_the_partitions_it_lets_through(athena, predicate):
    hourly_objects(athena, 1, 2, 3)
    where = predicate.format(one=hour(1), two=hour(2), three=hour(3))
    one_file = scanned(athena, f"SELECT quantity FROM orders WHERE datehour = '{hour(1)}'")

    rows = athena.rows(f"SELECT quantity FROM orders WHERE {where} ORDER BY 1")

    assert rows == [[str(ago)] for ago in PREDICATES[predicate]]
    assert scanned(athena, f"SELECT quantity FROM orders WHERE {where}") == len(rows) * one_file


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection.html")
def test_a_predicate_on_the_optional_side_of_a_join_does_not_drop_its_partitions(athena):
    hourly_objects(athena, 1)

    rows = athena.rows(
        "SELECT v.n FROM (VALUES 1) AS v(n) LEFT JOIN orders o ON o.quantity = v.n WHERE o.datehour IS NULL"
    )

    assert rows == []


@pytest.mark.aws("Athena", "Parquet", f"{UG}columnar-storage.html")
def test_fewer_columns_scan_fewer_bytes(athena):
    hourly_objects(athena, 1)

    none = scanned(athena, "SELECT count(*) FROM orders")
    one = scanned(athena, "SELECT max(quantity) FROM orders")
    every = scanned(athena, "SELECT * FROM orders")

    assert 0 < none < one < every < hourly_objects_size(athena)


def hourly_objects_size(athena):
    return sum(item["Size"] for item in athena.s3.list_objects_v2(Bucket="lake")["Contents"])


@pytest.mark.aws("Athena", "Parquet", f"{UG}columnar-storage.html")
def test_columns_that_no_result_depends_on_are_not_read_through_a_subquery(athena):
    hourly_objects(athena, 1)

    nested = scanned(athena, "WITH every AS (SELECT * FROM orders) SELECT max(quantity) FROM (SELECT * FROM every)")

    assert nested == scanned(athena, "SELECT max(quantity) FROM orders")


def test_a_large_object_is_read_by_ranges_with_the_same_answer(athena, monkeypatch):
    monkeypatch.setattr(parquet_objects, "WHOLE_OBJECT_BYTES", 0)
    hourly_objects(athena, 1, 2)

    assert athena.rows("SELECT menuitem, quantity FROM orders ORDER BY 2") == [["pizza", "1"], ["pizza", "2"]]
    assert athena.rows("SELECT price FROM orders WHERE quantity = 2") == [["1.00"]]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection.html")
def test_a_predicate_that_fails_on_a_partition_the_rest_excludes_does_not_fail_the_pruning(athena):
    hourly_objects(athena, 1)

    rows = athena.rows("SELECT quantity FROM orders WHERE quantity < 0 AND cast(datehour AS integer) > 0")

    assert rows == []


@pytest.mark.aws("Athena", "Parquet", f"{UG}columnar-storage.html")
def test_a_query_that_runs_again_scans_the_same_bytes(athena):
    hourly_objects(athena, 1)

    assert scanned(athena, "SELECT quantity FROM orders") == scanned(athena, "SELECT quantity FROM orders")


def test_an_object_that_was_written_anew_is_read_anew(athena):
    hourly_objects(athena, 1)
    assert athena.rows("SELECT quantity FROM orders") == [["1"]]

    athena.put(f"orders/{hour(1)}/a.parquet", orders(("pizza", 9, "1.00")))

    assert athena.rows("SELECT quantity FROM orders") == [["9"]]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
def test_hours_before_and_after_the_projected_range_do_not_exist(athena):
    hourly_objects(athena, 0, 24 * 366)
    athena.put(f"orders/{hour(-5)}/a.parquet", orders(("pizza", 5, "1.00")))

    assert athena.rows("SELECT quantity FROM orders") == [["0"]]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-setting-up.html")
def test_objects_outside_the_template_are_not_rows_of_the_table(athena):
    hourly_objects(athena, 1)
    for key in ("orders/a.parquet", "orders/2026/a.parquet", f"orders-old/{hour(1)}/a.parquet"):
        athena.put(key, orders(("pizza", 7, "1.00")))

    assert athena.rows("SELECT quantity, datehour FROM orders") == [["1", hour(1)]]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection.html")
def test_partition_values_can_be_selected_and_grouped_without_reading_columns(athena):
    hourly_objects(athena, 1, 2)

    assert athena.rows("SELECT datehour, count(*) FROM orders GROUP BY 1 ORDER BY 1 DESC") == [
        [hour(1), "1"],
        [hour(2), "1"],
    ]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-setting-up.html")
def test_several_partition_columns_follow_the_default_layout(athena):
    athena.table(
        "regional",
        partitions={"month": "string", "day": "date"},
        parameters={
            "projection.enabled": "true",
            "projection.month.type": "date",
            "projection.month.format": "yyyy-MM",
            "projection.month.range": "2026-01,NOW",
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": "2026-01-01,NOW",
        },
    )
    for month, day in (
        ("2026-02", "2026-02-03"),
        ("2026-02", "2026-02-04"),
        ("2025-12", "2026-02-03"),
        ("2026-02", "3"),
    ):
        athena.put(f"regional/month={month}/day={day}/a.parquet", orders(("pizza", 1, "1.00")))

    assert athena.rows("SELECT month, day FROM regional WHERE day < DATE '2026-02-04' AND month > '2026-01'") == [
        ["2026-02", "2026-02-03"]
    ]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
def test_a_wrong_projection_names_table_and_property(athena):
    athena.table("wrong", partitions={"datehour": "string"}, parameters={**HOURLY, "projection.datehour.range": "NOW"})

    reason = athena.failure("SELECT * FROM wrong")

    assert reason.startswith("INVALID_TABLE_PROPERTY: line 1:15: Table wrong: projection.datehour.range must have two")


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
def test_a_date_range_includes_its_bounds_cut_to_the_format():
    days = domain(type="date", format="yyyy/MM/dd", range="NOW-2DAYS,NOW")

    assert [day for day in range(18, 25) if days.contains(f"2026/11/{day}", NOW)] == [20, 21, 22]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
def test_a_date_range_may_step_by_months():
    quarters = domain(type="date", format="yyyy-MM", range="2026-01,2026-12", interval="3", interval_unit="MONTHS")

    found = [month for month in range(1, 13) if quarters.contains(f"2026-{month:02d}", NOW)]

    assert found == [1, 4, 7, 10]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
def test_a_date_range_may_step_by_hours():
    shifts = domain(type="date", format="yyyyMMddHH", range="2026112200,NOW+1DAY", interval="8", interval_unit="HOURS")

    assert [clock for clock in range(24) if shifts.contains(f"20261122{clock:02d}", NOW)] == [0, 8, 16]


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
@pytest.mark.parametrize("text", ["2026/13/01", "2026/1/01", "26/01/01", "2026/01/01/"])
def test_a_text_that_is_not_of_the_format_is_no_partition(text):
    assert not domain(type="date", format="yyyy/MM/dd", range="2020/01/01,NOW").contains(text, NOW)


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-supported-types.html")
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"type": "injected"}, "projection.p.type 'injected' is not supported"),
        ({"type": "date", "range": "NOW,NOW"}, "projection.p.format is missing"),
        ({"type": "date", "range": "NOW,NOW", "format": "yyyy-DDD"}, "'DDD' in date format"),
        ({"type": "date", "range": "NOW,NOW", "format": "yyyy/MM/dd/HH"}, "projection.p.interval and .interval.unit"),
        ({"type": "date", "range": "yesterday,NOW", "format": "yyyy/MM/dd"}, "range value 'yesterday'"),
        ({"type": "date", "range": "NOW", "format": "yyyy"}, "projection.p.range must have two values"),
        ({"type": "enum", "values": "a,b"}, "projection.p.type 'enum' is not supported"),
    ],
)
def test_a_projection_that_cannot_be_is_refused_naming_the_parameter(parameters, message):
    with pytest.raises(ProjectionError, match=re.escape(message)):
        domain(**parameters)


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection-setting-up.html")
def test_a_template_must_name_every_partition_column():
    with pytest.raises(ProjectionError, match="must name each partition column"):
        projection_of(
            ["p"],
            {
                **BASE,
                "projection.p.type": "date",
                "projection.p.format": "yyyy-MM-dd",
                "projection.p.range": "NOW,NOW",
                "storage.location.template": "s3://a/b/",
            },
            "s3://a/b/",
        )


@pytest.mark.aws(
    "Athena",
    "Partition projection",
    "https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html",
)
def test_java_patterns_keep_quoted_text():
    assert date_pattern("'dt='yyyy-MM-dd").format(NOW) == "dt=2026-11-22"
    assert strftime_pattern("HH 'o''clock'") == "%H o'clock"


@pytest.mark.aws(
    "Athena",
    "Partition projection",
    "https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html",
)
def test_a_java_pattern_with_an_unclosed_quote_is_refused():
    with pytest.raises(PatternError, match="unclosed quote"):
        strftime_pattern("HH 'h")
