"""One local cloud: the server and the planes behind it, from start to stop."""

from functools import partial
from types import TracebackType

from .athena_service import AthenaService
from .billing.budget_review import BudgetReview
from .billing.cost_explorer import CostExplorer
from .billing.meter import METER
from .budgets import BudgetsService
from .clients import DEFAULT_REGION, Clients
from .cloudfront import CloudFront
from .cloudwatch.metric_filters import LogsService
from .cloudwatch.metrics import Metrics
from .cognito_identity import CognitoIdentityService
from .efs_service import EfsService
from .gateway import GatewayPlane
from .iam.assumed_roles import AssumedRole
from .iam.authorizer import Authorizer
from .kinesis import KinesisPlane
from .lambda_runtime import LambdaPlane
from .moto import services as moto_services
from .outbox import Outbox
from .quicksight import QuickSight
from .quicksight.page import DashboardPages
from .s3.posted_objects import PostedObjects
from .server.application import Application
from .server.control import ControlPlane
from .server.http_server import HttpServer
from .server.process_memory import keep_flat
from .sns import SnsService
from .vpc import Network
from .waf import WafService

DEFAULT_PORT = 4566


class LocalCloud:
    """A local cloud on a loopback port; port 0 takes any free one. One at a time in a process.

    Use it as a context manager, or call `start` and `stop`. `start` raises PortInUseError if the port is taken.
    """

    def __init__(self, port: int = DEFAULT_PORT, region: str = DEFAULT_REGION) -> None:
        self._port = port
        self._region = region
        self.url = ""
        """The endpoint, as AWS_ENDPOINT_URL wants it; empty until the cloud is started."""

    def start(self) -> None:
        """Begin to answer, with nothing deployed."""
        keep_flat()
        METER.reset()
        from .athena import AthenaPlane
        from .cloudformation import CloudFormationPlane
        from .cloudwatch.watch import Watch
        from .events import Clock, Events
        from .firehose import MAX_INVOCATION_SECONDS, FirehosePlane
        from .glue import GluePlane

        self._http = HttpServer(self._port)
        self.url = self._http.url
        clients = self.clients = Clients(self.url, self._region)
        authorizer = Authorizer(clients)
        as_firehose = AssumedRole(authorizer, "firehose.amazonaws.com", "local-cloud")
        as_gateway = AssumedRole(authorizer, "apigateway.amazonaws.com", "BackplaneAssumeRoleSession")
        network = Network(authorizer, self._region)
        clock = Clock()
        metrics = Metrics(clock.ahead, clock.age)
        outbox = Outbox()
        explorer = CostExplorer(clients, self.ship_logs)
        budgets = BudgetsService(clients, explorer.spent)
        BudgetReview(budgets, outbox, clock)
        sns = SnsService(clients, outbox, clock.ahead)
        self._lambda = LambdaPlane(clients.of_service("lambda.amazonaws.com"), network, metrics)
        self._events = Events(clients, self._lambda, clock, metrics)
        clock.settle = self._lambda.settle
        watch = Watch(clients, metrics, clock, sns.publisher, self.ship_logs)
        invoke = as_firehose.invoking(partial(self._lambda.invoke, wait_seconds=MAX_INVOCATION_SECONDS))
        self._kinesis = KinesisPlane(self._region, metrics)
        self._firehose = FirehosePlane(clients.of_service("firehose.amazonaws.com"), invoke, metrics, self._kinesis)
        publish = self._events.event_bridge.publish
        self._glue = GluePlane(clients.of_service("glue.amazonaws.com"), network, publish)
        self._athena = AthenaPlane(clients)
        self.quicksight = QuickSight(clients, clock)
        cloudformation = CloudFormationPlane(clients.of_service("cloudformation.amazonaws.com"))
        cloudfront = CloudFront(self._http.effective_port, metrics)
        waf = WafService(clients, clock.ahead, metrics)
        actions = {
            "firehose": as_gateway.sending("firehose", self._firehose.put),
            "kinesis": as_gateway.sending("kinesis", self._kinesis.handle),
        }
        gateway = GatewayPlane(clients, self._lambda, actions, as_gateway.check, authorizer, metrics, waf.blocks)
        self._gateway = gateway
        self._application = Application(
            moto_services.application(),
            ControlPlane(self._firehose, clock, self._region, moto_services.stored_object, outbox),
            authorizer,
            gateway,
            sns,
            {
                "apigateway": gateway.definitions,
                "athena": AthenaService(self._athena, clients),
                "budgets": budgets,
                "ce": explorer,
                "cloudformation": cloudformation,
                "cloudfront": cloudfront.service,
                "cognito-identity": CognitoIdentityService(clients),
                "elasticfilesystem": EfsService(self._region),
                "events": self._events.event_bridge,
                "firehose": self._firehose,
                "glue": self._glue,
                "kinesis": self._kinesis,
                "lambda": self._lambda,
                "logs": LogsService(self._region),
                "monitoring": watch.service,
                "scheduler": self._events.scheduler,
                "sns": sns,
                "wafv2": waf,
                "quicksight": self.quicksight.service,
            },
            PostedObjects(authorizer),
            cloudfront.edge,
            network,
            DashboardPages(self.quicksight.dashboards),
        )
        self._http.start(self._application)

    def hold_schedules(self) -> None:
        """Run schedules by ticks alone, until `release_schedules`: no real time comes between what a caller does."""
        self._events.clock.hold()

    def release_schedules(self) -> None:
        """Run schedules by real time again."""
        self._events.clock.release()

    def ship_logs(self) -> None:
        """Store the lines of functions and of access logs in CloudWatch Logs now, rather than within half a second."""
        self._lambda.ship_logs()
        self._gateway.ship_logs()

    def stop(self) -> None:
        """End all work and forget everything."""
        self._application.is_ending = True
        self._events.stop()
        self.quicksight.stop()
        self._athena.close()
        self._glue.stop()
        self._firehose.stop()
        self._lambda.stop()
        self._gateway.stop()
        self._http.stop()
        moto_services.reset()

    def __enter__(self) -> "LocalCloud":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
