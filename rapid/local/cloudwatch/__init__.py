"""CloudWatch of the local cloud: the metrics of our planes, and those that stand in log lines; the rest is moto's."""
