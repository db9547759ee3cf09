"""`rapid local ldap`: a directory with sample users, and what to configure so that the stack asks it."""

import signal
from typing import TYPE_CHECKING

import yaml

from .console import say
from .errors import CommandError
from .target import DEFAULT_STACK

if TYPE_CHECKING:
    from rapid.local.ldap import Slapd


def serve(port: int) -> None:
    """Run the directory until Ctrl-C. Raises CommandError where it cannot run."""
    from rapid.local.ldap import SAMPLE_PEOPLE, Slapd, SlapdError

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        with Slapd(SAMPLE_PEOPLE, port) as directory:
            say(f"A directory of FreeIPA's shape at {directory.url}, on this machine alone and in memory.\n\nUsers:")
            for person in SAMPLE_PEOPLE:
                say(f"  {person.name:<10} password {person.password}; {person.about}")
            say(f"\nPut this under `config:` of Pulumi.{DEFAULT_STACK}.yaml, then `rapid local deploy`:\n")
            say(settings(directory))
            login = "RAPID_LDAP_USER=appsflyer RAPID_LDAP_PASSWORD=sample-password"
            say(f"\nThen `export {login}`, and `rapid send` logs in. Ctrl-C ends the directory.")
            signal.pause()
    except SlapdError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        say("\nStopped.")


def settings(directory: "Slapd") -> str:
    """The lines of a stack's file."""
    found = {
        "rapid-analytics:ldap_url": directory.url,
        "rapid-analytics:ldap_base_dn": directory.base_dn,
        "rapid-analytics:ldap_ca_certificate": directory.ca_certificate,
    }
    lines = yaml.dump(found, Dumper=_BlockText, sort_keys=False).splitlines()
    return "\n".join(f"  {line}" for line in lines)


class _BlockText(yaml.SafeDumper):
    """Writes text of several lines as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_BlockText.add_representer(str, _text)
