"""What guests see: the feedback form and the menu pages, on S3 behind CloudFront."""
