"""The function of a compiled contract that writes a row as JSON, faster than an encoder that must ask for types."""

from .model import Contract, Field, FieldType

_FUNCTION = '''

def json_line(row):
    """A row as one line of JSON, newline included; a column without a value is left out."""
    return "".join(
        (
            f'{{{{"received_at":"{{row["received_at"]}}","ingest_id":{{quote(row["ingest_id"])}}',
            {columns},
            "}}\\n",
        )
    )
'''


def source_code(contract: Contract) -> str:
    """The function `json_line(row)`."""
    columns = [_column(field.column, _value(field)) for field in contract.fields]
    return _FUNCTION.format(columns=",\n            ".join([*columns, _column("extra", "{quote(value)}")]))


def _column(name: str, value: str) -> str:
    return f"""f',"{name}":{value}' if (value := row.get({name!r})) is not None else \"\""""


def _value(field: Field) -> str:
    return {
        FieldType.STRING: "{quote(value)}",
        FieldType.TIMESTAMP: '"{value}"',
        FieldType.DATE: '"{value}"',
        FieldType.BOOLEAN: '{"true" if value else "false"}',
    }.get(field.type, "{value!r}")
