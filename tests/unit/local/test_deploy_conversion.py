import zipfile
from io import BytesIO

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import assume, given
from hypothesis import strategies as st

from rapid.local.deploy.assets import Archive, Asset
from rapid.local.deploy.conversion import to_parameters
from rapid.local.deploy.errors import DeployError, PropertyError

MODELS = {
    service: ServiceModel(Loader().load_service_model(service, "service-2"), service)
    for service in ("athena", "glue", "lambda", "sqs")
}
QUEUE = {"name": "QueueName", "delaySeconds": "Attributes.DelaySeconds", "fifoQueue": "Attributes.FifoQueue"}


def shape(service, operation):
    return MODELS[service].operation_model(operation).input_shape


def function(properties, renames=None):
    return to_parameters(shape("lambda", "CreateFunction"), properties, {"name": "FunctionName", **(renames or {})})


def test_a_property_finds_its_member_letter_case_apart():
    assert function({"memorySize": 128, "tracingConfig": {"mode": "Active"}}) == {
        "MemorySize": 128,
        "TracingConfig": {"Mode": "Active"},
    }


def test_several_properties_may_fill_one_map():
    parameters = to_parameters(shape("sqs", "CreateQueue"), {"name": "q", "delaySeconds": 5, "fifoQueue": True}, QUEUE)
    assert parameters == {"QueueName": "q", "Attributes": {"DelaySeconds": "5", "FifoQueue": "true"}}


def test_a_rename_may_lead_into_a_structure_that_another_property_fills():
    renames = {"zip": "Code.ZipFile"}
    assert function({"code": {"s3Key": "k"}, "zip": "x"}, renames) == {"Code": {"S3Key": "k", "ZipFile": b"x"}}
    assert function({"zip": "x", "code": {"s3Key": "k"}}, renames) == {"Code": {"S3Key": "k", "ZipFile": b"x"}}


def test_the_keys_of_a_map_stay_as_they_are():
    assert function({"environment": {"variables": {"camelCase": "a", "UPPER": "b"}}})["Environment"] == {
        "Variables": {"camelCase": "a", "UPPER": "b"}
    }


def test_tags_become_pairs_where_the_api_wants_pairs():
    parameters = to_parameters(shape("athena", "CreateWorkGroup"), {"tags": {"team": "kitchen"}}, {})
    assert parameters == {"Tags": [{"Key": "team", "Value": "kitchen"}]}
    assert function({"tags": {"team": "kitchen"}}) == {"Tags": {"team": "kitchen"}}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"memorySize": "lots"}, "property memorySize: takes a whole number, not 'lots'"),
        ({"memorySize": 1.5}, "property memorySize: takes a whole number, not 1.5"),
        ({"memorySize": True}, "property memorySize: takes a whole number, not True"),
        ({"publish": "yes"}, "property publish: takes true or false, not 'yes'"),
        ({"layers": "arn"}, "property layers: takes a list, not 'arn'"),
        ({"environment": []}, "property environment: takes an object, not a list"),
        ({"environment": {"variables": ["A"]}}, "property environment.variables: takes an object, not a list"),
        ({"handler": {"a": 1}}, "property handler: takes text, not an object"),
        ({"handler": Asset(text="x")}, "property handler: takes text, not an asset"),
        ({"vpcConfig": {"subnetIds": [{}]}}, "property vpcConfig.subnetIds[0]: takes text, not an object"),
        ({"runtime": "python3.133"}, "property runtime: does not take 'python3.133'; near: python3.13"),
        ({"memory": 1}, "property memory: is not known here; near: memorySize"),
        ({"nmae": "f"}, "property nmae: is not known here; near: name"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_naming_the_property(properties, message):
    with pytest.raises(PropertyError) as caught:
        function(properties)
    assert message in str(caught.value)


@given(st.from_regex(r"[a-z][A-Za-z]{1,20}", fullmatch=True))
def test_a_property_that_no_member_answers_to_is_refused_and_never_dropped(name):
    database = shape("glue", "CreateDatabase").members["DatabaseInput"]
    assume(name.lower() not in {member.lower() for member in database.members})
    with pytest.raises(PropertyError) as caught:
        to_parameters(database, {"name": "lake", name: "value"}, {})
    assert caught.value.path == name


def test_an_archive_has_the_same_bytes_each_time_whatever_the_order_of_its_files(tmp_path):
    (tmp_path / "a.py").write_text("A = 1\n")
    one = Archive(assets={"x.py": Asset(text="x"), "lib": Archive(path=str(tmp_path))})
    other = Archive(assets={"lib": Archive(path=str(tmp_path)), "x.py": Asset(text="x")})
    assert one.read() == other.read()
    with zipfile.ZipFile(BytesIO(one.read())) as archive:
        assert archive.namelist() == ["lib/a.py", "x.py"]
        assert archive.read("lib/a.py") == b"A = 1\n"


def test_a_zip_file_is_taken_as_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("handler.py", "pass")
    path = str(tmp_path / "code.zip")
    assert Archive(path=path).read() == (tmp_path / "code.zip").read_bytes()
    assert dict(Archive(assets={"inner": Archive(path=path)}).files()) == {"inner/handler.py": b"pass"}


def test_a_missing_file_is_named():
    with pytest.raises(DeployError, match=r"the asset nowhere\.py cannot be read: No such file"):
        Archive(assets={"handler.py": Asset(path="nowhere.py")}).read()
