"""The second engine: what one machine is too slow for, done by the job's Spark executors with the same code.

Spark moves blocks of rows between tasks and runs them again where one is lost. What happens to a row is decided by the
modules that the pyarrow engine uses too.
"""
