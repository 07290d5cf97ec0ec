"""What is emulated and what is not, printed from the tables that the code itself reads.

python -m emulator.supported > docs/supported.md
"""

from collections.abc import Iterable, Iterator

from asl.fields import ALL_TYPES, FIELDS
from asl.intrinsics import FUNCTIONS
from asl.states.choice import COMBINATIONS, OPERATORS
from emulator.aws.promises.quiet import QUIET
from emulator.aws.promises.table import PROMISES
from emulator.eventbridge.operators import OPERATORS as PATTERN_OPERATORS
from emulator.eventbridge.targets import DELIVERIES
from emulator.lambda_api.operations import ABSENT as LAMBDA_ABSENT
from emulator.lambda_api.operations import EMPTY as LAMBDA_EMPTY
from emulator.lambda_api.operations import OPERATIONS as LAMBDA
from emulator.lambda_api.operations import REFUSED as LAMBDA_REFUSED
from emulator.recordings import NOT_PASSING, ONLY_IN_PROCESS, PREFIX
from emulator.stepfunctions.operations import NOT_EMULATED, OPERATIONS
from emulator.targets.registry import resources

GAPS = (
    (
        "`States.Hash` of an object or an array: the text that AWS hashes is not recorded",
        "its JSON text is hashed",
    ),
    (
        "`States.ArrayUnique` of more than eleven items: how large AWS's hash table is, is not recorded",
        "the order is that of a Java HashSet made from the array",
    ),
    (
        "`States.StringToJson` of JSON with more text behind it: not recorded",
        "it fails; Jackson by default ignores the rest",
    ),
    (
        "`States.StringToJson` of a number that no double holds (`1e400`): not recorded",
        "it fails; Jackson reads Infinity",
    ),
    (
        "`States.MathAdd` of a number with a fraction or exponent outside of 32 bits: recorded for one number only",
        "its low 32 bits count, as Java casts it; integers outside of 32 bits fail, as recorded",
    ),
    (
        "`States.ArrayRange` of integers outside of 32 bits: not recorded",
        "they are counted exactly",
    ),
    (
        (
            "Words of refusals that are not recorded: JSON types but Integer, HeartbeatSeconds not below "
            "TimeoutSeconds, Resource of a ResultWriter"
        ),
        "by analogy with recorded ones, or ours; the codes are AWS's",
    ),
    (
        "BackoffRate below 1: whether AWS writes the limit as `1` or as `1.0` is not known",
        "`Minimum value is 1`; the limits of ToleratedFailurePercentage are `0.0` and `100.0` (measured)",
    ),
    (
        "A batch limit (MaxItemsPerBatch, MaxInputBytesPerBatch) of 0: AWS takes it; its run is not recorded",
        "the state fails with States.Runtime",
    ),
    (
        "Unknown members of a service's parameters: AWS sometimes adds ` Did you mean 'X'?` to its text",
        "not added, since it is not known when; our hint has the nearest name",
    ),
    (
        "Words that a member of an optimized integration may have, such as LaunchType of `ecs:runTask`",
        "any text is taken; whether AWS checks them when it creates the machine is not recorded",
    ),
    (
        "A rule inside And, Or or Not with none, or two, of And, Or, Not and Variable: measured for Choices only",
        "refused in the words of a rule directly in Choices",
    ),
    (
        "Paths to more than one place in fields that AWS calls Reference Paths, such as Variable and SecondsPath",
        (
            "taken; AWS's answer is not recorded. ItemsPath, ResultPath and the paths to numbers of a Map "
            "(MaxConcurrencyPath, MaxItemsPath and so on) must name one place"
        ),
    ),
    (
        "A definition with the same key twice in an object, or with text after its end",
        "not recorded. The last key counts, and `emulate check` warns; the text is refused in our words",
    ),
    (
        "the place in Lambda's error for an event that is not JSON, which its text ends with",
        "the text ends with the reason",
    ),
    (
        "A function that was just created or changed",
        "its State is Active and its LastUpdateStatus Successful at once, never Pending or InProgress",
    ),
    (
        "DeleteStateMachine of a state machine with running executions: AWS ends them at their next step",
        "it is DELETING until they have run to their end; the status that AWS gives them is not recorded",
    ),
    (
        "DeleteStateMachine of a state machine without running executions: DELETING for some seconds (measured)",
        "it is gone at once, and its name is free",
    ),
    (
        "An execution's input, or a worker's output, in which one JSON text follows another; or of blanks only",
        "refused, with texts of ours: AWS's are not recorded",
    ),
    (
        "An execution's input of at most 262,144 characters and more bytes",
        "refused as one of more characters; what AWS says is not recorded",
    ),
    ("A state machine's `roleArn` that is not the ARN of a role", "accepted: no role is looked at"),
    (
        "A cause of more than 32,768 characters, such as that of a nested execution",
        "its first 32,768 characters; where AWS cuts it is not recorded",
    ),
    (
        "AWS's text for a version or alias given to PublishVersion, CreateAlias, UpdateFunctionCode and the like",
        "the text of reserved concurrency; the others are not recorded",
    ),
    (
        "ReceiveMessageWaitTimeSeconds of a queue, over HTTP",
        "only WaitTimeSeconds of the request waits; without it the answer comes at once",
    ),
    (
        "Values that moto does not check, in services other than Step Functions, EventBridge, Lambda and SQS",
        "moto answers, or fails: then BackendError names moto and the call; over HTTP with status 400",
    ),
    (
        "A refused call whose error is wrapped into another one or an `ExceptionGroup`, and asserted as that",
        "the test fails at its end; take the call off with `emulator.blocked.remove`",
    ),
    (
        "`NaN` and `Infinity` in a handler's output",
        "they are written as Lambda's runtime writes them, and the state's output is that text",
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
        "the next run on another machine takes it for ended, and deletes what it made",
    ),
    (
        "An external backend's answer in AWS's form, with wrong content",
        "taken as it is: only its form is checked",
    ),
    (
        "boto3 clients that are made before an emulator opens, on a machine without a region",
        "boto3 raises `NoRegionError`: set AWS_DEFAULT_REGION. pytest, and modules that `emulate` loads, need nothing",
    ),
    (
        "Long polls of SQS (`WaitTimeSeconds`) by a Task of a state machine, and with `polling_waits=False`",
        "answered at once; a long poll in another thread waits in real time, as a program of its own",
    ),
    (
        "moto's times that other code checks: a token's `exp`, a certificate's dates",
        "virtual, like all of moto's; code that checks them in the test sees the system's time",
    ),
    ("moto's work in the background (AWS Batch in Docker, exports of tables)", "in real time, in moto's own threads"),
    (
        "A handler's changes to variables, folder, signals, locale: on Lambda later calls see them",
        "undone when the call ends; what its module does when it is imported stays, in the test's process",
    ),
    (
        "A handler's changes to other loggers' levels, warning filters, the seed of `random`, globals of modules",
        "kept, as in a warm Lambda, but in the test's process: later calls, other functions and the test see them",
    ),
    (
        "Several emulators, and a thread that is begun by `_thread.start_new_thread` or by a library in C",
        "the emulator that was opened last answers it; any other thread is answered as the code that starts it",
    ),
    (
        "Outside pytest: `patch.dict(os.environ)`, begun while an emulator is open and ended after it",
        "it brings back the emulator's values; in pytest, they are put back when the test has ended",
    ),
    (
        "Handlers that run in several threads at a time",
        "they share the process's variables and folder until the last of them ends",
    ),
    (
        "moto's own server (`ThreadedMotoServer`) and `mock_aws().reset()`, in the process of an emulator",
        "they use the contents of the emulator that answered last; moto's reset over HTTP is refused",
    ),
    (
        "Calls that promise a later event (listed above) at an external backend",
        "not refused, but for PutRule with a ScheduleExpression: the backend works in real time, by itself",
    ),
    (
        "Events that AWS services put on the default bus, such as those of S3, EC2 and ECS",
        "only Step Functions' status changes are put; put others with PutEvents",
    ),
    (
        "Instances, clusters, services of containers, channels: what moto shows as running",
        "nothing runs in them; a task, job or build that would end is refused when it is started",
    ),
    (
        "Retention of stream records and of deleted secrets in Kinesis and Secrets Manager",
        "as moto keeps them; nothing is deleted when the time is up",
    ),
    (
        "Findings of GuardDuty, Inspector, Macie, Config and the like; costs and budgets",
        "as moto has them; nothing is found by itself",
    ),
    (
        "Presigned URLs: their signature and when they expire",
        "not checked; a URL is answered if the emulator's keys signed it, or if its bucket is emulated",
    ),
    (
        "AWS calls of a child process that swallows the error of the closed port",
        "the test does not fail, and `emulator.blocked` does not list them: check the child's own result",
    ),
    (
        "S3: access points by the host of a custom endpoint; multi-region access points; Outposts; Object Lambda",
        "`NoSuchBucket`; access points of a region are answered at AWS's hosts and at those of VPC endpoints",
    ),
    (
        "`emulate serve`: unsigned reads of public objects whose backend for S3 is external",
        "refused: `MissingAuthenticationToken`; with moto, its own rules for ACLs and policies say what is public",
    ),
    (
        "Child processes that do not read AWS's environment variables; clients in C with sockets of their own",
        "not guarded: `docs/nothing-leaves.md`",
    ),
    (
        "JSONata: AWS ends an expression after a second or too much memory",
        "it ends after 500,000 steps, so that an expression always ends in the same way",
    ),
    (
        "JSONata where AWS differs from jsonata 2.0.6: memory, integers of 64 bits, `D3086`, `$eval`, `\\s`, URLs",
        "the result observed on AWS",
    ),
    (
        "JSONata: partially applied built-in functions check their arguments",
        "jsonata 2.0.6 does not: `$uppercase(?)(1)` is an internal error there, `$string(?)` is S0208; T0410 here",
    ),
    (
        "JSONata: a transform whose pattern finds a value that is not an object",
        "left as it is; jsonata 2.0.6 ends in an internal error",
    ),
    (
        "JSONata: the order of an object's keys that look like integers; `$now()` in several fields of a state",
        "the order in which they were put there; the same instant: nothing of it is recorded",
    ),
    (
        "JSONata: `$substring` with a start from 0 on in a text with characters beyond the basic plane",
        "characters are counted; measured on AWS: halves of characters, and failures without a length",
    ),
    (
        "JSONata: `$base64encode` and `$base64decode` of text that is not ASCII: measured on AWS as UTF-8",
        "Latin-1 where it can be, as in jsonata 2.0.6; UTF-8 otherwise",
    ),
    ("JSONata: `$decodeUrl` was not measured, `$decodeUrlComponent` was", "alike; reserved characters stay escaped"),
    (
        "JSONPath: which version of json-path AWS runs is not known",
        "2.10's answers, but for what was seen on AWS: bare words are texts, `['a\\\"b']` has a backslash",
    ),
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
        "EventBridge and Scheduler: PutPermission with the Policy `{}`, DeleteScheduleGroup of no group",
        "moto fails, with errors of its own",
    ),
    (
        "JSONPath: json-path fails on arrays and objects inside `in [...]`, and names a class of its own for `keys()`",
        "such items are equal to nothing; the message says `java.util.ArrayList`",
    ),
    (
        "How many wildcards are too complex for EventBridge: one refusal is recorded",
        "ten prefixes of a wildcard pattern may match one text at the same time",
    ),
    ("JSONata: two entries of one constructor that both fail", "the error of the first one in the text is reported"),
    (
        "The text with which StartExecution, UpdateStateMachine and DeleteStateMachine refuse the ARN of a Map's label",
        "AWS's code, ValidationException, with our own message",
    ),
    (
        "The headers of `lambda:invoke` with `InvocationType: Event` or `DryRun`: not recorded",
        "those of a call that is waited for, without X-Amz-Executed-Version and Content-Type",
    ),
    (
        "SNS: the order of Publish's checks; a MaximumMessageSize of a topic, message attributes as part of the size",
        "Subject, Message, the topic's ARN, then the message group; 262,144 bytes of the message itself",
    ),
    ("Lambda: how a ClientContext over 3,583 bytes is refused", "it is passed on"),
    (
        "`lambda:invoke`: a FunctionName or Qualifier against Lambda's patterns; SourceBucket alone in `s3:copyObject`",
        "not refused for its form: there is no such function; the backend's own error",
    ),
    ("SendTaskSuccess and its kin with a token whose machine was deleted: the text", "that of a token without a task"),
    (
        "A rule on Step Functions' events that starts its own machine: each run puts two events, so works double",
        "`EmulatorError` after 10,000 works that began others, which is before the 1,000 in a row",
    ),
    ("A response of a handler in Python that is bytes, but not UTF-8", "its other bytes are replaced by U+FFFD"),
    (
        "Messages about Labels of Maps that AWS refuses",
        "AWS's codes, with our own messages; of a Label that is too long, the end is AWS's",
    ),
    (
        "`MapStateExited` after a map run: in recordings made on AWS before 2024-11-13 it follows `MapRunSucceeded`",
        "as in later recordings: it follows `MapRunStarted`",
    ),
    (
        "`RedriveCount`, `RedriveStatus`, `RedriveStatusReason`: not in recordings made on AWS before 2023-11-15",
        "as in later recordings, also in the result of a nested execution (`.sync`, `.sync:2`)",
    ),
    (
        "Blanks in the input of the first state: missing in two recordings made on AWS, in July and August 2024",
        "as in all others: the execution's original input text",
    ),
    (
        "AWS's `SignatureVersion` 2 of SNS messages; `ServerSideEncryption` and `ChecksumType` of S3's GetObject",
        "as in moto: version 1, and neither of these fields",
    ),
    (
        "Finished children of a map run beyond the newest 1,000 that succeeded and the first 1,000 that did not",
        "ListExecutions lists them; DescribeExecution and GetExecutionHistory answer `ExecutionDoesNotExist`",
    ),
    ("Status change events for children of map runs", "not sent"),
    ("Item readers: ZSTD; inventories in ORC or Parquet", "`NotEmulatedError`; `States.ItemReaderFailed`"),
    ("Item readers: PARQUET", "need the extra `parquet`, which installs pyarrow"),
    ("A failed distributed Map: AWS lets children run for a while", "they are stopped immediately"),
    (
        "States.DataLimitExceeded other than of a task's result (output, Parameters, ResultSelector), and its Retry",
        "recorded for a task's result and Catch only; otherwise only its own name matches it",
    ),
    (
        "A TimeoutSeconds or HeartbeatSeconds of 0, of a machine or from an expression: AWS accepts it",
        "it sets no limit; what it does on AWS is not known",
    ),
    (
        "The order of the events when an inline Map is cut: AWS was recorded and, later, measured to have two orders",
        "the recorded one: `MapIterationFailed` is first; measured in 2026: it follows the aborted iterations",
    ),
    (
        "A JSON file that holds an object: the recording of 2023 refuses it, the developer guide allows it since 2025",
        "its members are items, `Key` and `Value`",
    ),
    (
        "`$$.StateMachine.Id` of a map run's child: on AWS it was seen to end in the name of the map run",
        "it ends in the label, `stateMachine:machine/label`",
    ),
    ("`SecondsPath` that finds a number in a string: AWS may take it", "refused"),
    (
        "Events of a distributed Map whose ItemSelector or BatchInput ends in `States.Runtime`: not recorded",
        "MapRunStarted, then ExecutionFailed, by analogy with the Map's other fields; the map run is FAILED",
    ),
    (
        "Events of a Parallel whose Arguments or Output in JSONata fail: not recorded",
        "EvaluationFailed after the event before the state, then ParallelStateFailed, as recorded for a Map's Items",
    ),
    (
        "EvaluationFailed of a Wait's Seconds and Timestamp: recorded for a Timestamp that is not a time",
        "it follows WaitStateEntered for every failure of the two",
    ),
    (
        "Arguments that are refused at run time: the words are recorded for Parameters",
        "the same words, \"The Parameters '...' could not be used to start the Task\"",
    ),
    (
        "Causes that quote a task's result: recorded are those that quote a state's input",
        "its text as the function gave it, with its blanks",
    ),
    (
        "A Payload of `lambda:invoke` that is a number or a boolean only at run time: AWS refuses literals",
        "it is sent",
    ),
    ("Offsets of more than 18 hours in timestamps (`+18:01`): not measured", "refused, as Java refuses them"),
    ("Executions are deleted 90 days after their end on AWS", "they are kept"),
    (
        "No Choice rule holds in JSONata, and there is no Default: not seen on AWS",
        "`States.Runtime`, as AWS runs show for JSONPath",
    ),
    (
        "A number that is compared with the boolean at a path: AWS was seen to find 8 at least as large as false",
        "booleans are 1 and 0 for less and greater; they equal no number",
    ),
    (
        "An unknown service or action of `aws-sdk`: what AWS says about it is not known",
        "a warning when the machine is created; `NotEmulatedError` when it is started",
    ),
    (
        "A literal of the wrong type in the parameters of a service: AWS's words are known for two types",
        "`must be a NUMBER`, `must be a BOOLEAN` by analogy; otherwise `has an invalid format`",
    ),
    (
        "Names of members in `aws-sdk` integrations: only some are seen on AWS",
        "by the rules and the renames of the AWS SDK for Java (`emulator/aws/java_renames.py`)",
    ),
    (
        "An object for a string of an `aws-sdk` call: AWS takes it for some members, which ones is not known",
        "sent as text for those that recordings and AWS's samples show; the task fails for others",
    ),
    ("Members of `bedrockagentcore:invokeHarness`", "not checked"),
    ("EXPRESS state machines, StartSyncExecution", "`NotEmulatedError`"),
    ("Versions and aliases of state machines, redrive, TestState", "`NotEmulatedError`"),
    ("Logging and tracing configurations other than off", "`NotEmulatedError`"),
    (
        "Schedules: rules with a ScheduleExpression, EventBridge Scheduler",
        "checked, stored and shown; none fires: a test fails at its end once a time of an enabled one has come",
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
        "Retries of EventBridge targets",
        "none, as on AWS for a target that does not exist: `emulator.bus.undelivered`, and the dead-letter queue",
    ),
    (
        "EventBridge targets of other kinds: API destinations, Kinesis, log groups, ECS, Batch and more",
        "PutTargets raises `NotEmulatedError`; an external backend may have them",
    ),
    (
        "Texts not recorded: for an ARN of another region or account, for DeleteFunction of a version under an alias",
        "EventBridge and Lambda give AWS's code with a text of ours; in Step Functions the resource does not exist",
    ),
    (
        "Texts not recorded: for a time zone of EventBridge Scheduler that does not exist, names of an InputPathsMap",
        "AWS's code with a text of ours",
    ),
    (
        "An event that a rule sends back to a bus where it has been: on AWS it loops forever",
        "it is not delivered there; `emulator.bus.undelivered` shows its path",
    ),
    (
        "A function that calls itself synchronously for ever: on AWS its timeout ends it",
        "Python's `RecursionError` is the handler's error",
    ),
    (
        "boto3 clients of a region that does not exist (`us-east1`)",
        "S3, Step Functions and Lambda answer them; other services refuse the name, as `Emulator(region=...)` does",
    ),
    (
        "Work that begins more work for ever without a wait (a machine that starts itself)",
        "`EmulatorError` after 1,000 in a row at one instant (`docs/adr/0018-work-without-end.md`)",
    ),
    (
        "IAM: roles and policies",
        "not checked; a target that is a state machine needs a RoleArn; `Credentials` are shown, not assumed",
    ),
    ("Lambda code: images, layers, runtimes other than Python and Node.js", "`NotEmulatedError`"),
    (
        "Lambda's asynchronous calls: a bucket as destination; dead letters of functions without any concurrency",
        "`NotEmulatedError`; ErrorCode 429 and `Rate Exceeded.`, which are not recorded",
    ),
    (
        "Errors of Lambda that nothing here brings about: `Lambda.Unknown` (older time-outs), out of memory, throttles",
        'a handler raises them: `raise type("Lambda.Unknown", (Exception,), {})("...")`; reserved concurrency 0',
    ),
    (
        "Lambda's log of a call: INIT_START, LAMBDA_WARNING, output past `sys.stdout` (`os.write`, child processes)",
        "not in it; the levels of loggers are those of the test's process",
    ),
    ("Lambda's reserved concurrency above 0; provisioned concurrency", "calls are not counted; `NotEmulatedError`"),
    (
        "CloudFormation templates with state machines, functions, rules, or types that moto does not make",
        "`NotEmulatedError` names them; moto makes the rest",
    ),
    ("Lambda's resource policies", "kept and shown; no permission is checked"),
    (
        "CloudWatch Logs of functions and state machines: a call makes no log group and no log stream",
        "`describe_log_groups` knows only what the test made; what a handler prints is in the captured output",
    ),
    ("Handlers in Node.js: response streaming, extensions, Lambda's format of log lines", "plain text in the log"),
    (
        "Time in Python handlers: gevent, uvloop, sleeps of C extensions, `ThreadPool`, workers left by earlier calls",
        "real time; what else is not exact is listed in `docs/time-in-handlers.md`",
    ),
    ("Handlers in Node.js: functions that use real time", "listed in `docs/nodejs.md`"),
    (
        "The long poll of GetActivityTask",
        "only for workers in other threads and over HTTP; the test's own thread gets its response immediately",
    ),
    (
        "Order of events in concurrent branches",
        "the order in which the branches started; on AWS it depends on timing",
    ),
    ("Signatures and credentials of requests over HTTP", "never checked; the credential scope names the service"),
    ("TLS, host prefixes (`sync-`) over HTTP", "plain HTTP at one address: `AWS_DISABLE_HOST_PREFIX_INJECTION=true`"),
    (
        "GraphQL of background tasks: `getSettings`, `updateSettings`; filters by `modifiedOn`, `savedBy` and more",
        "refused by the schema",
    ),
    (
        "Profiles of background tasks: a storage error's data, attributes of exceptions, messages that are no text",
        "left out; the message is stored as text. A field that is `null` in the releases' record is absent in ours",
    ),
    (
        "Profiles of background tasks: integers above 2^53-1",
        "stored; the releases refuse them, and the task stays running",
    ),
    (
        "Profile webiny_5_39: `response.error` of null, a number, a boolean or a list",
        "an error without its value; 5.40.6 stores the value, and fails with a message of its own for null",
    ),
    (
        "Profiles of background tasks: a mapping with an `error` that is absent, null or a text, or another `wait`",
        "an error without message, a wait of 1 s to 355 days; the releases fail in other words, and pass the wait on",
    ),
    (
        "Profiles of background tasks: `data` of an error that is no object, messages that are false in JavaScript",
        "kept as the documented library does, not always as a release does",
    ),
    ('Profile webiny_5_41: `fail_write("output")`', "not compared with the release"),
    ("Profile webiny_5_41: the size of an output that is a text", "not compared with the release"),
    (
        "Background tasks: what `on_before_trigger` changes in the data, and fields given to `update_task`",
        "not validated as the releases do",
    ),
    (
        "Background tasks of a handler of one's own: tasks started by a function that is invoked asynchronously",
        "run and are in `tasks.runs`, but not in `children`",
    ),
    (
        "Background tasks of a handler of one's own: entries that PartiQL or UpdateItem writes",
        "count as writes; words such as `success` do not fit them, and entries that only PartiQL writes are not read",
    ),
    (
        "`tasks.trigger` in front of a handler of one's own that keeps tasks in a form of its own",
        "`run.task` is what the trigger stored, and stays pending",
    ),
    (
        "The release 6.4.11 of background tasks: the detail of the event that starts a task",
        "has a locale, which the machine does not take",
    ),
    (
        "Templates: nested stacks and applications, layers, `AutoPublishAlias`, custom resources",
        "listed in `app.not_emulated` or `app.not_enforced`; what would start something later is refused",
    ),
    ("A web page for executions", "none yet; background tasks have the explorer at `/graphql`"),
)
"""Differences from AWS, and what happens instead."""

REFUSED = (
    "Nothing would bring the event on the virtual clock, so moto is not asked: `NotEmulatedError` says what would not",
    "happen, and what to do instead. A test that needs only the call names it:",
    '`Emulator(accepted_calls=["scheduler:CreateSchedule"])`, the same argument of `@pytest.mark.emulator`, or',
    "`--accept-call` of `emulate run` and `emulate serve`. Schedules of rules and of EventBridge Scheduler are taken;",
    "the test fails at its end once a time of theirs has come. A rate of EventBridge Scheduler without a later",
    "StartDate fires at once, and is refused when it is made. `PutRule` and `EnableRule` are refused at an external",
    "backend only.",
)
"""About the calls of ``PROMISES``."""

QUIET_TEXT = (
    "All operations of moto were looked at. For each service: the number of operations that moto answers and that",
    "promise nothing later, reads and deletions aside (`emulator/aws/promises/quiet.py` has their names):",
)


RECORDED = (
    "`python -m tests.conformance.run` replays cases that were recorded on AWS. All pass but these, by the reason",
    f"(ids that name no collection begin with `{PREFIX}`):",
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
    operations = ((name, _mark(name in OPERATIONS)) for name in sorted([*OPERATIONS, *NOT_EMULATED]))
    yield from _table("Step Functions API", ("operation", "emulated"), operations)
    yield from _list("Lambda API, answered in this process", sorted([*LAMBDA, *LAMBDA_EMPTY, *LAMBDA_ABSENT]))
    yield from _list("Lambda API, refused by name", sorted(LAMBDA_REFUSED))
    yield from _list("EventBridge pattern operators", sorted(PATTERN_OPERATORS), extra="and exact values, `$or`.")
    yield from _list("EventBridge targets, by the service and type of their ARN", sorted(DELIVERIES))
    yield from ("", "## Calls that promise a later event", "", *REFUSED)
    yield from _table("", ("service", "refused when made; (some): only with some members"), _promises())
    yield from ("", "## Other services", "", *QUIET_TEXT, "", f"{', '.join(_quiet())}.")
    yield from _table("Known gaps", ("what", "what happens instead"), GAPS)
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
