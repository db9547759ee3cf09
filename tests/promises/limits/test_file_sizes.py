"""Files of exactly the size that is allowed or announced are taken, and those of another are refused."""

import pytest

from contracts import limits
from rapid.cli.target import LocalStack
from tests.deployed.files import announce, post_form, put_part, stored

MIB = 1024 * 1024
LIMIT = limits.MAX_FILE_BYTES


@pytest.mark.parametrize("size_bytes", [1, 16 * MIB])
def test_a_form_uploads_a_file_of_exactly_the_announced_size(stack: LocalStack, size_bytes: int) -> None:
    step = announce(stack, size_bytes, f"form-{size_bytes}")
    assert (step.status, step.state) == (200, "form")
    for wrong in (size_bytes - 1, size_bytes + 1):
        assert post_form(step, b"x" * wrong).status == 400
    assert stored(stack, step.fileId) == []
    assert post_form(step, b"x" * size_bytes).status == 204
    again = announce(stack, size_bytes, f"form-{size_bytes}")
    assert (again.status, again.state, again.fileId) == (202, "stored", step.fileId)
    assert stored(stack, step.fileId) == [size_bytes]


def test_a_file_of_exactly_the_limit_is_taken_in_parts_and_one_byte_more_is_refused(stack: LocalStack) -> None:
    assert announce(stack, LIMIT + 1, "limit").status == 413
    step = announce(stack, LIMIT, "limit")
    assert step.state == "parts"
    assert [put_part(part) for part in step.parts] == [200] * step.partsTotal
    assert announce(stack, LIMIT, "limit").status == 202
    assert stored(stack, step.fileId) == [LIMIT]
