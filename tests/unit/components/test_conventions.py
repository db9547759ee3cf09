"""What every component keeps to, so that it can be used alone and from other languages."""

import ast
import importlib
import inspect
import re
import typing
from pathlib import Path

import pulumi
import pytest

import components

HERE = Path(components.__file__).parent
FILES = sorted(HERE.rglob("*.py"))
TREES = {str(file.relative_to(HERE)): ast.parse(file.read_text()) for file in FILES}


def component_classes():
    for file in FILES:
        module = importlib.import_module(".".join(file.relative_to(HERE.parent).with_suffix("").parts))
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, pulumi.ComponentResource) and found.__module__ == module.__name__:
                yield found


COMPONENTS = list(component_classes())
by_name = pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
by_file = pytest.mark.parametrize("module", TREES)


def source(component):
    return inspect.getsource(component)


def test_the_components_of_the_platform_exist():
    platform = {"Lakehouse", "DeliveryPipeline", "IngestApi", "Curation", "Dashboards"}
    assert platform <= {found.__name__ for found in COMPONENTS}


@by_name
def test_a_component_takes_a_name_args_and_options(component):
    parameters = inspect.signature(component.__init__).parameters
    assert list(parameters) == ["self", "name", "args", "opts"]
    assert parameters["opts"].default is None
    args = parameters["args"].annotation
    assert typing.is_typeddict(args)
    assert args.__name__ == f"{component.__name__}Args"


@by_name
def test_a_component_has_a_token_of_this_package(component):
    assert f'"rapid-analytics:index:{component.__name__}"' in source(component)


@by_name
def test_a_component_registers_its_outputs_once_and_last(component):
    (constructor,) = [
        node for node in ast.walk(ast.parse(source(component))) if getattr(node, "name", "") == "__init__"
    ]
    assert source(component).count("register_outputs(") == 1
    assert ast.unparse(constructor.body[-1]).startswith("self.register_outputs(")


@by_file
def test_every_input_of_a_component_is_described(module):
    for node in TREES[module].body:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "TypedDict" for base in node.bases):
            assert ast.get_docstring(node)
            fields = node.body[1:]
            for declared, description in zip(fields[::2], fields[1::2], strict=True):
                assert isinstance(declared, ast.AnnAssign)
                assert isinstance(description, ast.Expr), f"{node.name}.{ast.unparse(declared.target)}"


@by_file
def test_annotations_are_read_at_run_time(module):
    assert "from __future__ import annotations" not in ast.unparse(TREES[module])


@by_file
def test_no_provider_is_built_and_nothing_is_looked_up(module):
    text = ast.unparse(TREES[module])
    assert "Provider(" not in text
    assert not re.search(r"\baws\.(\w+\.)?get_", text)


@by_file
def test_no_configuration_is_read(module):
    assert "pulumi.Config" not in ast.unparse(TREES[module])
