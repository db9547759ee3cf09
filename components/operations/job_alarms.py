"""Alarms about Glue jobs: runs that fail, curation that lags or is not there at all."""

from collections.abc import Sequence

import pulumi

from components import names
from components.jobs import curation
from components.operations.alarm import HOURS, MINUTES, Alarm, Comparison, Metric, Missing, numbered
from contracts.views import RECENT_HOURS

PERIODS_LATE = 3
"""Periods in a row with events of which none is curated."""
SILENT_HOURS = 26
"""Without any run of the curate job. One is called for each night; it may begin a minute late, wait for the run before
it, and take an hour."""


def lag_seconds(interval_minutes: int) -> int:
    """How long an event may wait from its delivery to its commit: an interval, another one for a run that is on, and
    that run. With the longest interval, 360 minutes, it is 13 of the RECENT_HOURS in which `<source>_now` finds it.
    """
    return (2 * interval_minutes + curation.TIMEOUT_MINUTES) * MINUTES


def late_period_seconds(interval_minutes: int) -> int:
    """A time in which a run takes something in, if there is something: an interval and a run, in whole hours."""
    return -(-(interval_minutes + curation.TIMEOUT_MINUTES) * MINUTES // HOURS) * HOURS


def job_alarms(
    job_names: Sequence[pulumi.Input[str]], curate_jobs: Sequence[pulumi.Input[str]], interval_minutes: int
) -> list[Alarm]:
    """The alarms of a stack's jobs, some of which curate, each of them a lake and at most once an interval."""
    own = {names.STACK_DIMENSION: names.stack()}
    lag, period = lag_seconds(interval_minutes), late_period_seconds(interval_minutes)
    return [
        Alarm(
            "jobs-failed",
            meaning="A run of a Glue job failed, was stopped or took too long. The next run does its work again.",
            first="find the run and its reason; a second failure in a row is worth an hour of your time.",
            metrics=[_runs(name, "Sum") for name in job_names],
            expression="SUM(METRICS())",
            threshold=0,
            period_seconds=HOURS,
        ),
        Alarm(
            "curation-lag",
            meaning=(
                f"An event waited more than {lag / HOURS:.3g} hours for its commit; after {RECENT_HOURS} the views "
                "<source>_now no longer find such a one."
            ),
            first="look at the runs of the curate job: do they fail, or take long?",
            metrics=[Metric(names.NAMESPACE, "Lag", own, "Maximum")],
            threshold=lag,
            period_seconds=HOURS,
        ),
        Alarm(
            "tables-late",
            meaning=(
                f"For {PERIODS_LATE * period // HOURS} hours events have been delivered and none was curated; after "
                f"{RECENT_HOURS} hours no view finds them."
            ),
            first="rapid etl run; if that helps, look for what should have started the job.",
            metrics=[Metric(names.NAMESPACE, "Rows", own), Metric(names.NAMESPACE, "Inputs", own)],
            # Nothing is told of inputs unless there are some, and AWS does not say what FILL makes of a metric that
            # was never told; a sum has a value wherever one of its series has one.
            expression="IF(m0 > 0 AND SUM([m1, 0 * m0]) < 1, 1, 0)",
            threshold=0,
            period_seconds=period,
            periods=PERIODS_LATE,
        ),
        *numbered([_silent(job) for job in curate_jobs]),
    ]


def _silent(curate_job: pulumi.Input[str]) -> Alarm:
    return Alarm(
        "curation-silent",
        meaning=f"A lake's curate job has not run for {SILENT_HOURS} hours, though each night calls for it.",
        first="rapid etl run; then look for the daily schedule, and in the log of the function that it calls.",
        metrics=[_runs(curate_job, "SampleCount")],
        threshold=1,
        comparison=Comparison.BELOW,
        period_seconds=HOURS,
        periods=SILENT_HOURS,
        missing=Missing.BAD,
        warm_up_minutes=SILENT_HOURS * 60,
    )


def _runs(job: pulumi.Input[str], statistic: str) -> Metric:
    """Runs of a job: their number, or that of the failed ones (functions/job_runs)."""
    dimensions = {names.STACK_DIMENSION: names.stack(), "JobName": job}
    return Metric(names.NAMESPACE, "JobFailed", dimensions, statistic)
