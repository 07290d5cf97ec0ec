"""The stubs of one emulator: who answers a call, and what is wrong with a stub.

A call is looked up by its state first (for one machine, then for all), then by the function, activity or machine that
it goes to, then by its action. Every stub that is for a call keeps it; the first of them that has an answer gives it.
Without one, the real target answers.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

from asl.effects import CallTarget
from asl.resources import Resource
from emulator.answers import Reply
from emulator.aws.arns import is_arn
from emulator.driver import Driver
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.logical_ids import LogicalIds
from emulator.places import caller
from emulator.stepfunctions.service import StepFunctions
from emulator.stepfunctions.token_waits import is_within
from emulator.stubs.answers import Answer, CallsThrough, Raises, Returns, Step
from emulator.stubs.call import TaskCall
from emulator.stubs.checks import Checks
from emulator.stubs.delivery import Delivery
from emulator.stubs.given import given
from emulator.stubs.jobs import stopped_job
from emulator.stubs.mock_config import Case, MockConfig
from emulator.stubs.named import (
    Wanted,
    action_of,
    is_logical_id,
    is_named,
    name_of,
    named_by,
    read_resource,
    reference_of,
)
from emulator.stubs.owed import owed_lines
from emulator.stubs.past import past_calls
from emulator.stubs.script import Script
from emulator.stubs.started_jobs import StartedJobs, job_started_by
from emulator.stubs.steps import Held
from emulator.stubs.stub import Stub
from emulator.stubs.told import ALLOW, near_unused, why_never_called
from emulator.targets.target import PASSED, Passed, TaskState
from emulator.world import World

Unused: TypeAlias = Literal["fail", "allow"]
_NO_POSITION: Final = "the call is open while it is answered"


class Stubs:
    """The stubs of one emulator."""

    def __init__(
        self, world: World, driver: Driver, service: StepFunctions, logical_ids: LogicalIds, unused: Unused
    ) -> None:
        self._world = world
        self._driver = driver
        self._service = service
        self._logical_ids = logical_ids
        self.jobs = StartedJobs()
        """The jobs that they have started."""
        self._delivery = Delivery(world, driver, self.jobs)
        self._held = Held(logical_ids)
        self._by_state: dict[tuple[str, str], Stub] = {}
        """State and machine (empty: any) -> its stub."""
        self._by_resource: dict[Wanted, Stub] = {}
        self._scripts: dict[tuple[str, str], Script] = {}
        self._actions: dict[str, Script] = {}
        self._references: dict[str, Script] = {}
        """By ARNs first: a name alone may be one in several regions."""
        self._mocks: list[MockConfig] = []
        self._mocked: dict[tuple[str, str], int] = {}
        """Execution of a test case and state -> how many calls its mocked response has answered."""
        self._visits: dict[tuple[str, str], dict[int, int]] = {}
        """Execution and state -> the event with which each visit began -> its number."""
        self._allows_unused = unused == "allow"
        self._checks = Checks(lambda: service.store.machines.list(), logical_ids, allows_unused=self._allows_unused)
        service.on_machine.append(self._checks.check_machine)
        service.on_start.append(self._checks.check_start)
        service.tokens.answered_by = self.answered

    # What a test declares ----------------------------------------------------------------------------------------

    def task(self, name: object, machine: "StateMachine | str | None" = None) -> Stub:
        """The stub of the Task with this name, of one machine or of any: always the same one."""
        if not isinstance(name, str) or not name:
            raise EmulatorError(
                f'{placed(caller())}emulator.task({name!r}): give a state\'s name\n    fix: emulator.task("Charge")'
            )
        if machine is not None and not isinstance(machine, str | StateMachine):
            raise EmulatorError(
                f"{placed(caller())}emulator.task({name!r}, machine={machine!r}): give the machine, its name or ARN\n"
                f'    fix: emulator.task({name!r}, machine="Orders")'
            )
        of = machine.arn if isinstance(machine, StateMachine) else machine or ""
        key = name, self._as_before(name, of)
        if key not in self._by_state:
            words = f"emulator.task({name!r}{f', machine={name_of(of)!r}' if of else ''})"
            script = Script(
                words,
                caller(),
                lambda script, answer, place: self._add_to_state(key, answer, script, place),
            )
            self._checks.check_name(key, script)
            self._by_state[key], self._scripts[key] = Stub(script), script
            self._look_back(script)
        return self._by_state[key]

    def _as_before(self, name: str, of: str) -> str:
        """A machine as an earlier stub of the state names it: by its name, its ARN or its logical id."""
        others = (other for state, other in self._by_state if state == name and other and other != of)
        found = of and (name, of) not in self._by_state and self._checks.named(of)
        return next((other for other in others if found and self._checks.named(other) == found), of)

    def stub(self, resource: object) -> Stub:
        """The stub of a resource: always the same one. Raises ``EmulatorError`` for what is none."""
        try:
            return self._stub(resource)
        except EmulatorError as error:
            raise EmulatorError(f"{placed(caller())}{error}") from None

    def _stub(self, resource: object) -> Stub:
        """As ``stub``; its errors have no place."""
        wanted = read_resource(resource)
        if wanted not in self._by_resource:
            script = Script(
                f"emulator.stub({resource!r})",
                caller(),
                lambda script, answer, place: self._add_to_resource(wanted, answer, script, place),
            )
            self._by_resource[wanted] = Stub(script)
            if wanted.action:
                self._actions[wanted.action] = script
            else:
                named = {**self._references, wanted.reference: script}
                self._references = dict(sorted(named.items(), key=lambda each: not is_arn(each[0])))
            self._look_back(script)
        return self._by_resource[wanted]

    def _look_back(self, script: Script) -> None:
        """Give a new stub the calls that were made before it."""
        store = self._service.store
        executions = [*store.executions.list(), *store.children.list()]
        if executions:
            script.calls = past_calls(executions, lambda *call: script in self._scripts_for(*call))
            script.past = len(script.calls)

    def _add_to_state(self, key: tuple[str, str], answer: Answer, script: Script, place: str | None) -> None:
        self._checks.check_state(key, answer, script, place)
        if self._held.add(answer, state=key):
            self._driver.held = self._held.of

    def _add_to_resource(self, wanted: Wanted, answer: Answer, script: Script, place: str | None) -> None:
        self._checks.check_resource(wanted, answer, script, place)
        if self._held.add(answer, action=wanted.action, reference=wanted.reference):
            self._driver.held = self._held.of

    def read(self, path: Path, shown: str) -> None:
        """Declare the stubs of a file."""
        from emulator.stubs.files import read_stubs

        read_stubs(self.task, self._stub, path, shown)

    def mock_config(self, path: Path, shown: str) -> MockConfig:
        """Read a mock configuration of Step Functions Local; its test cases can be started from now on."""
        config = MockConfig(path, shown)
        self._mocks.append(config)
        self._service.check_case = self._check_case
        return config

    def use_case(self, machine: StateMachine) -> None:
        """A test case is named without the machine that a file gives it to: a file of one machine is for this one."""
        for config in self._mocks:
            config.use_for(machine)

    def _check_case(self, machine: StateMachine, name: str) -> None:
        self._case(machine, name)

    def _case(self, machine: StateMachine, name: str) -> Case:
        """The test case of a machine: of the configuration that was read last and has the machine."""
        error: EmulatorError | None = None
        for config in reversed(self._mocks):
            try:
                return config.case(machine, name)
            except EmulatorError as each:
                error = error or each
        assert error is not None, "there are test cases"
        raise error

    # What happens ------------------------------------------------------------------------------------------------

    def answer(self, execution: Execution, call: CallTarget) -> "Reply | Passed | None":
        """The reply to a call; ``None`` if it comes later; ``PASSED`` if the real target is to answer.

        Raises ``EmulatorError`` for an answer that is wrong for this call.
        """
        scripts = list(self._scripts_for(execution, call))
        if scripts:
            asked = self._asked(execution, call)
            for script in scripts:
                script.calls.append(asked)
        if self._mocks and (mocked := self._mock(execution, call)) is not None:
            return self._delivery.give(execution, call, mocked, timedelta(), lambda _start: None)
        for script in scripts:
            step = script.take(asked)
            if step is not None:
                break
        else:
            return PASSED
        if isinstance(step.answer, CallsThrough):
            return PASSED
        waits = call.resource.waits and call.resource.kind == "service"
        if step.submitted is not None and not waits and job_started_by(call.resource) is None:
            where = f"{step.place}: {script.words}" if step.place else script.words
            raise EmulatorError(
                f"{where}.submits(...): {call.resource.text} has no .sync and no .waitForTaskToken, and starts no job"
            )
        answer = self.given(step, script, asked, call.resource)
        stopped = script.stopped
        return self._delivery.give(
            execution,
            call,
            answer,
            step.delay,
            lambda start: stopped.append(stopped_job(asked, call, start)),
            step.submitted,
        )

    def _mock(self, execution: Execution, call: CallTarget) -> Returns | Raises | None:
        """The mocked answer of the execution's test case; ``None`` if that leaves the state to its real target."""
        root = _root(execution)
        if root.test_case is None:
            return None
        case = self._case(root.state_machine, root.test_case)
        response = case.states.get(call.state_name)
        if response is None:
            return None
        key = root.arn, call.state_name
        number = self._mocked[key] = self._mocked.get(key, 0) + 1
        if number > len(response.answers):
            count = "1 answer" if len(response.answers) == 1 else f"{len(response.answers)} answers"
            raise EmulatorError(
                f"{response.place}: the mocked response {response.name!r} of state {call.state_name!r} has {count}, "
                f"and this is call {number} of test case {root.test_case!r}"
            )
        return response.answers[number - 1]

    def has_answer(self, execution: Execution, call: CallTarget) -> bool:
        """Whether an answer is declared for a call, used or not."""
        root = _root(execution)
        if (case := root.test_case) and call.state_name in self._case(root.state_machine, case).states:
            return True
        return any(next(script.steps, None) is not None for script in self._scripts_for(execution, call))

    def abandon(self, execution: Execution, call: CallTarget) -> None:
        """Cancel the answer that is to come, and stop its job."""
        self._delivery.abandon(execution, call.token)

    def is_for(self, machine: StateMachine, task: TaskState) -> bool:
        """Whether a stub with an answer is for a task, by its state or its resource."""
        keys = ((task.name, of) for of in (*self._words_of(machine.arn), ""))
        scripts = [found for key in keys if (found := self._scripts.get(key)) is not None]
        resource = task.resource
        if (found := self._actions.get(action_of(resource))) is not None:
            scripts.append(found)
        reference = resource.text if resource.kind != "service" else task.literal_argument(named_by(resource))
        if reference is not None:
            scripts += self._referring_to(reference)
        return any(next(script.steps, None) is not None for script in scripts)

    def why_not(self, execution: Execution, call: CallTarget) -> str | None:
        """Why the stubs of a call that nothing answers did not answer it; ``None`` without stubs."""
        told = (script.used_up() for script in self._scripts_for(execution, call))
        return next((why for why in told if why), None)

    def near(self, execution: Execution, call: CallTarget) -> str | None:
        """The stub that was never called and is nearest to a call that nothing answers."""
        unused = [
            (key, script) for key, script in self._by_key() if not script.calls and next(script.steps, None) is not None
        ]
        return near_unused(unused, execution, call)

    def answered(self, execution: Execution, state_name: str) -> str | None:
        """The stub that has answered the state in an execution, or in one within it, with its place."""
        for _, script in self._by_key():
            asked = script.calls[script.past :] if script.has_answered else []
            if any(call.state_name == state_name and is_within(call.execution, execution) for call in asked):
                return f"{script.words} ({script.place})" if script.place else script.words
        return None

    def _scripts_for(self, execution: Execution, call: CallTarget) -> Iterator[Script]:
        if self._scripts:
            name, scripts = call.state_name, self._scripts
            machine = execution.state_machine
            arn = machine.arn.partition("/")[0]  # of an item of a distributed Map
            for of in self._words_of(arn):
                if (found := scripts.get((name, of))) is not None:
                    yield found
            if (found := scripts.get((name, ""))) is not None:
                yield found
        if self._references and (reference := reference_of(call)) is not None:
            yield from self._referring_to(reference)
        if self._actions and (found := self._actions.get(action_of(call.resource))) is not None:
            yield found

    def _words_of(self, arn: str) -> Iterator[str]:
        """What a test may call a machine: its ARN, its name, its logical ids."""
        yield arn
        yield (name := name_of(arn))
        if self._logical_ids:
            yield from self._logical_ids.of("machine", name)

    def _referring_to(self, reference: str) -> Iterator[Script]:
        """The stubs of the function, activity or machine that a Task calls."""
        for wanted, script in self._references.items():
            if is_named(reference, wanted) or is_logical_id(self._logical_ids, reference, wanted):
                yield script

    def _asked(self, execution: Execution, call: CallTarget) -> TaskCall:
        position = execution.machine.position(call.token)
        assert position is not None, _NO_POSITION
        root = _root(execution)
        visits = self._visits.setdefault((root.arn, call.state_name), {})
        entered = position.entered_event if root is execution else hash((execution.arn, position.entered_event))
        visit = visits.setdefault(entered, len(visits) + 1)
        at: datetime = self._world.now()
        return TaskCall(execution, call, position, at, visit)

    @property
    def by_action(self) -> "list[tuple[Script, Resource]]":
        """The stubs of actions, as they were declared."""
        return [(self._actions[each.action], each.resource) for each in self._by_resource if each.resource is not None]

    def given(self, step: Step, script: Script, asked: TaskCall, resource: Resource) -> Returns | Raises | None:
        """The step's answer to this call; a function of the test is asked."""
        return given(self._checks, step, script, asked, resource)

    # At the end --------------------------------------------------------------------------------------------------

    def unused(self) -> str | None:
        """A line for each planned answer that was never given; ``None`` if all were, or may be unused.

        What was begun and has no answer (``.then``, ``.after(hours=1)``) is told in any case.
        """
        unfinished = [line for _, script in self._by_key() if not script.is_told for line in script.unfinished()]
        lines = [] if self._allows_unused else list(self.unused_lines())
        return "\n".join([*unfinished, *lines, *([ALLOW] if lines else [])]) or None

    def unused_lines(self) -> Iterator[str]:
        """The planned answers that were never given, each with its place; of a stub without any call, the first."""
        for key, script in self._by_key():
            first = next(script.steps, None)
            if script.is_told:
                continue
            yield from script.unseen()
            if first is None:
                if not script.calls and (why := self._checks.why_blind(key)) is not None:
                    yield f"{placed(script.place)}{script.words} can never be called: {why}"
                continue
            if len(script.calls) == script.past:
                yield f"{placed(first.place)}{script.words} was never called{self._why_never(key, script.past)}"
            else:
                yield from owed_lines(script)

    def misspelt_lines(self) -> Iterator[str]:
        """The stubs that no Task of the machines can call, where one has a name that is near."""
        for key, script in self._by_key():
            first = next(script.steps, None)
            why = self._checks.why_blind(key)
            if first is not None and why is not None and "Did you mean" in why:
                yield f"{placed(first.place)}{script.words}: {why}"

    def _why_never(self, key: tuple[str, str] | Wanted, past: int) -> str:
        store = self._service.store
        if not past and (hint := self._checks.hint(key)):
            return hint
        executions = [*store.executions.list(), *store.children.list()]
        return why_never_called(key, store.machines.list(), executions, past)

    def _by_key(self) -> Iterator[tuple[tuple[str, str] | Wanted, Script]]:
        yield from self._scripts.items()
        for wanted in self._by_resource:
            yield wanted, self._actions[wanted.action] if wanted.action else self._references[wanted.reference]


def _root(execution: Execution) -> Execution:
    """The execution itself, or that whose map run it is a child of."""
    while execution.map_run_arn is not None and execution.parent is not None:
        execution = execution.parent
    return execution


def placed(place: str | None) -> str:
    """The beginning of a message about the test's line."""
    return f"{place}: " if place else ""
