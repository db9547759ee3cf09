"""A second deployment: what changed is changed, what left is ended, and nothing else is touched."""

import json

import pytest

from tests.unit.local.deploy_rig import rig

pytestmark = pytest.mark.aws("Pulumi deployer", "Changes", "https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/")

GOOD = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}'
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def server():
    with rig() as made:
        yield made


@pytest.fixture
def cloud(server):
    server.forget()
    return server


def queue(**properties):
    given = "".join(f", {name}={value!r}" for name, value in properties.items())
    return f"import pulumi, pulumi_aws as aws\nq = aws.sqs.Queue('q'{given})\npulumi.export('url', q.url)\n"


def attributes(cloud, outcome):
    return cloud.client("sqs").get_queue_attributes(QueueUrl=outcome.output("url"), AttributeNames=["All"])[
        "Attributes"
    ]


def test_the_same_program_again_changes_nothing_and_has_the_same_outputs(cloud, tmp_path):
    first = cloud.deploy(tmp_path, queue(delay_seconds=5))
    second = cloud.deploy(tmp_path, queue(delay_seconds=5))
    assert second.told("unchanged") == ["q"]
    assert second.created == second.told("updated") == []
    assert second.record == first.record


def test_a_property_that_differs_is_changed_in_place(cloud, tmp_path):
    first = cloud.deploy(tmp_path, queue(delay_seconds=5))
    second = cloud.deploy(tmp_path, queue(delay_seconds=6))
    assert second.told("updated") == ["q"]
    assert second.output("url") == first.output("url")
    assert attributes(cloud, second)["DelaySeconds"] == "6"


def test_a_property_that_is_taken_away_gets_its_default_again(cloud, tmp_path):
    cloud.deploy(tmp_path, queue(delay_seconds=5))
    second = cloud.deploy(tmp_path, queue())
    assert attributes(cloud, second)["DelaySeconds"] == "0"


def test_a_property_that_cannot_change_makes_a_replacement_and_the_old_one_goes(cloud, tmp_path):
    first = cloud.deploy(tmp_path, queue())
    second = cloud.deploy(tmp_path, queue(name="named"))
    assert second.told("replaced") == ["q"]
    assert second.output("url") != first.output("url")
    assert cloud.client("sqs").list_queues()["QueueUrls"] == [second.output("url")]
    assert second.record["leftovers"] == []


@pytest.mark.aws(
    "Pulumi deployer", "Changes", "https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/"
)
def test_a_replacement_under_the_same_name_deletes_the_old_one_first(cloud, tmp_path):
    program = """
        import pulumi_aws as aws
        aws.cloudwatch.LogGroup("logs", name="app", log_group_class="{}")
    """
    cloud.deploy(tmp_path, program.format("STANDARD"))
    second = cloud.deploy(tmp_path, program.format("INFREQUENT_ACCESS"))
    assert second.told("replaced") == ["logs"], second.last
    (group,) = cloud.client("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == "app"


def test_what_left_the_program_is_deleted_before_what_it_depends_on(cloud, tmp_path):
    program = """
        import pulumi_aws as aws
        group = aws.cloudwatch.LogGroup("group")
        aws.cloudwatch.LogStream("stream", log_group_name=group.name)
        bucket = aws.s3.Bucket("bucket", force_destroy=True)
        versions = aws.s3.BucketVersioning("versions", bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"})
        aws.s3.BucketObjectv2("object", bucket=bucket.bucket, key="a/b", content="1")
    """
    cloud.deploy(tmp_path, program)
    second = cloud.deploy(tmp_path, "")
    deleted = second.told("deleted")
    assert set(deleted) == {"group", "stream", "bucket", "versions", "object"}
    assert deleted.index("stream") < deleted.index("group")
    assert deleted.index("object") < deleted.index("bucket")
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert [item["type"] for item in second.record["resources"]] == ["pulumi:pulumi:Stack"]


def test_a_change_without_a_rule_is_refused_naming_the_property_and_nothing_happens(cloud, tmp_path):
    program = """
        import pulumi_aws as aws
        aws.apigateway.UsagePlan("plan", {})
    """
    cloud.deploy(tmp_path, program.format(""))
    second = cloud.deploy(tmp_path, program.format("product_code='sold'"))
    assert "property productCode: differs from what is deployed" in second.errors["plan"]
    assert "no rule for changing it" in second.errors["plan"]
    assert "productCode" not in second.resource("plan")["inputs"]


def test_a_failed_update_is_recorded_as_unsettled_and_running_again_finishes_it(cloud, tmp_path):
    program = f"""
        import pulumi, pulumi_aws as aws
        role = aws.iam.Role("role", assume_role_policy={TRUST!r})
        policy = aws.iam.RolePolicy("policy", role=role.name, policy=%r)
        pulumi.export("arn", role.arn)
    """
    first = cloud.deploy(tmp_path, program % GOOD)
    assert first.status == 0, first.last
    failed = cloud.deploy(tmp_path, program % "no policy")
    assert failed.status == 1
    assert "PutRolePolicy was refused: MalformedPolicyDocument" in failed.errors["policy"]
    assert failed.resource("policy")["inputs"] == first.resource("policy")["inputs"]
    assert failed.resource("policy")["unsettled"] == ["policy"]
    assert failed.output("arn") == first.output("arn")
    back = cloud.deploy(tmp_path, program % GOOD)
    assert back.told("updated") == ["policy"]
    assert back.resource("policy")["unsettled"] == []
    assert cloud.deploy(tmp_path, program % GOOD).told("updated") == []


def test_after_a_failure_nothing_is_deleted_and_the_record_still_has_it(cloud, tmp_path):
    cloud.deploy(tmp_path, "import pulumi_aws as aws\naws.sqs.Queue('old')")
    failed = cloud.deploy(tmp_path, "raise ValueError('no')")
    assert failed.status == 1
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    assert failed.resource("old")["id"]
    assert cloud.deploy(tmp_path, "").told("deleted") == ["old"]


def test_what_was_made_of_a_resource_that_fails_halfway_is_deleted_again(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        "import pulumi_aws as aws\naws.apigateway.RestApi('api', body='{}', fail_on_warnings=True)",
    )
    assert "PutRestApi was refused" in outcome.errors["api"]
    assert "what was made of it is deleted again" in outcome.errors["api"]
    assert cloud.client("apigateway").get_rest_apis()["items"] == []


@pytest.mark.aws(
    "Pulumi deployer", "Protected resources", "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"
)
def test_a_protected_resource_that_left_the_program_is_not_deleted_but_named(cloud, tmp_path):
    program = "import pulumi, pulumi_aws as aws\naws.sqs.Queue('kept', opts=pulumi.ResourceOptions(protect=True))"
    cloud.deploy(tmp_path, program)
    second = cloud.deploy(tmp_path, "")
    assert "it is protected, and would be deleted" in second.errors["kept"]
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    assert second.resource("kept")["protect"]


@pytest.mark.aws(
    "Pulumi deployer",
    "Retained resources",
    "https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/",
)
def test_a_retained_resource_that_left_the_program_stays_in_the_cloud_alone(cloud, tmp_path):
    program = "import pulumi, pulumi_aws as aws\naws.sqs.Queue('q', opts=pulumi.ResourceOptions(retain_on_delete=True))"
    cloud.deploy(tmp_path, program)
    second = cloud.deploy(tmp_path, "")
    assert second.told("retained") == ["q"]
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    assert [item["name"] for item in second.record["resources"]] == ["tiny-dev"]


@pytest.mark.aws("Pulumi deployer", "Secrets", "https://www.pulumi.com/docs/iac/concepts/secrets/")
def test_a_secret_output_is_the_same_after_a_deployment_that_did_not_change_it(cloud, tmp_path):
    program = """
        import pulumi, pulumi_aws as aws
        key = aws.apigateway.ApiKey("key", description="{}")
        pulumi.export("value", key.value)
    """
    first = cloud.deploy(tmp_path, program.format("one"))
    second = cloud.deploy(tmp_path, program.format("two"))
    assert second.told("updated") == ["key"]
    assert second.output("value") == first.output("value")
    assert first.output("value") not in json.dumps(second.record["resources"])


@pytest.mark.aws("Pulumi deployer", "Secrets", "https://www.pulumi.com/docs/iac/concepts/secrets/")
def test_a_secret_input_is_recorded_as_a_digest_and_its_change_is_seen(cloud, tmp_path):
    program = """
        import pulumi, pulumi_aws as aws
        bucket = aws.s3.Bucket("bucket")
        aws.s3.BucketObjectv2("o", bucket=bucket.bucket, key="k", content=pulumi.Output.secret("{}"))
    """
    cloud.deploy(tmp_path, program.format("hush-one"))
    assert cloud.deploy(tmp_path, program.format("hush-one")).told("unchanged") == ["bucket", "o"]
    third = cloud.deploy(tmp_path, program.format("hush-two"))
    assert third.told("updated") == ["o"]
    assert "hush" not in json.dumps(third.record)


def test_an_object_whose_archive_changed_is_put_again_and_one_whose_did_not_is_not(cloud, tmp_path):
    (tmp_path / "a.txt").write_text("1")
    (tmp_path / "b.txt").write_text("1")
    program = """
        import pulumi, pulumi_aws as aws
        bucket = aws.s3.Bucket("bucket")
        for name in ("a", "b"):
            aws.s3.BucketObjectv2(name, bucket=bucket.bucket, key=name, source=pulumi.FileAsset(f"{name}.txt"))
        pulumi.export("bucket", bucket.bucket)
    """
    cloud.deploy(tmp_path, program)
    (tmp_path / "a.txt").write_text("2")
    second = cloud.deploy(tmp_path, program)
    assert second.told("updated") == ["a"]
    assert second.told("unchanged") == ["bucket", "b"]
    found = cloud.client("s3").get_object(Bucket=second.output("bucket"), Key="a")
    assert found["Body"].read() == b"2"


def test_a_resource_option_that_would_be_ignored_is_refused_by_name(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        "import pulumi, pulumi_aws as aws\naws.sqs.Queue('q', opts=pulumi.ResourceOptions(ignore_changes=['name']))",
    )
    assert outcome.errors == {
        "q": "the resource option ignore_changes is not supported by the local cloud; leave it out"
    }


ALIASES = pytest.mark.aws(
    "Pulumi deployer", "Aliases", "https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/"
)
SHOP = """
    import pulumi, pulumi_aws as aws

    class Shop(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("tiny:index:Shop", name, {{}}, opts)
            child = pulumi.ResourceOptions(parent=self)
            self.queue = aws.sqs.Queue(f"{{name}}-orders", delay_seconds={delay}, opts=child)
            aws.cloudwatch.LogGroup("logs", opts=child)

    shop = Shop({arguments})
    pulumi.export("url", shop.queue.url)
"""


@ALIASES
def test_a_resource_of_another_name_with_an_alias_is_the_same_resource(cloud, tmp_path):
    first = cloud.deploy(tmp_path, queue(delay_seconds=5))
    alias = "opts=pulumi.ResourceOptions(aliases=[pulumi.Alias('q')])"
    program = queue(delay_seconds=6).replace("'q', ", f"'renamed', {alias}, ")
    plan = cloud.deploy(tmp_path, program, options=["--action", "preview"])
    assert plan.planned == {"renamed": "update"}
    second = cloud.deploy(tmp_path, program)
    assert second.told("updated") == ["renamed"]
    assert second.told("deleted") == second.created == []
    assert second.output("url") == first.output("url")
    assert [item["name"] for item in second.record["resources"]] == ["tiny-dev", "renamed"]
    assert cloud.deploy(tmp_path, program).told("unchanged") == ["renamed"]


@ALIASES
def test_a_secret_input_is_the_same_under_another_name(cloud, tmp_path):
    program = """
        import pulumi, pulumi_aws as aws
        bucket = aws.s3.Bucket("bucket")
        aws.s3.BucketObjectv2({name}, bucket=bucket.bucket, key="k", content=pulumi.Output.secret("hush"))
    """
    cloud.deploy(tmp_path, program.format(name="'o'"))
    renamed = "'renamed', opts=pulumi.ResourceOptions(aliases=[pulumi.Alias('o')])"
    assert cloud.deploy(tmp_path, program.format(name=renamed)).told("unchanged") == ["bucket", "renamed"]


@ALIASES
def test_what_is_inside_a_component_follows_its_aliases(cloud, tmp_path):
    first = cloud.deploy(tmp_path, SHOP.format(arguments="'shop'", delay=5))
    moved = "'store', pulumi.ResourceOptions(aliases=[pulumi.Alias(name='shop')])"
    second = cloud.deploy(tmp_path, SHOP.format(arguments=moved, delay=5))
    assert second.told("unchanged") == ["store-orders", "logs"]
    assert second.told("deleted") == second.created == []
    assert second.output("url") == first.output("url")
    third = cloud.deploy(tmp_path, SHOP.format(arguments="'store'", delay=6))
    assert third.told("updated") == ["store-orders"]


@ALIASES
def test_a_renamed_resource_without_an_alias_is_another_one(cloud, tmp_path):
    cloud.deploy(tmp_path, SHOP.format(arguments="'shop'", delay=5))
    second = cloud.deploy(tmp_path, SHOP.format(arguments="'store'", delay=5))
    assert second.told("deleted") == ["shop-orders"]


TWO = """
    import pulumi, pulumi_aws as aws
    group = aws.cloudwatch.LogGroup("group", retention_in_days={days})
    stream = aws.cloudwatch.LogStream("stream", log_group_name=group.name)
    other = aws.sqs.Queue("other", delay_seconds={delay})
    pulumi.export("url", other.url)
"""


@pytest.mark.aws("Pulumi deployer", "Targets", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/")
def test_a_target_and_what_it_depends_on_are_deployed_and_nothing_else(cloud, tmp_path):
    first = cloud.deploy(tmp_path, TWO.format(days=7, delay=1))
    second = cloud.deploy(tmp_path, TWO.format(days=14, delay=2), options=["--target", "stream"])
    assert second.told("updated") == ["group"]
    assert second.told("unchanged") == ["stream"]
    assert second.output("url") == first.output("url")
    assert second.resource("other") == first.resource("other")
    assert cloud.deploy(tmp_path, TWO.format(days=14, delay=2)).told("updated") == ["other"]


@pytest.mark.aws("Pulumi deployer", "Targets", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/")
def test_a_target_that_there_is_not_is_refused_with_what_is_near(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, TWO.format(days=7, delay=1), options=["--target", "strem"])
    assert outcome.errors == {"--target": "there is no resource 'strem'; near: stream"}
    assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []


@pytest.mark.aws("Pulumi deployer", "Targets", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/")
def test_a_target_that_left_the_program_is_deleted_and_others_that_left_are_not(cloud, tmp_path):
    cloud.deploy(tmp_path, "import pulumi_aws as aws\naws.sqs.Queue('one')\naws.sqs.Queue('two')")
    second = cloud.deploy(tmp_path, "", options=["--target", "one"])
    assert second.told("deleted") == ["one"]
    assert second.resource("two")["id"]


@pytest.mark.aws("Pulumi deployer", "Previews", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/")
def test_a_preview_says_what_would_happen_and_touches_nothing(cloud, tmp_path):
    first = cloud.deploy(tmp_path, TWO.format(days=7, delay=1))
    program = """
        import pulumi, pulumi_aws as aws
        group = aws.cloudwatch.LogGroup("group", name="named", retention_in_days=7)
        stream = aws.cloudwatch.LogStream("stream", log_group_name=group.arn.apply(lambda arn: arn.split(":")[-1]))
        new = aws.sqs.Queue("new")
        aws.sqs.Queue("after", redrive_policy=new.arn.apply(lambda arn: arn))
    """
    outcome = cloud.deploy(tmp_path, program, options=["--action", "preview"])
    assert outcome.status == 0, outcome.last
    assert outcome.planned == {
        "group": "replace",
        "stream": "replace",
        "new": "create",
        "after": "create",
        "other": "delete",
    }
    (group,) = [event for event in outcome.events if event.get("name") == "group"]
    assert group["forced_by"] == ["name"]
    assert outcome.record == first.record
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1


@pytest.mark.aws("Pulumi deployer", "Previews", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/")
def test_a_preview_before_the_first_deployment_plans_every_resource_and_makes_none(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, TWO.format(days=7, delay=1), options=["--action", "preview"])
    assert outcome.planned == {"group": "create", "stream": "create", "other": "create"}
    assert outcome.record == {}


@pytest.mark.aws("Pulumi deployer", "Destruction", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/")
def test_a_destroyed_stack_leaves_nothing_and_no_record(cloud, tmp_path):
    cloud.deploy(tmp_path, TWO.format(days=7, delay=1))
    outcome = cloud.run(tmp_path, "--action", "destroy")
    deleted = outcome.told("deleted")
    assert sorted(deleted) == ["group", "other", "stream"]
    assert deleted.index("stream") < deleted.index("group")
    assert outcome.record == {}
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert cloud.run(tmp_path, "--action", "destroy").told("deleted") == []


@pytest.mark.aws(
    "Pulumi deployer", "Protected resources", "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"
)
def test_a_stack_with_protected_resources_is_not_destroyed_and_they_are_named(cloud, tmp_path):
    program = "import pulumi, pulumi_aws as aws\naws.sqs.Queue('free')\n"
    program += "aws.sqs.Queue('kept', opts=pulumi.ResourceOptions(protect=True))"
    cloud.deploy(tmp_path, program)
    outcome = cloud.run(tmp_path, "--action", "destroy")
    assert list(outcome.errors) == ["kept"]
    assert outcome.told("deleted") == []
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 2


THREE = """
import pulumi, pulumi_aws as aws
base = aws.cloudwatch.LogGroup("base")
kept = aws.cloudwatch.LogStream("kept", log_group_name=base.name, opts=pulumi.ResourceOptions(protect={}))
aws.cloudwatch.LogStream("free", log_group_name=base.name)
other = aws.sqs.Queue("other")
pulumi.export("group", base.name)
"""


@pytest.mark.aws("Pulumi deployer", "Destruction", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/")
def test_a_target_is_destroyed_with_all_that_depends_on_it_and_the_rest_can_go_later(cloud, tmp_path):
    cloud.deploy(tmp_path, THREE.format(False))
    outcome = cloud.run(tmp_path, "--action", "destroy", "--target", "base")
    assert sorted(outcome.told("deleted")) == ["base", "free", "kept"]
    assert [item["name"] for item in outcome.record["resources"] if item["id"]] == ["other"]
    assert cloud.run(tmp_path, "--action", "destroy").told("deleted") == ["other"]


def test_a_target_that_something_protected_depends_on_is_not_destroyed(cloud, tmp_path):
    cloud.deploy(tmp_path, THREE.format(True))
    outcome = cloud.run(tmp_path, "--action", "destroy", "--target", "base")
    assert list(outcome.errors) == ["kept"]
    assert outcome.told("deleted") == []


@pytest.mark.aws("Pulumi deployer", "Destruction", "https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/")
def test_without_the_protected_the_rest_is_destroyed_and_they_stay_in_the_stack_with_what_they_need(cloud, tmp_path):
    cloud.deploy(tmp_path, THREE.format(True))
    outcome = cloud.run(tmp_path, "--action", "destroy", "--exclude-protected")
    assert sorted(outcome.told("deleted")) == ["free", "other"]
    assert sorted(item["name"] for item in outcome.record["resources"] if item["id"]) == ["base", "kept"]
    assert len(cloud.client("logs").describe_log_streams(logGroupName=outcome.output("group"))["logStreams"]) == 1
    again = cloud.deploy(tmp_path, THREE.format(True))
    assert sorted(again.created) == ["free", "other"]
    assert sorted(again.told("unchanged")) == ["base", "kept"]


def test_a_bucket_that_holds_objects_is_destroyed_only_where_the_program_says_so(cloud, tmp_path):
    program = "import pulumi, pulumi_aws as aws\nb = aws.s3.Bucket('b', force_destroy={})\npulumi.export('n', b.bucket)"
    first = cloud.deploy(tmp_path, program.format(False))
    cloud.client("s3").put_object(Bucket=first.output("n"), Key="k", Body=b"1")
    outcome = cloud.run(tmp_path, "--action", "destroy")
    assert "DeleteBucket was refused: BucketNotEmpty" in outcome.errors["b"]
    assert outcome.resource("b")["id"] == first.output("n")
    cloud.deploy(tmp_path, program.format(True))
    assert cloud.run(tmp_path, "--action", "destroy").told("deleted") == ["b"]


def test_a_list_that_gains_an_item_differs_in_that_item_alone(cloud, tmp_path):
    program = """
        import pulumi_aws as aws
        lake = aws.glue.CatalogDatabase("lake", name="lake")
        aws.glue.CatalogTable("orders", name="orders", database_name=lake.name, storage_descriptor={"columns": [%s]})
    """
    cloud.deploy(tmp_path, program % '{"name": "a"}')
    options = ["--action", "preview"]
    outcome = cloud.deploy(tmp_path, program % '{"name": "new"}, {"name": "a"}', options=options)
    (table,) = [event for event in outcome.events if event.get("name") == "orders"]
    assert table["differences"] == [{"path": "storageDescriptor.columns[0]", "before": None, "after": {"name": "new"}}]
