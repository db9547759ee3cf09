"""A person is erased from every place, in all versions; everybody else stays as they were."""

import pytest

from tests.unit.etl.persons import Persons


@pytest.fixture
def persons(own_account, tmp_path):
    return Persons(tmp_path)


def test_a_person_who_is_everywhere_is_found_nowhere_afterwards(persons):
    persons.delivered_everywhere(["cust1", "cust12", "cust2"])
    before = persons.holding("cust2")
    status, report = persons.forget("cust2")
    assert (status, report["state"]) == (0, "erased")
    assert persons.holding("cust2") == []
    assert len(before) > 20
