"""Who watches a stack: alarms, the topic that tells of them, what hears of job runs, a CloudWatch dashboard."""
