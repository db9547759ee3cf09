"""From an alarm to a mailbox: SNS's topics, subscriptions and mails, and who may publish."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .alarm_rig import ADDRESS, GUIDE, alarm, fetch, link, mails, put, tick
from .cloud_rig import ACCOUNT_ID, REGION, Rig

SNS = "https://docs.aws.amazon.com/sns/latest/"

pytestmark = pytest.mark.usefixtures("held")


@pytest.mark.aws("CloudWatch", "Alarm notifications", f"{GUIDE}Notify_Users_Alarm_Changes.html")
def test_the_mail_of_an_alarm_is_as_aws_words_it(rig: Rig, metric: str, topic: str) -> None:
    dimensions = [{"Name": "Door", "Value": "orders"}]
    about = {"AlarmDescription": "Orders are lost. Do this first.", "Dimensions": dimensions}
    name = alarm(rig, metric, AlarmActions=[topic], OKActions=[topic], **about)
    tick(rig)
    put(rig, metric, 2, Dimensions=dimensions)
    tick(rig)
    mail = mails(rig)[0]
    assert mail["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    assert mail["From"] == "AWS Notifications <no-reply@sns.amazonaws.com>"
    assert mail["To"] == ADDRESS
    text = mail.get_content()
    assert text.startswith(
        f'You are receiving this email because your Amazon CloudWatch Alarm "{name}" in the US East (N. Virginia) '
        'region has entered the ALARM state, because "Threshold Crossed: 1 datapoint [2.0 ('
    )
    for line in (
        f"- Name:                       {name}",
        "- Description:                Orders are lost. Do this first.",
        "- State Change:               OK -> ALARM",
        "- The alarm is in the ALARM state when the metric is GreaterThanThreshold 1.0 for at least 1 of the last 1 "
        "period(s) of 60 seconds.",
        "- Dimensions:                          [Door = orders]",
        f"- ALARM: [{topic}]",
    ):
        assert line in text.splitlines()
    tick(rig, "+10m")
    assert mails(rig)[0]["Subject"] == f'OK: "{name}" in US East (N. Virginia)'


@pytest.mark.aws("CloudWatch", "Alarm notifications", f"{GUIDE}Notify_Users_Alarm_Changes.html")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n" * 50, "n" * 50),
        ("n" * 66, "n" * 66),
        ("n" * 67, "n" * 63 + "..."),
    ],
    ids=["long", "as long as fits", "too long"],
)
def test_the_subject_of_a_mail_has_a_hundred_characters_at_most(rig: Rig, topic: str, name: str, shown: str) -> None:
    alarm(rig, "Long", AlarmName=name, AlarmActions=[topic])
    rig.aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="x")
    assert mails(rig)[0]["Subject"] == f'ALARM: "{shown}" in US East (N. Virginia)'
    assert len(mails(rig)[0]["Subject"]) <= 100


@pytest.mark.aws("SNS", "Email", f"{SNS}dg/sns-email-notifications.html")
def test_a_mailbox_is_told_nothing_before_it_has_confirmed_by_its_link(rig: Rig, metric: str) -> None:
    sns = rig.aws("sns")
    arn = sns.create_topic(Name=rig.name("quiet"))["TopicArn"]
    answer = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS)
    assert answer["SubscriptionArn"] == "pending confirmation"
    asked = mails(rig)[0]
    assert asked["Subject"] == "AWS Notification - Subscription Confirmation"
    sns.publish(TopicArn=arn, Subject="Early", Message="nobody hears this")
    assert mails(rig)[0]["Subject"] == asked["Subject"]
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    assert fetch(link(asked).replace("Token=", "Token=x")).status == 400
    assert "Subscription confirmed!" in fetch(link(asked)).data.decode()
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsConfirmed"] == "1"
    sns.publish(TopicArn=arn, Subject="Late", Message="heard")
    told = mails(rig)[0]
    assert (told["Subject"], told.get_content().splitlines()[0]) == ("Late", "heard")
    assert "Subscription removed!" in fetch(link(told)).data.decode()
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


@pytest.mark.aws("SNS", "Email", f"{SNS}api/API_Unsubscribe.html")
def test_a_subscription_that_is_pending_cannot_be_ended(rig: Rig) -> None:
    sns = rig.aws("sns")
    arn = sns.create_topic(Name=rig.name("pending"))["TopicArn"]
    made = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS, ReturnSubscriptionArn=True)
    with pytest.raises(ClientError, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])


@pytest.mark.aws("SNS", "Limits", f"{SNS}api/API_Publish.html")
@pytest.mark.parametrize(
    "wrong",
    [{"Message": ""}, {"Message": "x" * 262_145}, {"Subject": "x" * 101}, {"Subject": "two\nlines"}],
    ids=["empty", "long", "long subject", "lines"],
)
def test_a_message_that_breaks_a_rule_is_refused(rig: Rig, topic: str, wrong: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="InvalidParameter"):
        rig.aws("sns").publish(**{"TopicArn": topic, "Message": "hello", **wrong})


def statement(service: str, action: str, **more: Any) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-access-policy-use-cases.html")
@pytest.mark.parametrize(
    ("policy_text", "is_told"),
    [
        (statement("cloudwatch.amazonaws.com", "SNS:Publish"), True),
        (
            statement(
                "cloudwatch.amazonaws.com",
                "sns:Publish",
                Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:*"}},
            ),
            True,
        ),
        (
            statement(
                "cloudwatch.amazonaws.com", "sns:Publish", Condition={"StringEquals": {"aws:SourceAccount": "1" * 12}}
            ),
            False,
        ),
        (statement("events.amazonaws.com", "sns:Publish"), False),
        (statement("cloudwatch.amazonaws.com", "sns:Subscribe"), False),
    ],
)
def test_an_alarm_publishes_only_where_the_policy_of_the_topic_lets_it(
    rig: Rig, metric: str, topic: str, policy_text: str, is_told: bool
) -> None:
    rig.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy_text)
    name = alarm(rig, metric, AlarmActions=[topic])
    before = len(mails(rig))
    put(rig, metric, 2)
    tick(rig)
    assert len(mails(rig)) == before + is_told
    history = rig.aws("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    summary = history["AlarmHistoryItems"][0]["HistorySummary"]
    assert summary.startswith(
        "Successfully executed" if is_told else f"Failed to execute action {topic}. Received error:"
    )


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-key-management.html")
@pytest.mark.parametrize("is_allowed", [True, False])
def test_an_encrypted_topic_is_published_to_only_where_the_policy_of_its_key_lets_the_service(
    rig: Rig, metric: str, topic: str, is_allowed: bool
) -> None:
    key = rig.aws("kms").create_key()["KeyMetadata"]["KeyId"]
    if is_allowed:
        own = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        used = json.loads(statement("cloudwatch.amazonaws.com", "kms:*"))["Statement"][0]
        used["Action"] = ["kms:Decrypt", "kms:GenerateDataKey*"]
        text = json.dumps({"Version": "2012-10-17", "Statement": [own, used]})
        rig.aws("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=text)
    rig.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    alarm(rig, metric, AlarmActions=[topic])
    before = len(mails(rig))
    put(rig, metric, 2)
    tick(rig)
    assert len(mails(rig)) == before + is_allowed


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-key-management.html")
def test_no_alarm_reaches_a_topic_with_the_key_of_sns_itself(rig: Rig, metric: str, topic: str) -> None:
    sns = rig.aws("sns")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    name = alarm(rig, metric, AlarmActions=[topic])
    put(rig, metric, 2)
    tick(rig)
    (item,) = rig.aws("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")[
        "AlarmHistoryItems"
    ]
    assert (
        "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
        in item["HistorySummary"]
    )
