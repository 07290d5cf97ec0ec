"""Known gaps: the test's process, servers and backends."""

from typing import Final

GAPS: Final = (
    (
        "How long AWS's calls take",
        "no time, or with `latencies` durations that are chosen, not measured; transitions and deliveries take none",
    ),
    (
        "A refused call whose error is wrapped into another one or an `ExceptionGroup`, and asserted as that",
        "the test fails at its end; remove the call by `emulator.blocked.remove`",
    ),
    (
        "Messages that were never received, in queues of an external backend",
        "the report of a failing test does not list them",
    ),
    (
        "Resources that a killed run left at a backend without tags, or had not yet tagged",
        "they stay: only rules and queues that the emulator made for its own deliveries are known by their names",
    ),
    (
        "A run longer than seven days, at a backend shared with other machines",
        "the next run on another machine assumes that it has ended, and deletes its resources",
    ),
    (
        "An external backend's answer in AWS's form, with wrong content",
        "accepted: only its form is checked",
    ),
    (
        "boto3 clients that are created before an emulator opens, on a machine without a region",
        "boto3 raises `NoRegionError`: set AWS_DEFAULT_REGION. pytest, and modules that `emulate` loads, need nothing",
    ),
    (
        "Several emulators, and a thread that is started by `_thread.start_new_thread` or by a library in C",
        "the emulator that was opened last answers it; for any other thread, the emulator of the code that started it",
    ),
    (
        "Outside pytest: `patch.dict(os.environ)` that begins while an emulator is open and ends after it",
        "it brings back the emulator's values; in pytest, they are put back when the test has ended",
    ),
    (
        "moto's own server (`ThreadedMotoServer`) and `mock_aws().reset()`, in the process of an emulator",
        "they use the contents of the emulator that answered last; moto's reset over HTTP is refused",
    ),
    (
        "Calls that promise a later event (listed above) at an external backend",
        "not refused, except PutRule with a ScheduleExpression: the backend acts by itself, in real time",
    ),
    (
        "AWS calls of a child process that swallows the error of the closed port",
        "the test does not fail, and `emulator.blocked` does not list them: check the child's own result",
    ),
    (
        "`emulate serve`: unsigned reads of public objects whose backend for S3 is external",
        "refused: `MissingAuthenticationToken`; with moto, its own rules for ACLs and policies say what is public",
    ),
    (
        "Child processes that do not read AWS's environment variables; clients in C with sockets of their own",
        "not guarded: `docs/nothing-leaves.md`",
    ),
    ("Signatures and credentials of requests over HTTP", "never checked; the credential scope names the service"),
    ("TLS, host prefixes (`sync-`) over HTTP", "plain HTTP at one address: `AWS_DISABLE_HOST_PREFIX_INJECTION=true`"),
    ("A web page for executions", "none yet; background tasks have the explorer at `/graphql`"),
)
