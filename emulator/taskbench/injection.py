"""A test's plans for moments in the middle of a task: aborts, kills, refused writes, little remaining time.

A run has these methods for one task, ``bench.of("verifyBatch")`` for the tasks of a definition, also those that other
tasks trigger, and the bench itself for all tasks. A plan that never acts is an error at the end: for a run in
``run_to_end``, otherwise when the ``with`` block of the emulator ends.
"""

from collections.abc import Callable
from typing import Any, Final, Self, TypedDict, Unpack

from botocore.exceptions import ClientError

from emulator.errors import EmulatorError
from emulator.taskbench.acts import die, do_nothing, leave, oversleep
from emulator.taskbench.parts import Parts
from emulator.taskbench.plans import Moment, Plan, Scope, moment_of
from emulator.taskbench.storage_calls import StorageCall

DEFAULT_ERROR: Final = "InternalServerError"


class Where(TypedDict, total=False):
    """A moment of an iteration; by default its beginning, before the application reads the task.

    ``before`` and ``after`` are ``"iteration"`` or ``"run"``, the user's own function. ``write`` and ``read`` are a
    word of ``WRITES`` or ``READS``: the moment just before that call. ``nth`` counts such moments, from 1.
    """

    before: str
    after: str
    write: str
    read: str
    nth: int


class Injection:
    """A test's plans for the tasks of one scope."""

    def __init__(self, parts: Parts, scope: Scope) -> None:
        self._parts = parts
        self._scope = scope

    def at(self, *, iteration: int, call: Callable[[], object], **where: Unpack[Where]) -> Self:
        """Call ``call`` in that iteration (from 1), at its beginning or at the moment that ``Where`` names.

        It runs inside the handler: ``emulator.clock.advance`` moves the handler's time. Its errors change nothing for
        the task; they fail the test after the run. Raises ``ValueError`` for an iteration that has ended and for an
        unknown moment.
        """
        if not callable(call):
            raise TypeError(f"at: call={call!r} is not callable; give a function without parameters")
        self._plan("at", call, iteration, where)
        return self

    def fail_write(
        self,
        write: str = "any",
        error: BaseException | type[BaseException] | str = DEFAULT_ERROR,
        *,
        message: str | None = None,
        iteration: int | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> Self:
        """Refuse a write to the tasks' table: the ``nth`` one that matches ``write``, a word of ``WRITES``.

        Nothing is stored. ``error`` is an exception to raise, or the code of a ``ClientError``, as boto3 raises it
        after its own retries. ``times`` is the number of consecutive matching writes that fail; ``None`` means all.
        """
        where = Where(write=write, nth=nth)
        self._plan("fail_write", self._raising(error, message), iteration, where, times=times)
        return self

    def fail_read(
        self,
        read: str = "any",
        error: BaseException | type[BaseException] | str = DEFAULT_ERROR,
        *,
        message: str | None = None,
        iteration: int | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> Self:
        """Refuse a read of the tasks' table, like ``fail_write``; reads of the test itself are never refused."""
        self._plan("fail_read", self._raising(error, message), iteration, Where(read=read, nth=nth), times=times)
        return self

    def kill(self, *, iteration: int, **where: Unpack[Where]) -> Self:
        """End the Lambda process in that iteration, by default when the user's run begins; nothing runs after that.

        The execution fails in UnknownError; the record keeps its last written state. In a handler of the user's own,
        whose run is not seen, the default is the beginning of the iteration.
        """
        self._plan("kill", die, iteration, where or self._begins())
        return self

    def time_out(self, *, iteration: int, **where: Unpack[Where]) -> Self:
        """Let the function run into its timeout, by default when the user's run begins; otherwise like ``kill``."""
        self._plan("time_out", oversleep, iteration, where or self._begins())
        return self

    def throttle(self, *, iteration: int) -> Self:
        """Let Lambda refuse that call (``Lambda.TooManyRequestsException``): the handler is not called."""
        self._plan("throttle", do_nothing, iteration, Where(), moment="throttling")
        return self

    def remaining(self, *, iteration: int, milliseconds: int) -> Self:
        """Leave this much of the function's timeout when that iteration begins; sleeping uses it up."""
        self._parts.recorder.check_remaining(milliseconds)
        self._plan("remaining", lambda _: leave(milliseconds), iteration, Where())
        return self

    def _plan(
        self,
        name: str,
        act: Callable[..., object],
        iteration: int | None,
        where: Where,
        *,
        moment: Moment | None = None,
        times: int | None = 1,
    ) -> None:
        words: dict[str, Any] = dict(where)
        nth = _count(words.pop("nth", 1), name, "nth")
        if times is not None:
            _count(times, name, "times")
        if iteration is not None:
            _count(iteration, name, "iteration")
            self._parts.recorder.check_to_come(self._scope, name, iteration)
        try:
            found, test = moment_of(words)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error}") from None
        if self._parts.recorder.is_own and found in ("before run", "after run"):
            side = found.partition(" ")[0]
            raise EmulatorError(
                f'{name}: {side}="run" cannot be seen: the handler is one of your own, and only its calls are known\n'
                f'    fix: {side}="iteration"'
            )
        given = {"iteration": iteration, **words, "nth": nth}
        shown = [f"{key}={value!r}" for key, value in given.items() if value is not None and (key, value) != ("nth", 1)]
        text = f"{name}({', '.join([*shown, '...'] if name == 'at' else shown)})"
        plan_act = self._parts.plans.guarded(text, act) if name == "at" else act
        self._parts.plans.add(Plan(text, plan_act, moment or found, self._scope, iteration, test, nth, times))

    def _begins(self) -> Where:
        """The beginning of the user's run, or of the iteration where no run is seen."""
        return Where(before="iteration" if self._parts.recorder.is_own else "run")

    def _raising(
        self, error: BaseException | type[BaseException] | str, message: str | None
    ) -> Callable[[StorageCall], object]:
        if isinstance(error, str):
            return lambda call: self._refuse(call, error, message or "The test wants this to fail.")
        if message is not None:
            raise ValueError(f"message={message!r} is for the code of a ClientError; {error!r} has its own message")

        is_exception = isinstance(error, BaseException)
        if not is_exception and not (isinstance(error, type) and issubclass(error, BaseException)):
            raise TypeError(f"error={error!r} is neither an exception nor the code of a ClientError")

        def fail(_call: StorageCall) -> None:
            raise error

        return fail

    def _refuse(self, call: StorageCall, code: str, message: str) -> None:
        kinds = self._parts.world.client("dynamodb").exceptions
        kind: type[ClientError] = kinds.from_code(code)
        answer: Any = {"Error": {"Code": code, "Message": message}}
        raise kind(answer, call.operation)


def _count(number: Any, name: str, what: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"{name}: {what}={number!r} must be a whole number, 1 or more")
    return number
