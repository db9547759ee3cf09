"""The Glue table over the Parquet files that a delivery stream writes, partitioned by hour of arrival."""

import pulumi
import pulumi_aws as aws

from contracts import Contract, glue

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def processed_table(
    name: str,
    contract: Contract,
    database: pulumi.Input[str],
    bucket: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.glue.CatalogTable:
    """The table `<source>_processed` over `s3://<bucket>/<source>/yyyy/MM/dd/HH/`.

    Partitions are projected, never stored: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    """
    location = pulumi.Output.concat("s3://", bucket, f"/{contract.source}/")
    return aws.glue.CatalogTable(
        name,
        name=contract.table,
        database_name=database,
        description=contract.description,
        table_type="EXTERNAL_TABLE",
        parameters={
            "EXTERNAL": "TRUE",
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.datehour.type": "date",
            "projection.datehour.format": "yyyy/MM/dd/HH",
            "projection.datehour.range": f"NOW-{contract.retention_days}DAYS,NOW",
            "projection.datehour.interval": "1",
            "projection.datehour.interval.unit": "HOURS",
            "storage.location.template": pulumi.Output.concat(location, "${datehour}/"),
        },
        partition_keys=[{"name": "datehour", "type": "string", "comment": "Hour of arrival, UTC: yyyy/MM/dd/HH"}],
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
