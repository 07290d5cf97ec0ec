"""What is emulated and what is not, printed from the tables that the code itself reads.

python -m emulator.supported > docs/supported.md
"""

from collections.abc import Iterable, Iterator

from asl.fields import ALL_TYPES, FIELDS
from asl.intrinsics import FUNCTIONS
from asl.states.choice import COMBINATIONS, OPERATORS
from emulator.aws.promises.by_member import DECIDED
from emulator.aws.promises.constants import CONSTANTS
from emulator.aws.promises.quiet import QUIET
from emulator.aws.promises.table import PROMISES
from emulator.eventbridge.operators import OPERATORS as PATTERN_OPERATORS
from emulator.eventbridge.targets import DELIVERIES
from emulator.gaps import GAPS
from emulator.lambda_api.operations import ABSENT as LAMBDA_ABSENT
from emulator.lambda_api.operations import EMPTY as LAMBDA_EMPTY
from emulator.lambda_api.operations import OPERATIONS as LAMBDA
from emulator.lambda_api.operations import REFUSED as LAMBDA_REFUSED
from emulator.pipes.service import OPERATIONS as PIPES
from emulator.recordings import NOT_PASSING, ONLY_IN_PROCESS, PREFIX
from emulator.stepfunctions.operations import NOT_EMULATED, OPERATIONS
from emulator.targets import jobs
from emulator.targets.registry import resources

REFUSED = (
    "The event would never come on the virtual clock, so such a call is refused: `NotEmulatedError` says what would",
    "not happen, and what to do instead. A test that needs only the call accepts it by name:",
    '`Emulator(accepted_calls=["cloudwatch:PutMetricAlarm"])`, the same argument of `@pytest.mark.emulator`, or',
    "`--accept-call` of `emulate run` and `emulate serve`. Schedules of rules and of EventBridge Scheduler fire on the",
    "virtual clock: `PutRule`, `EnableRule`, `CreateSchedule` and `UpdateSchedule` are refused at an external backend",
    "only, the last two where their target is in this process.",
)
"""About the calls of ``PROMISES``."""

WITHOUT_EFFECT = (
    "This list covers the operations that act on the emulator's clock. These members are accepted, but have no",
    "effect, because they concern how AWS itself works: capacity, encryption, permissions, tracing, the logs of",
    "deliveries. Every other member works, or is refused by name (`emulator/aws/promises/by_member.py`).",
)
"""About the members of ``DECIDED`` that have no effect."""

JOBS_TEXT = (
    "A job runs on the virtual clock. It ends when its stub says so. Without a stub, the emulator reads its status",
    "from the backend every minute. A job that fails gives `States.TaskFailed`, and its description is the cause.",
    "If its task is abandoned (it timed out, its execution was stopped, or another branch failed), the job is",
    "stopped. Facts without a source are unverified.",
)
"""About the rows of ``emulator.integrations.jobs``."""

CONSTANT_TEXT = (
    "moto does not compute these results: it returns the same for every request. Most of the calls are refused. The",
    "report of a test names those that it accepts by name, and those that only read. Give a Task a stub instead:",
    '`emulator.stub("aws-sdk:comprehend:detectSentiment").returns({...})`.',
)
"""About the calls of ``CONSTANTS``."""

QUIET_TEXT = (
    "For each service, the number of operations that moto answers and that have no later effect, without reads and",
    "deletions (`emulator/aws/promises/quiet.py` has their names):",
)


RECORDED = (
    "`python -m tests.conformance.run` replays cases that were recorded on AWS. All pass except these, by reason",
    f"(an id without a collection begins with `{PREFIX}`):",
)


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield "# What is emulated"
    yield ""
    yield "Printed from the code's tables: `python -m emulator.supported > docs/supported.md`."
    yield from _table("State fields", ("field", "states", "query language"), _fields())
    yield from _list("Choice operators", sorted(OPERATORS), extra=f"and {', '.join(sorted(COMBINATIONS))}.")
    yield from _list("Intrinsic functions", sorted(FUNCTIONS))
    tasks = ((f"`{resource}`", emulated) for resource, emulated in resources())
    yield from _table("Task resources", ("resource", "emulated"), tasks)
    yield from ("", "## Jobs that `.sync` waits for", "", *JOBS_TEXT)
    head = ("resource", "described by", "success", "failure", "stopped by", "the state gets", "unverified")
    yield from _table("", head, jobs.rows())
    operations = ((name, _mark(name in OPERATIONS)) for name in sorted([*OPERATIONS, *NOT_EMULATED]))
    yield from _table("Step Functions API", ("operation", "emulated"), operations)
    yield from _list("Lambda API, answered in this process", sorted([*LAMBDA, *LAMBDA_EMPTY, *LAMBDA_ABSENT]))
    yield from _list("Lambda API, refused by name", sorted(LAMBDA_REFUSED))
    yield from _list("Pipes API, answered in this process", sorted(PIPES))
    yield from _list("EventBridge pattern operators", sorted(PATTERN_OPERATORS), extra="and exact values, `$or`.")
    yield from _list("EventBridge targets, by the service and type of their ARN", sorted(DELIVERIES))
    yield from ("", "## Calls that promise a later event", "", *REFUSED)
    yield from _table("", ("service", "refused when made; (some): only with some members"), _promises())
    yield from ("", "## Members of requests without effect", "", *WITHOUT_EFFECT)
    yield from _table("", ("call", "members"), _without_effect())
    yield from ("", "## Answered by moto with a constant", "", *CONSTANT_TEXT)
    yield from _table("", ("call", "what it says"), ((f"`{call}`", says) for call, says in CONSTANTS.items()))
    yield from ("", "## Other services", "", *QUIET_TEXT, "", f"{', '.join(_quiet())}.")
    yield from ("", "## Known gaps")
    for area, rows in GAPS:
        yield from ("", f"### {area}")
        yield from _table("", ("what", "what happens instead"), rows)
    yield from ("", "## Recorded cases that do not pass", "", *RECORDED)
    for reason, ids in NOT_PASSING:
        yield from ("", f"{len(ids)}: {reason}", "")
        yield from (f"- ``{id_}``" for id_ in ids)
    yield from ("", f"{len(ONLY_IN_PROCESS)}: not over HTTP, where the runner lets no time pass for a queue", "")
    yield from (f"- ``{id_}``" for id_ in ONLY_IN_PROCESS)


def _fields() -> Iterator[tuple[str, str, str]]:
    for field in FIELDS:
        types = "all" if field.types == ALL_TYPES else ", ".join(field.types)
        yield f"`{field.name}`", types, field.language


def _promises() -> Iterator[tuple[str, str]]:
    for service, operations in sorted(PROMISES.items()):
        some = {name: "" if promise.when is None else " (some)" for name, promise in operations.items()}
        yield f"`{service}`", ", ".join(f"`{name}`{mark}" for name, mark in some.items())


def _without_effect() -> Iterator[tuple[str, str]]:
    for call, row in DECIDED.items():
        if row.without_effect:
            yield f"`{call}`", ", ".join(f"`{path}`" for path in sorted(row.without_effect))


def _quiet() -> Iterator[str]:
    for service, operations in sorted(QUIET.items()):
        yield f"`{service}` {len(operations)}"


def _mark(emulated: bool) -> str:
    return "yes" if emulated else "no"


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield from (("", f"## {title}") if title else ())
    yield from ("", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}")
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _list(title: str, names: Iterable[str], *, extra: str = "") -> Iterator[str]:
    found = [f"`{name}`" for name in names]
    yield from ("", f"## {title}", "", f"{len(found)}: {', '.join(found)}{', ' + extra if extra else '.'}")


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201 - what this module is for when it is run
