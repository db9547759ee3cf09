"""Running a Pulumi program in this process, with an engine of ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2

from rapid.local.deploy.changes import Changes, Mode
from rapid.local.deploy.cloud import Cloud, CloudError
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.faults import Faults
from rapid.local.deploy.monitor import ResourceMonitor
from rapid.local.deploy.project import Project
from rapid.local.deploy.records import Records
from rapid.local.deploy.targets import Graph, TargetError

# One worker makes the order of registrations, and so what a person sees, the same each time.
_REGISTRATION_WORKERS = 1
_STUCK_SECONDS = 1
"""For so long nothing moves in a program with a fault before it is taken to wait for what never comes."""


class _Worker(ThreadPoolExecutor):
    """Carries out registrations, and knows which are under way."""

    def __init__(self) -> None:
        super().__init__(_REGISTRATION_WORKERS)
        self.under_way: set[Future[Any]] = set()

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        future = super().submit(call, *arguments, **options)
        self.under_way.add(future)
        future.add_done_callback(self.under_way.discard)
        return future


class LogToStderr:
    """The part of Pulumi's engine that takes log messages."""

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        """Show what the program logs, debug messages apart."""
        if request.severity != engine_pb2.DEBUG:
            severity = engine_pb2.LogSeverity.Name(request.severity).lower()
            sys.stderr.write(f"{severity}: {request.message}\n")
        return empty_pb2.Empty()


def deploy(
    project: Project, cloud: Cloud, records: Records, events: EventStream, mode: Mode, targets: Sequence[str] = ()
) -> Deployment:
    """Run the program of a project onto a cloud, and return what came of it; failures are in the result.

    With targets, only those and what they depend on are brought about. A preview leaves everything as it is.
    Raises CloudError where the cloud does not answer, TargetError for a target that there is not.
    """
    deployment = Deployment(project.name, project.stack)
    changes = Changes(deployment, cloud, records, events, mode)
    faults = Faults(project.program)
    try:
        chosen = _chosen(project, changes, faults, targets) if targets else None
        monitor = ResourceMonitor(deployment, changes, chosen)
        _run_program(project, monitor, faults, mode is Mode.PREVIEW)
        if not deployment.failures:
            monitor.drop_departed_outputs()
    except (CloudError, TargetError):
        raise
    # A program may raise anything, SystemExit included; each is a failure of the program, none of the deployer.
    except (Exception, SystemExit) as error:
        deployment.failures.append(faults.failure(error))
        chosen = None
    changes.finish(chosen)
    return deployment


def register(project: Project, monitor: Any) -> Sequence[Failure]:
    """Run the program of a project as in a preview, its resources told to a monitor of the caller; what failed."""
    faults = Faults(project.program)
    try:
        _run_program(project, monitor, faults, dry_run=True)
    except (Exception, SystemExit) as error:
        return [faults.failure(error)]
    return []


def _chosen(project: Project, changes: Changes, faults: Faults, targets: Sequence[str]) -> frozenset[str]:
    graph = Graph(project.name, project.stack)
    _run_program(project, graph, faults, dry_run=True)
    changes.load()
    return graph.choose(targets, changes.names_before())


def _run_program(project: Project, monitor: Any, faults: Faults, dry_run: bool) -> None:
    with _inside(project.program):
        asyncio.run(_run(project, monitor, faults, dry_run))


async def _run(project: Project, monitor: Any, faults: Faults, dry_run: bool) -> None:
    loop = asyncio.get_running_loop()
    worker = _Worker()
    loop.set_default_executor(worker)
    loop.set_task_factory(faults.make_task)
    # What fails is raised once by the SDK; asyncio would print it again for every output that came of it.
    loop.set_exception_handler(lambda _loop, _context: None)
    names: dict[str, Any] = {
        "project": project.name,
        "stack": project.stack,
        "root_directory": str(project.directory),
        "organization": "organization",
    }
    pulumi.runtime.settings.reset_options(preview=dry_run, **names)
    pulumi.runtime.configure(pulumi.runtime.Settings(monitor=monitor, engine=LogToStderr(), dry_run=dry_run, **names))
    pulumi.runtime.config.set_all_config(dict(project.config), [])
    task = asyncio.current_task()
    assert task is not None
    watch = asyncio.create_task(_end_when_stuck(task, faults, worker))
    try:
        await pulumi.runtime.run_in_stack(partial(_main, faults))
    finally:
        if watch.done() and faults.first:
            raise faults.first
        watch.cancel()
        # Ctrl-C cancels this task, and what the SDK awaits at that moment may swallow it.
        if task.cancelling():
            raise asyncio.CancelledError


async def _end_when_stuck(program: asyncio.Task[Any], faults: Faults, worker: _Worker) -> None:
    """Cancel a program that has a fault and does not end: the SDK goes on to await outputs that nobody resolves now."""
    before: set[asyncio.Task[Any]] = set()
    while not (faults.first and not worker.under_way and asyncio.all_tasks() == before):
        # Among thousands of tasks, a look is worth its time only after a fault.
        before = asyncio.all_tasks() if faults.first else set()
        await asyncio.sleep(_STUCK_SECONDS)
    program.cancel()


async def _main(faults: Faults) -> None:
    try:
        # An absolute path: Python remembers what it found under a relative one after the working folder has changed.
        runpy.run_path(str(Path.cwd()), run_name="__main__")
    except BaseException as error:
        faults.first = faults.first or error
        raise
    # All registrations begin here. The SDK then awaits them one by one; where it sees none, it awaits all outputs at
    # once and, whenever one of these hundreds is done, looks at each of them again.
    await asyncio.sleep(0)


@contextlib.contextmanager
def _inside(directory: Path) -> Iterator[None]:
    """Work in the program's folder, importing from it, as Pulumi's language host does."""
    before = Path.cwd(), sys.path[:], sys.argv
    os.chdir(directory)
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = ["__main__.py"]
    try:
        yield
    finally:
        os.chdir(before[0])
        sys.path[:], sys.argv = before[1:]
