"""Known gaps: Lambda and handlers."""

from typing import Final

GAPS: Final = (
    (
        "the place in Lambda's error for an event that is not JSON, which its text ends with",
        "the text ends with the reason",
    ),
    (
        "A function that was just created or changed",
        "its State is immediately Active and its LastUpdateStatus Successful, never Pending or InProgress",
    ),
    (
        "AWS's text for a version or alias given to PublishVersion, CreateAlias, UpdateFunctionCode and the like",
        "the text of reserved concurrency; the others are not recorded",
    ),
    (
        "`NaN` and `Infinity` in a handler's output",
        "they are written as Lambda's runtime writes them, and the state's output is that text",
    ),
    (
        "A handler's changes to variables, folder, signals, locale: on Lambda later calls see them",
        "undone when the call ends; what its module does when it is imported stays, in the test's process",
    ),
    (
        "A handler's changes to other loggers' levels, warning filters, the seed of `random`, globals of modules",
        "kept, as in a warm Lambda, but in the test's process: later calls, other functions and the test see them",
    ),
    (
        "Handlers that run in several threads at a time",
        "they share the process's variables and folder until the last of them ends",
    ),
    ("Lambda: how a ClientContext over 3,583 bytes is refused", "it is passed on"),
    ("A response of a handler in Python that is bytes, but not UTF-8", "its other bytes are replaced by U+FFFD"),
    (
        "A function that calls itself synchronously without end: on AWS its timeout ends it",
        "Python's `RecursionError` is the handler's error",
    ),
    (
        "Lambda code: images, layers outside of templates, runtimes other than Python and Node.js",
        "`NotEmulatedError`",
    ),
    (
        "A function that a trigger calls, that fails on its last attempt and has no destination",
        "the failure is only a line of the log, as on AWS, and the test passes; let the handler record its calls",
    ),
    (
        "Lambda's asynchronous calls: a bucket as destination; dead letters of functions with reserved concurrency 0",
        "`NotEmulatedError`; ErrorCode 429 and `Rate Exceeded.`, which are not recorded",
    ),
    (
        "Lambda's errors that do not occur by themselves: `Lambda.Unknown` (older timeouts), out of memory, throttling",
        'a handler raises them: `raise type("Lambda.Unknown", (Exception,), {})("...")`; reserved concurrency 0',
    ),
    (
        "Lambda's log of a call: INIT_START, LAMBDA_WARNING, output past `sys.stdout` (`os.write`, child processes)",
        "not in it; the levels of loggers are those of the test's process",
    ),
    ("Lambda's reserved concurrency above 0; provisioned concurrency", "calls are not counted; `NotEmulatedError`"),
    ("Lambda's resource policies", "stored and shown; permissions are not checked"),
    (
        "CloudWatch Logs of functions: a call does not create a log group or a log stream",
        "`NotEmulatedError` for a look into a function's log group, unless the test has put log events there",
    ),
    ("Handlers in Node.js: response streaming, extensions, Lambda's format of log lines", "plain text in the log"),
    (
        "Time in Python handlers: gevent, uvloop, sleeps of C extensions, `ThreadPool`, workers left by earlier calls",
        "real time; `docs/time-in-handlers.md` lists the other limits",
    ),
    ("Handlers in Node.js: functions that use real time", "listed in `docs/nodejs.md`"),
)
