"""``assert_succeeded`` and ``assert_failed``: how an execution ended."""

import re
from typing import Any

from asl.errors import TIMEOUT
from emulator.assertions.asserted import IN_CODE, MOST, WIDTH, Asserted, at_end
from emulator.differences import Contains, differences, lines_of, shown
from emulator.history.lines import failure_lines, summary_line
from emulator.history.words import cause_text, cut


def check_succeeded(execution: Asserted, output: Any) -> None:
    """``Execution.assert_succeeded``; ``output`` is ``...`` for any."""
    __tracebackhide__ = True
    if execution.status != "SUCCEEDED":
        raise AssertionError("\n".join([_summary(execution), *failure_lines(execution)[1:]]))
    if output is not ... and (found := list(differences(execution.output, output))):
        raise AssertionError("\n".join([at_end(execution, "the output is not the expected one"), *lines_of(found)]))


def _summary(execution: Asserted) -> str:
    """The summary's line, which has the machine's name; the place before it where the definition is a file."""
    summary = summary_line(execution)
    return summary if execution.state_machine.source == IN_CODE else at_end(execution, summary)


def check_failed(execution: Asserted, error: Any, cause: Any) -> None:
    """``Execution.assert_failed``; ``None`` is for any error or cause."""
    __tracebackhide__ = True
    if execution.status not in ("FAILED", "TIMED_OUT"):
        with_ = "" if error is None else f" with {_expected(error)}"
        lines = [at_end(execution, f"the execution was to fail{with_}; it is {execution.status}")]
        lines += [
            f"    state {visit.name!r} failed with {visit.error or 'an error'}, which was caught"
            for visit in execution.tree.visits
            if visit.failed and visit.exited is not None
        ][:MOST]
        raise AssertionError("\n".join([*lines, *failure_lines(execution)]))
    met = TIMEOUT if execution.error is None and execution.status == "TIMED_OUT" else execution.error
    if error is not None and not _is_met(met, error):
        what = f"the execution failed with {met or 'no error'}, not with {_expected(error)}"
        why = [] if execution.cause is None else [f"    cause: {cut(cause_text(execution.cause), 4 * WIDTH)}"]
        raise AssertionError("\n".join([at_end(execution, what), *why]))
    given_ = execution.cause
    if cause is not None and not _is_met(given_, cause) and not (given_ and _is_met(cause_text(given_), cause)):
        lines = [at_end(execution, f"the execution failed with {met or 'no error'} and another cause")]
        told = "none" if given_ is None else cut(cause_text(given_), 4 * WIDTH)
        raise AssertionError("\n".join([*lines, f"    cause:    {told}", f"    expected: {_expected(cause)}"]))


def _is_met(text: str | None, expected: Any) -> bool:
    if isinstance(expected, re.Pattern):
        return text is not None and expected.search(text) is not None
    return next(differences(text, expected), None) is None


def _expected(value: Any) -> str:
    if isinstance(value, re.Pattern):
        return f"a match of {value.pattern!r}"
    if isinstance(value, Contains):
        return f"a text with {shown(value.part)}"
    return value if isinstance(value, str) else repr(value)
