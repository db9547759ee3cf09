"""The scripts that Glue starts, a file a job: arguments, one turn a source or file, reports, metrics."""
