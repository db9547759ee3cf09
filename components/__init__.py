"""What exists in AWS: Pulumi components, one a file."""
