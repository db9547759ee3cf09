"""Real database servers in temporary directories, on free ports of this machine, with certificates of their own."""

import contextlib
import datetime
import glob
import ipaddress
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.free_port import free_port

USER, PASSWORD, DATABASE = "shop", "pass'w@rd /:#%", "shop"
_START_SECONDS = 60
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A running server with a database and a user that owns it."""

    engine: str
    port: int
    ca: str
    """The certificate, PEM, that vouches for the server."""
    connect: Callable[[], Any]
    """A connection of the owner, in which each statement is a transaction of its own."""

    def secret(self, **changes: Any) -> dict[str, Any]:
        """What the secret holds."""
        values = {"engine": "postgres" if self.engine == "postgresql" else self.engine, "host": "127.0.0.1"}
        values |= {"port": self.port, "dbname": DATABASE, "username": USER, "password": PASSWORD, "ca": self.ca}
        return {**values, **changes}

    def run(self, *statements: str) -> None:
        """Carry statements out."""
        with contextlib.closing(self.connect()) as connection, contextlib.closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)


def require(found: str | None, package: str) -> str:
    """The path of a server's program; the test is skipped without it, and fails where everything must be there."""
    if found:
        return found
    message = f"needs a database server: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    programs = require(folders[-1] if folders else _folder_of("initdb"), "postgresql")
    with _folder("postgres") as (folder, account):
        (folder / "password").write_text(PASSWORD)
        ca = _certificates(folder, account)
        data, port = folder / "data", free_port()
        words = [
            "--no-sync",
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--encoding=UTF8",
            "--locale=C",
        ]
        _run([f"{programs}/initdb", f"--pgdata={data}", f"--username={USER}", *words], account)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "ssl": "on",
        }
        settings |= {"ssl_cert_file": str(folder / "server.pem"), "ssl_key_file": str(folder / "server.key")}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

        def connect(database: str = DATABASE) -> Any:
            parts = f"host=127.0.0.1 port={port} dbname={database} user={USER} password='{_escaped(PASSWORD)}'"
            return adbc_driver_postgresql.dbapi.connect(parts, autocommit=True)

        with _process([f"{programs}/postgres", "-D", str(data), "-p", str(port), *options], account, folder):
            _wait(lambda: connect("postgres"), folder)
            server = Server("postgresql", port, ca, connect)
            with contextlib.closing(connect("postgres")) as connection, connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
            yield server


@contextlib.contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB server."""
    install = require(shutil.which("mariadb-install-db"), "mariadb-server")
    server_program = require(shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin"), "mariadb-server")
    with _folder("mysql") as (folder, account):
        ca = _certificates(folder, account)
        data, port = folder / "data", free_port()
        words = ["--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        _run([install, *words], account)
        password = PASSWORD.replace("'", "''")
        (folder / "init.sql").write_text(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;\n"
            f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON {DATABASE}.* TO {USER}@'127.0.0.1';\n"
        )
        options = ["--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
        options += [f"--socket={folder / 'socket'}", f"--init-file={folder / 'init.sql'}", "--skip-name-resolve"]
        options += [f"--ssl-cert={folder / 'server.pem'}", f"--ssl-key={folder / 'server.key'}"]
        options += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"]

        def connect() -> Any:
            return pymysql.connect(
                host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE, autocommit=True
            )

        with _process([server_program, *options], account, folder):
            _wait(connect, folder)
            yield Server("mysql", port, ca, connect)


def _folder_of(program: str) -> str | None:
    found = shutil.which(program)
    return str(Path(found).parent) if found else None


@contextlib.contextmanager
def _folder(account: str) -> Iterator[tuple[Path, str | None]]:
    """A folder, and the account that a server runs under, which must not be root's."""
    folder = Path(tempfile.mkdtemp(prefix="rapid-database-"))
    other = account if os.getuid() == 0 else None
    try:
        if other:
            os.chown(folder, pwd.getpwnam(other).pw_uid, pwd.getpwnam(other).pw_gid)
        yield folder, other
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], account: str | None) -> None:
    subprocess.run(command, user=account, cwd="/", check=True, capture_output=True)


@contextlib.contextmanager
def _process(command: list[str], account: str | None, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, user=account, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.send_signal(signal.SIGQUIT if "postgres" in command[0] else signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(connect: Callable[[], Any], folder: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            connect().close()
            return
        except Exception as error:
            if time.monotonic() > end:
                raise AssertionError(f"{error}\n{(folder / 'log').read_text()}") from None
            time.sleep(0.1)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _certificates(folder: Path, account: str | None) -> str:
    """An authority, and a certificate for 127.0.0.1 with its key; the authority's certificate."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, server = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Authority", "shop"))
    now = datetime.datetime.now(datetime.UTC)

    def certificate(subject: x509.Name, public: Any, extension: x509.ExtensionType, critical: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        )
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    pem = certificate(authority, authority_key.public_key(), x509.BasicConstraints(ca=True, path_length=0), True)
    (folder / "server.pem").write_bytes(certificate(server, key.public_key(), names, False))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "server.key").chmod(0o600)
    if account:
        for name in ("server.pem", "server.key"):
            os.chown(folder / name, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    return pem.decode()
