"""The answers that an execution got, by state, in the form that stubs are declared from.

``{"tasks": {"Charge": [{"raises": {"error": "Card.Busy", "cause": "later"}, "times": 2}, {"returns": {"id": 1},
"times": 1}]}}``: each answer is for ``times`` calls, in the order of the calls; ``for_item`` is the item of the Maps
around the state, the outermost first, and has calls of its own. ``after_seconds`` is how long the answer took,
``submits`` what the service responded to the request of a job or of a task with a token. A task that timed out or never
ended has ``never``.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from asl.effects import Record
from asl.values import Payload
from emulator.errors import EmulatorError
from emulator.history.tree import Tree
from emulator.history.visits import Try, Visit

Answer: TypeAlias = dict[str, Any]
Answers: TypeAlias = dict[str, list[Answer]]
"""By state."""
_STEPS: Final = {
    "ScheduleFailed": "fails_to_schedule",
    "StartFailed": "fails_to_start",
    "SubmitFailed": "fails_to_submit",
}
"""The end of an event's type -> the word of a stub for it."""


class LeftOut(NamedTuple):
    """An answer that the history does not have: the event, its state, and why."""

    event: Record
    state: str
    why: str

    def text(self) -> str:
        """What it is, on one line."""
        return f"event {self.event.id} ({self.event.type} of state {self.state!r}): {self.why}"


class Recording(NamedTuple):
    """The answers of an execution, by state, and those that its history does not have."""

    answers: Answers
    left_out: tuple[LeftOut, ...]


def record(tree: Tree, records: Sequence[Record], without: Collection[str] = ()) -> Recording:
    """The answers of the execution whose history, ``records``, ``tree`` has read.

    ``without`` are the names of Distributed Maps that are known to have no tasks in them.
    """
    answers: Answers = {}
    left_out: list[LeftOut] = []
    submitted = _submitted(records)
    for visit, try_ in sorted(_tries(tree.visits), key=lambda each: each[1].begun.id):
        found = _answer(visit, try_)
        if isinstance(found, dict) and try_.begun.id in submitted:
            found = {**found, "submits": submitted[try_.begun.id]}
        if isinstance(found, LeftOut):
            left_out.append(found)
        elif found is not None:
            _add(answers.setdefault(visit.name, []), found)
    runs = {each.previous_event_id for each in records if each.type == "MapRunStarted"}
    left_out += [
        LeftOut(visit.entered, visit.name, "the items of a Distributed Map run in executions of their own")
        for visit in tree.visits
        if visit.type == "Map" and visit.name not in without and any(try_.begun.id in runs for try_ in visit.tries)
    ]
    return Recording(answers, tuple(left_out))


def checked(recording: Recording, left_out: str, shown: str) -> Answers:
    """The answers; raises ``EmulatorError`` for those that are left out, unless ``left_out`` is ``"skip"``.

    A state of which one is left out then has none.
    """
    if left_out not in ("raise", "skip"):
        raise EmulatorError(f'left_out={left_out!r}: write left_out="raise" or left_out="skip"')
    if recording.left_out and left_out == "raise":
        lines = "".join(f"\n    {each.text()}" for each in recording.left_out)
        raise EmulatorError(
            f"{shown}: the history does not have every answer:{lines}\n"
            '    fix: left_out="skip" leaves these states out, and the test says what they answer'
        )
    without = {each.state for each in recording.left_out}
    return {state: answers for state, answers in recording.answers.items() if state not in without}


def _submitted(records: Sequence[Record]) -> dict[int, Any]:
    """The id of each Scheduled event whose request was taken -> the response to it, as far as the history has it."""
    by_id = {each.id: each for each in records if each.type in ("TaskScheduled", "TaskStarted")}
    found: dict[int, Any] = {}
    for each in records:
        details = each.details or {}
        text = _text(details.get("output"))
        if each.type != "TaskSubmitted" or text is None or (details.get("outputDetails") or {}).get("truncated"):
            continue
        begun = by_id.get(each.previous_event_id)
        while begun is not None and begun.type != "TaskScheduled":
            begun = by_id.get(begun.previous_event_id)
        if begun is not None:
            found[begun.id] = json.loads(text)
    return found


def _tries(visits: Iterable[Visit]) -> Iterator[tuple[Visit, Try]]:
    return ((visit, try_) for visit in visits if visit.type == "Task" for try_ in visit.tries)


def _answer(visit: Visit, try_: Try) -> Answer | LeftOut | None:
    """An answer for one call; ``None`` for a call that was never made."""
    ended, items = try_.ended, visit.items
    made: Answer = {} if not items else {"for_item": list(items) if len(items) > 1 else items[0]}
    if ended is None or ended.type.endswith(("TimedOut", "Aborted")):
        return {**made, "never": True, "times": 1}
    details = ended.details or {}
    seconds = (ended.at - try_.begun.at).total_seconds()
    timing = {"after_seconds": seconds} if seconds else {}
    if ended.type.endswith("Failed"):
        error, cause = details.get("error"), details.get("cause")
        if error is None:
            return LeftOut(ended, visit.name, "the failure has no name")
        word = next((word for end, word in _STEPS.items() if ended.type.endswith(end)), "raises")
        said = {"error": error} if cause is None else {"error": error, "cause": cause}
        return {**made, word: said, "check": False, **timing, "times": 1}
    text = _text(details.get("output"))
    if text is None or (details.get("outputDetails") or {}).get("truncated"):
        why = "its output is cut" if text is not None else "its output is not there (includeExecutionData=false)"
        return LeftOut(ended, visit.name, why)
    whole = {"check": False} if ended.type.startswith("Task") else {}
    return {**made, "returns": json.loads(text), **whole, **timing, "times": 1}


def _text(output: Any) -> str | None:
    if isinstance(output, Payload):
        return output.text
    return output if isinstance(output, str) else None


def _add(answers: list[Answer], made: Answer) -> None:
    """Add an answer; one that repeats the one before is counted."""
    if answers and {**answers[-1], "times": 1} == made:
        answers[-1]["times"] += 1
    else:
        answers.append(made)
