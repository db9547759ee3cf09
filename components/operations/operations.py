"""What tells people that something is wrong, and shows them what: alarms, mail, a dashboard."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, glue_job, lambda_function, names
from components.operations import dashboard
from components.operations.alarm import Alarm, metric_alarm, split
from components.operations.delivery_alarms import Read, delivery_alarms, silence_alarms
from components.operations.job_alarms import job_alarms
from components.operations.job_runs import job_runs
from components.operations.request_alarms import request_alarms, throttled_requests
from components.operations.topic import AlarmTopic
from components.operations.watched import Watched


class Mail(TypedDict):
    """Whom a stack writes to."""

    email: NotRequired[str]
    """The address. Empty or not given: nobody is told, and the deployment says so."""


class OperationsArgs(Mail, Watched):
    """Inputs of Operations, which watches every LambdaFunction and GlueJob that the program has made before it."""


class Operations(pulumi.ComponentResource):
    """Alarms that tell a topic, the topic's mail, a count of job runs, and a dashboard of CloudWatch."""

    topic: pulumi.Output[str]
    """ARN of the topic that alarms tell; budgets of the account may tell it something too."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Operations", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        email = args.get("email", "")
        if not email:
            pulumi.log.warn(
                "Nobody is told when an alarm rings: the config key notification_email is empty. "
                "Set it with: pulumi config set notification_email <address>"
            )
        topic = AlarmTopic(name, args["lakehouse"].account_id, email, self._child)
        self.topic = topic.arn
        jobs = [job.job_name for job in glue_job.MADE.so_far()]
        job_runs(f"{name}-job-runs", jobs, args["curation"].code.runtime, self._child)
        throttled_requests(f"{name}-throttled", args["ingest"].access_log_group, self._child)
        functions = [function.function_name for function in lambda_function.MADE.so_far()]
        told = pulumi.ResourceOptions(parent=self, depends_on=list(topic.resources))
        alarms = [
            metric_alarm(name, part, topic.arn, told)
            for alarm in self._alarms(args, jobs, functions)
            for part in split(alarm)
        ]
        shown = self._dashboard(args, jobs, functions, alarms)
        region = arn.region(topic.arn)
        self.outputs = {
            "alarms": [alarm.name for alarm in alarms],
            "alarm_topic_arn": topic.arn,
            "operations_dashboard": shown.dashboard_name,
            "operations_dashboard_url": pulumi.Output.format(
                "https://{0}.console.aws.amazon.com/cloudwatch/home?region={0}#dashboards/dashboard/{1}",
                region,
                shown.dashboard_name,
            ),
        }
        self.register_outputs(self.outputs)

    def _alarms(
        self, args: OperationsArgs, jobs: Sequence[pulumi.Output[str]], functions: Sequence[pulumi.Output[str]]
    ) -> list[Alarm]:
        pipelines, beside = args["pipelines"].values(), args.get("beside")
        curates = [args["curation"], *([beside.curation] if beside else [])]
        streams = [*(pipeline.stream for pipeline in pipelines), *_further_streams(args)]
        return [
            *request_alarms(args["ingest"], functions),
            *delivery_alarms(streams, _read(args)),
            *silence_alarms([(pipeline.contract, *pipeline.arrivals) for pipeline in pipelines]),
            *job_alarms(jobs, [it.job_name for it in curates], curates[0].interval_minutes),
        ]

    def _dashboard(
        self,
        args: OperationsArgs,
        jobs: Sequence[pulumi.Output[str]],
        functions: Sequence[pulumi.Output[str]],
        alarms: Sequence[aws.cloudwatch.MetricAlarm],
    ) -> aws.cloudwatch.Dashboard:
        read, beside = _read(args), args.get("beside")
        found = pulumi.Output.all(
            region=arn.region(self.topic),
            api_name=args["ingest"].api_name,
            stage=args["ingest"].stage,
            dead_letter_queue=args["ingest"].dead_letter_queue_name,
            workgroup=args["lakehouse"].workgroup,
            job_names=jobs,
            function_names=functions,
            streams={source: pipeline.stream for source, pipeline in args["pipelines"].items()},
            arrivals={source: list(pipeline.arrivals) for source, pipeline in args["pipelines"].items()},
            alarm_arns=[alarm.arn for alarm in alarms],
            data_streams=[it.data_stream for it in read],
            readers=[reader for it in read for reader in it.readers],
            further_streams=_further_streams(args),
            log_beside=beside.curation.log_group if beside else None,
        )
        stack = names.stack()
        return aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard",
            dashboard_name=names.prefix(),
            dashboard_body=found.apply(
                lambda values: json.dumps(dashboard.body(dashboard.Shown(stack=stack, **values)))
            ),
            opts=self._child,
        )


def _further_streams(args: OperationsArgs) -> list[pulumi.Output[str]]:
    """The delivery streams beside the first of each pipeline."""
    beside = args["beside"].pipelines.values() if "beside" in args else ()
    further = [stream for pipeline in args["pipelines"].values() for stream in pipeline.streams[1:]]
    return further + [stream for pipeline in beside for stream in pipeline.streams]


def _read(args: OperationsArgs) -> list[Read]:
    """The data streams of the sources that have one."""
    lakes = [args["pipelines"], *([args["beside"].pipelines] if "beside" in args else [])]
    return [
        Read(pipeline.data_stream, [reader for lake in lakes if (reader := lake[source].reading) is not None])
        for source, pipeline in args["pipelines"].items()
        if pipeline.data_stream is not None
    ]
