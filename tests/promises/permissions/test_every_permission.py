"""Each permission of each role is shown to be needed by a test of this folder; with all of them nothing is denied."""

import dataclasses

from tests.deployed.events import ORDER

from . import (
    test_curation,
    test_dashboards,
    test_delivery,
    test_erasure,
    test_files,
    test_ingestion,
    test_menus,
    test_operations,
    test_starters,
)
from .permissions import Bench, Permission
from .proofs import ALIKE, HASHING, SOURCES, USER

PROOFS = [
    permission
    for module in (
        test_ingestion,
        test_delivery,
        test_curation,
        test_erasure,
        test_files,
        test_menus,
        test_operations,
        test_starters,
        test_dashboards,
    )
    for permission in module.PROOFS
]
NOT_EXERCISED = [
    permission
    for module in (test_delivery, test_curation, test_erasure, test_dashboards)
    for permission in module.NOT_EXERCISED
]


def of_sources_alike(shown: set[Permission]) -> set[Permission]:
    """What the roles of such sources may do; where a contract hashes, the key's statement stands before the log's."""
    roles, transform = ("orders-delivery", "orders-transform-execution"), "orders-transform-execution"
    alike = {Permission(f"{source}-transform-execution", "kms:GenerateMac", 2) for source in HASHING}
    for source in ALIKE:
        for permission in shown:
            if permission.role in roles:
                later = source in HASHING and permission.role == transform and permission.statement > 1
                role = permission.role.replace("orders", source)
                alike.add(dataclasses.replace(permission, role=role, statement=permission.statement + later))
    return alike


def test_every_permission_of_the_deployed_roles_is_shown_to_be_needed_or_has_its_page(bench: Bench) -> None:
    shown = {*PROOFS, *NOT_EXERCISED}
    assert bench.permissions() == shown | of_sources_alike(shown)
    assert not set(PROOFS) & set(NOT_EXERCISED)


def test_with_all_its_permissions_the_stack_is_denied_nothing(bench: Bench) -> None:
    assert bench.post_order().startswith("202")
    for source, event in SOURCES.items():
        bench.deliver(source, event)
        bench.deliver(source, {"not": "valid"})
    bench.deliver("users", USER)
    assert test_dashboards.ask_the_view(bench)().startswith("SUCCEEDED")
    assert bench.run_job("curate_job", task="curate", source="orders").startswith("SUCCEEDED")
    assert bench.run_job("curate_job", task="maintain", source="orders").startswith("SUCCEEDED")
    bench.put_dead_letter(ORDER, {**ORDER, "customerId": "c2"})
    assert bench.erase("orders", "customerId", ORDER["customerId"]).startswith("SUCCEEDED")
    test_menus.published(bench)
    assert "not authorized" not in bench.log.text
