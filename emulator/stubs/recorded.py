"""Stubs from what an execution's tasks were answered: of a history that AWS gave, or of a run of an emulator."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from emulator.errors import EmulatorError
from emulator.history.given import read_records, read_texts
from emulator.history.recorded import Answer, Answers, Recording, checked, record
from emulator.history.tree import Tree
from emulator.stubs.stub import Stub

_FAILURES: Final = ("raises", "fails_to_schedule", "fails_to_start", "fails_to_submit")


def answers_of(given: Any, root: Path, left_out: str) -> Answers:
    """The answers of a history: the path of a file that begins at ``root``, or the value itself.

    Raises ``EmulatorError`` for what is no whole history, and as ``left_out`` says (``history.recorded.checked``).
    """
    if isinstance(given, str | os.PathLike):
        path = root / given
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise EmulatorError(f"{given}: the history cannot be read: {why} (looked for {path.resolve()})") from None
        return answers_in(read_texts(text, str(given)), str(given), left_out)
    return answers_in(given, "the history", left_out)


def answers_in(given: Any, shown: str, left_out: str) -> Answers:
    """The answers of a history's value; ``shown`` is what messages call it."""
    return checked(_recording(given, shown), left_out, shown)


def _recording(given: Any, shown: str) -> Recording:
    records = read_records(given, shown)
    try:
        return record(Tree().read(records), records)
    except (AssertionError, AttributeError, KeyError, IndexError, StopIteration, TypeError, ValueError) as error:
        raise EmulatorError(f"{shown}: it is not a history of Step Functions: {error!r}") from error


def declare(answers: Answers, task: Callable[[str], Stub]) -> Mapping[str, Stub]:
    """Declare stubs with these answers; ``task`` gives the stub of a state. Returns them by state."""
    return {state: _declare(task(state), given) for state, given in answers.items()}


def _declare(stub: Stub, answers: Sequence[Answer]) -> Stub:
    last: dict[tuple[int, ...], Stub] = {}
    """The items that answers are for -> the stub after the latest one."""
    for answer in answers:
        item = answer.get("for_item", ())
        items = tuple(item) if isinstance(item, list | tuple) else (item,)
        before = last.get(items)
        narrow = (stub.for_item(*items) if items else stub) if before is None else before.then
        narrow = narrow.after(timedelta(seconds=answer.get("after_seconds", 0)))
        last[items] = _say(narrow.submits(answer["submits"]) if "submits" in answer else narrow, answer)
    return stub


def _say(stub: Stub, answer: Answer) -> Stub:
    times, check = answer.get("times"), answer.get("check", True)
    word = next((word for word in _FAILURES if word in answer), None)
    if word == "raises":
        return stub.raises(**answer[word], times=times, check=check)
    if word is not None:
        said: Stub = getattr(stub, word)(**answer[word], times=times)
        return said
    if answer.get("never"):
        return stub.never(times=times)
    return stub.returns(answer["returns"], times=times, check=check)
