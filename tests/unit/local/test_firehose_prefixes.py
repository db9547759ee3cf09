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
        ("y=!{timestamp:yyyy}/m=!{timestamp:MM}/", "y=2018/m=08/"),
    ],
)
def test_timestamps_are_evaluated_as_java_formats_them(prefix, evaluated):
    assert data_prefix(prefix).at(INSTANT) == evaluated


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
        ("!{firehose:random-string}/", "!{firehose:random-string}"),
        ("!{timestamp:mm}/", "'mm'"),
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
