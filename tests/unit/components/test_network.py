import json

import pytest

from components import Network, NetworkIds, ReportCopies
from components.glue_job import GlueJob
from components.ingest.ldap_authorizer import LdapDirectory
from components.lambda_function import LambdaFunction
from tests.unit.components.engine import ACCOUNT, REGION

DIRECTORY = LdapDirectory("ldaps://ipa.example.com", "dc=example,dc=com", None)
EXISTING = NetworkIds(
    vpc_id="vpc-1", subnet_ids=("subnet-1", "subnet-2"), zones=("eu-central-1a", "eu-central-1b"),
)  # fmt: skip
WITH_FILES = NetworkIds(EXISTING.vpc_id, EXISTING.subnet_ids, EXISTING.zones, "fs-1", "sg-1")
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"


def network(ids=None, **more):
    return lambda: Network("network", {"ids": ids or NetworkIds(), **more})


def rules(deployment, kind):
    return {
        (
            rule.inputs["securityGroupId"],
            rule.inputs["fromPort"],
            rule.inputs["toPort"],
            rule.inputs.get("cidrIpv4") or rule.inputs["referencedSecurityGroupId"],
        )
        for rule in deployment.of(f"SecurityGroup{kind}Rule")
    }


def test_functions_may_ask_services_the_directory_and_shared_files_and_nobody_may_ask_them(deploy):
    deployment = deploy(network(directory=DIRECTORY))
    outward = {rule[1:] for rule in rules(deployment, "Egress") if rule[0] == "network-functions-id"}
    assert outward == {(443, 443, "0.0.0.0/0"), (636, 636, "0.0.0.0/0"), (2049, 2049, "network-files-id")}
    assert rules(deployment, "Ingress") == {
        ("network-files-id", 2049, 2049, "network-functions-id"),
        ("network-jobs-id", 0, 65535, "network-jobs-id"),
    }


def test_jobs_may_ask_services_and_the_databases_that_contracts_name(deploy, orders):
    deployment = deploy(network(contracts=[orders]))
    outward = {rule[1:] for rule in rules(deployment, "Egress") if rule[0] == "network-jobs-id"}
    assert outward == {(443, 443, "0.0.0.0/0"), (0, 65535, "network-jobs-id")}


def test_the_directory_s_port_is_open_where_it_is_another(deploy):
    directory = LdapDirectory("ldaps://ipa.example.com:1636", "dc=example,dc=com", None)
    outward = rules(deploy(network(directory=directory)), "Egress")
    assert {rule[1] for rule in outward if rule[0] == "network-functions-id"} == {443, 1636, 2049}


def test_private_subnets_in_two_zones_go_out_by_one_nat_gateway_and_to_s3_past_it(deploy):
    deployment = deploy(network())
    subnets = {subnet.name: subnet.inputs for subnet in deployment.of("Subnet")}
    assert {inputs["availabilityZone"] for name, inputs in subnets.items() if "private" in name} == {
        f"{REGION}a",
        f"{REGION}b",
    }
    assert not any(inputs["mapPublicIpOnLaunch"] for inputs in subnets.values())
    out = deployment.one("Route", "network-private-out").inputs
    assert (out["destinationCidrBlock"], out["natGatewayId"]) == ("0.0.0.0/0", "network-nat-id")
    endpoint = deployment.one("VpcEndpoint").inputs
    assert endpoint["serviceName"] == f"com.amazonaws.{REGION}.s3"
    assert endpoint["routeTableIds"] == [out["routeTableId"]]
    assert deployment.one("FlowLog").inputs["trafficType"] == "REJECT"
    assert not {"ingress", "egress"} & deployment.one("DefaultSecurityGroup").inputs.keys()


def test_zones_may_be_chosen(deploy):
    deployment = deploy(network(NetworkIds(zones=("ap-northeast-1a", "ap-northeast-1c"))))
    assert {subnet.inputs["availabilityZone"] for subnet in deployment.of("Subnet")} == {
        "ap-northeast-1a",
        "ap-northeast-1c",
    }


def test_of_an_existing_network_nothing_is_made_but_groups_files_and_the_connection(deploy):
    deployment = deploy(network(EXISTING))
    made = {resource.type.split(":")[-1] for resource in deployment.resources if resource.type.startswith("aws:")}
    assert made == {
        "AccessPoint",
        "Connection",
        "FileSystem",
        "FileSystemPolicy",
        "MountTarget",
        "SecurityGroup",
        "SecurityGroupEgressRule",
        "SecurityGroupIngressRule",
    }
    assert {group.inputs["vpcId"] for group in deployment.of("SecurityGroup")} == {"vpc-1"}
    requirements = deployment.one("Connection").inputs["physicalConnectionRequirements"]
    assert requirements == {
        "subnetId": "subnet-1",
        "availabilityZone": "eu-central-1a",
        "securityGroupIdLists": ["network-jobs-id"],
    }


def test_an_existing_file_system_gets_a_rule_and_an_access_point_alone(deploy):
    deployment = deploy(network(WITH_FILES))
    assert not deployment.of("FileSystem")
    assert not deployment.of("MountTarget")
    assert ("sg-1", 2049, 2049, "network-functions-id") in rules(deployment, "Ingress")
    access_point = deployment.one("AccessPoint").inputs
    assert access_point["fileSystemId"] == "fs-1"
    assert access_point["rootDirectory"]["path"] == "/data/analytics"
    assert access_point["posixUser"]["uid"] == 1000


def test_the_file_system_is_encrypted_at_rest_and_on_the_way(deploy):
    deployment = deploy(network())
    assert deployment.one("FileSystem").inputs["encrypted"] is True
    (denied,) = deployment.one("FileSystemPolicy").policy()
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def function(**more):
    code = {"code": None, "environment": {}, "memory_mb": 128, "timeout_seconds": 3, "statements": []}
    return LambdaFunction("probe", {"description": "", **code, **more})


def job(**more):
    return GlueJob(
        "probe",
        {"description": "", "script_uri": "s3://b/k", "arguments": {}, "timeout_minutes": 1, "statements": [], **more},
    )


@pytest.fixture
def placed():
    def build(make, **more):
        def program():
            made = Network("network", {"ids": EXISTING})
            make(runtime={"network": made.placement}, **({"files": made.files} if more.get("files") else {}))

        return program

    return build


def test_a_function_is_connected_and_its_role_lets_lambda_do_so(deploy, placed):
    deployment = deploy(placed(function, files=True))
    inputs = deployment.one("Function").inputs
    assert inputs["vpcConfig"] == {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["network-functions-id"]}
    assert inputs["fileSystemConfig"]["localMountPath"] == "/mnt/analytics"
    assert {"network-functions-443", "network-files-mount-target-1"} <= set(deployment.one("Function").depends_on)
    statements = {tuple(each["Action"]): each["Resource"] for each in deployment.one("RolePolicy").policy()}
    assert statements["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"] == ["*"]
    assert statements["ec2:CreateNetworkInterface",] == [
        f"{EC2}:network-interface/*",
        f"{EC2}:subnet/subnet-1",
        f"{EC2}:subnet/subnet-2",
        f"{EC2}:network-functions",
    ]
    assert any("elasticfilesystem:ClientWrite" in actions for actions in statements)


def test_a_job_is_connected_and_its_role_lets_glue_do_so(deploy, placed):
    deployment = deploy(placed(job))
    assert deployment.one("Job").inputs["connections"] == ["network-jobs-1a2b3c4"]
    assert "network-jobs-443" in deployment.one("Job").depends_on
    actions = {action for each in deployment.one("RolePolicy").policy() for action in each["Action"]}
    assert {"glue:GetConnection", "ec2:CreateNetworkInterface", "ec2:CreateTags"} <= actions
    assert not any(action.startswith("elasticfilesystem") for action in actions)


def test_without_a_network_nothing_of_one_is_there(deploy):
    deployment = deploy(lambda: (function(), job()))
    assert "vpcConfig" not in deployment.one("Function").inputs
    assert "connections" not in deployment.one("Job").inputs
    assert "ec2:" not in json.dumps([policy.policy() for policy in deployment.of("RolePolicy")])


def test_copies_are_made_of_what_jobs_report_and_print(deploy, preview):
    def program():
        made = Network("network", {"ids": EXISTING})
        job()
        reports = [{"bucket_arn": "arn:aws:s3:::curated", "prefixes": ["reports/orders/"]}]
        runtime = {"network": made.placement, "log_retention_days": 7}
        ReportCopies("copies", {"files": made.files, "reports": reports, "runtime": runtime})

    deployment = deploy(program, preview=preview)
    assert deployment.one("Schedule").inputs["scheduleExpression"] == "cron(10 * * * ? *)"
    if preview:
        return
    variables = deployment.one("Function").inputs["environment"]["variables"]
    assert variables["KEEP_DAYS"] == "7"
    assert variables["DIRECTORY"] == "/mnt/analytics"
    assert json.loads(variables["REPORTS"]) == [{"bucket": "curated", "prefixes": ["reports/orders/"]}]
    assert json.loads(variables["LOG_GROUPS"]) == [
        "/aws-glue/rapid-analytics-dev-probe/output",
        "/aws-glue/rapid-analytics-dev-probe/error",
    ]
    read = deployment.one("RolePolicy", "copies-execution-policy").policy()[1]
    assert read == {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::curated/reports/orders/*"],
    }
