"""The HTTP server, where clients speak HTTP in their own ways."""

import socket
from urllib.parse import urlsplit


def test_an_empty_object_is_stored_for_a_client_that_waits_to_be_told_to_send_it(rig):
    rig.aws("s3").create_bucket(Bucket="empty")
    address = urlsplit(rig.url)
    request = (
        "PUT /empty/nothing HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\n"
        "Content-Length: 0\r\n"
        "Expect: 100-continue\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request.encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert b"HTTP/1.1 200 OK" in received
    assert rig.aws("s3").head_object(Bucket="empty", Key="nothing")["ContentLength"] == 0
