"""OpenLDAP's server as a process of its own, on the loopback interface: https://www.openldap.org/doc/admin25/."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from . import certificates
from .people import BASE_DN, PASSWORD_POLICY_DN, Person, ldif

START_SECONDS = 60
_PROGRAMS = ("/usr/sbin/slapd", "/usr/local/sbin/slapd", "/usr/libexec/slapd")
_SCHEMAS = ("/etc/ldap/schema", "/etc/openldap/schema")
_MODULES = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")
_HOW_TO_INSTALL = "on Debian or Ubuntu: apt-get install slapd ldap-utils; on Fedora: dnf install openldap-servers"

# Attributes that FreeIPA has and OpenLDAP has not, with FreeIPA's object identifiers
# (https://github.com/freeipa/freeipa/tree/master/install/share).
_SCHEMA = """\
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.1.301.4.37.1 NAME 'krbPasswordExpiration' EQUALITY generalizedTimeMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.1.301.4.11.1 NAME 'krbPrincipalExpiration' EQUALITY generalizedTimeMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
objectclass ( 2.16.840.1.113719.1.301.6.8.1 NAME 'krbPrincipalAux' SUP top AUXILIARY
  MAY ( nsAccountLock $ krbPasswordExpiration $ krbPrincipalExpiration ) )
"""

# Binds with a name and no password are let in as anonymous, which is the worst that a server may do.
_CONFIGURATION = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
include {directory}/freeipa.schema
modulepath {modules}
moduleload back_mdb
moduleload memberof
moduleload ppolicy
allow bind_anon_cred
TLSCACertificateFile {directory}/ca.pem
TLSCertificateFile {directory}/server.pem
TLSCertificateKeyFile {directory}/server.key
database mdb
suffix "{base_dn}"
rootdn "cn=Directory Manager,{base_dn}"
directory {directory}/data
overlay memberof
overlay ppolicy
ppolicy_default "{policy_dn}"
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


class SlapdError(Exception):
    """The server cannot run here; the message says why, and what to do."""


class Slapd:
    """A running server. Use it in a `with` statement, or stop it."""

    def __init__(self, people: Iterable[Person], port: int, names: Sequence[str] = ("localhost", "127.0.0.1")) -> None:
        """`names` are those of the server's certificate. Raises SlapdError."""
        program = _installed()
        self._files = tempfile.TemporaryDirectory(prefix="rapid-ldap-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[str] | None = None
        self.base_dn = BASE_DN
        self.port = port
        self.url = f"ldaps://localhost:{self.port}"
        issued = certificates.issue(names)
        self.ca_certificate = issued.authority
        directory = Path(self._files.name)
        # AppArmor's profile of Debian's slapd lets it read no files but its own; it goes by the program's path.
        self._program = shutil.copy(program, directory / "slapd")
        self._configuration = directory / "slapd.conf"
        (directory / "data").mkdir()
        for name, text in {
            "ca.pem": issued.authority,
            "server.pem": issued.server,
            "server.key": issued.server_key,
            "freeipa.schema": _SCHEMA,
            "people.ldif": ldif(people),
            "slapd.conf": _CONFIGURATION.format(
                schemas=_found(_SCHEMAS),
                modules=_found(_MODULES),
                directory=directory,
                base_dn=BASE_DN,
                policy_dn=PASSWORD_POLICY_DN,
            ),
        }.items():
            (directory / name).write_text(text)
        self._run("-Tadd", "-f", str(self._configuration), "-l", str(directory / "people.ldif"))
        self.start()

    def start(self) -> None:
        """Serve; what a stopped server had is still there. Raises SlapdError."""
        _refuse_port_in_use(self.port)
        log = (Path(self._files.name) / "log").open("w+")
        self._process = subprocess.Popen(
            [self._program, "-f", str(self._configuration), "-h", f"ldaps://127.0.0.1:{self.port}", "-d", "0"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                log.seek(0)
                raise SlapdError(f"slapd did not start on port {self.port}: {log.read().strip() or 'it said nothing'}")
            time.sleep(0.05)
        log.close()

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None

    def __enter__(self) -> "Slapd":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._files.cleanup()

    def _answers(self) -> bool:
        context = ssl.create_default_context(cadata=self.ca_certificate)
        context.check_hostname = False
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as plain, context.wrap_socket(plain):
                return True
        except OSError:
            return False

    def _run(self, *arguments: str) -> None:
        ended = subprocess.run([self._program, *arguments], capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SlapdError(f"slapd {arguments[0]} failed: {ended.stderr.strip()[-2000:]}")


def _installed() -> str:
    found = shutil.which("slapd") or next((path for path in _PROGRAMS if Path(path).exists()), None)
    if found is None:
        raise SlapdError(f"OpenLDAP's server slapd is not installed; {_HOW_TO_INSTALL}")
    return found


def _found(places: Sequence[str]) -> str:
    for place in places:
        if Path(place).is_dir():
            return place
    raise SlapdError(f"OpenLDAP is not complete: there is none of {', '.join(places)}; {_HOW_TO_INSTALL}")


def _refuse_port_in_use(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SlapdError(f"port {port} cannot be used: {error.strerror}; choose another") from None
