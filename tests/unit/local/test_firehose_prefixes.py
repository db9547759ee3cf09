import re
from datetime import UTC, datetime

import pytest

from rapid.local.firehose.prefix import ErrorOutputType, data_prefix, error_prefix, object_name
from rapid.local.service_error import ServiceError

PREFIXES = pytest.mark.aws(
    "Data Firehose", "S3 prefixes", "https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html"
)
OBJECT_NAMES = pytest.mark.aws(
    "Data Firehose", "S3 prefixes", "https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html"
)

INSTANT = datetime(2018, 8, 7, 10, 30, 5, tzinfo=UTC)


@PREFIXES
@pytest.mark.parametrize(
    ("prefix", "evaluated"),
    [
        ("", "2018/08/07/10/"),
        ("legacy", "legacy2018/08/07/10/"),
        ("orders/!{timestamp:yyyy/MM/dd/HH}/", "orders/2018/08/07/10/"),
        ("!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/", "year=2018/month=08/day=07/hour=10/"),
        ("y=!{timestamp:yyyy}/m=!{timestamp:MM}/", "y=2018/m=08/"),
        ("!{timestamp:M-d-H-DDD-uuuu-yy-mm-ss}/", "8-7-10-219-2018-18-30-05/"),
        ("!{timestamp:yyyy''HH 'o''clock'}/", "2018'10 o'clock/"),
    ],
)
def test_timestamps_are_evaluated_as_java_formats_them(prefix, evaluated):
    assert data_prefix(prefix).at(INSTANT) == evaluated


@PREFIXES
def test_each_random_string_is_another_one_of_eleven_characters():
    evaluated = data_prefix("!{firehose:random-string}/!{firehose:random-string}/!{timestamp:yyyy}/").at(INSTANT)

    first, second, year, _ = evaluated.split("/")
    assert re.fullmatch(r"[A-Za-z0-9]{11}", first)
    assert re.fullmatch(r"[A-Za-z0-9]{11}", second)
    assert first != second
    assert year == "2018"


@PREFIXES
def test_the_error_prefix_tells_the_kinds_of_errors_apart():
    prefix = error_prefix("errors/orders/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/", "")

    assert prefix.at(INSTANT, ErrorOutputType.PROCESSING_FAILED) == "errors/orders/processing-failed/2018/08/07/10/"
    assert prefix.at(INSTANT, ErrorOutputType.FORMAT_CONVERSION_FAILED) == (
        "errors/orders/format-conversion-failed/2018/08/07/10/"
    )


@PREFIXES
def test_without_an_error_prefix_errors_go_below_the_data_prefix():
    prefix = error_prefix(None, "orders/")

    assert prefix.at(INSTANT, ErrorOutputType.PROCESSING_FAILED) == "orders/processing-failed/2018/08/07/10/"


@pytest.mark.parametrize(
    ("prefix", "named"),
    [
        ("!{timestamp:YYYY}/", "'YYYY'"),
        ("!{timestamp:yyyy/MMM}/", "'MMM'"),
        ("!{partitionKeyFromQuery:customer}/", "!{partitionKeyFromQuery:customer}"),
        ("!{partitionKeyFromLambda:customer}/", "!{partitionKeyFromLambda:customer}"),
        ("!{firehose:shard}/", "!{firehose:shard}"),
        ("!{timestamp:yyyy'open}/", "'open"),
        ("!{timestamp:yyyy}/!{oops", "!{"),
        ("x" * 513 + "!{timestamp:yyyy}", "512 characters"),
    ],
)
def test_an_expression_that_is_not_evaluated_is_refused_by_name(prefix, named):
    with pytest.raises(ServiceError, match=re.escape(named)):
        data_prefix(prefix)


def test_an_error_prefix_that_mixes_kinds_of_errors_is_refused():
    with pytest.raises(ServiceError, match="error-output-type"):
        error_prefix("errors/", "")


@OBJECT_NAMES
def test_objects_are_named_after_stream_version_time_and_a_uuid():
    name = object_name("orders", "3", INSTANT, ".parquet")

    assert re.fullmatch(r"orders-3-2018-08-07-10-30-05-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet", name)
