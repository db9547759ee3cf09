"""Settings of every test run."""

from hypothesis import HealthCheck, settings

# Speed belongs to bench/: a slow machine must not fail a test.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
