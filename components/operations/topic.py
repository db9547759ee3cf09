"""The topic that alarms tell, the key that it is encrypted with, and who hears of what is told."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import arn

PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
"""Who may tell it something, on behalf of this account alone."""


class AlarmTopic:
    """An SNS topic with a customer key: alarms cannot use the key `aws/sns`, whose policy is AWS's own.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """

    arn: pulumi.Output[str]
    """ARN of the topic."""
    resources: Sequence[pulumi.Resource]
    """What must be there before something is told."""

    def __init__(self, name: str, account_id: pulumi.Input[str], email: str, opts: pulumi.ResourceOptions) -> None:
        """Make it; `email`, if any, gets a mail that asks for confirmation, and then one for all that is told."""
        key = aws.kms.Key(
            f"{name}-key",
            description="Encrypts what alarms tell",
            enable_key_rotation=True,
            policy=pulumi.Output.json_dumps(_key_policy(account_id)),
            opts=opts,
        )
        topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=key.arn, opts=opts)
        policy = aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(_topic_policy(topic.arn)),
            opts=opts,
        )
        if email:
            aws.sns.TopicSubscription(f"{name}-mail", topic=topic.arn, protocol="email", endpoint=email, opts=opts)
        self.arn, self.resources = topic.arn, [policy]


def _key_policy(account_id: pulumi.Input[str]) -> dict[str, object]:
    """IAM decides for the account, as it does where a key has no policy; the publishers may use the key for SNS."""
    root = pulumi.Output.concat("arn:aws:iam::", account_id, ":root")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheAccount",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Publishers",
                "Effect": "Allow",
                "Principal": {"Service": list(PUBLISHERS)},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
            },
        ],
    }


def _topic_policy(topic_arn: pulumi.Output[str]) -> dict[str, object]:
    of_this_account = {"StringEquals": {"aws:SourceAccount": arn.account(topic_arn)}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Publishers",
                "Effect": "Allow",
                "Principal": {"Service": list(PUBLISHERS)},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": of_this_account,
            },
            {
                "Sid": "TlsAlone",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
