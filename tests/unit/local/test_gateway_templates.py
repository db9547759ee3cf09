import json
import re
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.gateway.context import Address, RequestContext
from rapid.local.gateway.mapping_template import MappingTemplate, Rendered, TemplateError

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
REFERENCE = f"{_GUIDE}/api-gateway-mapping-template-reference.html"
OVERRIDES = f"{_GUIDE}/apigateway-override-request-response-parameters.html"
QUOTAS = f"{_GUIDE}/api-gateway-execution-service-limits-table.html"
VTL = "https://velocity.apache.org/engine/1.7/vtl-reference.html"
as_referenced = pytest.mark.aws("API Gateway", "Mapping templates", REFERENCE)

PETS = {"pets": [{"id": 1, "type": "dog", "price": 249.99, "is_sold": True}, {"id": 2, "type": "cat"}]}


def context(**changes: Any) -> RequestContext:
    """The context of `POST /v1/pets?page=2&name=query`."""
    builder = EnvironBuilder(
        path="/v1/pets",
        method="POST",
        query_string="page=2&name=query",
        headers={"X-Mood": "good", "name": "header", "User-Agent": "tester/1"},
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    known = {
        "resource_id": "abc123",
        "resource_path": "/pets",
        "epoch_seconds": 1_800_000_000.5,
        **changes,
    }
    address = Address("api1", "v1", "/pets", "/pets")
    return RequestContext(Request(builder.get_environ()), address, "api1.example.com", "dep1", **known)


def render(template: str, body: Any = "", **changes: Any) -> Rendered:
    """What a template writes, for a body that is text or becomes JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return MappingTemplate(template).render(text, context(**changes))


@as_referenced
@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("$input.body", json.dumps(PETS)),
        ("$input.json('$.pets[1]')", '{"id":2,"type":"cat"}'),
        ("$input.json('$.pets[0].type')", '"dog"'),
        ("$input.json(\"$['pets'][0]['id']\")", "1"),
        ("$input.json('$.owner')", "null"),
    ],
)
def test_input_gives_the_body_as_text_and_as_json(template: str, written: str) -> None:
    assert render(template, PETS).text == written


@as_referenced
@pytest.mark.parametrize(("name", "value"), [("page", "2"), ("X-Mood", "good"), ("name", "query"), ("nothing", "")])
def test_a_parameter_is_looked_for_in_the_query_string_and_the_headers(name: str, value: str) -> None:
    assert render(f"$input.params('{name}')").text == value


@as_referenced
def test_text_is_encoded_in_base64() -> None:
    assert render("$util.base64Encode('é')").text == "w6k="


@as_referenced
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accountId", "123456789012"),
        ("apiId", "api1"),
        ("deploymentId", "dep1"),
        ("domainName", "api1.example.com"),
        ("domainPrefix", "api1"),
        ("httpMethod", "POST"),
        ("identity.apiKey", "key-value"),
        ("identity.apiKeyId", "key1"),
        ("identity.sourceIp", "127.0.0.1"),
        ("identity.userAgent", "tester/1"),
        ("path", "/v1/pets"),
        ("protocol", "HTTP/1.1"),
        ("requestTime", "15/Jan/2027:08:00:00 +0000"),
        ("requestTimeEpoch", "1800000000500"),
        ("resourceId", "abc123"),
        ("resourcePath", "/pets"),
        ("stage", "v1"),
        ("authorizer.principalId", ""),
        ("identity.user", ""),
        ("nothing.like.it", ""),
    ],
)
def test_context_tells_of_the_request_and_what_it_does_not_know_is_empty(name: str, value: str) -> None:
    known = {"api_key": "key-value", "api_key_id": "key1"}
    assert render(f"$context.{name}|${{context.{name}}}", **known).text == f"{value}|{value}"


@as_referenced
def test_each_request_has_an_id_an_extended_id_and_a_trace_id() -> None:
    template = "$context.requestId $context.extendedRequestId $context.xrayTraceId"
    request_id, extended_id, trace_id = ids = render(template).text.split()
    assert re.fullmatch(r"[0-9a-f-]{36}", request_id)
    assert re.fullmatch(r"\S{16}", extended_id)
    assert trace_id.startswith("Root=1-")
    assert not {*ids} & {*render(template).text.split()}


@pytest.mark.aws("API Gateway", "Mapping templates", VTL)
@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("#set($a = 2)#set($b = $a + 1)$b", "3"),
        ("#set($name = 'x')$name-y ${name}-y", "$name-y x-y"),
        ("#if($context.stage == 'v2')2#elseif($context.stage == 'v1')1#else?#end", "1"),
        ("#set($text = 'ab')#if($text.matches('a'))whole#{else}part#end", "part"),
        ("#set($text = 'ab')$text.replace('a', '').contains('a')", "false"),
        ("$unknown $!unknown", "$unknown "),
        ("## a comment\ntext", "text"),
        ("'a\\nb'", "'a\\nb'"),
    ],
)
def test_the_template_language_is_velocity_s(template: str, written: str) -> None:
    assert render(template).text == written


@as_referenced
def test_a_template_goes_through_an_array_and_counts_it() -> None:
    template = (
        "#set($n = $input.path('$.pets').size())#set($all = '')$n#foreach($pet in $input.path('$.pets'))"
        '#set($all = "$all|$foreach.index $pet.type")#if($foreach.hasNext),#end#end$all'
    )
    assert render(template, PETS).text == "2,|0 dog|1 cat"


@as_referenced
def test_what_would_be_written_as_java_writes_objects_is_refused() -> None:
    with pytest.raises(TemplateError, match="does not write \\$pet"):
        render("#foreach($pet in $input.path('$.pets'))$pet#end", PETS)
    with pytest.raises(TemplateError, match="#foreach of arrays alone"):
        render("#foreach($pet in $input.path('$'))#end", PETS)


@pytest.mark.aws("API Gateway", "Limits", QUOTAS)
def test_a_loop_ends_after_1000_rounds_without_a_word() -> None:
    assert render("#foreach($each in $input.path('$'))x#end", [0] * 1001).text == "x" * 1000


@pytest.mark.aws("API Gateway", "Mapping templates", OVERRIDES)
def test_what_a_template_overrides_of_the_request_a_later_one_can_read() -> None:
    of_request = context()
    first = MappingTemplate('#set($count = 2)#set($context.requestOverride.path.count = "$count")')
    second = MappingTemplate("#if($context.requestOverride.path.fault)bad#end$context.requestOverride.path.count")
    first.render("", of_request)
    assert second.render("", of_request).text == "2"
    assert second.render("", context()).text == ""
    with pytest.raises(TemplateError, match="overridden twice"):
        first.render("", of_request)


@pytest.mark.aws("API Gateway", "Mapping templates", OVERRIDES)
def test_a_template_overrides_the_status_and_the_headers_of_the_response() -> None:
    rendered = render(
        "#set($context.responseOverride.status = 409)"
        '#set($wait = 5)#set($context.responseOverride.header.Retry-After = "$wait")'
        "#set($context.responseOverride.header.X-Mood = $input.params('X-Mood'))done"
    )
    assert rendered == Rendered("done", 409, {"Retry-After": "5", "X-Mood": "good"})


@pytest.mark.aws("API Gateway", "Mapping templates", OVERRIDES)
@pytest.mark.parametrize("name", ["status", "header.X-One"])
def test_what_is_overridden_twice_fails(name: str) -> None:
    once = f"#set($context.responseOverride.{name} = 201)"
    render(once)
    with pytest.raises(TemplateError, match="overridden twice"):
        render(once + once)


@as_referenced
def test_a_body_that_is_not_json_fails_the_template_that_reads_it() -> None:
    with pytest.raises(TemplateError, match="Could not parse request body into json"):
        render("$input.json('$.a')", "{")


def test_a_path_that_is_not_supported_is_refused_by_name() -> None:
    with pytest.raises(TemplateError, match=r"not '\$\.\.a'"):
        render("$input.json('$..a')", "{}")


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("#macro(a)#end", "#macro"),
        ("#set($context.requestOverride.header.X-One = 1)", r"\$context\.requestOverride\.header"),
        ("$util.escapeJavaScript('a')", r"\$util\.escapeJavaScript"),
        ("${stageVariables.colour}", r"\$stageVariables"),
        ("#set($text = 'a')$text.toUpperCase()", r"\.toUpperCase\(\)"),
    ],
)
def test_what_the_local_cloud_does_not_have_of_the_language_is_refused_by_name(template: str, named: str) -> None:
    with pytest.raises(ValueError, match=f"the local cloud does not support .*{named}"):
        MappingTemplate(template)
