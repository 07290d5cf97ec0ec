"""Map runs on the time line: carries out a machine's effects for its Distributed Maps, and answers with events.

A child starts once everything else that can proceed has done so. Therefore, of ten thousand children that do not
wait, only a few exist at a time; children that wait run at the same virtual time, as on AWS. Of the ended children,
each run keeps the newest ``KEPT`` that succeeded and the first ``KEPT`` that did not, with their histories; of the
others it keeps only what ListExecutions returns.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, TypeVarTuple, assert_never

from asl.effects import (
    CloseMapRun,
    MapRunEffect,
    OpenMapRun,
    ReadItems,
    StartChild,
    StopChildren,
    WriteResults,
)
from asl.errors import ITEM_READER_FAILED, RESULT_WRITER_FAILED
from asl.events import ChildEnded, Event, ItemsRead, MapRunBroken, ResultsWritten, Stop, Token
from asl.values import encode
from emulator.aws.arns import region_of
from emulator.driver import Driver
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.distributed_map.map_run import Child, MapRun
from emulator.stepfunctions.distributed_map.objects import ReaderError
from emulator.stepfunctions.distributed_map.readers import Page, pages, read_items
from emulator.stepfunctions.distributed_map.results import ResultFiles, WriterError, child_result, describe_pending
from emulator.stepfunctions.store import Store
from emulator.world import World

KEPT: Final = 1000
Given = TypeVarTuple("Given")


class MapRunRunner:
    """Opens map runs, starts their children, and closes them; the store keeps both."""

    def __init__(self, world: World, driver: Driver, store: Store) -> None:
        self._world = world
        self._driver = driver
        self._store = store
        self._of_token: dict[tuple[str, int], MapRun] = {}
        self._places: dict[str, tuple[MapRun, int]] = {}
        """ARN of a running child -> its run and its number."""
        self._starting = False
        driver.map_runs = self
        driver.on_status.append(self._child_changed)

    def do(self, parent: Execution, effect: MapRunEffect) -> None:
        """Carry out an effect of the machine of ``parent``."""
        if isinstance(effect, OpenMapRun):
            self._open(parent, effect)
            return
        run = self._of_token.get((parent.arn, effect.token))
        if run is None:
            return
        match effect:
            case ReadItems():
                self._driver.timeline.soon(self._read, run, effect)
            case StartChild():
                self._queue(run, effect)
            case StopChildren():
                self._stop(run)
            case WriteResults():
                self._driver.timeline.soon(self._write, run, effect)
            case CloseMapRun(status=status):
                self._close(run, status)
            case _:
                assert_never(effect)

    def _open(self, parent: Execution, opened: OpenMapRun) -> None:
        program = parent.machine.program.processors[opened.state_name]
        above, now = parent.state_machine, self._driver.timeline.clock.now()
        arn, name = f"{above.arn}/{opened.label}", f"{above.name}/{opened.label}"
        position = parent.machine.position(opened.token)
        machine = StateMachine(
            arn, name, program, above.role_arn, above.created_at, above.source, logging=above.logging
        )
        files = ResultFiles(opened.transformation, opened.output_type) if opened.exports else None
        run = MapRun(
            opened,
            parent,
            machine,
            now,
            opened.max_concurrency,
            opened.tolerated_failure_count or 0,
            opened.tolerated_failure_percentage or 0.0,
            files,
            read=opened.total or 0,
            around=(*parent.items, *(() if position is None else position.items)),
        )
        self._of_token[parent.arn, opened.token] = run
        self._store.map_runs.put(run)
        parent.map_runs = self

    def children(self, execution: Execution) -> list[Execution]:
        """The children of the execution's map runs that are kept, in the order of their starts."""
        runs = self._store.map_runs.list(execution.arn)
        return [child for run in runs for child in self._store.children.list(run.arn)]

    def forgotten(self, execution: Execution) -> int:
        """How many children of its map runs are not kept any more."""
        started = sum(len(run.children) for run in self._store.map_runs.list(execution.arn))
        return started - len(self.children(execution))

    # Items -----------------------------------------------------------------------------------------------------------

    def _read(self, run: MapRun, asked: ReadItems) -> None:
        """Hand over the next page. The page after it is read too, to find out whether it exists."""
        if run.status != "RUNNING":
            return
        try:
            if run.pages is None:
                client = self._world.internal_client("s3", region=region_of(run.arn))
                items = read_items(client, asked.resource, asked.argument.value, asked.config)
                run.pages = pages(items, start=asked.start, max_items=asked.max_items)
                run.next_page = next(run.pages, None)
            page, run.next_page = run.next_page or Page((), "", None), next(run.pages, None)
        except ReaderError as error:
            self._tell(run, MapRunBroken, ITEM_READER_FAILED, str(error))
            return
        more = run.next_page is not None
        run.read += len(page.items)
        self._tell(run, ItemsRead, page.items, page.source, page.keys, more)

    # Children --------------------------------------------------------------------------------------------------------

    def _queue(self, run: MapRun, start: StartChild) -> None:
        run.queued.append(start)
        if not self._starting:
            self._starting = True
            self._driver.timeline.soon(self._start_next)

    def _start_next(self) -> None:
        """Start one child; the next follows when everything else has had its turn."""
        run = next((run for run in self._of_token.values() if run.queued), None)
        self._starting = run is not None
        if run is not None:
            self._start(run, run.queued.popleft())
            self._driver.timeline.soon(self._start_next)

    def _start(self, run: MapRun, start: StartChild) -> None:
        now = self._driver.timeline.clock.now()
        child = Execution(run.child_arn(start.name), start.name, run.machine, start.input, now)
        child.map_run_arn, child.parent = run.arn, run.parent
        child.items = (*run.around, start.child)
        run.running[start.child] = child
        self._store.children.put(child)
        self._places[child.arn] = run, start.child
        run.executions.running += 1
        run.items.running += start.items
        assert len(run.children) == start.child, "children start in order"
        run.children.append(Child(start.name, start.items, now))
        self._driver.begin(child, region=region_of(run.arn), seed=start.name)

    def _child_changed(self, child: Execution) -> None:
        """When a child has ended: count it, take its result, and inform the machine that waits for it."""
        if child.finish is None or child.map_run_arn is None:
            return
        run, number = self._places.pop(child.arn)
        del run.running[number]
        summary, status = run.children[number], child.finish.status
        summary.status, summary.stopped_at = status, child.stopped_at
        run.executions.ended(status, 1)
        run.items.ended(status, summary.items)
        self._keep(run, child)
        if run.status == "RUNNING":
            text = child_result(child, run.opened.transformation, exports=run.opened.exports)
            if run.files is not None:
                run.files.add(status, text)
            result = None if run.files is not None else text
            self._tell(run, ChildEnded, number, status, result)

    def _keep(self, run: MapRun, child: Execution) -> None:
        succeeded, others = run.kept
        if child.status == "SUCCEEDED":
            succeeded.append(child.arn)
            if len(succeeded) > KEPT:
                self._forget(succeeded.popleft())
        elif len(others) < KEPT:
            others.append(child.arn)
        else:
            self._forget(child.arn)

    def _forget(self, arn: str) -> None:
        child = self._store.children.get(arn)
        self._store.children.delete(arn)
        if child is not None:
            child.machine.let_go()

    def _stop(self, run: MapRun) -> None:
        """Stop every child; those that have not started are reported as pending."""
        for child in list(run.running.values()):
            self._driver.send(child, lambda at: Stop(at), at=self._driver.timeline.clock.now())
        while run.queued:
            start = run.queued.popleft()
            run.executions.pending += 1
            run.items.pending += start.items
            if run.files is not None:
                run.files.add("PENDING", describe_pending(start.input, run.machine.arn))
            self._tell(run, ChildEnded, start.child, "PENDING", None)

    # The end ---------------------------------------------------------------------------------------------------------

    def _write(self, run: MapRun, asked: WriteResults) -> None:
        if run.status != "RUNNING" or run.files is None:
            return
        request: Any = asked.argument.value
        bucket, prefix = request.get("Bucket"), request.get("Prefix", "")
        for text in asked.pending:
            run.files.add("PENDING", describe_pending(text, run.machine.arn))
        run.executions.pending += len(asked.pending)
        try:
            if not isinstance(bucket, str) or not isinstance(prefix, str):
                raise WriterError(
                    f"The Bucket and Prefix of the ResultWriter must be strings, but were {encode(request)}"
                )
            client = self._world.internal_client("s3", region=region_of(run.arn))
            key = run.files.write(client, bucket, prefix, run.arn)
        except WriterError as error:
            self._tell(run, MapRunBroken, RESULT_WRITER_FAILED, str(error))
            return
        details = encode({"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}})
        self._tell(run, ResultsWritten, details)

    def _close(self, run: MapRun, status: Literal["SUCCEEDED", "FAILED", "ABORTED"]) -> None:
        run.status, run.stopped_at = status, self._driver.timeline.clock.now()
        del self._of_token[run.parent.arn, run.opened.token]
        self._store.map_runs.put(run)
        self._stop(run)
        run.pages = run.next_page = None
        if run.files is not None:
            run.files.close()

    def _tell(self, run: MapRun, event: Callable[[datetime, Token, *Given], Event], *given: *Given) -> None:
        """Send ``event(time, the run's token, *given)`` to its machine, as long as the run is running."""
        if run.status == "RUNNING":
            token = run.opened.token
            self._driver.send(run.parent, event, token, *given, at=self._driver.timeline.clock.now())

    def close(self) -> None:
        """Release the files of unfinished runs."""
        for run in self._of_token.values():
            if run.files is not None:
                run.files.close()
