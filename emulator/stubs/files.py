"""Stubs in a file: answers by state and by resource, as JSON.

::

    {
      "tasks": {
        "Charge": [{"raises": {"error": "Card.Busy", "cause": "later"}, "times": 2}, {"returns": {"id": 1}}],
        "Ship": {"returns": {"parcel": 7}, "machine": "Orders", "for_item": 3}
      },
      "resources": {"glue:startJobRun.sync": {"returns": {"JobRunState": "SUCCEEDED"}, "after_seconds": 600}}
    }

An answer has one of ``SAYS``, which say what the methods of ``Stub`` of the same names do, and may have the others of
``KEYS``. Answers of a list that are for the same calls come one after the
other.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from asl.events import CallStep
from asl.problems import join
from asl.values import encode
from emulator.errors import EmulatorError
from emulator.stubs.answers import Answer, CallsThrough, Condition, Never, Raises, Returns, Step
from emulator.stubs.json_text import JsonFile
from emulator.stubs.stub import Stub

_FAILS: Final[Mapping[str, CallStep]] = {
    "raises": "",
    "fails_to_schedule": "schedule",
    "fails_to_start": "start",
    "fails_to_submit": "submit",
}
"""Key of a failure -> the step at which the task fails."""
SAYS: Final = ("returns", *_FAILS, "never", "calls_through")
KEYS: Final = (*SAYS, "times", "after_seconds", "for_item", "when", "check", "submits", "instead")


def read_stubs(task: Callable[[str, Any], Stub], resource: Callable[[str], Stub], path: Path, shown: str) -> None:
    """Add the stubs of a file; raises ``EmulatorError`` with its mistakes, and for answers that are wrong.

    ``task`` gives the stub of a state and its machine, ``resource`` that of a resource.
    """
    file = JsonFile(path, shown, "a file of stubs")
    file.known(file.value, "", ("tasks", "resources"))
    if not file.value:
        file.wrong("", 'there is no stub; give "tasks" or "resources"')
    wanted: list[tuple[Stub, Condition, Step, bool]] = []
    for kind, keys in (("tasks", (*KEYS, "machine")), ("resources", KEYS)):
        for name, given in file.object(file.value.get(kind, {}), f"/{kind}").items():
            at = join("", kind, name)
            if given == []:
                file.wrong(at, "there is no answer")
            for index, each in enumerate(given if isinstance(given, list) else [given]):
                here = join(at, index) if isinstance(given, list) else at
                body = file.object(each, here)
                file.known(body, here, keys)
                step, condition = _step(file, body, here), _condition(file, body, here)
                machine = body.get("machine")
                try:
                    stub = task(name, machine) if kind == "tasks" else resource(name)
                except EmulatorError as error:
                    file.wrong(here, str(error))
                    continue
                wanted.append((stub, condition, step, _is_instead(file, body, here)))
    file.check()
    begun: set[tuple[int, int]] = set()
    wrong: list[str] = []
    for stub, condition, step, replaces in wanted:
        key = id(stub), hash((condition.items, condition.has_expected, encode(condition.expected)))
        try:
            stub.add(condition, step, follows=key in begun, replaces=replaces and key not in begun)
        except EmulatorError as error:
            wrong.append(str(error))
        begun.add(key)
    if wrong:
        raise EmulatorError("\n".join(wrong))


def _is_instead(file: JsonFile, body: Mapping[str, Any], at: str) -> bool:
    """Whether the answers replace those that are there: the first of a list says it for all."""
    given = body.get("instead", False)
    if not isinstance(given, bool):
        file.wrong(join(at, "instead"), f"{encode(given)} is neither true nor false")
    return given is True


def _step(file: JsonFile, body: Mapping[str, Any], at: str) -> Step:
    says = [key for key in SAYS if key in body]
    answer: Answer = Never()
    if len(says) != 1:
        file.wrong(at, f"an answer has one of {', '.join(SAYS)}; this has {' and '.join(says) or 'none'}")
    else:
        answer = _answer(file, body, at, says[0])
    times, seconds = body.get("times"), body.get("after_seconds", 0)
    if "times" in body and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        file.wrong(join(at, "times"), f"{encode(times)} is not a number of calls")
        times = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        file.wrong(join(at, "after_seconds"), f"{encode(seconds)} is not a number of seconds")
        seconds = 0
    submitted = encode(body["submits"]) if "submits" in body else None
    words, place = f" in {file.shown}", file.place(at)
    return Step(answer, times, timedelta(seconds=seconds), words, place, submitted=submitted)


def _answer(file: JsonFile, body: Mapping[str, Any], at: str, says: str) -> Answer:
    check = body.get("check", True)
    if not isinstance(check, bool):
        file.wrong(join(at, "check"), f"{encode(check)} is neither true nor false")
    if says == "returns":
        return Returns(body["returns"], encode(body["returns"]), bool(check), whole=not check)
    if says in _FAILS:
        here = join(at, says)
        thrown = file.object(body[says], here)
        file.known(thrown, here, ("error", "cause"))
        error, cause = thrown.get("error"), thrown.get("cause")
        if not isinstance(error, str) or not isinstance(cause, str | None):
            file.wrong(here, f'{says} has "error", and may have "cause", both text')
        return Raises(str(error), cause if isinstance(cause, str) else None, bool(check), _FAILS[says])
    if body[says] is not True:
        file.wrong(join(at, says), f"{encode(body[says])} is not true; leave it out")
    return Never() if says == "never" else CallsThrough()


def _condition(file: JsonFile, body: Mapping[str, Any], at: str) -> Condition:
    words = ""
    indexes: tuple[int, ...] | None = None
    if "for_item" in body:
        given = body["for_item"]
        found: list[Any] = given if isinstance(given, list) else [given]
        if not found or any(isinstance(each, bool) or not isinstance(each, int) or each < 0 for each in found):
            file.wrong(join(at, "for_item"), f"{encode(given)} is neither the index of an item nor a list of them")
        indexes = tuple(found)
        words = f".for_item({', '.join(map(str, indexes))})"
    if "when" not in body:
        return Condition(indexes, words=words)
    return Condition(indexes, body["when"], has_expected=True, words=f"{words}.when(input={encode(body['when'])})")
