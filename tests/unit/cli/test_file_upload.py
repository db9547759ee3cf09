import re
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts import limits
from rapid.cli import backoff
from rapid.cli.credentials import Anonymous
from rapid.cli.errors import CommandError
from rapid.cli.file_upload import FileUpload

from .conftest import Answer

STORED = Answer(202, {"state": "stored", "fileId": "f1"})


@pytest.fixture
def waits():
    return []


@pytest.fixture
def upload(server, waits):
    return FileUpload(server.url, Anonymous(), lambda: backoff.Backoff(waits.append))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "big.csv"
    path.write_bytes(bytes(range(256)) * 1024)
    return path


def parts(server, *numbers):
    size = 64 * 1024
    return Answer(
        200,
        {
            "state": "parts",
            "fileId": "f1",
            "fileName": "big.csv",
            "parts": [
                {"number": n, "offsetBytes": (n - 1) * size, "sizeBytes": size, "url": f"{server.url}/part/{n}"}
                for n in numbers
            ],
        },
    )


def form(server):
    fields = {"key": "incoming/orders/f1/big.csv", "policy": "p"}
    content = {"state": "form", "fileId": "f1", "fileName": "big.csv", "url": f"{server.url}/form", "fields": fields}
    return Answer(200, content)


def test_the_announcement_names_the_file_its_size_and_a_key_of_its_content(server, upload, file):
    server.answer_in_turn(STORED)
    assert upload.send("orders", file, lambda _: None) == ("f1", 0, True)
    (request,) = server.requests
    assert parse_qs(urlsplit(request.path).query) == {
        "source": ["orders"],
        "file_name": ["big.csv"],
        "size_bytes": ["262144"],
    }
    assert re.fullmatch("[0-9a-f]{64}", request.headers["idempotency-key"])
    assert request.body == b""


def test_a_form_is_posted_with_its_fields_before_the_file(server, upload, file):
    server.answer_in_turn(form(server), Answer(200), STORED)
    done = []
    upload.send("orders", file, done.append)
    posted = server.requests[1]
    assert posted.headers["content-length"] == str(len(posted.body))
    assert file.read_bytes() in posted.body
    assert posted.body.index(b'name="policy"') < posted.body.index(b'name="file"; filename="big.csv"')
    assert done == sorted(done)
    assert done[-1] == file.stat().st_size


def test_parts_are_put_where_they_belong_and_progress_begins_with_what_is_there(server, upload, file):
    server.answer_in_turn(parts(server, 2, 4), Answer(200), Answer(200), STORED)
    done = []
    upload.send("orders", file, done.append)
    content = file.read_bytes()
    sent = {request.path: request.body for request in server.requests if request.method == "PUT"}
    assert sent == {"/part/2": content[65536:131072], "/part/4": content[196608:]}
    assert done[0] > 2 * 65536
    assert done == sorted(done)


def test_what_fails_is_asked_for_and_sent_again_and_waits_only_without_progress(server, upload, file, waits):
    server.answer_in_turn(
        Answer(503, {"message": "later"}, {"Retry-After": "7"}),
        parts(server, 1, 2),
        Answer(200),
        Answer(500),
        parts(server, 2),
        Answer(0),
        parts(server, 2),
        Answer(200),
        STORED,
    )
    assert upload.send("orders", file, lambda _: None) == ("f1", 3, False)
    assert waits[0] == 7
    assert len(waits) == 2


def test_an_upload_that_gets_nowhere_ends_and_says_how_to_go_on(server, upload, file):
    server.answer = lambda request: parts(server, 1) if request.method == "POST" else Answer(500)
    with pytest.raises(CommandError, match=r"big\.csv was not uploaded: part 1: 500 .*run the same command again"):
        upload.send("orders", file, lambda _: None)


def test_a_refusal_of_the_door_is_final(server, upload, file):
    server.answer_in_turn(Answer(403, {"message": "the signature is wrong"}))
    with pytest.raises(CommandError, match="the file was refused: 403 the signature is wrong"):
        upload.send("orders", file, lambda _: None)


def test_an_empty_file_and_one_that_is_too_long_are_refused_before_anybody_is_asked(server, upload, tmp_path):
    empty, large = tmp_path / "empty.csv", tmp_path / "large.csv"
    empty.touch()
    with large.open("wb") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)
    for path in (empty, large):
        with pytest.raises(CommandError, match=rf"{path.name} has \d+ bytes; 1 to 104857600 can be uploaded"):
            upload.send("orders", path, lambda _: None)
    assert server.requests == []
