"""The estimate of this program, as `rapid estimate` gives it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts import Delivery
from rapid.cli.app import app
from rapid.cli.migrate.state import Phase
from rapid.cost import declared, program
from rapid.cost.load import Load
from rapid.cost.offer import Offer, Parts
from rapid.cost.prices import HOURS_A_MONTH
from rapid.cost.program import Resource
from rapid.cost.stack import describe
from tests import cost_page

NEITHER, BOTH = Parts(network=False, quicksight=False), Parts(network=True, quicksight=True)


def test_every_resource_of_the_program_has_a_price_or_is_known_to_have_none(offer) -> None:
    """A new resource type needs its row in rapid/cost/declared.py."""
    assert declared.unpriced(offer.resources) == []


def test_a_type_that_nobody_priced_is_named() -> None:
    assert declared.unpriced([Resource("aws:moon/rock:Rock", "x", {})]) == ["aws:moon/rock:Rock"]


def test_an_alarm_on_an_expression_is_billed_for_each_metric_it_looks_at() -> None:
    alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
    rate = {
        "metricQueries": [{"id": "rate", "expression": "a / b"}, {"id": "a", "metric": {}}, {"id": "b", "metric": {}}]
    }
    resources = [Resource(alarm, "plain", {}), Resource(alarm, "rate", rate)]
    assert declared.quantities(resources) == {"cloudwatch_alarms": 3}


def test_a_data_stream_costs_the_hours_of_its_shards_or_on_demand_its_own() -> None:
    provisioned = Resource("aws:kinesis/stream:Stream", "a", {"shardCount": 3})
    on_demand = Resource("aws:kinesis/stream:Stream", "b", {"streamModeDetails": {"streamMode": "ON_DEMAND"}})
    hours = {"kinesis_shard_hours": 3 * HOURS_A_MONTH, "kinesis_on_demand_hours": HOURS_A_MONTH}
    assert declared.quantities([provisioned, on_demand]) == hours


class Looked(dict[str, object]):
    """Inputs that remember which of them were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> object:
        self.names.add(name)
        return default


def test_what_a_price_depends_on_is_recorded_of_the_program() -> None:
    for type_, _, quantity_of in declared._PRICED:
        looked = Looked()
        quantity_of(Resource(type_, "x", looked))
        assert looked.names <= {*program._PRICED_INPUTS.get(type_, ())}, type_


def in_phase(resources: list[Resource], phase: str) -> list[Resource]:
    """The resources of a program, as far as traffic goes through them, as a migration has them in a phase."""
    first = [it for it in resources if it.name.endswith(("-stream", "-function"))]
    lake = [it for it in first if it.name.endswith(("-transform-function", "-stream", "curation-starter-function"))]
    second = [replace(it, name=f"streaming-{it.name}") for it in lake]
    data_streams = [
        Resource("aws:kinesis/stream:Stream", it.name.replace("-stream", "-data-stream"), {"shardCount": 1})
        for it in lake
        if it.name.endswith("-stream")
    ]
    if phase == "decommissioned":
        first = [it for it in first if it not in lake]
    kinesis = {"environment": {"variables": {"STREAM_SERVICE": "kinesis" if phase != "side_by_side" else "firehose"}}}
    first = [
        replace(it, inputs={**it.inputs, **kinesis}) if it.name == "ingest-handler-function" else it for it in first
    ]
    others = [it for it in resources if not it.name.endswith(("-stream", "-function"))]
    return [*others, *first, *second, *data_streams]


@pytest.mark.parametrize(
    ("phase", "lakes", "is_mirrored"), [("side_by_side", 2, True), ("cut_over", 2, False), ("decommissioned", 1, False)]
)
def test_a_program_in_a_migration_has_the_same_sources_and_the_lakes_of_its_phase(
    offer, phase: str, lakes: int, is_mirrored: bool
) -> None:
    before, found = (
        describe(offer.contracts, resources) for resources in (offer.resources, in_phase(offer.resources, phase))
    )
    assert (before.lakes, before.has_data_streams, before.is_mirrored) == (1, False, False)
    assert (found.lakes, found.has_data_streams, found.is_mirrored) == (lakes, True, is_mirrored)
    assert found.sources == before.sources
    assert found.curate_seconds == before.curate_seconds


def test_endpoints_are_billed_by_subnet_and_gateway_endpoints_not_at_all() -> None:
    endpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"
    resources = [
        Resource(endpoint, "logs", {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}),
        Resource(endpoint, "s3", {"vpcEndpointType": "Gateway"}),
    ]
    # Two network interfaces for 730 hours.
    assert declared.quantities(resources)["vpc_endpoint_hours"] == 1_460


def test_a_web_acl_is_billed_for_itself_and_for_each_of_its_rules() -> None:
    found = declared.quantities([Resource("aws:wafv2/webAcl:WebAcl", "limit", {"rules": [{}, {}]})])
    assert found == {"waf_web_acls": 1, "waf_rules": 2}


def test_a_stack_of_direct_sources_alone_is_priced_without_the_function_that_takes_batches(offer) -> None:
    direct = [contract for contract in offer.contracts if contract.delivery is Delivery.DIRECT]
    made = [resource for resource in offer.resources if resource.name != "ingest-handler-function"]
    quote = Offer(direct, made).quote(Load(), NEITHER)
    assert (len(quote.stack.sources), quote.stack.ingest_memory_gb) == (len(direct), 0)
    assert 0 < quote.estimate.dollars < offer.quote(Load(), NEITHER).estimate.dollars


def test_the_stack_is_read_from_contracts_and_program(offer) -> None:
    stack = offer.quote(Load(), NEITHER).stack
    direct = {source.name: source.is_direct for source in stack.sources}
    assert direct["clickstream"]
    assert not direct["orders"]
    # It asks for a login, and prod has no directory.
    assert "appsflyer" not in direct
    assert {source.delivery_seconds for source in stack.sources} == {300}
    assert (stack.log_days, stack.curate_seconds) == (90, 3600)


def test_a_restaurant_stays_far_below_the_budget(offer) -> None:
    quote = offer.quote(Load(), NEITHER)
    assert 5 < quote.estimate.dollars < 100
    assert quote.fixed_dollars < quote.estimate.dollars
    assert quote.estimate.dollars_beyond_free <= quote.estimate.dollars


def test_quicksight_adds_its_users_and_the_queries_that_make_its_copies_anew(offer) -> None:
    variants = offer.quote(Load(users=30), NEITHER).variants
    refreshes = sum(it.times_a_month for copy in offer.quote(Load(), BOTH).stack.copies for it in copy.refreshes)
    assert refreshes > HOURS_A_MONTH
    # Each is of 10 MB at least, at $5 a TB; a restaurant's are not much larger, and fit into what an author brings.
    least = 30 * 3 + 24 + 5 * refreshes * 10 / 1024**2
    assert least <= variants["with QuickSight"] - variants["without these"] <= least + 5


def test_without_quicksight_there_are_no_copies(offer) -> None:
    assert offer.quote(Load(), NEITHER).stack.copies == ()


def test_a_vpc_adds_its_nat_gateway_with_an_address_and_a_file_system(offer) -> None:
    variants = offer.quote(Load(), NEITHER).variants
    # 730 hours at $0.045 and at $0.005, a GB of EFS at $0.30, and a few cents for what goes through.
    assert variants["with a VPC"] - variants["without these"] == pytest.approx(730 * 0.05 + 0.30, abs=0.10)
    both = variants["with a VPC"] + variants["with QuickSight"] - variants["without these"]
    assert variants["with both"] == pytest.approx(both)


def test_the_command_prints_the_same_estimate_as_json(offer, monkeypatch) -> None:
    monkeypatch.setattr("rapid.cli.estimate.offer_of", lambda _settings, _storefront: offer)
    done = CliRunner().invoke(app, ["estimate", "--stack", "prod", "--events-a-day", "5000", "--quicksight", "--json"])
    told = json.loads(done.stdout)
    quote = offer.quote(Load(events_a_day=5_000), Parts(network=False, quicksight=True))
    assert told["dollars"] == pytest.approx(quote.estimate.dollars)
    assert told["dollars"] == pytest.approx(sum(line["dollars"] for line in told["lines"]))
    assert told["budget_dollars"] == 900
    assert told["parts"] == {"network": False, "quicksight": True}


def test_the_command_prints_a_table_with_load_total_and_comparison(offer, monkeypatch) -> None:
    monkeypatch.setattr("rapid.cli.estimate.offer_of", lambda _settings, _storefront: offer)
    shown = CliRunner().invoke(app, ["estimate", "--stack", "prod", "--batch", "25"]).stdout
    quote = offer.quote(Load(batch=25), NEITHER)
    for text in (
        "10,000 events a day of 500 bytes",
        "25 events in a request",
        "us-east-1",
        "$900.00",
        "$1,800.00",
    ):
        assert text in shown
    assert f"{quote.estimate.dollars:,.2f}" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch", "0"], "--batch"),
        (["--batch", "501"], "--batch"),
        (["--event-bytes", "0"], "--event-bytes"),
        (["--events-a-day", "many"], "--events-a-day"),
        (["--network", "wide"], "--network"),
        (["--stack", "nope"], "Pulumi.nope.yaml does not exist"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(words, said) -> None:
    done = CliRunner().invoke(app, ["estimate", *words], env={"COLUMNS": "200"})
    assert done.exit_code
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_program_that_fails_is_told_with_its_own_words(tmp_path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: broken\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: us-east-1}\n")
    (tmp_path / "__main__.py").write_text("raise ValueError('no such thing')\n")
    with pytest.raises(program.ProgramError, match="no such thing"):
        program.record(tmp_path, "dev")


ROOT = Path(__file__).parents[3]
PAGE, MIGRATION_PAGE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("cost.md", "migration.md"))


def test_the_page_about_costs_says_what_the_estimate_says(offer) -> None:
    assert cost_page.is_still_true(PAGE, cost_page.render(offer)), "docs/cost.md is stale: make docs"


@pytest.mark.parametrize(
    "phase", ["none", *(pytest.param(it, marks=pytest.mark.full_size) for it in Phase if it is not Phase.NONE)]
)
def test_the_page_about_moving_says_what_a_month_of_each_phase_costs(offer, phase: str) -> None:
    """Each phase beside `none` runs the program once more, which takes seconds."""
    [row] = [line for line in MIGRATION_PAGE.splitlines() if line.startswith(f"| `{phase}` |")]
    in_this = Offer(offer.contracts, program.record(ROOT, "prod", {"migration": phase})) if phase != "none" else offer
    dollars = [in_this.quote(load, NEITHER).estimate.dollars for load in cost_page.SIZES.values()]
    now = f"| `{phase}` | {' | '.join(f'{it:.0f}' for it in dollars)} |"
    assert cost_page.is_still_true(row, now), f"docs/migration.md is stale: {now}"


@pytest.mark.parametrize(
    ("page", "is_true"),
    [
        ("It costs 102 dollars, 5.5 fixed.", True),
        ("It costs 94 dollars, 5.5 fixed.", False),
        ("It costs 100 dollars, 6.6 fixed.", False),
        ("It cost 100 dollars, 5.5 fixed.", False),
        ("It costs 100 dollars.", False),
    ],
)
def test_figures_of_the_page_may_move_a_little_and_words_not_at_all(page, is_true) -> None:
    assert cost_page.is_still_true(page, "It costs 100 dollars, 5.5 fixed.") is is_true
