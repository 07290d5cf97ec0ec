"""Lambda's log of one call of a handler in this process: what it prints and logs, in order.

On Lambda a function's standard output and error, and the records of Python's root logger, are its log. Here they stay
where the process has them, and are noted as well: while handlers run, ``sys.stdout`` and ``sys.stderr`` are streams
that also write to the log of the call that the thread belongs to, and the root logger has one more handler. A record
has Lambda's form: ``[LEVEL]``, time, request id, message. Levels are the process's own.

The root logger has a handler while handlers run, as on Lambda: ``logging.basicConfig`` does nothing, and neither do the
functions of ``logging`` that call it. A record that no other handler gets is shown as Python would show it.

Not noted: what goes past these streams (``os.write``, the output of child processes, streams that were kept before the
call), and what a module prints when it is imported, which on Lambda comes before START.
"""

import logging
import sys
from collections.abc import Iterable
from typing import Any, Final

from emulator.lambda_.time.current import current_handler_time, real_waits
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.shared_change import SharedChange, Undo

_OWN: Final = ("emulator", "asl")
"""Loggers of this package: they tell the user, and are no part of a function's log."""


class _Stream:
    """A stream of the process that also writes to the log of the call that the thread belongs to."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, content: Any) -> Any:
        """Write ``content``; returns what the stream does."""
        written = self.stream.write(content)
        handler_time = current_handler_time()
        if handler_time is not None and handler_time.log is not None:
            handler_time.log.append(self._shown(content))
        return written

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write each of ``lines``."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> "_Bytes":
        """The stream of bytes below."""
        return _Bytes(self.stream.buffer)

    def _shown(self, content: Any) -> Any:
        return content

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _Bytes(_Stream):
    """The bytes of a stream of the process; the log has them as UTF-8."""

    def _shown(self, content: Any) -> Any:
        return bytes(content).decode(errors="replace")


class _Records(logging.Handler):
    """Notes the records of a call."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Note the record, without this handler's lock: each call has a log of its own."""
        handler_time = current_handler_time()
        if handler_time is not None and handler_time.log is not None and record.name.partition(".")[0] not in _OWN:
            handler_time.log.append(_text(record, handler_time))
        last = logging.lastResort
        if last is not None and record.levelno >= last.level and _is_unheard(record.name):
            with real_waits():  # it writes to a stream that notes, too
                last.handle(record)
        return True


def _is_unheard(name: str) -> bool:
    """Whether no handler but ours gets the records of this logger: Python shows them itself then."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(each is not _RECORDS for each in logger.handlers):
            return False
        logger = logger.parent if logger.propagate else None
    return True


def _text(record: logging.LogRecord, handler_time: HandlerTime) -> str:
    """The record as the Python runtime writes it (awslambdaric, ``LambdaLoggerHandler``; recorded)."""
    at = handler_time.now()
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    text = f"[{record.levelname}]\t{stamp}\t{handler_time.request_id}\t{record.getMessage()}\n"
    if record.exc_info:
        text += _FORMATTER.formatException(record.exc_info) + "\n"
    if record.stack_info:
        text += _FORMATTER.formatStack(record.stack_info) + "\n"
    return text


_FORMATTER: Final = logging.Formatter()
_RECORDS: Final = _Records()


def _note() -> Undo:
    """Take the places of the streams, and give the root logger a handler, as Lambda's runtime does (bootstrap.py)."""
    out, err = _Stream(sys.stdout), _Stream(sys.stderr)
    root, records = logging.root, _RECORDS
    if out.stream is not None:
        sys.stdout = out
    if err.stream is not None:
        sys.stderr = err
    root.addHandler(records)

    def put_back() -> None:
        if sys.stdout is out:
            sys.stdout = out.stream
        if sys.stderr is err:
            sys.stderr = err.stream
        root.removeHandler(records)

    return put_back


NOTED: Final = SharedChange(_note)
"""While it is made, this process notes what its handlers print and log, in ``HandlerTime.log`` of each.

The texts need not end with a line's end. Between two calls, and while a handler sleeps, it notes nothing.
"""
