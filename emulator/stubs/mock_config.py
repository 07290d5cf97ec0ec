"""``MockConfigFile.json`` of Step Functions Local, read unchanged: answers of test cases, by state.

``StateMachines.<machine>.TestCases.<case>.<state>`` names one of ``MockedResponses``, whose keys are the numbers of the
state's calls in an execution, from 0, alone (``"0"``) or as a range (``"1-2"``): retries, further visits and the items
of a Map count on. ``Return`` is the task's whole result, to which nothing is added and which is not checked; ``Throw``
has ``Error``, and may have ``Cause``. A state that the case does not name calls its real target. A file may have
sections of its own besides.

An execution is one of a case when it is started with the ARN ``<state machine>#<case>``. Source: developer guide,
"Testing state machines with mocked service integrations".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asl.problems import did_you_mean, join
from asl.values import encode
from emulator.errors import EmulatorError
from emulator.execution import StateMachine
from emulator.stubs.answers import Raises, Returns
from emulator.stubs.json_text import JsonFile

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Response:
    """A mocked response: its answers, one for each call, in order."""

    name: str
    place: str
    answers: tuple[Returns | Raises, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: the response of each state."""

    machine: str
    name: str
    file: JsonFile
    states: Mapping[str, Response]

    def check(self, machine: StateMachine) -> None:
        """Raise ``EmulatorError`` for states that the machine does not have, or that are no Tasks."""
        kinds = {state.name: state.type for _, state in machine.program.block.walk()}
        tasks = {task.name for task in machine.program.tasks}
        told = []
        for name in self.states:
            at = join("", "StateMachines", self.machine, "TestCases", self.name, name)
            place = self.file.place(at)
            if name not in kinds and name not in tasks:
                hint = did_you_mean(name, tasks)
                told.append(f"{place}: {machine.name} has no state {name!r}" + (f"\n    {hint}" if hint else ""))
            elif name not in tasks:
                told.append(f"{place}: {name} is a {kinds[name]} state; only a Task has a mocked response")
        if told:
            raise EmulatorError("\n".join(told))


class MockConfig:
    """The test cases of one file. Raises ``EmulatorError`` with every mistake of it."""

    def __init__(self, path: Path, shown: str) -> None:
        self._file = file = JsonFile(path, shown, "a mock configuration")
        self._also: dict[str, dict[str, Case]] = {}
        """Names of other machines that have the cases of the file's only one."""
        self._checked: dict[tuple[str, str], StateMachine] = {}
        file.known(file.value, "", ("StateMachines", "MockedResponses"), others=True)
        for key in ("StateMachines", "MockedResponses"):
            if key not in file.value:
                file.wrong("", f'"{key}" is missing')
        given = file.object(file.value.get("MockedResponses", {}), "/MockedResponses")
        responses = {name: _response(file, name, each) for name, each in given.items()}
        machines = file.object(file.value.get("StateMachines", {}), "/StateMachines")
        self._machines = {name: _cases(file, name, each, responses) for name, each in machines.items()}
        file.check()

    @property
    def machines(self) -> dict[str, list[str]]:
        """The names of the state machines, and of the test cases of each."""
        return {name: list(cases) for name, cases in self._machines.items()}

    def case(self, machine: StateMachine, name: str) -> Case:
        """The test case of a machine; raises ``EmulatorError`` for one that is not there, or is wrong for the machine.

        The machine has the name that the file gives it, or one that CloudFormation made of it.
        """
        cases = self._machines.get(machine.name) or self._also.get(machine.name)
        if cases is None:
            made = [each for each in self._machines if f"-{each}-" in f"-{machine.name}-"]
            cases = self._machines[made[0]] if len(made) == 1 else None
        if cases is None:
            hint = did_you_mean(machine.name, self._machines) or f"There are: {', '.join(self._machines) or 'none'}"
            raise EmulatorError(f"{self._file.shown} has no state machine {machine.name!r}\n    {hint}")
        if name not in cases:
            hint = did_you_mean(name, cases) or f"There are: {', '.join(cases) or 'none'}"
            raise EmulatorError(f"{self._file.shown}: {machine.name} has no test case {name!r}\n    {hint}")
        found = cases[name]
        if self._checked.get((machine.arn, name)) is not machine:
            found.check(machine)
            self._checked[machine.arn, name] = machine
        return found

    def use_for(self, machine: StateMachine) -> None:
        """If the file has one state machine only: its test cases are those of this one, too, whatever its name."""
        if len(self._machines) == 1:
            self._also[machine.name] = next(iter(self._machines.values()))


def _cases(file: JsonFile, machine: str, given: Any, responses: Mapping[str, Response]) -> dict[str, Case]:
    at = join("", "StateMachines", machine)
    body = file.object(given, at)
    file.known(body, at, ("TestCases",))
    at = join(at, "TestCases")
    cases: dict[str, Case] = {}
    for name, states in file.object(body.get("TestCases", {}), at).items():
        here = join(at, name)
        named: dict[str, Response] = {}
        for state, response in file.object(states, here).items():
            if isinstance(response, str) and response in responses:
                named[state] = responses[response]
                continue
            hint = did_you_mean(response, responses) if isinstance(response, str) else "Give the name of one."
            file.wrong(join(here, state), f"MockedResponses has no {encode(response)}", hint)
        cases[name] = Case(machine, name, file, named)
    return cases


def _response(file: JsonFile, name: str, given: Any) -> Response:
    at = join("", "MockedResponses", name)
    body = file.object(given, at)
    answers: list[Returns | Raises] = []
    if isinstance(given, dict) and not body:
        file.wrong(at, 'there is no response; the first one has the key "0"')
    ranges: list[tuple[int, int, str]] = []
    for key in body:
        match = _RANGE.fullmatch(key)
        if match is None:
            what = f'"{key}" is neither the number of a call, from 0, nor a range such as "1-2"'
            file.wrong(join(at, key), what)
        else:
            ranges.append((int(match[1]), int(match[2] or match[1]), key))
    for first, last, key in sorted(ranges):
        here, each = join(at, key), body[key]
        if last < first:
            file.wrong(here, f'the range "{key}" ends before it begins', f'Write "{last}-{first}".')
            continue
        if first < len(answers):
            file.wrong(here, f'"{key}" overlaps: call {first} has a response already', _numbered(len(answers)))
            continue
        if first > len(answers):
            file.wrong(here, f'"{key}" leaves out call {len(answers)}', _numbered(len(answers)))
            continue
        answer = _answer(file, each, here)
        answers += [answer] * (last - first + 1)
    return Response(name, file.place(at), tuple(answers))


def _numbered(number: int) -> str:
    return f"Calls are numbered from 0 without a gap: the next one is {number}."


def _answer(file: JsonFile, given: Any, at: str) -> Returns | Raises:
    body = file.object(given, at)
    file.known(body, at, ("Return", "Throw"))
    nothing = Returns(None, "null", check=False, whole=True, is_success=True)
    if len(body.keys() & {"Return", "Throw"}) != 1:
        both = "both Return and Throw" if body.keys() >= {"Return", "Throw"} else "neither Return nor Throw"
        file.wrong(at, f"a response has one of Return and Throw; this has {both}")
        return nothing
    if "Return" in body:
        return Returns(body["Return"], encode(body["Return"]), check=False, whole=True, is_success=True)
    thrown = file.object(body["Throw"], join(at, "Throw"))
    file.known(thrown, join(at, "Throw"), ("Error", "Cause"))
    error, cause = thrown.get("Error"), thrown.get("Cause")
    if not isinstance(error, str):
        file.wrong(join(at, "Throw"), '"Error" is missing, or is not text')
    if not isinstance(cause, str | None):  # AWS's own samples leave it out
        file.wrong(join(at, "Throw"), '"Cause" is not text')
    return Raises(str(error), cause if isinstance(cause, str) else None, check=False)
