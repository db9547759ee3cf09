"""S3, where moto does not do as AWS does: forms that are posted to a bucket, lifecycle configurations."""
