import json
import re
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.gateway.context import Address, RequestContext
from rapid.local.gateway.mapping_template import MappingTemplate, Rendered, TemplateError
from rapid.local.gateway.velocity import MAX_ITERATIONS

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
REFERENCE = f"{_GUIDE}/api-gateway-mapping-template-reference.html"
OVERRIDES = f"{_GUIDE}/apigateway-override-request-response-parameters.html"
VTL = "https://velocity.apache.org/engine/1.7/vtl-reference.html"
as_referenced = pytest.mark.aws("API Gateway", "Mapping templates", REFERENCE)

PETS = {"pets": [{"id": 1, "type": "dog", "price": 249.99, "is_sold": True}, {"id": 2, "type": "cat"}]}


def context(**changes: Any) -> RequestContext:
    """The context of `POST /v1/pets/7?page=2&name=query`."""
    builder = EnvironBuilder(
        path="/v1/pets/7",
        method="POST",
        query_string="page=2&name=query",
        headers={"X-Mood": "good", "name": "header", "User-Agent": "tester/1"},
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    known = {
        "path_parameters": {"id": "7"},
        "resource_id": "abc123",
        "resource_path": "/pets/{id}",
        "epoch_seconds": 1_800_000_000.5,
        **changes,
    }
    address = Address("api1", "v1", "/pets/7", "/pets/7")
    variables = {"colour": "red"}
    return RequestContext(Request(builder.get_environ()), address, "api1.example.com", variables, "dep1", **known)


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
        ("$input.path('$.pets[0].type')", "dog"),
        ("$input.path('$.pets').size()", "2"),
        ("#set($pet = $input.path('$.pets[1]'))$pet.type", "cat"),
        ("$input.path('$.pets[0].is_sold')", "true"),
        ("$input.path('$.pets[1]')", "{id=2, type=cat}"),
        ("[$input.path('$.owner')]", "[]"),
        ("$input.path('$.pets[0].price')", "249.99"),
    ],
)
def test_input_gives_the_body_as_text_as_json_and_as_objects(template: str, written: str) -> None:
    assert render(template, PETS).text == written


@as_referenced
@pytest.mark.parametrize(
    ("name", "value"), [("id", "7"), ("page", "2"), ("X-Mood", "good"), ("name", "query"), ("nothing", "")]
)
def test_a_parameter_is_looked_for_in_the_path_the_query_string_and_the_headers(name: str, value: str) -> None:
    assert render(f"$input.params('{name}')").text == value


@as_referenced
def test_all_parameters_come_as_a_map_by_place() -> None:
    template = """#set($all = $input.params())
{#foreach($place in ["path", "querystring"])
#set($found = $all.get($place))
"$place": {#foreach($name in $found.keySet())
"$name": "$found.get($name)"#if($foreach.hasNext),#end
#end}#if($foreach.hasNext),#end
#end}"""
    assert json.loads(render(template).text) == {"path": {"id": "7"}, "querystring": {"page": "2", "name": "query"}}
    assert render("$input.params().header.get('X-Mood')|$input.params().header.get('none')|").text == "good||"


@as_referenced
@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("$util.escapeJavaScript($input.path('$.text'))", 'a \\"b\\"\\n it\\\'s'),
        ("$util.escapeJavaScript($input.path('$.text')).replaceAll(\"\\\\'\",\"'\")", 'a \\"b\\"\\n it\'s'),
        ("$util.base64Encode('é')", "w6k="),
        ("$util.base64Decode('w6k=')", "é"),
        ("$util.urlEncode('a b&c=é')", "a+b%26c%3D%C3%A9"),
        ("$util.urlDecode('a+b%26c%3D%C3%A9')", "a b&c=é"),
        ("#set($found = $util.parseJson($input.path('$.inner')))$found.key2.arr[0]", "1"),
    ],
)
def test_util_escapes_encodes_and_parses(template: str, written: str) -> None:
    body = {"text": 'a "b"\n it\'s', "inner": '{"key2": {"arr": [1, 2]}}'}
    assert render(template, body).text == written


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
        ("path", "/v1/pets/7"),
        ("protocol", "HTTP/1.1"),
        ("requestTime", "15/Jan/2027:08:00:00 +0000"),
        ("requestTimeEpoch", "1800000000500"),
        ("resourceId", "abc123"),
        ("resourcePath", "/pets/{id}"),
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


@as_referenced
def test_stage_variables_are_read_by_name_and_by_index() -> None:
    assert render("$stageVariables.colour $stageVariables['colour'] [$stageVariables.none]").text == "red red []"


@pytest.mark.aws("API Gateway", "Mapping templates", VTL)
@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("#set($a = 2)#set($b = $a + 1)$b", "3"),
        ("#set($name = 'x')$name-y ${name}-y", "$name-y x-y"),
        ("#set($list = ['a', 'b'])$list.size() $list.contains('b')", "2 true"),
        ('#set($map = {"k": "v"})$map.k $map.containsKey("k")', "v true"),
        ("#if($input.path('$.n') > 1)many#{else}few#end", "many"),
        ("#if($context.stage == 'v2')2#elseif($context.stage == 'v1')1#else?#end", "1"),
        ("#set($text = 'ab')#if($text.matches('a'))whole#{else}part#end", "part"),
        ("#foreach($i in [1, 2, 3])$foreach.count:$i#if($foreach.hasNext),#end#end", "1:1,2:2,3:3"),
        ("#foreach($v in {'a': 1, 'b': 2})$v#end", "12"),
        ("$unknown $!unknown", "$unknown "),
        ("## a comment\ntext", "text"),
        ("'a\\nb'", "'a\\nb'"),
    ],
)
def test_the_template_language_is_velocity_s(template: str, written: str) -> None:
    assert render(template, {"n": 2}).text == written


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


@pytest.mark.aws("API Gateway", "Limits", f"{_GUIDE}/api-gateway-execution-service-limits-table.html")
def test_a_loop_of_a_template_ends_after_a_thousand_iterations() -> None:
    body = {"items": list(range(MAX_ITERATIONS + 1))}
    assert MAX_ITERATIONS == 1_000
    written = render("#foreach($item in $input.path('$.items'))$item #end", body).text.split()
    assert written == [str(number) for number in range(1_000)]


@as_referenced
def test_a_body_that_is_not_json_fails_the_template_that_reads_it() -> None:
    with pytest.raises(TemplateError, match="Could not parse request body into json"):
        render("$input.json('$.a')", "{")


def test_a_path_that_is_not_supported_is_refused_by_name() -> None:
    with pytest.raises(TemplateError, match=r"not '\$\.\.a'"):
        render("$input.path('$..a')", "{}")
