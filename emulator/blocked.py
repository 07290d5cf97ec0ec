"""The calls that nothing emulates: one list for each emulator, and whether the test has been told of each.

A call that is refused raises an error where it was made. If the program swallows the error, a test would pass although
AWS would have done something. So every refusal is recorded here, by ``BlockedCalls.record``, and a test fails at its
end for each one that it was not told of.

**A test has been told of a refusal when the error itself came up to it**: to the function that opened the emulator, to
the test function, into ``pytest.raises`` or ``assertRaises``, or into an ``except`` or ``contextlib.suppress`` that
names its class. A traceback begins at the line where the error was
caught, so its first frame says how far up the error came. An error that ended in a Catch, in ``except`` of a handler or
of the program, in a background task, in another thread or asyncio task, in a function called by a rule, or in a process
of Node.js was not told. An error that the program raises in place of the first one does not count as the first one.
"""

import linecache
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, SupportsIndex

from emulator import running_test
from emulator.errors import BackendError, BlockedCallError, MissingHandlerError, NotEmulatedError, RealAwsBlockedError
from emulator.places import caller, opener

if TYPE_CHECKING:
    import ast

UNTRUE: Final = (RealAwsBlockedError, NotEmulatedError, MissingHandlerError, BackendError)
"""The errors of calls that AWS would have answered. A test that goes on after one of them is not true.

So is ``NotImplementedError``, with which moto refuses an operation that it lacks.
"""

_CATCHERS: Final = ("raises", "assertRaises", "assertRaisesRegex")
_UNTRUE_NAMES: Final = frozenset(error.__name__ for error in UNTRUE)
_SET_UP: Final = ("setUp", "asyncSetUp", "setUpClass", "setup_method", "setup_class")
_RUNNERS: Final = ("/_pytest/", "/unittest/case.py")
_MOST_SHOWN: Final = 10
_MOST_HELD: Final = 200
"""Errors whose traceback is held until the test's end; each holds the frames it passed."""


class BlockedCall(str):
    """The text of one call that was refused: what, and where it says so, the line that made it."""

    place: str | None = None
    """The user's own innermost line at that time, ``file.py:12``."""
    within: str = ""
    """What was running: ``function charge, called by state Charge of execution order-7``; empty for the test itself."""
    operation: str = ""
    """``service:Operation``, if it is a call of boto3."""
    told: bool = False
    """Whether the test has been told of it, by its error or by a report."""
    error: BaseException | None = None


class BlockedCalls(list[str]):
    """The texts of all calls that were refused; a ``BlockedCall`` each. What is removed from it is not judged.

    ``within()`` says what is running. ``allowed``: the test wants refused calls, and none of them fails it.
    """

    def __init__(self, within: Callable[[], str] = str, *, allowed: bool = False) -> None:
        super().__init__()
        self.within = within
        self.allowed = allowed
        self.opened_in: tuple[str, str] | None = None
        """The function that opened the emulator: its file and its qualified name."""
        self.on_record: Callable[[BlockedCall], None] | None = None
        """Called with each refused call, when it has been recorded."""

    def record(
        self,
        error: BaseException | str,
        *,
        place: str | None = None,
        within: str | None = None,
        operation: str = "",
    ) -> None:
        """Note a refused call where it is refused: the error that is about to be raised, or a text without an error.

        An error that is recorded already is not recorded again. ``place`` and ``within`` are found unless given.
        """
        held: BaseException | None = None
        if not isinstance(error, str):
            for each in self:
                if isinstance(each, BlockedCall) and each.error is error:
                    each.operation = each.operation or operation
                    return
            held = error if len(self) < _MOST_HELD else None
        call = BlockedCall(error)
        call.error = held
        call.operation = operation
        call.place = caller() if place is None else place
        call.within = self.within() if within is None else within
        super().append(call)
        if self.on_record is not None:
            self.on_record(call)

    def record_untrue(self, error: Exception, operation: Callable[[], str] = str) -> None:
        """``record`` an error if it is one of those of a call that nothing emulates; ``operation()`` says which."""
        if isinstance(error, (*UNTRUE, NotImplementedError)):
            self.record(error, operation=operation())

    def forget(self, error: BaseException) -> None:
        """Take off the call that raised ``error``: its caller tells of it otherwise."""
        self[:] = [call for call in self if getattr(call, "error", None) is not error]

    def remove(self, what: str, /) -> None:
        """Take off the call with this text, or every call of an operation: ``"frauddetector:GetEventPrediction"``.

        Raises ``ValueError``, which lists the calls, if none is the one.
        """
        if what in self:
            super().remove(what)
            return
        kept = [call for call in self if not _is_of(call, what)]
        if len(kept) == len(self):
            names = dict.fromkeys(getattr(call, "operation", "") or repr(_first_line(call)) for call in self)
            raise ValueError(
                f"{what!r} is not in emulator.blocked. There are: {', '.join(names) or 'none'}\n"
                "    fix: give service:Operation, or the whole text of a call"
            )
        self[:] = kept

    def is_task(self) -> bool:
        """Whether a state's own call is being answered, not that of a function or of the test."""
        return self.within().startswith("in state ")

    def open(self) -> None:
        """Note the function that opens the emulator: it is the test's own code."""
        self.opened_in = opener()

    def append(self, text: str, /) -> None:
        """``record``."""
        self.record(text)

    def insert(self, _at: SupportsIndex, text: str, /) -> None:
        """``record``."""
        self.record(text)

    def extend(self, texts: Iterable[str], /) -> None:
        """``record`` each."""
        for text in texts:
            self.record(text)

    def take_untold(self) -> list[BlockedCall]:
        """The calls of which the test has not been told; from now on they count as told."""
        found = [call for call in self if isinstance(call, BlockedCall) and not call.told and not self._is_told(call)]
        for call in self:
            if isinstance(call, BlockedCall):
                call.told, call.error = True, None
        return [] if self.allowed else found

    def _is_told(self, call: BlockedCall) -> bool:
        error = call.error
        if error is None:
            return False
        trace = error.__traceback__
        if trace is None:  # only ``assertRaises`` takes it away
            return True
        code = trace.tb_frame.f_code
        where = (code.co_filename, code.co_qualname)
        if where in running_test.functions or (self.opened_in is not None and _is_same_test(where, self.opened_in)):
            return True
        if any(runner in code.co_filename.replace("\\", "/") for runner in _RUNNERS):
            return True
        return trace.tb_lineno in _asserted_lines(code.co_filename)


def _is_of(call: str, operation: str) -> bool:
    """Whether ``call`` is one of ``operation``: recorded so, or named so at the beginning of its text."""
    named = call.removeprefix("Blocked: ").split(" ", 1)[0].rstrip(":")
    return operation.lower() in (getattr(call, "operation", "").lower(), named.lower()) and ":" in operation


def _first_line(call: str) -> str:
    return call.removeprefix("Blocked: ").partition(". No request leaves")[0].partition("\n")[0]


def _is_same_test(where: tuple[str, str], opened_in: tuple[str, str]) -> bool:
    """Whether it is the function that opened the emulator, or, if that is a ``setUp``, another method of its class."""
    if where == opened_in:
        return True
    of, _, name = opened_in[1].rpartition(".")
    return name in _SET_UP and where[0] == opened_in[0] and where[1].rpartition(".")[0] == of


def refused(calls: Iterable[BlockedCall]) -> BlockedCallError:
    """The error of a test that was not told of these calls."""
    return BlockedCallError(
        f"{untold_text(calls)}\n"
        "    fix: fake what the call does, or expect it: emulator.blocked.clear() takes it off; "
        "Emulator(allow_blocked=True) or @pytest.mark.emulator(allow_blocked=True) allows all"
    )


def untold_text(calls: Iterable[BlockedCall], to: str = "test") -> str:
    """The calls that were not told of, each once, with its place; ``to`` says what did not see the errors."""
    shown: dict[str, str] = {}
    for call in calls:
        shown.setdefault(call, told_lines(call))
    one = len(shown) == 1
    what = (
        "1 call was refused, because nothing emulates it, and its error"
        if one
        else (f"{len(shown)} calls were refused, because nothing emulates them, and their errors")
    )
    lines = [f"{what} did not come up to the {to}; the result may be untrue:"]
    lines += list(shown.values())[:_MOST_SHOWN]
    if len(shown) > _MOST_SHOWN:
        lines.append(f"  ... {len(shown) - _MOST_SHOWN} more: emulator.blocked")
    return "\n".join(lines)


def told_lines(call: BlockedCall) -> str:
    """The call, its place, and what was running, on a few lines."""
    what, *more = call.removeprefix("Blocked: ").partition(". No request leaves")[0].splitlines()
    lines = [f"  {what}", *(f"  {line}" for line in more)]
    where = ", ".join(filter(None, (call.place and f"at {call.place}" * (call.place not in call), call.within)))
    return "\n".join([*lines, f"      {where}"] if where else lines)


@lru_cache(maxsize=64)
def _asserted_lines(filename: str) -> frozenset[int]:
    """The lines inside ``with pytest.raises(...)``, ``with self.assertRaises(...)``, or what names these errors."""
    import ast

    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith) and any(_asserts(item.context_expr) for item in node.items):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Try) and any(_names_error(each.type) for each in node.handlers):
            found.update(range(node.body[0].lineno, (node.body[-1].end_lineno or node.lineno) + 1))
    return frozenset(found)


def _names_error(expression: "ast.expr | None") -> bool:
    """Whether an expression has the name of one of ``UNTRUE``: its author expects the error."""
    import ast

    parts = ast.walk(expression) if expression is not None else ()
    names = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", None) for part in parts)
    return any(name in _UNTRUE_NAMES for name in names)


def _asserts(expression: "ast.expr") -> bool:
    import ast

    if not isinstance(expression, ast.Call):
        return False
    called = expression.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in _CATCHERS or (name == "suppress" and any(map(_names_error, expression.args)))
