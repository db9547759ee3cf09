"""Cases computed by hand beside the model: each test has its arithmetic in it."""

import dataclasses

import pytest

from rapid.cost import assumptions as assumed
from rapid.cost import estimate, model
from rapid.cost.copies import Copy, Refresh
from rapid.cost.copies import copies as read_copies
from rapid.cost.load import Load
from rapid.cost.prices import DAYS_A_MONTH, GB, TB, price_list
from rapid.cost.program import Resource
from rapid.cost.stack import Source, Stack

ORDERS = Source("orders", False, 300, 365, 365)
CLICKS = Source("clickstream", True, 300, 365, 90)


def stack(*sources: Source, **other: object) -> Stack:
    values: dict[str, object] = {
        "sources": sources,
        "curate_seconds": 3600,
        "log_days": 30,
        "ingest_memory_gb": 0.5,
        "transform_memory_gb": 1,
        "starter_memory_gb": 0.125,
        "has_quicksight": False,
        "endpoint_count": 0,
        "has_nat_gateway": False,
        "has_file_system": False,
    }
    return Stack(**{**values, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("events", "line_bytes", "billed"),
    [
        (1, 1, 5_120),  # any record is 5 KB at least
        (1, 5_120, 5_120),
        (1, 5_121, 10_240),
        (10, 500, 5_120),  # 5,000 bytes in one record
        (10, 600, 10_240),  # 6,000 bytes in one record
        # 256 KiB hold 455 lines of 575 bytes: 261,625 bytes, billed as 52 times 5 KB, 266,240; the other 45 have
        # 25,875 bytes, billed as 6 times 5 KB, 30,720.
        (500, 575, 266_240 + 30_720),
        (2, 256 * 1024, 2 * 266_240),  # 262,144 bytes are 51.2 times 5 KB, each alone
    ],
)
def test_firehose_bills_multiples_of_5_kb_for_each_record(events, line_bytes, billed) -> None:
    assert model.billed_bytes(events, line_bytes) == billed


def test_firehose_costs_what_its_pricing_page_computes_for_records_of_3_kb() -> None:
    # https://aws.amazon.com/firehose/pricing/: 100 records of 3 KB a second are 100 times 5 KB; divided by 1,048,576 KB
    # a GB, times 2,592,000 seconds of 30 days: 1,235.96 GB; at $0.029: $35.84.
    gb = 100 * 2_592_000 * model.billed_bytes(1, 3 * 1024) / GB
    assert round(gb, 2) == 1_235.96
    assert round(price_list()["firehose_ingested"].cost(gb), 2) == 35.84


def test_packing_a_hundred_events_makes_firehose_cost_an_eighth() -> None:
    # 575 bytes a line. Alone, each is billed 5,120. Together 57,500 bytes are 11.23, so 12 times 5,120: 614.4 each.
    assert model.billed_bytes(100, 575) / 100 == 614.4
    assert model.billed_bytes(1, 575) / 614.4 == pytest.approx(8.33, abs=0.01)


def test_athena_bills_10_mb_at_least() -> None:
    # 1,000 queries of 1 byte: 1,000 times 10,485,760 bytes of 1,099,511,627,776: 0.00954 TB, $0.0477.
    tb = model.scanned_tb(1_000, 1)
    assert round(tb, 5) == 0.00954
    assert round(price_list()["athena_scanned"].cost(tb), 4) == 0.0477
    # A query of 1 GiB is billed as such.
    assert model.scanned_tb(1, 1024**3) == 1 / 1024


def test_glue_bills_a_minute_at_least() -> None:
    # Two DPUs for 60 s are 1/30 DPU-hour, at $0.44: $0.01467.
    assert model.glue_dpu_hours(1, 5) == pytest.approx(1 / 30)
    assert round(price_list()["glue_dpu_hours"].cost(model.glue_dpu_hours(1, 5)), 5) == 0.01467
    # AWS's own example, https://aws.amazon.com/glue/pricing/: six DPUs for 15 minutes: 1.5 DPU-hours, $0.66.
    assert price_list()["glue_dpu_hours"].cost(model.glue_dpu_hours(1, 900, dpus=6)) == pytest.approx(0.66)


def test_api_gateway_is_cheaper_past_333_million_requests() -> None:
    # 333 million at $3.50 and 67 million at $2.80: 1,165.50 + 187.60.
    assert price_list()["api_gateway_requests"].cost(400_000_000) == pytest.approx(1_353.10)


def test_free_allowances_are_taken_off_only_where_asked() -> None:
    requests = price_list()["lambda_requests"]
    # 3 million at $0.20 a million; a million is free.
    assert (requests.cost(3_000_000), requests.cost_beyond_free(3_000_000)) == pytest.approx((0.60, 0.40))
    assert requests.cost_beyond_free(5) == 0


def test_windows_of_time_are_busy_by_chance() -> None:
    # One arrival keeps one of many windows busy; very many keep all; as many as there are leave a share of 1/e idle.
    assert model.busy(1_000_000, 1) == pytest.approx(1, abs=1e-6)
    assert model.busy(10, 10_000) == pytest.approx(10)
    assert model.busy(100, 100) == pytest.approx(63.2, abs=0.05)


def test_a_month_of_one_packed_source() -> None:
    load = Load(events_a_day=2_400, event_bytes=500, batch=10, queries_a_day=0)
    used = model.quantities(stack(ORDERS), load)
    # 2,400 events on each of 30.4167 days are 73,000; ten a request: 7,300 requests.
    assert used["api_gateway_requests"] == pytest.approx(7_300)
    # Ten lines of 500 and the envelope's bytes, below 10,240 and above 5,120: two units a request.
    assert 5_120 < 10 * (500 + assumed.ENVELOPE_BYTES) <= 10_240
    assert used["firehose_ingested"] == pytest.approx(7_300 * 10_240 / GB)
    assert used["firehose_converted"] == used["firehose_ingested"]
    # 8,760 intervals of 300 s a month; 7,300 requests by chance: 8,760 x (1 - e^-0.8333) = 4,953 of them busy.
    objects = 4_953
    assert used["eventbridge_events"] == pytest.approx(objects, rel=1e-3)
    # 730 hours; 4,953 objects by chance keep 730 x (1 - e^-6.785) = 729.2 busy, each a run of a minute on two DPUs;
    # 30.4 nights of two minutes.
    glue_seconds = 729.2 * 60 + 30.4167 * assumed.DAILY_RUN_SECONDS
    assert used["glue_dpu_hours"] == pytest.approx(glue_seconds * 2 / 3600, rel=1e-3)
    # Custom metrics are billed by the hour: the functions' in nearly all of 730 hours (7,300 requests and 6,724
    # transforms by chance), the job's in 729.2.
    assert used["cloudwatch_metrics"] == pytest.approx(3 + 3 + 6 * 729.2 / 730, rel=1e-3)


def test_a_direct_source_costs_no_function_in_front() -> None:
    load = Load(events_a_day=2_400, event_bytes=500, queries_a_day=0)
    used = model.quantities(stack(CLICKS), load)
    assert used["api_gateway_requests"] == pytest.approx(73_000)
    assert used["firehose_ingested"] == pytest.approx(73_000 * 5_120 / GB)
    # No function in front, so that only transforms (a window of 60 s each: 43,800 x (1 - e^-1.6667) = 35,527) and the
    # job's starter are invoked: for each of 8,760 x (1 - e^-8.333) = 8,758 objects, 730 hourly runs and 30.4 nights;
    # and once more for each run, to count it.
    assert used["lambda_requests"] == pytest.approx(35_527 + 8_758 + 2 * (730 + 30.4), rel=1e-3)


def test_a_direct_source_packs_the_events_of_a_request_into_one_record() -> None:
    used = model.quantities(stack(CLICKS), Load(events_a_day=2_400, event_bytes=500, batch=10, queries_a_day=0))
    # 73,000 events, ten a request: 7,300 records of 10 x 562 bytes, above 5,120 and below 10,240.
    assert used["api_gateway_requests"] == pytest.approx(7_300)
    assert used["firehose_ingested"] == pytest.approx(7_300 * 10_240 / GB)


@pytest.mark.parametrize(
    ("events", "line_bytes", "units"),
    [
        (1, 1, 1),
        (1, 25_600, 1),
        (1, 25_601, 2),
        # 256 KiB hold 455 lines of 575 bytes: 261,625 bytes, 11 units; the other 45 have 25,875 bytes, two.
        (500, 575, 13),
        (455, 575, 11),
    ],
)
def test_kinesis_bills_pieces_of_25_kb_of_each_record(events, line_bytes, units) -> None:
    assert model.put_units(events, line_bytes) == units


def test_a_migration_takes_each_lake_s_delivery_the_puts_and_what_is_read_in_vain() -> None:
    load = Load(events_a_day=2_400, event_bytes=500, queries_a_day=0)
    alone, in_phases = model.quantities(stack(ORDERS), load), {}
    for phase, lakes, is_mirrored in (("side_by_side", 2, True), ("cut_over", 2, False), ("decommissioned", 1, False)):
        target = stack(ORDERS, lakes=lakes, has_data_streams=True, is_mirrored=is_mirrored)
        in_phases[phase] = model.quantities(target, load)
    # Firehose takes each event in three times, twice and once; it converts what is delivered.
    times = {
        price_id: [round(used[price_id] / alone[price_id], 6) for used in in_phases.values()]
        for price_id in ("firehose_ingested", "firehose_converted", "glue_dpu_hours", "s3_storage")
    }
    assert times == {
        "firehose_ingested": [3, 2, 1],
        "firehose_converted": [2, 2, 1],
        "glue_dpu_hours": [2, 2, 1],
        "s3_storage": [2, 2, 1],
    }
    # 73,000 events, each a request and a record of 25 KB at most: $0.014 a million.
    assert [used["kinesis_put_units"] for used in in_phases.values()] == [pytest.approx(73_000)] * 3
    assert alone["kinesis_put_units"] == 0
    assert {used["api_gateway_requests"] for used in in_phases.values()} == {alone["api_gateway_requests"]}


def test_a_web_acl_looks_at_every_request_to_the_api() -> None:
    load = Load(events_a_day=2_400, queries_a_day=0)
    used = model.quantities(stack(ORDERS, CLICKS, has_storefront=True, has_web_acl=True), load)
    # 73,000 requests at $0.60 a million.
    assert used["waf_requests"] == used["api_gateway_requests"] == pytest.approx(73_000)
    assert price_list()["waf_requests"].cost(73_000) == pytest.approx(0.0438)


def test_what_guests_put_onto_streams_costs_no_request_to_the_api() -> None:
    load = Load(events_a_day=2_400, event_bytes=500, queries_a_day=0)
    used = model.quantities(stack(dataclasses.replace(CLICKS, is_of_guests=True), has_storefront=True), load)
    assert used["api_gateway_requests"] == used["waf_requests"] == 0
    # Each event alone in its record.
    assert used["firehose_ingested"] == pytest.approx(73_000 * 5_120 / GB)


def test_an_event_of_a_guest_has_a_longer_envelope_than_one_of_the_api() -> None:
    load = Load(events_a_day=2_400, event_bytes=450, batch=10, queries_a_day=0)
    used = model.quantities(stack(dataclasses.replace(CLICKS, is_of_guests=True), has_storefront=True), load)
    # 7,300 records of 10 x 546 bytes, above 5,120; with the 62 of the API they would be 5,120.
    assert used["firehose_ingested"] == pytest.approx(7_300 * 10_240 / GB)


def test_a_storefront_costs_by_its_guests() -> None:
    load = Load(events_a_day=0, queries_a_day=0, guests_a_day=2_400)
    used = model.quantities(stack(CLICKS, has_storefront=True), load)
    # 73,000 guests a month, at $0.0100 for 10,000 requests and $0.085 a GB; 10 million requests and 1 TB are free.
    assert used["cloudfront_requests"] == pytest.approx(73_000 * assumed.PAGE_REQUESTS)
    assert used["cloudfront_data_out"] == pytest.approx(73_000 * assumed.PAGE_BYTES / GB)
    # 40 paths a month, of which CloudFront has 1,000 free.
    assert used["cloudfront_invalidations"] == 40
    pages = estimate.of({name: used[name] for name in ("cloudfront_requests", "cloudfront_data_out")})
    assert 0 < pages.dollars < 2
    assert pages.dollars_beyond_free == 0
    assert "cloudfront_requests" not in model.quantities(stack(CLICKS), load)


def test_storage_grows_until_retention_ends() -> None:
    def kept(months: int) -> float:
        return model.quantities(stack(CLICKS), Load(1_000, 1_000, queries_a_day=0, months=months))["s3_storage"]

    # A month of 30.4167 days has 30,417 events, 30,416,667 bytes. Raw stays 12 months, processed 90 days (2.96 months),
    # curated for good. From the 12th month on, a month more adds what is curated, nothing else.
    curated_gb = 30_416_667 * assumed.CURATED_SHARE / GB
    assert kept(14) - kept(13) == pytest.approx(curated_gb, rel=1e-6)
    objects = model.busy(8_760, 30_417)
    raw_gb = (30_416_667 * assumed.RAW_SHARE + objects * assumed.RAW_OBJECT_BYTES) / GB
    assert kept(7) - kept(6) == pytest.approx(curated_gb + raw_gb, rel=1e-4)


def test_quicksight_is_billed_by_the_head() -> None:
    used = model.quantities(stack(ORDERS, has_quicksight=True), Load(0, queries_a_day=0, users=30))
    # 30 readers at $3 and one author at $24: $114.
    people = {name: used[name] for name in ("quicksight_readers", "quicksight_authors")}
    assert estimate.of(people).dollars == 30 * 3 + 24


HOURLY, WEEKLY = Refresh(730, 8), Refresh(52 / 12, None)


def copies(*found: Copy) -> Stack:
    return stack(ORDERS, has_quicksight=True, copies=found)


def test_a_copy_is_made_anew_by_queries_of_the_days_it_looks_back() -> None:
    def scanned(*refreshes: Refresh, events: int = 1_000) -> float:
        used = model.quantities(copies(Copy(1, 1, refreshes)), Load(events, queries_a_day=0, months=12))
        return used["athena_scanned"] - model.quantities(copies(), Load(events, queries_a_day=0))["athena_scanned"]

    # A restaurant's eight days are less than 10 MB: 730 times that are 7,300 MB of 1,048,576 a TB.
    assert scanned(HOURLY) == pytest.approx(7_300 / 1_048_576)
    # A million events a day of 500 bytes, of which curated takes 0.22: eight days are 880,000,000 bytes a query.
    assert scanned(HOURLY, events=1_000_000) == pytest.approx(730 * 8 * 110_000_000 / TB)
    # All of it, each week: 365 days, 40,150,000,000 bytes.
    assert scanned(WEEKLY, events=1_000_000) == pytest.approx(52 / 12 * 365 * 110_000_000 / TB)


def test_the_figures_of_operations_are_read_each_hour_where_there_are_dashboards() -> None:
    load, asked = Load(events_a_day=0, queries_a_day=0), (ORDERS, CLICKS)
    without = model.quantities(stack(*asked), load)
    used = model.quantities(stack(*asked, has_quicksight=True), load)
    # 730 hours of 14 metrics, 6 of each source and 2 of the one by the function: 28.
    assert used["cloudwatch_metrics_read"] == pytest.approx(730 * 28)
    assert "cloudwatch_metrics_read" not in without
    # Four objects written an hour; two data sets read those of 365 days.
    assert used["s3_writes"] - without["s3_writes"] == pytest.approx(730 * 4)
    assert used["s3_reads"] - without["s3_reads"] == pytest.approx(730 * 2 * 365)


def test_spice_is_billed_past_what_the_author_brings() -> None:
    def spice(events: int) -> float:
        return model.quantities(copies(Copy(3, 2, ())), Load(events, queries_a_day=0, months=12))["quicksight_spice"]

    # Three numbers of 12 bytes, two texts of 24 and 12 more: 108 bytes a row; 365 days of 200,000 are 7.34 GB.
    assert spice(200_000) == 0
    # Of a million, 36.71 GB: 26.71 of them past 10.
    assert spice(1_000_000) == pytest.approx(365 * 108_000_000 / GB - 10)


def test_the_copies_are_read_from_the_program() -> None:
    columns = [{"name": "store", "type": "STRING"}, {"name": "at", "type": "DATETIME"}]
    window = {"lookbackWindow": {"columnName": "at", "size": 8, "sizeUnit": "DAY"}}

    def schedule(interval: str, kind: str) -> Resource:
        timed = {"refreshType": kind, "scheduleFrequency": {"interval": interval}}
        return Resource("aws:quicksight/refreshSchedule:RefreshSchedule", "s", {"dataSetId": "a", "schedule": timed})

    made = [
        Resource(
            "aws:quicksight/dataSet:DataSet",
            "a",
            {
                "dataSetId": "a",
                "importMode": "SPICE",
                "physicalTableMaps": [{"relationalTable": {"inputColumns": columns}}],
                "refreshProperties": {"refreshConfiguration": {"incrementalRefresh": window}},
            },
        ),
        Resource("aws:quicksight/dataSet:DataSet", "b", {"dataSetId": "b", "importMode": "DIRECT_QUERY"}),
        schedule("HOURLY", "INCREMENTAL_REFRESH"),
        schedule("WEEKLY", "FULL_REFRESH"),
    ]
    assert read_copies(made) == (Copy(1, 1, (Refresh(730, 8), Refresh(DAYS_A_MONTH / 7, None))),)


def test_who_sends_and_asks_nothing_pays_for_the_nights_and_for_nothing_else_that_is_used() -> None:
    used = model.quantities(stack(ORDERS, CLICKS), Load(0, queries_a_day=0))
    assert used["glue_dpu_hours"] == pytest.approx(DAYS_A_MONTH * assumed.DAILY_RUN_SECONDS * 2 / 3600)
    for nothing in (
        "api_gateway_requests",
        "firehose_ingested",
        "athena_scanned",
        "cloudwatch_metrics",
        "eventbridge_events",
    ):
        assert used[nothing] == 0


def test_a_price_that_is_not_in_the_file_is_no_price() -> None:
    with pytest.raises(KeyError, match="moon: not in the price file"):
        estimate.of({"moon": 1.0})


def test_what_functions_send_from_inside_of_a_vpc_is_billed_by_its_way_out() -> None:
    load = Load(events_a_day=2_400, event_bytes=500, batch=10, queries_a_day=0)
    # 73,000 events a month with their envelopes; what API Gateway puts onto a stream never enters the VPC.
    sent_gb = 73_000 * (500 + assumed.ENVELOPE_BYTES) / GB
    by_nat = model.quantities(stack(ORDERS, has_nat_gateway=True), load)
    assert by_nat["nat_gateway_data"] == pytest.approx(sent_gb)
    assert model.quantities(stack(ORDERS, endpoint_count=2), load)["vpc_endpoint_data"] == pytest.approx(sent_gb)
    assert model.quantities(stack(CLICKS, has_nat_gateway=True), load)["nat_gateway_data"] == 0


def test_the_figures_that_the_model_repeats_are_those_of_the_components() -> None:
    from components import glue_job, private_bucket
    from components.delivery import delivery_destination

    assert model.MIN_WORKERS == glue_job.MIN_WORKERS
    assert delivery_destination.DESTINATION_BUFFER_MB * 1024**2 == model.DELIVERY_BUFFER_BYTES
    assert private_bucket.NONCURRENT_VERSION_DAYS == model.OLD_VERSION_DAYS


def test_events_that_do_not_wait_make_an_object_for_each_transform() -> None:
    at_once = Source("orders", False, 0, 365, 365)
    used = model.quantities(stack(at_once), Load(events_a_day=2_400, batch=10, queries_a_day=0))
    # 43,800 windows of 60 s, 7,300 requests by chance: 43,800 x (1 - e^-0.16667) = 6,724.
    assert used["eventbridge_events"] == pytest.approx(6_724, rel=1e-3)
