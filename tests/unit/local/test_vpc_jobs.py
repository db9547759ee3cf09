"""Jobs inside of a VPC: what Glue wants of a connection, and what runs reach."""

import pytest

from components.network.placement import job_statements

from .cloud_rig import REGION, Rig, policy
from .glue_rig import Jobs
from .vpc_rig import ANYWHERE, HTTPS, Vpc, actions

VPC_PAGE = "https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html"
ENDPOINT_PAGE = "https://docs.aws.amazon.com/glue/latest/dg/vpc-endpoints-s3.html"
MODULES_PAGE = "https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html"
ROLE_PAGE = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html"
pytestmark = pytest.mark.aws("Glue", "VPC", VPC_PAGE)
NEEDED = actions(job_statements)


@pytest.fixture(scope="module")
def jobs(rig: Rig) -> Jobs:
    return Jobs(rig)


@pytest.fixture(scope="module")
def vpc(rig: Rig) -> Vpc:
    return Vpc(rig)


@pytest.fixture(scope="module")
def group(vpc: Vpc) -> str:
    """A security group as Glue wants it."""
    made = vpc.security_group(out=[(HTTPS, ANYWHERE)])
    vpc.let("ingress", made, 0, made, 65535)
    return made


def connect(rig, vpc, *groups, zone="a"):
    name = rig.name("connection")
    requirements = {
        "SubnetId": vpc.subnet_ids[0],
        "AvailabilityZone": f"{REGION}{zone}",
        "SecurityGroupIdList": list(groups),
    }
    connection = {"Name": name, "ConnectionType": "NETWORK", "ConnectionProperties": {}}
    rig.aws("glue").create_connection(ConnectionInput={**connection, "PhysicalConnectionRequirements": requirements})
    return {"Connections": {"Connections": [name]}}


def failure(jobs, run):
    assert run["JobRunState"] == "FAILED"
    return run["ErrorMessage"]


def test_a_security_group_of_the_connection_lets_itself_in_by_all_ports(rig, jobs, vpc):
    run = jobs.run_script("", **connect(rig, vpc, vpc.group))
    assert "At least one security group must open all ingress ports" in failure(jobs, run)


@pytest.mark.aws("Glue", "VPC", ENDPOINT_PAGE)
def test_the_subnet_reaches_s3_by_an_endpoint_or_a_nat_gateway(rig, jobs, vpc, group):
    run = jobs.run_script("", **connect(rig, vpc, group))
    message = failure(jobs, run)
    assert f"VPC S3 endpoint validation failed for SubnetId: {vpc.subnet_ids[0]}. VPC: {vpc.id}" in message
    assert "no gateway endpoint com.amazonaws.us-east-1.s3" in message


def test_a_connection_says_where_its_subnet_is(rig, jobs, vpc, group):
    message = failure(jobs, jobs.run_script("", **connect(rig, vpc, group, zone="b")))
    assert f"{vpc.subnet_ids[0]} is in us-east-1a, and its connection says 'us-east-1b'" in message
    message = failure(jobs, jobs.run_script("", **connect(rig, vpc, Vpc(rig).group)))
    assert f"does not exist in VPC '{vpc.id}'" in message


def test_a_job_whose_connection_is_gone_fails_naming_it(rig, jobs, vpc, group):
    connected = connect(rig, vpc, group)
    (name,) = connected["Connections"]["Connections"]
    job = jobs.create("", **connected)
    jobs.glue.delete_connection(ConnectionName=name)
    assert f"Connection {name} cannot be read: EntityNotFoundException" in failure(jobs, jobs.run(job))


@pytest.fixture(scope="module")
def with_s3(vpc):
    return vpc.endpoint("s3", "Gateway", RouteTableIds=[vpc.routes])


@pytest.mark.usefixtures("with_s3")
def test_a_run_reaches_what_has_an_endpoint_and_no_more(rig, jobs, vpc, group):
    script = """
        import boto3
        print(len(boto3.client("s3").list_buckets()["Buckets"]), flush=True)
        boto3.client("sqs").list_queues()
    """
    run = jobs.run_script(script, **connect(rig, vpc, group))
    assert "has no interface endpoint with private DNS com.amazonaws.us-east-1.sqs" in failure(jobs, run)
    assert jobs.output(run).strip().isdigit()


@pytest.mark.aws("VPC", "Security groups", "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html")
@pytest.mark.usefixtures("with_s3")
def test_a_run_connects_to_the_ports_alone_that_its_security_group_lets_out(rig, jobs, vpc, group):
    script = "import socket\nsocket.create_connection(('127.0.0.1', 5432))"
    run = jobs.run_script(script, **connect(rig, vpc, group))
    assert "let nothing out to port 5432" in failure(jobs, run)


@pytest.mark.aws("Glue", "VPC", MODULES_PAGE)
@pytest.mark.usefixtures("with_s3")
def test_modules_of_a_package_index_need_a_way_out_and_wheels_on_s3_do_not(rig, jobs, vpc, group):
    connected = connect(rig, vpc, group)
    arguments = {"--additional-python-modules": "pyarrow==21.0.0"}
    message = failure(jobs, jobs.run_script("", arguments=arguments, **connected))
    assert "Error installing additional python modules pyarrow==21.0.0" in message
    wheels = {"--additional-python-modules": "s3://scripts/pyarrow.whl"}
    assert jobs.run_script("", arguments=wheels, **connected)["JobRunState"] == "SUCCEEDED"


@pytest.mark.aws("Glue", "VPC", ROLE_PAGE)
@pytest.mark.parametrize("missing", NEEDED)
@pytest.mark.usefixtures("with_s3")
def test_the_job_s_role_lets_glue_connect_it(rig, jobs, vpc, group, missing):
    role = jobs.role()
    job = jobs.create("", Role=role, **connect(rig, vpc, group))
    permit(rig, role, *(action for action in NEEDED if action != missing))
    assert missing in failure(jobs, jobs.run(job))
    permit(rig, role, *NEEDED)
    assert jobs.run(job)["JobRunState"] == "SUCCEEDED"


def permit(rig, role, *actions):
    """Let a job's role do these things, read the script and write logs, and nothing else."""
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "logs:*", *actions], "Resource": "*"}
    rig.aws("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="everything", PolicyDocument=policy(allowed)
    )


def test_a_connection_can_be_changed_and_not_renamed(rig, vpc, group):
    glue = rig.aws("glue")
    (name,) = connect(rig, vpc, group)["Connections"]["Connections"]
    found = glue.get_connection(Name=name)["Connection"]
    changed = {"Name": name, "ConnectionType": "NETWORK", "ConnectionProperties": {}, "Description": "moved"}
    requirements = {**found["PhysicalConnectionRequirements"], "SubnetId": vpc.subnet_ids[1]}
    glue.update_connection(Name=name, ConnectionInput={**changed, "PhysicalConnectionRequirements": requirements})
    after = glue.get_connection(Name=name)["Connection"]
    assert after["PhysicalConnectionRequirements"]["SubnetId"] == vpc.subnet_ids[1]
    with pytest.raises(glue.exceptions.InvalidInputException, match="cannot be renamed"):
        glue.update_connection(Name=name, ConnectionInput={**changed, "Name": "other"})
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.delete_connection(ConnectionName="none")
