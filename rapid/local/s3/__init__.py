"""S3, where moto does not do as AWS does: bucket policies, forms that are posted to a
bucket, lifecycle configurations, access logging, copies, listings of versions."""
