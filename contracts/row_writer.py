"""The function of a compiled contract that writes a row as JSON, faster than an encoder that must ask for types."""

from .model import Contract, Field, FieldType

_FUNCTION = """

def json_line(row):
    \"\"\"A row as one line of JSON, newline included; a column without a value is left out.\"\"\"
    return "".join(
        (
            f'{{{{{always}',
            {perhaps},
            "}}\\n",
        )
    )
"""


def source_code(contract: Contract) -> str:
    """The function `json_line(row)`."""
    always = ['"received_at":"{row["received_at"]}"', '"ingest_id":{quote(row["ingest_id"])}']
    perhaps = []
    for field in contract.fields:
        if has_value(contract, field):
            always.append(f'"{field.column}":{_value(field, f"""row["{field.column}"]""")}')
        else:
            perhaps.append(_perhaps(field.column, _value(field, "value")))
    perhaps.append(_perhaps("extra", "{quote(value)}"))
    return _FUNCTION.format(always=",".join(always), perhaps=",\n            ".join(perhaps))


def has_value(contract: Contract, field: Field) -> bool:
    """Whether a field has a value in every row. In a row, those that have come first."""
    return field.required or field.column in (contract.primary_key.column, contract.event_time.column)


def _perhaps(column: str, value: str) -> str:
    return f"""f',"{column}":{value}' if (value := row.get("{column}")) is not None else \"\""""


def _value(field: Field, value: str) -> str:
    """The JSON text of a column's value, as an f-string writes it."""
    return {
        FieldType.STRING: f"{{quote({value})}}",
        FieldType.TIMESTAMP: f'"{{{value}}}"',
        FieldType.DATE: f'"{{{value}}}"',
        FieldType.BOOLEAN: f'{{"true" if {value} else "false"}}',
    }.get(field.type, f"{{{value}!r}}")
