"""`rapid forget` between the deployment that ends the old pipelines and the end of `rapid migrate decommission`."""

import pytest

from rapid.cli import forget
from rapid.cli.errors import CommandError
from rapid.cli.migrate import state
from rapid.cli.migrate.state import Step

from .stacks import Objects, stack


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("old-raw", "orders/2026/06/01/12/1.gz"),
        ("old-processed", "errors/orders/processing-failed/2026/06/01/12/1"),
        ("old-curated", "tables/orders/data/1.parquet"),
        ("old-curated", "aggregates/orders/orders_daily/data/1.parquet"),
        ("old-quarantine", "orders/2026/06/01/1.json"),
        ("old-quarantine", "files/orders/1/00000.ndjson.gz"),
        ("old-quarantine", "filtered/orders/2026/06/01/1.json"),
    ],
)
def test_wherever_the_old_lake_still_holds_events_of_a_source_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bucket: str, key: str
) -> None:
    s3 = Objects()
    found = stack("decommissioned", s3, erasure_job="erase", files_bucket="files", sources=["feedback", "orders"])
    monkeypatch.setattr(forget.target, "find", lambda: found)
    s3.put_object(Bucket=bucket, Key=key, Body=b"the person")
    place = f"s3://{bucket}/{key.split('orders', maxsplit=1)[0]}orders"
    with pytest.raises(CommandError, match=place):
        forget.run("orders", "customerId=cust1", verify=False, force=True)

    state.record(found, Step.DECOMMISSION, {})
    monkeypatch.setattr(forget, "_request", lambda *_: "request")
    monkeypatch.setattr(forget, "_erase", lambda *_: 0)
    assert forget.run("orders", "customerId=cust1", verify=False, force=True) == 1
    assert place in capsys.readouterr().err
    assert forget.run("feedback", "contact=ada", verify=False, force=True) == 0


def test_nobody_is_erased_from_one_lake_while_rows_of_the_other_are_to_be_carried_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s3 = Objects()
    jobs = {"erasure_job": "erase", "files_bucket": "files"}
    found = stack("decommissioned", s3, **jobs)
    monkeypatch.setattr(forget.target, "find", lambda: found)
    s3.put_object(Bucket="old-processed", Key="orders/2026/06/01/12/file-1-00000.parquet", Body=b"rows")
    with pytest.raises(CommandError, match="run `rapid migrate decommission` first, it goes on"):
        forget.run("orders", "customerId=cust1", verify=False, force=True)
    assert len(s3.stored) == 1

    state.record(found, Step.DECOMMISSION, {})
    monkeypatch.setattr(forget, "_request", lambda *_: "request")
    monkeypatch.setattr(forget, "_erase", lambda *_: 0)
    assert forget.run("orders", "customerId=cust1", verify=False, force=True) == 1
    s3.delete_object(Bucket="old-processed", Key="orders/2026/06/01/12/file-1-00000.parquet")
    assert forget.run("orders", "customerId=cust1", verify=False, force=True) == 0
