"""``Stub``: the scripted answers of a Task or of a resource, which a test declares and looks at afterwards."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NoReturn

from asl.events import CallStep
from asl.problems import nearest
from asl.values import encode
from emulator.differences import differences, lines_of
from emulator.errors import EmulatorError, InputError
from emulator.not_json import find_not_json
from emulator.places import caller
from emulator.stubs.answers import ALL, Answer, Asks, CallsThrough, Condition, Never, Raises, Returns, Step, same
from emulator.stubs.call import TaskCall
from emulator.stubs.jobs import StoppedJob
from emulator.stubs.script import Begun, Script
from emulator.wrong_types import shown

_MOST_SHOWN: Final = 5


_OF_MOCKS: Final = {
    "return_value": "returns",
    "side_effect": "answers",
    "called": "call_count",
    "call_args_list": "calls",
}
"""Attribute of ``unittest.mock``'s mocks -> a stub's."""


class Stub:
    """What a Task answers, and what it was asked. ``emulator.task`` and ``emulator.stub`` give one.

    Without an answer it only keeps the calls, and the real target answers. ``returns``, ``raises``, ``answers``,
    ``never`` and ``calls_through`` say what happens; ``times`` is for how many calls, without it for all that follow.
    After ``.then`` comes what follows: what is before it is for one call, unless ``times`` says otherwise.

    ``for_item`` and ``when`` give the stub of fewer calls, ``after`` the one whose next answer takes time. A narrower
    stub comes before a wider one. Once all answers are used, the real target answers where there is one. An answer that
    was never given, or less often than ``times`` says, fails the test when the emulator closes.
    """

    def __init__(
        self,
        script: Script,
        condition: Condition = ALL,
        delay: timedelta = timedelta(),
        *,
        follows: bool = False,
        replaces: bool = False,
        submitted: str | None = None,
        begun: tuple[Begun, ...] = (),
    ) -> None:
        self._script = script
        self._begun = begun
        self._condition = condition
        self._delay = delay
        self._follows = follows
        self._replaces = replaces
        self._submitted = submitted

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        public = [each for each in dir(type(self)) if not each.startswith("_")]
        near = [_OF_MOCKS[name]] if name in _OF_MOCKS else nearest(name, public)
        hint = f'Did you mean ".{near[0]}"?' if near else f"It has {', '.join(public)}."
        raise AttributeError(f"a stub has no {name!r}. {hint}")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            getattr(self, name)
            raise AttributeError(f"a stub's {name!r} is not assigned but called or read")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Stub {self._script.words}{self._condition.words}, calls: {len(self._seen())}>"

    # What it says ------------------------------------------------------------------------------------------------

    def returns(self, value: Any = None, *, times: int | None = None, check: bool = True) -> "Stub":
        """The task succeeds with ``value``, a JSON value.

        Of a function it is what the function returns, also for ``lambda:invoke``; of an activity and of a task with a
        token what the worker sends; of a job (``.sync``) what its description is; of any other service call its
        response, with members as Step Functions writes them.

        Raises ``EmulatorError`` for members, types and values that the service's response does not have, at once or
        when the state machine is known; ``check=False`` allows them, and adds nothing to the value.
        ``InputError`` for what is not JSON.
        """
        found = find_not_json(value)
        if found is not None:
            raise InputError(_placed(f"{self._words()}.returns(...): {found}"))
        text = encode(value)
        answer = Returns(value, text, check, whole=not check)
        return self._add(answer, f".returns({shown(value)})", times)

    def raises(self, error: str, cause: str | None = None, *, times: int | None = None, check: bool = True) -> "Stub":
        """The task fails with this error name and cause: ``raises("Glue.ConcurrentRunsExceededException", "busy")``.

        Functions, activities and workers with a token may fail with any name. Raises ``EmulatorError`` for a name
        that the service does not have, at once or when the state machine is known; ``check=False`` allows it.
        """
        self._check_error("raises", error, cause)
        return self._add(Raises(error, cause, check), f".raises({error!r})", times)

    def fails_to_schedule(self, error: str, cause: str | None = None, *, times: int | None = None) -> "Stub":
        """The task is not even scheduled: LambdaFunctionScheduleFailed, or ActivityScheduleFailed."""
        return self._fails("schedule", error, cause, times)

    def fails_to_start(self, error: str, cause: str | None = None, *, times: int | None = None) -> "Stub":
        """The task is scheduled and does not start: LambdaFunctionStartFailed, or TaskStartFailed of a service."""
        return self._fails("start", error, cause, times)

    def fails_to_submit(self, error: str, cause: str | None = None, *, times: int | None = None) -> "Stub":
        """The service does not take the request of a job (``.sync``) or of a task with a token: TaskSubmitFailed."""
        return self._fails("submit", error, cause, times)

    def _fails(self, step: CallStep, error: str, cause: str | None, times: int | None) -> "Stub":
        """Any name of an error is taken; which tasks fail at which step is checked."""
        method = f"fails_to_{step}"
        self._check_error(method, error, cause)
        return self._add(Raises(error, cause, check=False, step=step), f".{method}({error!r})", times)

    def answers(self, function: Callable[[TaskCall], Any], *, times: int | None = None, check: bool = True) -> "Stub":
        """The task succeeds with what ``function(call)`` returns, as ``returns`` takes it.

        It fails if the function raises ``TaskError("Card.Declined", "no money")``. Any other exception is an error of
        the test. See ``TaskCall`` for what it gets.
        """
        if not callable(function):
            raise EmulatorError(
                _placed(f"{self._words()}.answers({shown(function)}): it is not a function")
                + "\n    fix: answers(lambda call: call.input), or returns(value)"
            )
        return self._add(Asks(function, check), ".answers(...)", times)

    def never(self, *, times: int | None = None) -> "Stub":
        """There is no answer: the task waits until it times out or is aborted, or its token is answered."""
        return self._add(Never(), ".never()", times)

    def calls_through(self, *, times: int | None = None) -> "Stub":
        """The real target answers: the function, the service, the worker."""
        return self._add(CallsThrough(), ".calls_through()", times)

    @property
    def then(self) -> "Stub":
        """For what comes after the answers so far: ``raises("X", times=2).then.returns({})``."""
        begun = Begun(f"{self._words()}.then", caller())
        self._script.begun[begun] = None
        return Stub(self._script, self._condition, follows=True, begun=(begun,))

    @property
    def instead(self) -> "Stub":
        """For an answer in place of the earlier ones to the same calls, which a fixture has declared.

        ``emulator.task("Charge").instead.raises("Card.Declined")``: what was there does not count any more, as unused
        neither. Answers for other items and inputs are as they were.
        """
        return self._like(follows=False, replaces=True, begun=".instead")

    def after(
        self, length: timedelta | None = None, /, *, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> "Stub":
        """The stub whose next answer comes this much later on the virtual clock: ``after(minutes=10).returns({})``."""
        parts = {"hours": hours, "minutes": minutes, "seconds": seconds}
        said = [f"{name}={shown(each)}" for name, each in parts.items() if each]
        given = _length(parts) if length is None else length
        if given is None or not _is_length(given) or (length is not None and said):
            words = ", ".join([*([] if length is None else [shown(length)]), *said])
            raise EmulatorError(
                _placed(f"{self._words()}.after({words}): it is not a length of time")
                + "\n    fix: after(minutes=10), or after(timedelta(hours=1))"
            )
        words = ", ".join(said) if length is None else shown(length)
        return self._like(delay=self._delay + given, begun=f".after({words})")

    def submits(self, response: Any) -> "Stub":
        """The stub whose next answer comes after this response to the request of a job (``.sync``) or with a token.

        It is the output of TaskSubmitted: ``submits({"JobRunId": "jr_1"}).after(minutes=10).returns({...})``. Without
        it, it is what follows from the answer. Of a call that only starts a job (``glue:startJobRun``) it is the
        response; the answer is the job at its end. Raises ``InputError`` for what is not JSON.
        """
        found = find_not_json(response)
        if found is not None:
            raise InputError(_placed(f"{self._words()}.submits(...): {found}"))
        return self._like(submitted=encode(response), begun=f".submits({shown(response)})")

    def for_item(self, *items: int) -> "Stub":
        """The stub of the calls for one item of the Map around the state, by its index from 0: ``for_item(3)``.

        Of Maps in Maps give the indexes from the outermost: ``for_item(0, 3)`` is item 3 of the Map in item 0.
        """
        if not items or not all(_is_whole(item, 0) for item in items):
            raise EmulatorError(
                _placed(
                    f"{self._words()}.for_item({', '.join(map(repr, items))}): an item is given by its index, from 0"
                )
                + "\n    fix: for_item(3)"
            )
        words = f"{self._condition.words}.for_item({', '.join(map(str, items))})"
        had = self._condition
        return self._like(Condition(items, had.expected, had.has_expected, words), follows=False)

    def when(self, test: Callable[[TaskCall], bool] | None = None, /, *, input: Any = ...) -> "Stub":
        """The stub of the calls with this ``input``, or for which ``test(call)`` is true.

        An object is also met by one that has more members, at any depth.
        """
        if (test is None) is (input is ...) or (test is not None and not callable(test)):
            raise EmulatorError(
                _placed(f"{self._words()}.when(...): give the input, or a function of the call")
                + '\n    fix: when(input={"id": 7}), or when(lambda call: call.attempt > 1)'
            )
        for key in _keys(input):
            if not isinstance(key, str):
                raise EmulatorError(
                    _placed(f"{self._words()}.when(input={shown(input)}): the key {key!r} is not text, as JSON's are")
                    + f"\n    fix: {str(key)!r}"
                )
        expected = test if test is not None else input
        words = f"{self._condition.words}.when({'...' if test is not None else f'input={shown(input)}'})"
        return self._like(Condition(self._condition.items, expected, has_expected=True, words=words), follows=False)

    def _like(
        self,
        condition: Condition | None = None,
        *,
        delay: timedelta | None = None,
        submitted: str | None = None,
        follows: bool | None = None,
        replaces: bool | None = None,
        begun: str = "",
    ) -> "Stub":
        """This one, but for what is given; ``begun`` is what an answer has to follow, as the test wrote it."""
        words = self._words() if condition is None else f"{self._script.words}{condition.words}"
        new = Begun(f"{words}{begun}", caller(), condition)
        self._script.begun[new] = None
        return Stub(
            self._script,
            self._condition if condition is None else condition,
            self._delay if delay is None else delay,
            follows=self._follows if follows is None else follows,
            replaces=self._replaces if replaces is None else replaces,
            submitted=self._submitted if submitted is None else submitted,
            begun=(*self._begun, new),
        )

    # What it saw -------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> list[TaskCall]:
        """The calls so far, oldest first; of ``for_item`` and ``when`` those that they are for."""
        for begun in self._begun:
            if begun.condition is not None:
                self._script.begun.pop(begun, None)
        return self._seen()

    def _seen(self) -> list[TaskCall]:
        if self._condition == ALL:
            return list(self._script.calls)
        return [call for call in self._script.calls if self._condition.holds(call)]

    @property
    def stopped(self) -> list[StoppedJob]:
        """The jobs (``.sync``) that were stopped because their tasks were abandoned, oldest first."""
        _ = self.calls  # it is looked at
        if self._condition == ALL:
            return list(self._script.stopped)
        return [each for each in self._script.stopped if self._condition.holds(each.call)]

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return len(self.calls)

    def assert_called(self) -> None:
        """Raise ``AssertionError`` if there was no call."""
        __tracebackhide__ = True
        if not self.calls:
            raise AssertionError(f"{self._words()} was not called")

    def assert_not_called(self) -> None:
        """Raise ``AssertionError`` if there was a call."""
        __tracebackhide__ = True
        self._assert_count(0)

    def assert_called_once(self) -> None:
        """Raise ``AssertionError`` unless there was one call."""
        __tracebackhide__ = True
        self._assert_count(1)

    def assert_called_with(self, input: Any) -> None:
        """Raise ``AssertionError`` unless the last call had exactly this input.

        In it ``contains({...})`` and ``unittest.mock.ANY`` stand for other values: see ``docs/assertions.md``.
        """
        __tracebackhide__ = True
        self.assert_called()
        if found := list(differences(self.calls[-1].input, input)):
            told = [f"{self._words()} was last called with", self._shown_calls(1), f"not with {input!r}"]
            raise AssertionError("\n".join([*told, *lines_of(found)]))

    def assert_called_once_with(self, input: Any) -> None:
        """Raise ``AssertionError`` unless there was one call, with exactly this input."""
        __tracebackhide__ = True
        self._assert_count(1)
        self.assert_called_with(input)

    def assert_any_call(self, input: Any) -> None:
        """Raise ``AssertionError`` unless a call had exactly this input."""
        __tracebackhide__ = True
        if not any(same(call.input, input) for call in self.calls):
            raise AssertionError(f"{self._words()} was not called with {input!r}{self._told_calls()}")

    def _assert_count(self, count: int) -> None:
        __tracebackhide__ = True
        if self.call_count != count:
            wanted = "once" if count == 1 else "not at all"
            raise AssertionError(f"{self._words()} was to be called {wanted}{self._told_calls()}")

    def _told_calls(self) -> str:
        count = self.call_count
        return f"; it was called {'once' if count == 1 else f'{count} times'}\n{self._shown_calls()}".rstrip()

    def _shown_calls(self, most: int = _MOST_SHOWN) -> str:
        calls = self.calls
        lines = [f"    {call!r}" for call in calls[-most:]]
        return "\n".join([f"    ... {len(calls) - most} more", *lines] if len(calls) > most > 1 else lines)

    def _check_error(self, method: str, error: str, cause: str | None) -> None:
        given: tuple[tuple[str, object], ...] = (("error", error), ("cause", "" if cause is None else cause))
        for name, each in given:
            if not isinstance(each, str):
                raise EmulatorError(
                    _placed(f"{self._words()}.{method}(...): {name}={shown(each)} is not text")
                    + f'\n    fix: {method}("Card.Declined", "no money")'
                )
        if not error:
            raise EmulatorError(
                _placed(f"{self._words()}.{method}({error!r}): an error has a name")
                + f'\n    fix: {method}("Card.Declined", "no money")'
            )

    def _words(self) -> str:
        return f"{self._script.words}{self._condition.words}"

    def _add(self, answer: Answer, words: str, times: int | None) -> "Stub":
        if times is not None and not _is_whole(times, 1):
            raise EmulatorError(
                _placed(f"{self._words()}{words}: times={shown(times)} is not a number of calls") + "\n    fix: times=2"
            )
        step = Step(answer, times, self._delay, words, caller(), submitted=self._submitted)
        for begun in self._begun:
            self._script.begun.pop(begun, None)
        self.add(self._condition, step, follows=self._follows, replaces=self._replaces)
        return Stub(self._script, self._condition)

    def add(self, condition: Condition, step: Step, *, follows: bool, replaces: bool = False) -> None:
        """Internal: add a step, which may come from a file."""
        self._script.add(condition, step, follows=follows, replaces=replaces)


def _placed(text: str) -> str:
    """``text`` with the test's line in front."""
    place = caller()
    return f"{place}: {text}" if place else text


def _length(parts: Mapping[str, Any]) -> timedelta | None:
    """Hours, minutes and seconds together; ``None`` if they are none."""
    try:
        return timedelta(**parts)
    except (TypeError, ValueError, OverflowError):
        return None


def _keys(value: Any) -> Iterator[object]:
    """The keys of all objects in ``value``."""
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _keys(each)


def _is_length(value: object) -> bool:
    return isinstance(value, timedelta) and value >= timedelta()


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
