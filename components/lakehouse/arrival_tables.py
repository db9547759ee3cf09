"""The Glue tables over what a delivery stream writes, by hour of arrival: processed events, and raw ones."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from contracts import Contract, glue

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"

_RAW_COLUMNS: Sequence[aws.glue.CatalogTableStorageDescriptorColumnArgsDict] = (
    {"name": "id", "type": "string", "comment": "The id that the API gave the event; unique for each accepted event"},
    {"name": "receivedat", "type": "string", "comment": "When the API took the event: ISO 8601, or epoch milliseconds"},
    {"name": "body", "type": "string", "comment": "The event as it came, JSON"},
)


def processed_table(
    name: str,
    contract: Contract,
    database: pulumi.Input[str],
    bucket: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.glue.CatalogTable:
    """The table `<source>_processed`: valid events as Parquet, under `s3://<bucket>/<source>/yyyy/MM/dd/HH/`."""
    location = _location(bucket, contract)
    return aws.glue.CatalogTable(
        name,
        name=contract.table,
        database_name=database,
        description=contract.description,
        table_type="EXTERNAL_TABLE",
        parameters=_parameters(contract.processed_retention_days, location, {"classification": "parquet"}),
        partition_keys=_PARTITION_KEYS,
        storage_descriptor={
            "location": location,
            "input_format": f"{_PARQUET}.MapredParquetInputFormat",
            "output_format": f"{_PARQUET}.MapredParquetOutputFormat",
            "ser_de_info": {"serialization_library": f"{_PARQUET}.serde.ParquetHiveSerDe"},
            "columns": [
                {"name": column.name, "type": column.type, "comment": column.comment}
                for column in glue.columns(contract)
            ],
        },
        opts=opts,
    )


def raw_table(
    name: str,
    contract: Contract,
    database: pulumi.Input[str],
    bucket: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.glue.CatalogTable:
    """The table `<source>_raw`: events as they came, gzipped JSON lines, under `s3://<bucket>/<source>/yyyy/MM/dd/HH/`.

    A line that is not JSON is a row of nulls: https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
    """
    location = _location(bucket, contract)
    return aws.glue.CatalogTable(
        name,
        name=contract.raw_table,
        database_name=database,
        description=f"{contract.description} As it came.",
        table_type="EXTERNAL_TABLE",
        parameters=_parameters(
            contract.retention_days, location, {"classification": "json", "compressionType": "gzip"}
        ),
        partition_keys=_PARTITION_KEYS,
        storage_descriptor={
            "location": location,
            "input_format": "org.apache.hadoop.mapred.TextInputFormat",
            "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "ser_de_info": {
                "serialization_library": "org.openx.data.jsonserde.JsonSerDe",
                "parameters": {"ignore.malformed.json": "true"},
            },
            "columns": _RAW_COLUMNS,
        },
        opts=opts,
    )


_PARTITION_KEYS: Sequence[aws.glue.CatalogTablePartitionKeyArgsDict] = (
    {"name": "datehour", "type": "string", "comment": "Hour of arrival, UTC: yyyy/MM/dd/HH"},
)


def _location(bucket: pulumi.Input[str], contract: Contract) -> pulumi.Output[str]:
    return pulumi.Output.concat("s3://", bucket, f"/{contract.source}/")


def _parameters(
    retention_days: int, location: pulumi.Output[str], more: Mapping[str, str]
) -> dict[str, pulumi.Input[str]]:
    """Partitions are projected, never stored: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html."""
    return {
        "EXTERNAL": "TRUE",
        **more,
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": f"NOW-{retention_days}DAYS,NOW",
        "projection.datehour.interval": "1",
        "projection.datehour.interval.unit": "HOURS",
        "storage.location.template": pulumi.Output.concat(location, "${datehour}/"),
    }
