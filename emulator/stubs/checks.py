"""What is wrong with a stub: a state or a resource that no machine has, and an answer that the resource cannot give.

A stub by resource is checked when it gets an answer. One by state is checked then against every machine that has the
state, and against each machine that is created or started later.
"""

from collections.abc import Callable, Iterable

from asl.problems import nearest
from asl.resources import Resource
from emulator.errors import EmulatorError
from emulator.execution import StateMachine
from emulator.logical_ids import LogicalIds
from emulator.stubs.answers import Answer
from emulator.stubs.named import Wanted, action_of, is_logical_id, is_named, name_of
from emulator.stubs.requested import sees_requests
from emulator.stubs.script import Script
from emulator.stubs.shapes import problem_of
from emulator.stubs.steps import wrong_step
from emulator.stubs.told import words_of


class Checks:
    """Checks stubs against the machines that ``machines()`` gives."""

    def __init__(
        self,
        machines: Callable[[], Iterable[StateMachine]],
        logical_ids: LogicalIds,
        *,
        allows_unused: bool = False,
    ) -> None:
        self._machines = machines
        self._logical_ids = logical_ids
        self._allows_unused = allows_unused
        self._passed: dict[str, tuple[StateMachine, int]] = {}
        """A machine's ARN -> the machine that was checked, and the number of answers then."""
        self._stated: dict[tuple[str, str], list[tuple[Answer, Script, str | None]]] = {}
        """State and machine -> its answers, each with its stub and the test's line."""
        self._resources: dict[Wanted, Script] = {}
        """The stubs by resource that have answers."""

    def check_name(self, key: tuple[str, str], script: Script) -> None:
        """Raise ``EmulatorError`` for a machine that exists and lacks the state, or if all lack it and one is near."""
        name, of = key
        machines = [machine for machine in self._machines() if self._is_of(machine, of)]
        if not machines and of:
            self._check_machine_name(name_of(of), script)
        if not machines or any(name in _tasks(machine) for machine in machines):
            return
        place, told = _placed(script), script.is_told
        script.is_told = True
        for machine in machines:
            kinds = {state.name: state.type for _, state in machine.program.block.walk()}
            if name in kinds:
                raise EmulatorError(
                    f"{place}{script.words}: {name} is a {kinds[name]} state; only a Task calls something"
                )
        near = nearest(name, [task for machine in machines for task in _tasks(machine)])
        if near or of:
            where = "the state machine" if of else "no state machine"
            hint = f"\n    Did you mean {near[0]!r}?" if near else ""
            lacks = f"{where} has no Task of this name" if of else f"{where} has a Task of this name"
            raise EmulatorError(f"{place}{script.words}: {lacks}{hint}")
        script.is_told = told

    def _check_machine_name(self, of: str, script: Script) -> None:
        near = self._near_machines(of)
        if near:
            script.is_told = True
            raise EmulatorError(
                f"{_placed(script)}{script.words}: there is no state machine {of!r}\n    Did you mean {near[0]!r}?"
            )

    def _near_machines(self, of: str) -> list[str]:
        names = [machine.name for machine in self._machines()]
        return nearest(of, [*names, *self._logical_ids.known("machine")])

    def _is_of(self, machine: StateMachine, of: str) -> bool:
        return not of or is_named(machine.arn, of) or of in self._logical_ids.of("machine", machine.name)

    def named(self, of: str) -> list[str]:
        """The ARNs of the machines with this name, ARN or logical id."""
        return [machine.arn for machine in self._machines() if self._is_of(machine, of)]

    def _check_pattern(self, wanted: Wanted, script: Script) -> None:
        """Raise ``EmulatorError`` for an action that no Task calls, if one calls it with another pattern."""
        resource = wanted.resource
        if resource is None:
            return
        tasks = [task for machine in self._machines() for task in machine.program.tasks]
        same = [
            each.resource
            for each in tasks
            if (each.resource.service, each.resource.action) == (resource.service, resource.action)
        ]
        if same and all(each.pattern != resource.pattern for each in same):
            script.is_told = True
            raise EmulatorError(
                f"{_placed(script)}{script.words}: no Task calls it\n    Did you mean {action_of(same[0])!r}?"
            )

    def check_state(self, key: tuple[str, str], answer: Answer, script: Script, place: str | None) -> None:
        """Check a new answer of a stub by state, and keep it for machines that are to come."""
        self.check_name(key, script)
        for machine in self._machines():
            if self._is_of(machine, key[1]):
                self._check(machine, key[0], answer, script, place)
        self._stated.setdefault(key, []).append((answer, script, place))

    def check_machine(self, machine: StateMachine) -> None:
        """Check every answer of a stub by state against a machine that is created."""
        wrong: list[str] = []
        for (name, of), answers in self._stated.items():
            for answer, script, place in answers if self._is_of(machine, of) else ():
                try:
                    self._check(machine, name, answer, script, place)
                except EmulatorError as error:
                    wrong.append(str(error))
        if wrong:
            raise EmulatorError("\n".join(wrong))

    def check_start(self, machine: StateMachine) -> None:
        """Check what is known when a machine starts: also the names of states, unless unused stubs are allowed."""
        count = sum(map(len, self._stated.values())) + len(self._resources)
        passed = self._passed.get(machine.arn)
        if passed is not None and passed[0] is machine and passed[1] == count:
            return
        self.check_machine(machine)
        if not self._allows_unused:
            for key, answers in self._stated.items():
                self.check_name(key, answers[0][1])
            for wanted, script in self._resources.items():
                self._check_pattern(wanted, script)
        self._passed[machine.arn] = machine, count

    def check_resource(self, wanted: Wanted, answer: Answer, script: Script, place: str | None) -> None:
        """Check a new answer of a stub by resource."""
        self._resources[wanted] = script
        if wanted.resource is not None:
            self.check_answer(wanted.resource, answer, f"{place}: {script.words}" if place else script.words)

    def check_answer(self, resource: Resource, answer: Answer, where: str) -> None:
        """Raise ``EmulatorError``, which begins with ``where``, for an answer that the resource cannot give."""
        problem = wrong_step(resource, answer) or problem_of(resource, answer)
        if problem is not None:
            raise EmulatorError(f"{where}: {problem}")

    def hint(self, key: "tuple[str, str] | Wanted") -> str:
        """What the machines lack, or have that is near, of a stub that was never called."""
        lacks, near = self._lacks(key)
        if near:
            return f". {lacks}Did you mean {near[0]!r}?"
        return f". {lacks}".rstrip() if lacks else ""

    def why_blind(self, key: "tuple[str, str] | Wanted") -> str | None:
        """Why a stub that only looks can never see a call; ``None`` if it can, or if there is no machine yet."""
        if isinstance(key, Wanted):
            words = [word for machine in self._machines() for task in machine.program.tasks for word in words_of(task)]
            word = key.action or name_of(key.reference)
            is_known = word in words or not words
            if not is_known and not key.action:  # a name may be known only when it is called
                is_known = "" in words or any(is_logical_id(self._logical_ids, each, key.reference) for each in words)
            why = "no Task calls it"
        else:
            machines = list(self._machines())
            is_known = not machines or any(
                key[0] in _tasks(machine) for machine in machines if self._is_of(machine, key[1])
            )
            why = "there is no such Task"
        hint = "" if is_known else self.hint(key)
        is_asked = isinstance(key, Wanted) and key.resource is not None and sees_requests(key.resource) and not hint
        return None if is_known or is_asked else f"{why}{hint}"

    def _lacks(self, key: "tuple[str, str] | Wanted") -> tuple[str, list[str]]:
        """What there is not, as a sentence, and the nearest words."""
        if isinstance(key, Wanted):
            tasks = [task for machine in self._machines() for task in machine.program.tasks]
            known = {word for task in tasks for word in words_of(task)}
            word = key.action or name_of(key.reference)
            known |= set(() if key.action else self._logical_ids.known("function", "machine", "activity"))
        else:
            word, of = key[0], key[1]
            if of and not any(self._is_of(machine, of) for machine in self._machines()):
                return f"There is no state machine {name_of(of)!r}. ", self._near_machines(name_of(of))
            known = {task for machine in self._machines() for task in _tasks(machine)}
        return "", [] if word in known else nearest(word, [each for each in known if each and each != word])

    def _check(self, machine: StateMachine, name: str, answer: Answer, script: Script, place: str | None) -> None:
        resource = _tasks(machine).get(name)
        if resource is not None:
            try:
                self.check_answer(resource, answer, f"{place}: {script.words}" if place else script.words)
            except EmulatorError:
                script.is_told = True
                raise


def _placed(script: Script) -> str:
    """The beginning of a message about a stub: the test's line that made it."""
    return f"{script.place}: " if script.place else ""


def _tasks(machine: StateMachine) -> dict[str, Resource]:
    """Name of each Task of the machine -> its resource."""
    return {task.name: task.resource for task in machine.program.tasks}
