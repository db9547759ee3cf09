"""What makes data files of delivered objects: pyarrow in the job's own process, or Spark on its executors."""
