"""Who is in the directory, as LDIF (https://www.rfc-editor.org/rfc/rfc2849), in FreeIPA's tree.

The tree: https://github.com/freeipa/freeipa/blob/master/install/share/bootstrap-template.ldif.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BASE_DN = "dc=shop,dc=test"
PASSWORD_POLICY_DN = f"cn=password_policy,{BASE_DN}"
_ACCOUNTS = f"cn=accounts,{BASE_DN}"
_PAST, _FUTURE = "20200101000000Z", "20990101000000Z"


@dataclass(frozen=True)
class Person:
    """A user of the directory."""

    name: str
    password: str
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What the directory keeps of the account."""
    about: str = ""

    @property
    def dn(self) -> str:
        """The distinguished name."""
        return f"uid={self.name},cn=users,{_ACCOUNTS}"


SAMPLE_PEOPLE = (
    Person(
        "appsflyer",
        "sample-password",
        ("appsflyer",),
        {"krbPasswordExpiration": _FUTURE},
        "may send to the source appsflyer",
    ),
    Person("outsider", "sample-password", ("ipausers",), about="is in no group of a source"),
    Person("locked", "sample-password", ("appsflyer",), {"nsAccountLock": "TRUE"}, "is locked"),
    Person("expired", "sample-password", ("appsflyer",), {"krbPasswordExpiration": _PAST}, "has an expired password"),
    Person("gone", "sample-password", ("appsflyer",), {"krbPrincipalExpiration": _PAST}, "has an expired account"),
)


def ldif(people: Iterable[Person]) -> str:
    """The whole tree: containers, the password policy, people and the groups they are in."""
    people = tuple(people)
    groups = sorted({group for person in people for group in person.groups})
    entries = [
        _entry(BASE_DN, objectClass=["dcObject", "organization"], o=["Shop"], dc=["shop"]),
        _entry(_ACCOUNTS, objectClass=["organizationalRole"]),
        _entry(f"cn=users,{_ACCOUNTS}", objectClass=["organizationalRole"]),
        _entry(f"cn=groups,{_ACCOUNTS}", objectClass=["organizationalRole"]),
        _entry(
            PASSWORD_POLICY_DN,
            objectClass=["organizationalRole", "pwdPolicy"],
            pwdAttribute=["userPassword"],
            pwdLockout=["TRUE"],
            pwdMaxFailure=["5"],
            pwdMustChange=["TRUE"],
        ),
        *(_person(person) for person in people),
        *(
            _entry(
                _group_dn(group),
                objectClass=["groupOfNames"],
                member=[person.dn for person in people if group in person.groups],
            )
            for group in groups
        ),
    ]
    return "\n".join(entries)


def _person(person: Person) -> str:
    return _entry(
        person.dn,
        objectClass=["inetOrgPerson", "krbPrincipalAux"],
        cn=[person.name],
        sn=[person.name],
        userPassword=[person.password],
        # FreeIPA's server keeps it by itself, as does OpenLDAP's overlay, though not for entries that are loaded.
        memberOf=[_group_dn(group) for group in person.groups],
        **{name: [value] for name, value in person.attributes.items()},
    )


def _group_dn(name: str) -> str:
    return f"cn={name},cn=groups,{_ACCOUNTS}"


def _entry(dn: str, **attributes: list[str]) -> str:
    lines = [f"dn:: {_base64(dn)}"]
    lines += [f"{name}:: {_base64(value)}" for name, values in attributes.items() for value in values]
    return "\n".join([*lines, ""])


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
