"""Known gaps: EventBridge and Scheduler."""

from typing import Final

GAPS: Final = (
    (
        "EventBridge: half of a surrogate pair in a Detail; a number's zeros and exponent",
        "MalformedDetail; doubles as Python writes them, numbers beyond a double's range unchanged",
    ),
    (
        "EventBridge: CIDR blocks and numbers, upper and lower case beyond the basic plane",
        "no number is in a block; the text itself matches. event-ruler: some numbers are, and `??` matches",
    ),
    (
        "EventBridge and Scheduler: the service model's constraints of InputTemplate, EventBusName, TraceHeader",
        "checked by moto, or not at all; the same for tags, CreateScheduleGroup, ListSchedules and NextToken",
    ),
    (
        "EventBridge: PutPermission with the Policy `{}`",
        "moto fails with its own error",
    ),
    (
        "How many wildcards are too complex for EventBridge: one refusal is recorded",
        "refused if more than ten prefixes of a wildcard pattern can match one text at the same time",
    ),
    (
        "A rule on Step Functions' events that starts its own machine: each run puts two events, so the work doubles",
        "`EmulatorError` after 10,000 actions that started others, before the limit of 1,000 in a row",
    ),
    (
        "EventBridge Scheduler fires anywhere in the minute, and anywhere in a flexible window",
        "exactly on the second, and at the beginning of the window",
    ),
    (
        "Rates of schedules when a rule or schedule is changed or enabled again: not recorded",
        "counted from the call that set this expression (Scheduler: StartDate, or when it was first enabled)",
    ),
    (
        "Whether other rules match the event of a rule's schedule; whether archives keep it",
        "only its own rule's targets get it",
    ),
    (
        "An `at` of EventBridge Scheduler in the hour that daylight saving time skips: not documented",
        "it fires as long after the change; a `cron` does not fire, as documented",
    ),
    (
        "EventBridge Scheduler: how AWS refuses an Input of more than 256 KB, and tags of a group that does not exist",
        "ValidationException with our own text; ResourceNotFoundException with the text of GetScheduleGroup",
    ),
    (
        "A ClientToken of CreateSchedule works until the schedule is changed; that of a group has no effect",
        "a repeated CreateScheduleGroup is refused; AWS repeats its response",
    ),
    (
        "A run during which a recurring schedule starts executions with waits, again and again",
        "a run waits for their timers, so it does not end, even if its own machine is stuck",
    ),
    (
        "EventBridge Scheduler: a StartDate more than five minutes ago",
        "refused for a `cron` with `*`; accepted for others, and the times are counted from it",
    ),
    (
        "Targets of EventBridge Scheduler: ECS, CodeBuild, CodePipeline, SageMaker, Inspector; universal reads",
        "the first are `NotEmulatedError` when the schedule is made; universal targets that only read are called",
    ),
    (
        "Schedule expressions that are not recorded: names in lower case, ranges that wrap around (`FRI-MON`)",
        "accepted: case does not matter, and such a range wraps around",
    ),
    (
        "A `cron` of EventBridge Scheduler whose years have passed; `at` of a time that has passed",
        "accepted, but never fires; AWS accepts the second, and refuses the first with an unknown text",
    ),
    (
        "EventBridge archives and replays: AWS counts events minutes later, and a replay takes minutes",
        "events count at once; a replay sends them after a minute of the clock, and is never RUNNING",
    ),
    (
        "Retries of EventBridge's and Scheduler's targets: AWS documents growing delays with jitter, not their length",
        "1 s, doubling to 8 minutes, without jitter; which errors of Scheduler's targets are retried: as for rules",
    ),
    (
        "EventBridge targets of other kinds: API destinations, log groups, ECS, Batch and more",
        "PutTargets raises `NotEmulatedError`; an external backend may have them",
    ),
    (
        "Texts not recorded: EventBridge Scheduler's for a zone, an Input, a group; names of an InputPathsMap",
        "AWS's code with our own text",
    ),
    (
        "An event that a rule sends back to an earlier bus of its path: on AWS it loops for ever",
        "it is not delivered there; `emulator.bus.undelivered` shows its path",
    ),
)
