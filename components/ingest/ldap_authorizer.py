"""The function that asks an LDAP directory who may send to the sources that want it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi

from components import lambda_code
from components.lambda_function import LambdaFunction
from components.runtime import RuntimeArgs
from contracts import Contract

LDAPS_PORT = 636
MEMORY_MB = 512
TIMEOUT_SECONDS = 10
"""More than connecting, binding and reading may take together; then API Gateway answers that it could not check."""
_DISTRIBUTIONS = ("ldap3", "pyasn1")


@dataclass(frozen=True)
class LdapDirectory:
    """Where users and their groups are kept, in FreeIPA's tree."""

    url: str
    """`ldaps://<host>` with or without port."""
    base_dn: str
    """The directory's suffix, such as dc=example,dc=com."""
    ca_certificate: str | None
    """PEM of the authority that the server's certificate is checked against; None: those that Lambda knows."""

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return urlsplit(self.url).port or LDAPS_PORT


class LdapAuthorizerArgs(RuntimeArgs):
    """Inputs of LdapAuthorizer."""

    contracts: Sequence[Contract]
    """The sources whose paths it guards."""
    directory: LdapDirectory
    """The directory."""


class LdapAuthorizer(pulumi.ComponentResource):
    """A Lambda authorizer that may do nothing in AWS but write its log."""

    function_name: pulumi.Output[str]
    """Name of the function."""
    invoke_arn: pulumi.Output[str]
    """ARN by which API Gateway invokes the function."""

    def __init__(self, name: str, args: LdapAuthorizerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:LdapAuthorizer", name, {}, opts)
        directory = args["directory"]
        groups = {contract.path: [group.lower() for group in contract.ldap_groups] for contract in args["contracts"]}
        function = LambdaFunction(
            f"{name}-authorizer",
            {
                "description": "Asks the LDAP directory who may send events to which source",
                "code": lambda_code.archive(
                    "authorizer",
                    [],
                    distributions=_DISTRIBUTIONS,
                    # Not in the environment, which has 4 KB for all variables.
                    texts={"ca.pem": directory.ca_certificate} if directory.ca_certificate else {},
                ),
                "environment": {
                    "LDAP_URL": directory.url,
                    "LDAP_BASE_DN": directory.base_dn,
                    "GROUPS": json.dumps(groups),
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "runtime": args.get("runtime", {}),
                "statements": [],
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.function_name, self.invoke_arn = function.function_name, function.invoke_arn
        self.register_outputs({"function_name": self.function_name, "invoke_arn": self.invoke_arn})
