"""Which resources are let off which rules, and why. One that is no longer needed fails the tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .rule import Violation


@dataclass(frozen=True)
class Exemption:
    """A rule that some resources may break."""

    rule: str
    """Name of the rule."""
    resource: str
    """Name of the resource in the program; `*` and `?` stand for others."""
    reason: str
    """Why, and what it would cost to keep the rule."""
    part: str = "*"
    """The part of the resource, such as a path of an API; `*` and `?` stand for others."""

    def covers(self, violation: Violation) -> bool:
        """Whether a violation is of this rule, resource and part."""
        return (
            self.rule == violation.rule.name
            and fnmatchcase(violation.resource.name, self.resource)
            and fnmatchcase(violation.part, self.part)
        )


EXEMPTIONS: Sequence[Exemption] = (
    Exemption(
        "bucket-logs-requests",
        "access-logs-bucket",
        "It holds the access logs. S3 refuses no bucket that logs into itself, but each delivery would then be logged.",
    ),
    Exemption(
        "queue-has-dead-letters",
        "ingest-dead-letters",
        "It is the dead-letter queue itself; `rapid errors` reads it, and nothing else.",
    ),
    Exemption(
        "api-authenticates",
        "ingest-api",
        "A browser that tells of clicks has no secret to keep. The contract says so (authentication: none), a throttle "
        "limits it, and events are only ever added.",
        "POST /poc",
    ),
    Exemption(
        "api-authenticates",
        "ingest-api",
        "Guests give feedback from their telephones, without an account: as with clicks.",
        "POST /feedback",
    ),
    Exemption(
        "api-authenticates",
        "ingest-api",
        "Readers of dashboards say whether they found what they came for, without an account: as with feedback.",
        "POST /survey",
    ),
    Exemption(
        "stage-has-firewall",
        "ingest-stage",
        "AWS WAF costs $5 a month for a web ACL, $1 for each of its rules and $0.60 a million requests "
        "(https://aws.amazon.com/waf/pricing/), more than the API itself for a shop. Bodies are checked against their "
        "contract, never run or rendered, and each path has a throttle. Who is attacked associates a web ACL with the "
        "stage; nothing in the program stands against it.",
    ),
    Exemption(
        "stage-logs-execution",
        "ingest-stage",
        "Execution logs hold headers and parts of bodies, personal data among them, and cost $0.50 a GB. The access "
        "log has status, error and latencies of each request.",
    ),
    Exemption(
        "stage-is-traced",
        "ingest-stage",
        "X-Ray costs $5 a million traces and follows a request to the function, not to its row. Each event carries "
        "its request's id from the access log to the table.",
    ),
    Exemption(
        "stage-has-client-certificate",
        "ingest-stage",
        "A client certificate proves API Gateway to HTTP endpoints. Behind this stage are Lambda and Firehose alone, "
        "which it calls with signatures of its role, over TLS.",
    ),
    Exemption(
        "function-runtime-is-newest",
        "*-function",
        "Python 3.13 gets security updates until 2029. All functions move together, after their tests ran on the next.",
    ),
    Exemption(
        "policy-names-resources",
        "operations-data-collector-execution-policy",
        "Metrics are no resources of IAM: who may read one may read all of the account, which are numbers.",
        "cloudwatch:GetMetricData",
    ),
    Exemption(
        "policy-names-resources",
        "ingest-api-gateway-logging-policy",
        "API Gateway takes no role that may write to some log groups alone. The role is API Gateway's, and the config "
        "key api_gateway_logging: existing makes none.",
    ),
    Exemption(
        "policy-names-resources",
        "migration-flink-policy",
        "Managed Service for Apache Flink asks for its log group, and the action knows no resources: it is answered "
        "names of groups. It writes to its own log stream alone.",
        "logs:DescribeLogGroups",
    ),
    *(
        Exemption(
            "policy-names-resources",
            "*-execution-policy",
            "With network: create or existing, Lambda and Glue make network interfaces by a function's or job's role, "
            "in named subnets and security groups. Interfaces have no ids before they are there, and EC2's Describe "
            "actions know no resources. The function's code may do it too; "
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html has the statement by which an account "
            "refuses it that.",
            part,
        )
        for part in ("ec2:Describe*", "ec2:*NetworkInterface", "ec2:*PrivateIpAddresses", "ec2:*Tags")
    ),
    Exemption(
        "file-system-is-backed-up",
        "network-files-file-system",
        "It holds copies of reports and logs, which are in S3 and CloudWatch. AWS Backup costs $0.05 a GB and month.",
    ),
    Exemption(
        "job-encrypts-logs",
        "*-job",
        "CloudWatch encrypts all logs by a key of its own. A KMS key costs $1 a month and $0.03 for 10,000 requests, "
        "and jobs log counts and names, never values of events.",
    ),
    Exemption(
        "identity-pool-has-no-guests",
        "ingest-guests-pool",
        "Guests are what the pool is for: browsers put events onto the streams of contracts that ask for it, and may "
        "do nothing else.",
    ),
    Exemption(
        "secret-is-rotated",
        "*",
        "The other side holds the same secret (a sender's signature, a database's password): rotation by us alone "
        "would shut it out. Whoever runs the stack sets it, and sets it anew, with the other side.",
    ),
    Exemption(
        "distribution-has-failover",
        "storefront-distribution",
        "S3 keeps the pages in three zones or more. A second region would be a second bucket for every menu to be in.",
    ),
    Exemption(
        "distribution-logs-requests",
        "storefront-distribution",
        "Lines would have the guests' addresses: docs/decisions/0040-no-logs-of-who-guests-are.md.",
    ),
    Exemption(
        "web-acl-logs-requests",
        "storefront-address-limit-acl",
        "Lines would have the guests' addresses: docs/decisions/0040-no-logs-of-who-guests-are.md.",
    ),
    Exemption(
        "distribution-has-firewall",
        "storefront-distribution",
        "Behind it are files that all may read, and it takes GET and HEAD alone. What guests send goes to the API, "
        "which has a web ACL, or to Firehose by credentials.",
    ),
    Exemption(
        "distribution-names-countries",
        "storefront-distribution",
        "Guests come from all countries, and the pages are for whoever has a code.",
    ),
    *(
        Exemption(
            rule,
            "storefront-distribution",
            "It has its own with the config keys storefront_domain and storefront_certificate_arn. Without a domain "
            "there is CloudFront's certificate alone, and TLSv1 with it; browsers choose TLS 1.3.",
        )
        for rule in ("distribution-has-own-certificate", "distribution-speaks-new-tls")
    ),
)
