import pytest

from components import lambda_code


@pytest.fixture
def functions(tmp_path):
    for path in ("ingest/handler.py", "ingest/pack.py", "shared/__init__.py", "shared/envelope.py"):
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"# {path}\n")
    return tmp_path


def texts(archive):
    return {path: asset.text for path, asset in archive.assets.items()}


def test_the_zip_holds_the_function_the_shared_modules_and_the_compiled_contracts(functions, orders):
    assert set(texts(lambda_code.archive("ingest", [orders], functions))) == {
        "handler.py",
        "pack.py",
        "shared/__init__.py",
        "shared/envelope.py",
        "compiled/__init__.py",
        "compiled/orders.py",
    }


def test_the_compiled_contract_checks_events(functions, orders):
    compiled = {}
    exec(texts(lambda_code.archive("ingest", [orders], functions))["compiled/orders.py"], compiled)
    _, errors = compiled["check"]({})
    assert "price" in {error["field"] for error in errors}


def test_the_same_files_make_the_same_zip(functions, orders):
    def ordered():
        return list(texts(lambda_code.archive("ingest", [orders], functions)).items())

    before = ordered()
    (functions / "ingest" / "__pycache__").mkdir()
    (functions / "ingest" / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"\0")
    assert ordered() == before


def test_a_function_without_handler_is_refused_naming_the_file(functions):
    with pytest.raises(lambda_code.FunctionCodeError, match=r"transform/handler\.py: not found"):
        lambda_code.archive("transform", [], functions)


def test_distributions_lie_in_the_zip_with_their_licences(functions):
    found = texts(lambda_code.archive("ingest", [], functions, distributions=["ldap3", "pyasn1"]))
    assert {"ldap3/__init__.py", "ldap3/core/connection.py", "pyasn1/codec/ber/decoder.py"} <= set(found)
    licences = [path for path in found if "LICENSE" in path]
    assert {path.split("-")[0] for path in licences} == {"ldap3", "pyasn1"}
    assert not [path for path in found if "__pycache__" in path or path.startswith((".", "/"))]


def test_a_compiled_distribution_is_refused_by_name(functions):
    with pytest.raises(lambda_code.FunctionCodeError, match=r"^PyYAML: yaml/.* is compiled"):
        lambda_code.archive("ingest", [], functions, distributions=["PyYAML"])


def test_texts_lie_beside_the_handler(functions):
    assert texts(lambda_code.archive("ingest", [], functions, texts={"ca.pem": "PEM"}))["ca.pem"] == "PEM"


@pytest.mark.parametrize("function", ["authorizer", "ingest", "transform"])
def test_the_functions_of_the_platform_have_their_code(function, orders):
    assert "handler.py" in texts(lambda_code.archive(function, [orders]))
