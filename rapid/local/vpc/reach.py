"""Whether a subnet's traffic comes to a service: routes, endpoints and security groups, as they are in EC2 now.

https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html,
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any

HTTPS_PORT = 443
_ANYWHERE = "0.0.0.0/0"
_ALL_PORTS = (0, 65535)
# Where the name of a service's endpoint is not the name that it signs with:
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_ENDPOINTS = {"firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "states": "states", "email": "email-smtp"}
_GATEWAY_SERVICES = frozenset({"s3", "dynamodb"})


def obstacle(ec2: Any, subnet_id: str, group_ids: Iterable[str], service: str, region: str) -> str | None:
    """What keeps a request of a subnet and of security groups from a service; None if nothing does.

    `ec2` is moto's backend of the region.
    """
    subnet, groups = subnet_of(ec2, subnet_id), [*_groups(ec2, group_ids)]
    if subnet is None:
        return f"the subnet {subnet_id} is not there any more"
    name = endpoint_name(service, region)
    routes = _route_table(ec2, subnet)
    endpoints = [
        end
        for end in ec2.vpc_end_points.values()
        if end.vpc_id == subnet.vpc_id and end.service_name == name and end.state == "available"
    ]
    interface = next((end for end in endpoints if _is_interface(end) and end.private_dns_enabled), None)
    if interface:
        return _closed_endpoint(ec2, interface, subnet, groups)
    has_gateway = service in _GATEWAY_SERVICES and any(routes.id in (end.route_table_ids or ()) for end in endpoints)
    if not has_gateway and not leads_out(ec2, subnet):
        kind = "gateway endpoint" if service in _GATEWAY_SERVICES else "interface endpoint with private DNS"
        return f"{subnet.vpc_id} has no {kind} {name}, and {subnet_id} no route to a NAT gateway"
    if not any(_lets_out(groups, HTTPS_PORT, _ANYWHERE)):
        return f"{_named(groups)} lets nothing out to port {HTTPS_PORT} of {_ANYWHERE}"
    return None


def endpoint_name(service: str, region: str) -> str:
    """The name of a service's VPC endpoint, by the name that the service signs with."""
    return f"com.amazonaws.{region}.{_ENDPOINTS.get(service, service)}"


def leads_out(ec2: Any, subnet: Any) -> bool:
    """Whether what a subnet sends leaves the VPC: to a NAT gateway in a subnet from which it goes to the internet.

    A network interface of Lambda or Glue has no public address, so that an internet gateway alone does not do.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
    """
    route = _default_route(_route_table(ec2, subnet))
    gateway = getattr(route, "nat_gateway", None)
    if gateway is None or gateway.state != "available":
        return False
    outer = subnet_of(ec2, gateway.subnet_id)
    out = _default_route(_route_table(ec2, outer)) if outer else None
    return bool(out is not None and out.gateway is not None and str(out.gateway.id).startswith("igw-"))


def open_ports(ec2: Any, group_ids: Iterable[str]) -> list[tuple[int, int]]:
    """The TCP ports that security groups let out to any address, first and last."""
    return [
        _ports(rule)
        for group in _groups(ec2, group_ids)
        for rule in group.egress_rules
        if rule.cidr_ipv4 and _is_tcp(rule)
    ]


def lets_itself_in(ec2: Any, group_ids: Iterable[str]) -> bool:
    """Whether one of some security groups takes all TCP from itself, or from anywhere, as Glue's workers want it."""
    return any(
        _is_tcp(rule)
        and _ports(rule) == _ALL_PORTS
        and (rule.source_group.get("GroupId") == group.id or rule.cidr_ipv4 == _ANYWHERE)
        for group in _groups(ec2, group_ids)
        for rule in group.ingress_rules
    )


def lets_through(ec2: Any, from_ids: Iterable[str], subnet: Any, to_ids: Iterable[str], port: int) -> bool:
    """Whether some security groups, of a subnet, let a port out to others, and those let it in."""
    sources, targets = [*_groups(ec2, from_ids)], [*_groups(ec2, to_ids)]
    is_let_out = any(
        _has_port(rule, port)
        and (_is_of(rule, targets) or (rule.cidr_ipv4 and _overlaps(rule.cidr_ipv4, subnet.cidr_block)))
        for group in sources
        for rule in group.egress_rules
    )
    return is_let_out and any(
        _has_port(rule, port)
        and (_is_of(rule, sources) or (rule.cidr_ipv4 and _overlaps(rule.cidr_ipv4, subnet.cidr_block)))
        for group in targets
        for rule in group.ingress_rules
    )


def subnet_of(ec2: Any, subnet_id: str) -> Any:
    """A subnet by its id; None where there is none."""
    return next((zone[subnet_id] for zone in ec2.subnets.values() if subnet_id in zone), None)


def group_of(ec2: Any, group_id: str) -> Any:
    """A security group by its id; None where there is none."""
    return ec2.get_security_group_from_id(group_id)


def _closed_endpoint(ec2: Any, endpoint: Any, subnet: Any, groups: list[Any]) -> str | None:
    if lets_through(ec2, [group.id for group in groups], subnet, endpoint.security_group_ids, HTTPS_PORT):
        return None
    theirs = ", ".join(endpoint.security_group_ids) or "its security group"
    return (
        f"{_named(groups)} and {theirs} do not let port {HTTPS_PORT} through to the interface endpoint "
        f"{endpoint.id} of {endpoint.service_name}"
    )


def _groups(ec2: Any, ids: Iterable[str]) -> Iterator[Any]:
    for group_id in ids:
        group = group_of(ec2, group_id)
        if group is not None:
            yield group


def _named(groups: list[Any]) -> str:
    return "the security group " + ", ".join(group.id for group in groups)


def _is_interface(endpoint: Any) -> bool:
    return str(endpoint.vpc_endpoint_type).lower() == "interface"


def _route_table(ec2: Any, subnet: Any) -> Any:
    """The route table of a subnet: its own, or the VPC's main one."""
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = (table for table in tables if any(item.get("SubnetId") == subnet.id for item in table.associations))
    return next(own, None) or next(table for table in tables if table.main_association_id)


def _default_route(table: Any) -> Any:
    return next((route for route in table.routes if route.destination_cidr_block == _ANYWHERE), None)


def _lets_out(groups: Iterable[Any], port: int, cidr: str) -> Iterator[bool]:
    for group in groups:
        for rule in group.egress_rules:
            # A gateway endpoint's addresses are a prefix list's, which a rule may name.
            yield _has_port(rule, port) and (rule.cidr_ipv4 == cidr or rule.prefix_list_id is not None)


def _is_of(rule: Any, groups: Iterable[Any]) -> bool:
    return rule.source_group.get("GroupId") in {group.id for group in groups}


def _overlaps(cidr: str, other: str) -> bool:
    return ip_network(cidr).overlaps(ip_network(other))


def _is_tcp(rule: Any) -> bool:
    return rule.ip_protocol in ("tcp", "-1")


def _ports(rule: Any) -> tuple[int, int]:
    return _ALL_PORTS if rule.ip_protocol == "-1" else (int(rule.from_port), int(rule.to_port))


def _has_port(rule: Any, port: int) -> bool:
    first, last = _ports(rule) if _is_tcp(rule) else (1, 0)
    return first <= port <= last
