"""The statement by which a resource's policy refuses whatever is asked for without TLS."""

import pulumi


def tls_only(arn: pulumi.Output[str], service: str, *under: pulumi.Output[str]) -> dict[str, object]:
    """Denies everyone all actions of a service on a resource, and on what lies `under` it, without TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
    """
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": f"{service}:*",
        "Resource": [arn, *under],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
