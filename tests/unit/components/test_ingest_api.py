import dataclasses
import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from components.ingest.api_gateway_account import ApiGatewayLogging
from components.ingest.api_key_plan import ConflictingQuotasError
from components.ingest.ingest_api import IngestApi, NoPathError
from components.ingest.ldap_authorizer import LdapDirectory
from components.ingest.rest_api import method_path
from contracts import Authentication, Delivery, Quota, QuotaPeriod, Throttle
from contracts.direct_path import StreamService
from tests.unit.components.engine import ACCOUNT, REGION

STREAM = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/orders"


def stream_arn(source):
    return f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{source}"


def data_stream_arn(source):
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{source}-data"


def api(*contracts, logging=ApiGatewayLogging.EXISTING, ldap=None, **more):
    return lambda: IngestApi(
        "ingest",
        {
            "contracts": contracts,
            "stream_arns": {contract.source: stream_arn(contract.source) for contract in contracts},
            "runtime": {"log_retention_days": 7},
            "api_gateway_logging": logging,
            "ldap": ldap,
            **more,
        },
    )


def trigger(deployment):
    return deployment.one("Deployment").inputs["triggers"]["definition"]


def environment(deployment):
    return deployment.one("Function").inputs["environment"]["variables"]


@pytest.fixture
def reviews(orders):
    """A second source."""
    return dataclasses.replace(orders, source="reviews", path="/shop/reviews", file=Path("sources/reviews.yaml"))


@pytest.fixture
def clicks(orders):
    """A source whose path is direct and open."""
    return dataclasses.replace(
        orders,
        source="clicks",
        path="/poc",
        file=Path("sources/clicks.yaml"),
        delivery=Delivery.DIRECT,
        authentication=Authentication.NONE,
        quota=None,
    )


def test_every_source_has_a_path_that_invokes_the_function(deploy, orders, reviews):
    deployment = deploy(api(orders, reviews))
    paths = json.loads(deployment.one("RestApi").inputs["body"])["paths"]
    assert set(paths) == {"/events", "/shop/reviews"}
    for path in paths.values():
        uri = path["post"]["x-amazon-apigateway-integration"]["uri"]
        assert "ingest-handler-function/invocations" in uri


def test_a_direct_path_puts_records_by_a_role_of_its_own(deploy, orders, clicks):
    deployment = deploy(api(orders, clicks))
    paths = json.loads(deployment.one("RestApi").inputs["body"])["paths"]
    integration = paths["/poc"]["post"]["x-amazon-apigateway-integration"]
    assert integration["type"] == "aws"
    assert integration["uri"] == f"arn:aws:apigateway:{REGION}:firehose:action/PutRecord"
    assert integration["credentials"] == f"arn:aws:iam:{REGION}:{ACCOUNT}:ingest-direct-role"
    assert '"DeliveryStreamName": "clicks"' in integration["requestTemplates"]["application/json"]
    assert paths["/events"]["post"]["x-amazon-apigateway-integration"]["type"] == "aws_proxy"


def test_the_role_of_the_direct_paths_puts_single_records_onto_their_streams_alone(deploy, orders, clicks):
    deployment = deploy(api(orders, clicks))
    (statement,) = deployment.one("RolePolicy", "ingest-direct-policy").policy()
    assert (statement["Action"], statement["Resource"]) == (["firehose:PutRecord"], [stream_arn("clicks")])
    (trust,) = deployment.one("Role", "ingest-direct-role").trust()
    assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}


@pytest.fixture
def after(orders, clicks):
    """What an API is given once doors write to data streams, beside the delivery streams from before."""
    data = {source: data_stream_arn(source) for source in ("orders", "clicks")}
    return {"stream_service": StreamService.KINESIS, "data_stream_arns": data}


def puts(deployment, policy):
    """By action, what a policy lets put onto."""
    return {
        action: statement["Resource"]
        for statement in deployment.one("RolePolicy", policy).policy()
        for action in statement["Action"]
        if ":PutRecord" in action
    }


def test_with_data_streams_function_and_direct_paths_put_onto_these(deploy, orders, clicks, after):
    deployment = deploy(api(orders, clicks, **after))
    variables = environment(deployment)
    assert (variables["STREAM_SERVICE"], json.loads(variables["STREAMS"])) == ("kinesis", {"orders": "orders-data"})
    paths = json.loads(deployment.one("RestApi").inputs["body"])["paths"]
    integration = paths["/poc"]["post"]["x-amazon-apigateway-integration"]
    assert integration["uri"] == f"arn:aws:apigateway:{REGION}:kinesis:action/PutRecord"
    assert '{"StreamName": "clicks-data"' in integration["requestTemplates"]["application/json"]


def test_around_a_switch_doors_may_put_onto_the_streams_of_both_sides_and_no_other(deploy, orders, clicks, after):
    before = {**after, "stream_service": StreamService.FIREHOSE}
    for given in (before, after):
        deployment = deploy(api(orders, clicks, **given))
        assert puts(deployment, "ingest-handler-execution-policy") == {
            "firehose:PutRecordBatch": [STREAM],
            "kinesis:PutRecords": [data_stream_arn("orders")],
        }
        assert puts(deployment, "ingest-direct-policy") == {
            "firehose:PutRecord": [stream_arn("clicks")],
            "kinesis:PutRecord": [data_stream_arn("clicks")],
        }


def test_after_the_last_switch_doors_may_put_onto_data_streams_alone(deploy, orders, clicks, after):
    deployment = deploy(api(orders, clicks, **after, stream_arns={}))
    assert puts(deployment, "ingest-handler-execution-policy") == {"kinesis:PutRecords": [data_stream_arn("orders")]}
    assert puts(deployment, "ingest-direct-policy") == {"kinesis:PutRecord": [data_stream_arn("clicks")]}


def test_guests_put_onto_delivery_streams_always(deploy, orders, clicks, after):
    open_to_guests = {"guest_sources": ["clicks"], **after}
    made = []
    given = {"guest_stream_arns": {"clicks": stream_arn("guests")}}
    both = [stream_arn("clicks"), stream_arn("guests")]
    for more, allowed, shown in (
        ({}, [stream_arn("clicks")], stream_arn("clicks")),
        ({**given, "stream_service": StreamService.FIREHOSE}, both, stream_arn("clicks")),
        (given, both, stream_arn("guests")),
        ({**given, "stream_arns": {}}, [stream_arn("guests")], stream_arn("guests")),
    ):
        deployment = deploy(lambda more=more: made.append(api(orders, clicks, **{**open_to_guests, **more})()))
        assert puts(deployment, "ingest-guests-policy") == {"firehose:PutRecordBatch": allowed}
        assert made[-1].doors["stream_arns"]["clicks"] == shown


def test_without_data_streams_the_function_is_told_of_no_service(deploy, orders):
    assert "STREAM_SERVICE" not in environment(deploy(api(orders)))


def test_the_api_waits_for_the_policy_of_the_role_that_it_hands_on(deploy, clicks, preview):
    assert "ingest-direct-policy" in deploy(api(clicks), preview=preview).one("RestApi").depends_on


def test_without_a_direct_path_there_is_no_role_for_api_gateway(deploy, orders, preview):
    roles = deploy(api(orders), preview=preview).of("Role")
    assert [role.name for role in roles] == ["ingest-handler-execution-role"]


def test_the_function_knows_nothing_of_direct_sources(deploy, orders, clicks):
    deployment = deploy(api(orders, clicks))
    variables = environment(deployment)
    assert json.loads(variables["ROUTES"]) == {"/events": "orders"}
    assert json.loads(variables["STREAMS"]) == {"orders": "orders"}
    assert [permission.name for permission in deployment.of("Permission")] == ["ingest-orders-permission"]
    statements = deployment.one("RolePolicy", "ingest-handler-execution-policy").policy()
    assert next(item["Resource"] for item in statements if "firehose:PutRecordBatch" in item["Action"]) == [STREAM]


def test_an_api_of_direct_paths_alone_has_no_function(deploy, clicks, preview):
    deployment = deploy(api(clicks), preview=preview)
    assert not deployment.of("Function")
    assert not deployment.of("Permission")
    assert deployment.one("Queue")


def test_an_open_path_needs_no_key_and_is_throttled_still(deploy, clicks, preview):
    deployment = deploy(api(clicks), preview=preview)
    assert not deployment.of("ApiKey")
    assert not deployment.of("UsagePlan")
    assert deployment.one("MethodSettings").inputs["methodPath"] == "~1poc/POST"


def test_an_open_source_does_not_take_part_in_the_quota_of_the_key(deploy, orders, clicks):
    plan = deploy(api(clicks, orders)).one("UsagePlan").inputs
    assert plan["quotaSettings"] == {"limit": 1_000_000, "period": "DAY"}


def test_a_source_that_wants_signatures_has_no_key_and_tells_the_arn_that_policies_name(deploy, orders, preview):
    signed = dataclasses.replace(orders, authentication=Authentication.IAM)
    made = []
    deployment = deploy(lambda: made.append(api(signed)()), preview=preview)
    assert not deployment.of("ApiKey")
    assert set(made[0].invoke_arns) == {"orders"}


def test_the_same_definition_deploys_once(deploy, orders):
    assert trigger(deploy(api(orders))) == trigger(deploy(api(orders)))


@pytest.mark.parametrize(
    "change",
    [{"path": "/orders"}, {"description": "Another"}, {"version": "2.0.0"}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_definition_is_deployed_anew(deploy, orders, change):
    assert trigger(deploy(api(orders))) != trigger(deploy(api(dataclasses.replace(orders, **change))))


@pytest.mark.parametrize(
    "change", [{"throttle": Throttle(1, 1)}, {"retention_days": 1}], ids=lambda change: next(iter(change))
)
def test_what_is_not_in_the_definition_deploys_nothing_anew(deploy, orders, change):
    assert trigger(deploy(api(orders))) == trigger(deploy(api(dataclasses.replace(orders, **change))))


def test_the_stage_outlives_deployments(deploy, orders, preview):
    stage = deploy(api(orders), preview=preview).one("Stage")
    assert stage.inputs["stageName"] == "v1"
    assert "ingest-deployment" in stage.depends_on


def test_every_source_has_a_throttle_of_its_own(deploy, orders, reviews, preview):
    slow = dataclasses.replace(reviews, throttle=Throttle(5, 10))
    settings = {
        setting.inputs["methodPath"]: setting.inputs["settings"]
        for setting in deploy(api(orders, slow), preview=preview).of("MethodSettings")
    }
    assert settings == {
        "~1events/POST": {"throttlingRateLimit": 200, "throttlingBurstLimit": 400},
        "~1shop~1reviews/POST": {"throttlingRateLimit": 5, "throttlingBurstLimit": 10},
    }


def test_a_method_path_escapes_every_slash_of_the_path():
    assert method_path("/ingest/csv") == "~1ingest~1csv/POST"


def test_api_gateway_may_invoke_the_function_for_each_path_of_this_api_alone(deploy, orders, reviews):
    permissions = [permission.inputs for permission in deploy(api(orders, reviews)).of("Permission")]
    execution = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123/v1/POST"
    assert [permission["sourceArn"] for permission in permissions] == [
        f"{execution}/events",
        f"{execution}/shop/reviews",
    ]
    assert all(permission["principal"] == "apigateway.amazonaws.com" for permission in permissions)
    assert all(permission["action"] == "lambda:InvokeFunction" for permission in permissions)


def test_a_contract_that_asks_for_an_api_key_gets_one_with_its_quota(deploy, orders):
    deployment = deploy(api(orders))
    plan = deployment.one("UsagePlan").inputs
    assert plan["apiStages"] == [{"apiId": "ingest-api-id", "stage": "v1"}]
    assert plan["quotaSettings"] == {"limit": 1_000_000, "period": "DAY"}
    link = deployment.one("UsagePlanKey").inputs
    assert link == {"keyId": "ingest-access-key-id", "keyType": "API_KEY", "usagePlanId": "ingest-access-plan-id"}


def test_a_contract_without_quota_gets_a_plan_without_quota(deploy, orders, preview):
    free = dataclasses.replace(orders, quota=None)
    assert "quotaSettings" not in deploy(api(free), preview=preview).one("UsagePlan").inputs


def test_sources_that_share_the_key_cannot_ask_for_different_quotas(deploy, orders, reviews):
    other = dataclasses.replace(reviews, quota=Quota(5, QuotaPeriod.WEEK))
    with pytest.raises(ConflictingQuotasError) as refused:
        deploy(api(orders, other))
    assert str(refused.value) == (
        f"{other.file}: customProperties.quota: must be the same in all sources with authentication: api_key, which "
        "share the key: {limit: 1000000, period: DAY} as in orders.yaml"
    )


def test_a_source_that_says_no_quota_shares_that_of_the_key(deploy, orders, reviews):
    other = dataclasses.replace(reviews, quota=None)
    plan = deploy(api(other, orders)).one("UsagePlan").inputs
    assert plan["quotaSettings"] == {"limit": 1_000_000, "period": "DAY"}


def test_the_api_key_is_secret(deploy, orders, preview):
    assert "value" in deploy(api(orders), preview=preview).one("ApiKey").secret_outputs


def test_no_api_key_is_written_in_the_program(deploy, orders):
    assert "value" not in deploy(api(orders)).one("ApiKey").inputs


def test_the_function_knows_the_stream_of_each_path_and_the_dead_letter_queue(deploy, orders, reviews):
    variables = environment(deploy(api(orders, reviews)))
    assert json.loads(variables["ROUTES"]) == {"/events": "orders", "/shop/reviews": "reviews"}
    assert json.loads(variables["STREAMS"]) == {"orders": "orders", "reviews": "reviews"}
    assert variables["DEAD_LETTER_QUEUE_URL"].endswith("/ingest-dead-letters")


def test_the_function_puts_records_sends_dead_letters_logs_and_nothing_else(deploy, orders):
    statements = deploy(api(orders)).one("RolePolicy").policy()
    assert {action: statement["Resource"] for statement in statements for action in statement["Action"]} == {
        "firehose:PutRecordBatch": [STREAM],
        "sqs:SendMessage": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:ingest-dead-letters"],
        "logs:CreateLogStream": [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:ingest-handler-logs:*"],
        "logs:PutLogEvents": [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:ingest-handler-logs:*"],
    }


def test_the_function_ends_when_api_gateway_stops_waiting(deploy, orders, preview):
    assert deploy(api(orders), preview=preview).one("Function").inputs["timeout"] == 29


def test_dead_letters_of_a_full_record_are_kept_encrypted_for_fourteen_days(deploy, orders, preview):
    queue = deploy(api(orders), preview=preview).one("Queue").inputs
    assert queue == {
        "maxMessageSize": 1024 * 1024,
        "messageRetentionSeconds": 14 * 24 * 3600,
        "sqsManagedSseEnabled": True,
    }


def test_the_function_knows_the_origins_of_the_pages_that_may_post(deploy, orders, reviews):
    open_to_one = dataclasses.replace(reviews, allowed_origins=("https://menu.example.com",))
    variables = environment(deploy(api(orders, open_to_one)))
    assert set(json.loads(variables["CORS"])) == {"reviews"}


def test_every_request_is_logged_in_a_group_with_the_stack_s_retention(deploy, orders, preview):
    deployment = deploy(api(orders), preview=preview)
    assert deployment.one("LogGroup", "ingest-access-logs").inputs == {"retentionInDays": 7}
    assert "ingest-access-logs" in deployment.one("Stage").depends_on


def test_the_access_log_is_json_and_says_nothing_of_a_person(deploy, orders):
    settings = deploy(api(orders)).one("Stage").inputs["accessLogSettings"]
    assert settings["destinationArn"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:ingest-access-logs"
    logged = json.loads(settings["format"])
    assert {logged["requestId"], logged["extendedRequestId"]} == {"$context.requestId", "$context.extendedRequestId"}
    identity = {value for value in logged.values() if "identity" in value}
    assert identity == {"$context.identity.apiKeyId"}
    assert "$context.path" not in logged.values()
    assert "\n" not in settings["format"]


def test_a_stage_waits_for_the_role_that_its_access_log_is_written_with(deploy, orders, preview):
    deployment = deploy(api(orders, logging=ApiGatewayLogging.MANAGED), preview=preview)
    assert {"ingest-api-gateway-account", "ingest-api-gateway-logging-policy"} <= set(
        deployment.one("Stage").depends_on
    )


def test_the_account_s_role_for_logs_is_assumed_by_api_gateway_and_may_do_what_aws_lists(deploy, orders):
    deployment = deploy(api(orders, logging=ApiGatewayLogging.MANAGED))
    role = deployment.one("Role", "ingest-api-gateway-logging-role")
    assert [statement["Principal"] for statement in role.trust()] == [{"Service": "apigateway.amazonaws.com"}]
    (statement,) = deployment.one("RolePolicy", "ingest-api-gateway-logging-policy").policy()
    assert (len(statement["Action"]), statement["Resource"]) == (7, ["*"])
    assert {action.partition(":")[0] for action in statement["Action"]} == {"logs"}
    assert deployment.one("Account").inputs == {
        "cloudwatchRoleArn": f"arn:aws:iam:{REGION}:{ACCOUNT}:ingest-api-gateway-logging-role"
    }


def test_where_another_stack_keeps_the_account_s_setting_this_one_leaves_it_alone(deploy, orders, preview):
    deployment = deploy(api(orders, logging=ApiGatewayLogging.EXISTING), preview=preview)
    assert not deployment.of("Account")
    assert not [role for role in deployment.of("Role") if "logging" in role.name]
    assert deployment.one("Stage").inputs["accessLogSettings"]


DIRECTORY = LdapDirectory("ldaps://ipa.example.com", "dc=example,dc=com", "PEM of the authority")


@pytest.fixture
def installs(orders):
    """A source that asks for LDAP."""
    return dataclasses.replace(
        orders,
        source="installs",
        path="/ingest/installs",
        file=Path("sources/installs.yaml"),
        authentication=Authentication.LDAP,
        ldap_groups=("Installs", "partners"),
        quota=None,
    )


def test_a_source_that_asks_for_ldap_is_guarded_by_the_authorizer_and_the_others_are_not(deploy, orders, installs):
    definition = json.loads(deploy(api(orders, installs, ldap=DIRECTORY)).one("RestApi").inputs["body"])
    assert definition["paths"]["/ingest/installs"]["post"]["security"] == [{"ldap": []}]
    assert definition["paths"]["/events"]["post"]["security"] == [{"api_key": []}]
    authorizer = definition["components"]["securitySchemes"]["ldap"]["x-amazon-apigateway-authorizer"]
    assert "ingest-ldap-authorizer-function/invocations" in authorizer["authorizerUri"]
    assert authorizer["authorizerResultTtlInSeconds"] == 60


def test_the_authorizer_knows_the_directory_and_the_groups_of_each_path(deploy, orders, installs):
    function = deploy(api(orders, installs, ldap=DIRECTORY)).one("Function", "ingest-ldap-authorizer-function").inputs
    variables = function["environment"]["variables"]
    assert variables == {
        "LDAP_URL": "ldaps://ipa.example.com",
        "LDAP_BASE_DN": "dc=example,dc=com",
        "GROUPS": json.dumps({"/ingest/installs": ["installs", "partners"]}),
    }


def test_the_authorizer_may_write_its_log_and_nothing_else(deploy, installs):
    statements = deploy(api(installs, ldap=DIRECTORY)).one("RolePolicy", "ingest-ldap-authorizer-execution-policy")
    assert [statement["Action"] for statement in statements.policy()] == [["logs:CreateLogStream", "logs:PutLogEvents"]]


def test_the_authorizers_of_this_api_alone_may_be_invoked(deploy, installs):
    permission = deploy(api(installs, ldap=DIRECTORY)).one("Permission", "ingest-ldap-permission").inputs
    assert permission["sourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123/authorizers/*"
    assert permission["principal"] == "apigateway.amazonaws.com"


def test_without_a_directory_a_source_that_asks_for_it_has_no_path_and_that_is_said(deploy, orders, installs, caplog):
    deployment = deploy(api(orders, installs))
    definition = json.loads(deployment.one("RestApi").inputs["body"])
    assert set(definition["paths"]) == {"/events"}
    assert json.loads(environment(deployment)["ROUTES"]) == {"/events": "orders"}
    assert "No path for installs" in caplog.text
    assert "ldap_url and ldap_base_dn" in caplog.text


def test_an_api_without_any_path_is_refused_since_it_could_not_be_deployed(deploy, installs):
    with pytest.raises(NoPathError, match=r"no contract has a path.*ldap_url and ldap_base_dn"):
        deploy(api(installs))
    assert deploy(api(installs, file_door=FILE_DOOR)).one("RestApi")


def test_without_a_source_that_asks_for_it_there_is_no_authorizer(deploy, orders):
    deployment = deploy(api(orders, ldap=DIRECTORY))
    assert [function.name for function in deployment.of("Function")] == ["ingest-handler-function"]


FILE_DOOR = {"function_name": "files-door", "invoke_arn": "arn:files-door"}


def test_with_a_door_for_files_the_api_has_its_path_behind_a_signature(deploy, orders):
    deployment = deploy(api(orders, file_door=FILE_DOOR))
    document = json.loads(deployment.one("RestApi").inputs["body"])
    method = document["paths"]["/ingest/csv"]["post"]
    assert method["security"] == [{"sigv4": []}]
    assert method["x-amazon-apigateway-integration"]["uri"] == "arn:files-door"
    assert document["components"]["securitySchemes"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert "text/csv" in document["x-amazon-apigateway-binary-media-types"]
    validate(document)


def test_the_path_of_files_has_a_throttle_and_lets_the_api_call_its_function(deploy, orders):
    deployment = deploy(api(orders, file_door=FILE_DOOR))
    settings = deployment.one("MethodSettings", "ingest-file-door-throttle").inputs
    assert settings["methodPath"] == "~1ingest~1csv/POST"
    assert settings["settings"] == {"throttlingRateLimit": 25, "throttlingBurstLimit": 50}
    permission = deployment.one("Permission", "ingest-file-door-permission").inputs
    assert permission["sourceArn"].endswith("/v1/POST/ingest/csv")
    assert permission["function"] == "files-door"


def test_without_a_door_for_files_there_is_no_such_path_and_no_binary_type(deploy, orders):
    document = json.loads(deploy(api(orders)).one("RestApi").inputs["body"])
    assert "/ingest/csv" not in document["paths"]
    assert "x-amazon-apigateway-binary-media-types" not in document


@pytest.fixture
def pushes(orders):
    """A source whose sender signs."""
    return dataclasses.replace(
        orders,
        source="pushes",
        path="/ingest/pushes",
        file=Path("sources/pushes.yaml"),
        authentication=Authentication.SIGNATURE,
        signature_header="X-Hub-Signature-256",
        quota=None,
    )


def test_a_signed_source_has_a_secret_without_a_value_which_the_function_reads_and_no_other(deploy, orders, pushes):
    deployment = deploy(api(orders, pushes))
    secret = deployment.one("Secret")
    assert set(secret.inputs) == {"description"}
    assert not deployment.of("SecretVersion")
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:ingest-pushes-signature"
    assert json.loads(environment(deployment)["SIGNATURES"]) == {
        "pushes": {"header": "x-hub-signature-256", "secret": arn}
    }
    statements = deployment.one("RolePolicy", "ingest-handler-execution-policy").policy()
    assert [item["Resource"] for item in statements if "secretsmanager:GetSecretValue" in item["Action"]] == [[arn]]


def test_without_a_signed_source_the_function_reads_no_secret(deploy, orders):
    deployment = deploy(api(orders))
    assert not deployment.of("Secret")
    assert "SIGNATURES" not in environment(deployment)


def test_api_gateway_itself_asks_nothing_of_a_signed_path(deploy, pushes):
    definition = json.loads(deploy(api(pushes)).one("RestApi").inputs["body"])
    operation = definition["paths"]["/ingest/pushes"]["post"]
    assert operation["security"] == []
    [header] = operation["parameters"]
    assert (header["in"], header["name"], header["required"]) == ("header", "X-Hub-Signature-256", True)


@pytest.mark.parametrize(
    "closed",
    [{"delivery": Delivery.LAMBDA}, {"authentication": Authentication.API_KEY}, {"allowed_origins": ()}],
    ids=["function", "key", "origins"],
)
def test_pages_are_told_the_paths_that_any_of_them_may_post_to(deploy, clicks, closed):
    opened = dataclasses.replace(clicks, allowed_origins=("*",))
    shut = dataclasses.replace(opened, source="shut", path="/shut", **closed)
    told = []
    deploy(lambda: told.append(api(opened, shut)().doors["paths"]))
    assert told == [{"clicks": "/poc"}]
