"""What a test may let happen in the middle of a task: aborts, kills, refused writes, little time, at any moment.

The same methods are on a run (for one task), on ``bench.of("verifyBatch")`` (for the tasks of a definition, which may
be triggered by others), and on the bench itself (for all). What never came about is an error at the end: a run says so
in ``run_to_end``, the bench when its emulator is left.
"""

from collections.abc import Callable
from typing import Any, Final, Self, TypedDict, Unpack

from botocore.exceptions import ClientError

from emulator.taskbench.acts import die, do_nothing, leave, oversleep
from emulator.taskbench.parts import Parts
from emulator.taskbench.plans import Moment, Plan, Scope, moment_of
from emulator.taskbench.storage_calls import StorageCall

REFUSED: Final = "InternalServerError"


class Where(TypedDict, total=False):
    """A moment of an iteration; without one it is its beginning, before the application reads the task.

    ``before`` and ``after`` are ``"iteration"`` or ``"run"``, the user's own function; ``write`` and ``read`` are a
    word of ``WRITES`` or ``READS``, just before it is done, the ``nth`` time (1).
    """

    before: str
    after: str
    write: str
    read: str
    nth: int


class Injection:
    """The methods with which a test plans what happens to the tasks of one scope."""

    def __init__(self, parts: Parts, scope: Scope) -> None:
        self._parts = parts
        self._scope = scope

    def at(self, *, iteration: int, call: Callable[[], object], **where: Unpack[Where]) -> Self:
        """Call ``call`` in that iteration (from 1), at its beginning or at the moment that ``Where`` names.

        It runs inside of the handler, in whose time ``emulator.clock.advance`` moves; what it raises fails the test
        when the run has ended, and changes nothing for the task. Raises ``ValueError`` for an iteration that is over,
        and for a moment that there is not.
        """
        if not callable(call):
            raise TypeError(f"at: call={call!r} is not callable; give a function without parameters")
        self._plan("at", call, iteration, where)
        return self

    def fail_write(
        self,
        write: str = "any",
        error: BaseException | type[BaseException] | str = REFUSED,
        *,
        message: str | None = None,
        iteration: int | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> Self:
        """Refuse a write to the tasks' table, nothing stored: the ``nth`` that ``write``, a word of ``WRITES``, means.

        ``error`` is an exception to raise, or the code of a ``ClientError``, which then is what boto3 raises when its
        own retries are used up. ``times`` is how many writes fail, one after the other; ``None`` is every one.
        """
        where = Where(write=write, nth=nth)
        self._plan("fail_write", self._raising(error, message), iteration, where, times=times)
        return self

    def fail_read(
        self,
        read: str = "any",
        error: BaseException | type[BaseException] | str = REFUSED,
        *,
        message: str | None = None,
        iteration: int | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> Self:
        """Refuse a read of the tasks' table, as ``fail_write``; what the test itself looks at is never refused."""
        self._plan("fail_read", self._raising(error, message), iteration, Where(read=read, nth=nth), times=times)
        return self

    def kill(self, *, iteration: int, **where: Unpack[Where]) -> Self:
        """End the Lambda process in that iteration, by default when the user's run begins; nothing after it is done.

        The execution fails in UnknownError; the record stays as it was last written.
        """
        self._plan("kill", die, iteration, where or Where(before="run"))
        return self

    def time_out(self, *, iteration: int, **where: Unpack[Where]) -> Self:
        """Let the function run into its timeout, by default when the user's run begins; else as ``kill``."""
        self._plan("time_out", oversleep, iteration, where or Where(before="run"))
        return self

    def throttle(self, *, iteration: int) -> Self:
        """Let Lambda refuse that call (``Lambda.TooManyRequestsException``): the handler is not called at all."""
        self._plan("throttle", do_nothing, iteration, Where(), moment="throttling")
        return self

    def remaining(self, *, iteration: int, milliseconds: int) -> Self:
        """Let so little be left of the function's timeout when that iteration begins; sleeping takes from it."""
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
        given = {"iteration": iteration, **words, "nth": nth}
        shown = [f"{key}={value!r}" for key, value in given.items() if value is not None and (key, value) != ("nth", 1)]
        told = f"{name}({', '.join([*shown, '...'] if name == 'at' else shown)})"
        plan_act = self._parts.plans.guarded(told, act) if name == "at" else act
        self._parts.plans.add(Plan(told, plan_act, moment or found, self._scope, iteration, test, nth, times))

    def _raising(
        self, error: BaseException | type[BaseException] | str, message: str | None
    ) -> Callable[[StorageCall], object]:
        if isinstance(error, str):
            return lambda call: self._refuse(call, error, message or "The test wants this to fail.")
        if message is not None:
            raise ValueError(f"message={message!r} goes with the code of a ClientError; {error!r} has its own")

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
        raise ValueError(f"{name}: {what}={number!r} must be a whole number from 1")
    return number
