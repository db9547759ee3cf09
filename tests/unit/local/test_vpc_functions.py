"""Functions inside of a VPC: whom Lambda connects, what they reach, and the files that they share."""

import json
import socket

import pytest
from botocore.exceptions import ClientError

from components.network.placement import function_statements

from . import lambda_rig
from .cloud_rig import Rig, policy
from .vpc_rig import ANYWHERE, HTTPS, NFS, Vpc, actions

PROBE = """
import boto3, os, pathlib, socket
from botocore.config import Config

def handler(event, context):
    match event["do"]:
        case "sqs":
            boto3.client("sqs").list_queues()
        case "kinesis-streams":
            boto3.client("kinesis").list_streams()
        case "s3":
            boto3.client("s3").list_buckets()
        case "connect":
            socket.create_connection(("127.0.0.1", event["port"])).close()
        case "write":
            pathlib.Path(os.environ["SHARED"], event["name"]).write_text("kept")
        case "read":
            return pathlib.Path(os.environ["SHARED"], event["name"]).read_text()
    return "done"
"""
INTERFACES = actions(function_statements)
VPC_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
INTERNET_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"
ENDPOINTS_PAGE = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"
GATEWAY_PAGE = "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"
GROUPS_PAGE = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"
FILES_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html"
EFS_POLICY_PAGE = "https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html"


@pytest.fixture(scope="module")
def vpc(rig: Rig) -> Vpc:
    return Vpc(rig)


@pytest.fixture(scope="module")
def probe(rig: Rig, vpc: Vpc) -> str:
    return rig.function(PROBE, VpcConfig=vpc.config())


def error(rig, function, **event):
    """The message of a function's error."""
    answer, response = rig.invoke(function, event)
    assert "FunctionError" in response, answer
    return answer["errorMessage"]


def works(rig, function, **event):
    answer, response = rig.invoke(function, event)
    assert "FunctionError" not in response, answer
    return answer


@pytest.mark.aws("Lambda", "VPC", f"{VPC_PAGE}#configuration-vpc-permissions")
@pytest.mark.parametrize("missing", INTERFACES)
def test_a_function_is_connected_only_if_its_role_lets_lambda_make_network_interfaces(rig, vpc, missing):
    role = lambda_rig.role(rig, *(action for action in INTERFACES if action != missing))
    named = f"The provided execution role does not have permissions to call {missing[4:]} on EC2"
    with pytest.raises(ClientError, match=named):
        lambda_rig.function(rig, lambda_rig.ECHO, role, VpcConfig=vpc.config())
    lambda_rig.permit(rig, role, *INTERFACES)
    arn = lambda_rig.function(rig, lambda_rig.ECHO, role, VpcConfig=vpc.config())
    assert rig.aws("lambda").get_function_configuration(FunctionName=arn)["VpcConfig"]["VpcId"] == vpc.id


@pytest.mark.aws("Lambda", "VPC", VPC_PAGE)
def test_subnets_and_security_groups_are_there_and_of_one_vpc(rig, vpc):
    with pytest.raises(ClientError, match="The subnet ID 'subnet-00000000' does not exist"):
        rig.function(PROBE, VpcConfig=vpc.config(subnet_ids=["subnet-00000000"]))
    with pytest.raises(ClientError, match="The security group 'sg-00000000' does not exist"):
        rig.function(PROBE, VpcConfig=vpc.config("sg-00000000"))
    with pytest.raises(ClientError, match="must be of one VPC"):
        rig.function(PROBE, VpcConfig=vpc.config(Vpc(rig).group))


@pytest.mark.aws("Lambda", "VPC", VPC_PAGE)
def test_a_function_may_be_taken_out_of_its_vpc_and_put_back(rig, vpc):
    function = rig.function(PROBE, VpcConfig=vpc.config())
    assert "cannot reach sqs" in error(rig, function, do="sqs")
    configure = rig.aws("lambda").update_function_configuration
    configure(FunctionName=function, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    works(rig, function, do="sqs")
    configure(FunctionName=function, VpcConfig=vpc.config())
    assert "cannot reach sqs" in error(rig, function, do="sqs")


@pytest.mark.aws("Lambda", "VPC", INTERNET_PAGE)
def test_inside_of_a_vpc_a_service_without_an_endpoint_is_not_reached_and_the_missing_endpoint_is_named(
    rig, vpc, probe
):
    interface = "interface endpoint with private DNS"
    for service, kind in (("sqs", interface), ("kinesis-streams", interface), ("s3", "gateway endpoint")):
        message = error(rig, probe, do=service)
        assert f"{vpc.id} has no {kind} com.amazonaws.us-east-1.{service}" in message
        assert f"{vpc.subnet_ids[0]} no route to a NAT gateway" in message


@pytest.mark.aws("VPC", "Gateway endpoints", GATEWAY_PAGE)
def test_a_gateway_endpoint_serves_the_subnets_of_its_route_tables(rig, vpc, probe):
    elsewhere = vpc.endpoint("s3", "Gateway", RouteTableIds=[])
    assert "has no gateway endpoint" in error(rig, probe, do="s3")
    vpc.delete_endpoint(elsewhere)
    endpoint = vpc.endpoint("s3", "Gateway", RouteTableIds=[vpc.routes])
    works(rig, probe, do="s3")
    assert "cannot reach sqs" in error(rig, probe, do="sqs")
    vpc.delete_endpoint(endpoint)
    assert "has no gateway endpoint" in error(rig, probe, do="s3")


@pytest.mark.aws("VPC", "Interface endpoints", ENDPOINTS_PAGE)
def test_an_interface_endpoint_serves_by_its_private_name_whom_its_security_group_lets_in(rig, vpc, probe):
    theirs = vpc.security_group()
    place = {"SubnetIds": vpc.subnet_ids[:1], "SecurityGroupIds": [theirs]}
    nameless = vpc.endpoint("sqs", "Interface", PrivateDnsEnabled=False, **place)
    assert "has no interface endpoint with private DNS" in error(rig, probe, do="sqs")
    vpc.delete_endpoint(nameless)
    endpoint = vpc.endpoint("sqs", "Interface", PrivateDnsEnabled=True, **place)
    assert f"{vpc.group} and {theirs} do not let port 443 through" in error(rig, probe, do="sqs")
    vpc.let("ingress", theirs, HTTPS, "10.0.0.0/16")
    works(rig, probe, do="sqs")
    vpc.delete_endpoint(endpoint)


@pytest.mark.aws("Lambda", "VPC", INTERNET_PAGE)
def test_a_nat_gateway_with_a_way_to_the_internet_reaches_all_services(rig, vpc, probe):
    vpc.nat_gateway(vpc.subnet_ids[0])
    assert "no route to a NAT gateway" in error(rig, probe, do="sqs")
    vpc.no_way_out()
    vpc.nat_gateway(vpc.public_subnet())
    works(rig, probe, do="sqs")
    works(rig, probe, do="s3")
    vpc.no_way_out()


@pytest.mark.aws("Lambda", "VPC", INTERNET_PAGE)
def test_a_public_subnet_does_not_give_a_function_a_public_address(rig):
    other = Vpc(rig)
    function = rig.function(PROBE, VpcConfig=other.config(subnet_ids=[other.public_subnet()]))
    assert "no route to a NAT gateway" in error(rig, function, do="sqs")


@pytest.mark.aws("VPC", "Security groups", GROUPS_PAGE)
def test_a_security_group_that_lets_no_https_out_keeps_from_every_service(rig, vpc):
    endpoint = vpc.endpoint("s3", "Gateway", RouteTableIds=[vpc.routes])
    closed = vpc.security_group(out=[(636, ANYWHERE)])
    function = rig.function(PROBE, VpcConfig=vpc.config(closed))
    assert f"the security group {closed} lets nothing out to port 443" in error(rig, function, do="s3")
    vpc.delete_endpoint(endpoint)


@pytest.mark.aws("VPC", "Security groups", GROUPS_PAGE)
def test_a_function_connects_to_the_ports_alone_that_its_security_groups_let_out(rig, vpc):
    with socket.create_server(("127.0.0.1", 0)) as open_, socket.create_server(("127.0.0.1", 0)) as closed:
        group = vpc.security_group(out=[(open_.getsockname()[1], ANYWHERE)])
        function = rig.function(PROBE, VpcConfig=vpc.config(group))
        works(rig, function, do="connect", port=open_.getsockname()[1])
        port = closed.getsockname()[1]
        assert f"let nothing out to port {port}" in error(rig, function, do="connect", port=port)


@pytest.fixture(scope="module")
def shared(vpc):
    """Security groups that let NFS through from functions, and a file system behind them."""
    vpc.let("egress", vpc.group, NFS, vpc.group)
    vpc.let("ingress", vpc.group, NFS, vpc.group)
    return vpc.file_system(0, 1)


def mounting(vpc, access_point, *groups):
    return {
        "VpcConfig": vpc.config(*groups),
        "FileSystemConfigs": [{"Arn": access_point, "LocalMountPath": "/mnt/shared"}],
        "Environment": {"Variables": {"SHARED": "/mnt/shared/reports"}},
    }


@pytest.mark.aws("Lambda", "EFS", FILES_PAGE)
def test_files_on_a_file_system_outlive_functions_and_are_shared_by_them(rig, vpc, shared):
    configuration = mounting(vpc, shared[1])
    configuration["Environment"]["Variables"]["SHARED"] = "/mnt/shared"
    writer = rig.function(PROBE, **configuration)
    works(rig, writer, do="write", name="one.txt")
    rig.aws("lambda").delete_function(FunctionName=writer)
    reader = rig.function(PROBE, **configuration)
    assert works(rig, reader, do="read", name="one.txt") == "kept"


@pytest.mark.aws("Lambda", "EFS", FILES_PAGE)
def test_a_file_system_has_a_mount_target_in_each_zone_of_the_function(rig, vpc, shared):
    _, access_point = vpc.file_system(0)
    with pytest.raises(ClientError, match="does not have mount targets created in all availability zones"):
        rig.function(PROBE, **mounting(vpc, access_point))
    without_vpc = {"FileSystemConfigs": mounting(vpc, access_point)["FileSystemConfigs"]}
    with pytest.raises(ClientError, match="must be configured to execute in a VPC to reference access point"):
        rig.function(PROBE, **without_vpc)
    with pytest.raises(ClientError, match="fsap-00000000 does not exist"):
        rig.function(PROBE, **mounting(vpc, access_point.rpartition("/")[0] + "/fsap-00000000"))
    wrong = mounting(vpc, shared[1]) | {"FileSystemConfigs": [{"Arn": shared[1], "LocalMountPath": "/data"}]}
    with pytest.raises(ClientError, match="/data"):
        rig.function(PROBE, **wrong)


@pytest.mark.aws("Lambda", "EFS", FILES_PAGE)
def test_security_groups_that_keep_nfs_back_keep_a_function_from_its_files(rig, vpc):
    _, access_point = vpc.file_system(0, 1, group=vpc.security_group())
    function = rig.function(PROBE, **mounting(vpc, access_point))
    with pytest.raises(ClientError, match=r"EFSMountConnectivityException.*Port 2049"):
        rig.invoke(function, {"do": "read", "name": "x"})


@pytest.mark.aws("EFS", "Policies", EFS_POLICY_PAGE)
def test_a_file_system_with_a_policy_is_mounted_and_written_to_by_roles_that_may(rig, vpc, shared):
    file_system, access_point = vpc.file_system(0, 1)
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    vpc.efs.put_file_system_policy(FileSystemId=file_system, Policy=policy(insecure))
    role = lambda_rig.role(rig, *INTERFACES)
    configuration = mounting(vpc, access_point)
    configuration["Environment"]["Variables"]["SHARED"] = "/mnt/shared"
    function = lambda_rig.function(rig, PROBE, role, **configuration)
    with pytest.raises(ClientError, match="EFSMountFailureException"):
        rig.invoke(function, {"do": "write", "name": "x"})
    mount = "elasticfilesystem:ClientMount"
    lambda_rig.permit(rig, role, *INTERFACES, mount)
    assert "Read-only file system" in error(rig, function, do="write", name="x")
    lambda_rig.permit(rig, role, *INTERFACES, mount, "elasticfilesystem:ClientWrite")
    second = lambda_rig.function(rig, PROBE, role, **configuration)
    works(rig, second, do="write", name="x")


@pytest.mark.aws("EFS", "Policies", EFS_POLICY_PAGE)
def test_a_file_system_s_policy_can_be_taken_away(vpc):
    file_system, _ = vpc.file_system()
    vpc.efs.put_file_system_policy(FileSystemId=file_system, Policy=json.dumps({"Statement": []}))
    vpc.efs.delete_file_system_policy(FileSystemId=file_system)
    with pytest.raises(vpc.efs.exceptions.PolicyNotFound):
        vpc.efs.describe_file_system_policy(FileSystemId=file_system)
    with pytest.raises(vpc.efs.exceptions.FileSystemNotFound):
        vpc.efs.delete_file_system_policy(FileSystemId="fs-00000000")
