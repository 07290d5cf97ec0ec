"""Known gaps: EventBridge and Scheduler."""

from typing import Final

GAPS: Final = (
    (
        "EventBridge: what becomes of half a surrogate pair in a Detail, and of a number's zeros and exponent",
        "MalformedDetail; doubles as Python writes them, numbers that no double holds as they came",
    ),
    (
        "EventBridge: CIDR blocks and numbers, upper and lower case beyond the basic plane",
        "no number is in a block; the text itself matches. event-ruler: some numbers are, and `??` matches",
    ),
    (
        "EventBridge and Scheduler: the service model's constraints of InputTemplate, EventBusName, TraceHeader",
        "and tags, CreateScheduleGroup, ListSchedules and NextToken, too: checked by moto, or by nothing",
    ),
    (
        "EventBridge: PutPermission with the Policy `{}`",
        "moto fails, with an error of its own",
    ),
    (
        "How many wildcards are too complex for EventBridge: one refusal is recorded",
        "ten prefixes of a wildcard pattern may match one text at the same time",
    ),
    (
        "A rule on Step Functions' events that starts its own machine: each run puts two events, so the work doubles",
        "`EmulatorError` after 10,000 works that began others, which is before the 1,000 in a row",
    ),
    (
        "EventBridge Scheduler calls within the minute, and anywhere in a flexible window",
        "at the very second, and at the beginning of the window",
    ),
    (
        "Rates of schedules when a rule or schedule is changed or enabled again: not recorded",
        "counted from the call that gave this expression (Scheduler: StartDate, or when it was first enabled)",
    ),
    (
        "Whether other rules match the event of a rule's schedule; whether archives keep it",
        "it goes to the targets of its own rule alone",
    ),
    (
        "An `at` of EventBridge Scheduler in the hour that daylight saving time leaves out: not documented",
        "it fires that long after the change; a `cron` does not fire, as documented",
    ),
    (
        "EventBridge Scheduler: how AWS refuses an Input of more than 256 KB, and tags of a group that does not exist",
        "ValidationException in words of ours; ResourceNotFoundException in those of GetScheduleGroup",
    ),
    (
        "A ClientToken of CreateSchedule is known as long as the schedule is as it was made; that of groups is not",
        "a CreateScheduleGroup that repeats is refused; AWS answers it again",
    ),
    (
        "A run during which a recurring schedule starts executions with waits, again and again",
        "their timers are waited for, so the run of a machine that is stuck does not give up",
    ),
    (
        "EventBridge Scheduler: a StartDate more than five minutes ago",
        "refused for a `cron` with `*`; taken for others, and the times are counted from it",
    ),
    (
        "Targets of EventBridge Scheduler: ECS, CodeBuild, CodePipeline, SageMaker, Inspector; universal reads",
        "the first are `NotEmulatedError` when the schedule is made; universal targets that only read are called",
    ),
    (
        "Schedule expressions that no AWS run shows: names in small letters, ranges that go round (`FRI-MON`)",
        "taken, as of any case and as going round",
    ),
    (
        "A `cron` of EventBridge Scheduler whose years have passed; `at` of a time that has passed",
        "taken, and never due; AWS takes the second, and refuses the first in words that are not known",
    ),
    (
        "EventBridge archives and replays: AWS counts events minutes later, and a replay takes minutes",
        "events count at once; a replay sends them after a minute of the clock, and is never RUNNING",
    ),
    (
        "Retries of EventBridge's and Scheduler's targets: AWS says that the waits grow, with jitter, not how long",
        "1 s, doubling to 8 minutes, without jitter; which errors of Scheduler's targets are retried: as for rules",
    ),
    (
        "EventBridge targets of other kinds: API destinations, log groups, ECS, Batch and more",
        "PutTargets raises `NotEmulatedError`; an external backend may have them",
    ),
    (
        "Texts not recorded: EventBridge Scheduler's for a zone, an Input, a group; names of an InputPathsMap",
        "AWS's code with a text of ours",
    ),
    (
        "An event that a rule sends back to a bus where it has been: on AWS it loops forever",
        "it is not delivered there; `emulator.bus.undelivered` shows its path",
    ),
)
