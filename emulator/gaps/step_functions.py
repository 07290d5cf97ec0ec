"""Known gaps: the Step Functions API."""

from typing import Final

GAPS: Final = (
    (
        "DeleteStateMachine of a state machine with running executions: AWS ends them at their next step",
        "it is DELETING until they have ended; the status that AWS gives them is not recorded",
    ),
    (
        "DeleteStateMachine of a state machine without running executions: DELETING for some seconds (measured)",
        "it is deleted immediately, and its name is free",
    ),
    (
        "An execution's input, or a worker's output, in which one JSON text follows another; or of blanks only",
        "refused with our own texts: AWS's are not recorded",
    ),
    (
        "An execution's input of at most 262,144 characters and more bytes",
        "refused as one with too many characters; AWS's text is not recorded",
    ),
    ("A state machine's `roleArn` that is not the ARN of a role", "accepted: roles are not looked up"),
    (
        "A cause of more than 32,768 characters, such as that of a nested execution",
        "its first 32,768 characters; where AWS cuts it is not recorded",
    ),
    (
        "The text with which StartExecution, UpdateStateMachine and DeleteStateMachine refuse the ARN of a Map's label",
        "AWS's code, ValidationException, with our own message",
    ),
    (
        "SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat with a token whose machine was deleted: the text",
        "that of a token without a task",
    ),
    (
        "`RedriveCount`, `RedriveStatus`, `RedriveStatusReason`: not in recordings made on AWS before 2023-11-15",
        "as in later recordings, also in the result of a nested execution (`.sync`, `.sync:2`)",
    ),
    (
        "Finished children of a map run beyond the newest 1,000 that succeeded and the first 1,000 that did not",
        "ListExecutions lists them; DescribeExecution and GetExecutionHistory answer `ExecutionDoesNotExist`",
    ),
    ("Status change events for children of map runs", "not sent"),
    ("Executions are deleted 90 days after their end on AWS", "they are kept"),
    (
        "`billedMemoryUsedInMB` of StartSyncExecution: AWS bills more for large inputs and many parallel steps",
        "always 64; `billedDurationInMilliseconds` is the virtual time",
    ),
    (
        "An Express execution that loops without waiting: AWS ends it after five minutes",
        "it stops after 250,000 events, and then times out",
    ),
    (
        "More than ten callers of StartSyncExecution that wait for one another",
        "`NotEmulatedError`",
    ),
    ("An asynchronous Express execution may run more than once on AWS", "each start runs once"),
    (
        "`states:startExecution.sync` of an Express machine: AWS's answer is not known",
        "`NotEmulatedError`; `aws-sdk:sfn:startSyncExecution` waits for one",
    ),
    ("Versions and aliases of state machines, redrive, TestState", "`NotEmulatedError`"),
    (
        "Tracing of state machines (`tracingConfiguration`)",
        "stored and described; traces are not recorded, and X-Ray's calls do not find any",
    ),
    (
        "Log groups of state machines: when AWS starts another log stream, and its id",
        "each machine starts one in every hour in which it logs; the validation stream is empty",
    ),
    (
        "Log events of types that AWS's table of levels lacks (activities, map runs); numbers in their details",
        "at ERROR those that name a failure; numbers as in GetExecutionHistory",
    ),
    (
        "Log events of more than 248 KB: where AWS cuts `assignedVariables`",
        "it cuts input, output and parameters; assigned variables are whole",
    ),
    ("The permission of a role to write to a log group", "not required: IAM is not checked"),
    (
        "Work that starts more work without end and without a wait (a machine that starts itself)",
        "`EmulatorError` after 1,000 in a row at one instant (`docs/adr/0018-work-without-end.md`)",
    ),
    (
        "The long poll of GetActivityTask",
        "only for workers in other threads and over HTTP; the test's own thread gets its response immediately",
    ),
    (
        "ListMapRuns of an Express execution: the kind of AWS's error is not recorded",
        "`InvalidArn`, as for DescribeExecution",
    ),
)
