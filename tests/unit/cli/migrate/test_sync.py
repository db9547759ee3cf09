"""A whole sync, tables and all: rows of a real Iceberg table on their way into another lake."""

import datetime
from types import SimpleNamespace

import pytest
import yaml

import contracts
from rapid.cli.errors import CommandError
from rapid.cli.migrate import copying, history, inventory, state, sync
from rapid.cli.migrate.state import Step
from tests.unit.etl.lake import DELIVERED

DAYS = ("2026-03-13T18:30:00", "2026-03-14T18:30:00", "2026-03-15T08:00:00")


def history_keys(tables):
    return sorted(key for key in tables.lakes.bodies(tables.lakes.new, "processed") if "history-" in key)


def test_every_row_of_the_old_table_is_in_the_new_one_once_however_often_it_is_carried_over(tables, capsys):
    old, new = tables.old, tables.new
    rows = [
        old.order(time=time, customerid=None if number else "c", extra='{"a": 1}') for number, time in enumerate(DAYS)
    ]
    old.deliver(rows[:2])
    old.curate()
    # What is delivered and not curated yet, and what the mirror brings, too.
    old.deliver(rows[2:])
    new.deliver(rows[1:])
    assert sync.run() == 0
    assert new.rows() == old.rows()
    assert [row["ingest_id"] for row in new.rows()] == [row["ingest_id"] for row in rows]
    assert [key.rpartition("/")[0] for key in history_keys(tables)] == [
        f"orders/2026/03/{day}/00" for day in (13, 14, 15)
    ]
    assert tables.runs == [(False, {"--lookback_days": "0"}), (True, {}), (True, {"--lookback_days": "0"})]
    document = state.last(tables.stack, Step.SYNC)
    assert document["complete"]
    assert document["zones"]["history"]["copied"] == 3
    assert document["snapshots"] == {"orders": old.table.current_snapshot().snapshot_id}
    assert "The curate job added 1 row" in capsys.readouterr().out

    # A row that comes late, and one that an earlier receipt of it takes the place of: its file leaves the snapshot.
    late, first = old.order(time=DAYS[0]), rows[0]["event_id"]
    old.deliver([late, old.order(first, time=DAYS[0], received_at=datetime.datetime(2026, 3, 14, 18))])
    assert sync.run() == 0
    assert len(new.rows()) == 4
    assert new.rows() == old.rows()
    done = state.last(tables.stack, Step.SYNC)
    assert [done["zones"]["history"][figure] for figure in ("there", "copied", "again")] == [2, 1, 0]
    assert done["rows_added"] == 1
    assert len(history_keys(tables)) == 3
    assert len([key for key in tables.lakes.versions(tables.lakes.new, "processed") if "history-" in key]) == 3


def test_files_that_are_replaced_while_they_are_copied_are_planned_anew(tables, monkeypatch):
    old, new = tables.old, tables.new
    old.deliver([old.order("one"), old.order("two")])
    plain, raced = copying.Copier._one, []

    def race(copier, item):
        if not raced:
            raced.append(item.source.key)
            # As maintenance does, but at once: the rows are in another file, and this one is gone.
            old.deliver([old.order("two", received_at=datetime.datetime(2026, 3, 14, 18))])
            old.curate()
            old.s3.delete_object(Bucket=item.bucket, Key=item.source.key)
        return plain(copier, item)

    monkeypatch.setattr(copying.Copier, "_one", race)
    assert sync.run() == 0
    assert len(new.rows()) == 2
    assert new.rows() == old.rows()


def test_a_column_that_the_contract_has_no_more_is_carried_over(tables, tmp_path):
    old, new = tables.old, tables.new
    old.contract = old.changed(
        lambda document, fields: document["schema"][0]["properties"].append(
            {"name": "waiter", "logicalType": "string", "physicalType": "string"}
        )
    )
    old.deliver([old.order(waiter="Kim")], types={**DELIVERED, "waiter": DELIVERED["extra"]})
    old.curate(old.contract)
    old.contract = new.contract
    sync.run()
    assert [row["waiter"] for row in new.rows()] == ["Kim"]
    assert sorted(new.rows()[0]) == sorted(old.rows()[0])


def renamed(old, with_alias):
    def change(document, fields):
        fields["menuItem"]["name"] = "dish"
        if with_alias:
            fields["menuItem"].setdefault("customProperties", []).append({"property": "aliases", "value": ["menuItem"]})

    return old.changed(change)


def test_a_column_has_its_values_from_files_that_call_it_by_its_former_name(tables):
    old, new = tables.old, tables.new
    old.deliver([old.order()])
    old.curate()
    old.contract = new.contract = renamed(old, with_alias=True)
    old.deliver([old.order(dish="Soup")], types={**DELIVERED, "dish": DELIVERED["extra"]})
    old.curate(old.contract)
    contract = contracts.load(old.folder / "orders.yaml")
    new.curate(new.contract)
    assert history.add_columns(tables.stack, tables.lakes.migration, contract) == []
    work = history.work(tables.stack, tables.lakes.migration, contract)
    with copying.Copier(tables.s3) as copier:
        copier.copy(work.copies, lambda *_: None)
    new.curate(new.contract)
    assert sorted(row["dish"] for row in new.rows()) == ["Pasta", "Soup"]
    assert new.rows() == old.rows()


def test_a_former_name_that_the_contract_does_not_tell_is_refused(tables):
    old = tables.old
    old.deliver([old.order()])
    old.curate()
    old.contract = renamed(old, with_alias=True)
    old.curate(old.contract)
    document = yaml.safe_load((old.folder / "orders.yaml").read_text())
    [dish] = [item for item in document["schema"][0]["properties"] if item["name"] == "dish"]
    dish["customProperties"] = [item for item in dish["customProperties"] if item["property"] != "aliases"]
    (old.folder / "orders.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(CommandError, match=r"the column 'dish' was once menuitem, .* sources/orders.yaml"):
        history.add_columns(tables.stack, tables.lakes.migration, contracts.load(old.folder / "orders.yaml"))


def test_a_file_with_delete_files_is_refused_with_what_merges_them(tables, monkeypatch):
    old = tables.old
    old.deliver([old.order()])
    old.curate()
    plain = inventory.catalog.of

    def with_deletes(stack):
        table = plain(stack).load_table((old.lake.database, "orders_curated"))
        [task] = table.scan().plan_files()
        scan = SimpleNamespace(plan_files=lambda: [SimpleNamespace(file=task.file, delete_files={"deleted"})])
        return SimpleNamespace(
            load_table=lambda _: SimpleNamespace(current_snapshot=table.current_snapshot, scan=lambda: scan)
        )

    monkeypatch.setattr(inventory.catalog, "of", with_deletes)
    with pytest.raises(CommandError, match=r"orders_curated has delete files.*`OPTIMIZE orders_curated REWRITE DATA"):
        inventory.history(tables.stack, tables.lakes.migration.platform, tables.contract)


def test_a_data_file_that_the_old_lake_has_lost_is_named_and_the_copy_of_it_stays(tables):
    tables.old.deliver([tables.old.order()])
    sync.run()
    [task] = tables.old.table.scan().plan_files()
    lost = task.file.file_path.partition("/tables/")[2]
    tables.s3.delete_object(Bucket=tables.lakes.old["curated"], Key=f"tables/{lost}")
    with pytest.raises(CommandError, match=rf"/tables/{lost} and 0 more: the table orders_curated refers to them"):
        sync.run()
    assert len(history_keys(tables)) == 1


def test_a_curate_job_that_fails_ends_the_sync_which_is_then_not_complete(tables):
    tables.old.deliver([tables.old.order()])
    tables.fails = True
    with pytest.raises(CommandError, match="did not add everything"):
        sync.run()
    assert state.last(tables.stack, Step.SYNC) is None
    assert not state.sync_under_way(tables.stack)


def test_interrupted_it_says_how_it_goes_on(tables, monkeypatch):
    tables.lakes.put("orders/2026/03/14/18/1.gz")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(copying, "_tell", interrupt)
    with pytest.raises(CommandError, match="interrupted; `rapid migrate sync` goes on from what there is"):
        sync.run()
    assert not state.sync_under_way(tables.stack)
    monkeypatch.undo()
