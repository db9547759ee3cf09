"""CloudWatch of the local cloud: log lines that are shipped to it, metrics in them, metrics of our planes."""
