"""Known gaps: background tasks."""

from typing import Final

GAPS: Final = (
    (
        "GraphQL of background tasks: `getSettings`, `updateSettings`; filters by `modifiedOn`, `savedBy` and more",
        "refused by the schema",
    ),
    (
        "Profiles of background tasks: a storage error's data, attributes of exceptions, messages that are not text",
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
        "Profiles of background tasks: `data` of an error that is not an object, messages that are false in JavaScript",
        "kept as the documented library does, not always as a release does",
    ),
    ('Profile webiny_5_41: `fail_write("output")`', "not compared with the release"),
    ("Profile webiny_5_41: the size of an output that is a text", "not compared with the release"),
    (
        "Background tasks: what `on_before_trigger` changes in the data, and fields given to `update_task`",
        "not validated as the releases do",
    ),
    (
        "Background tasks of your own handler: tasks started by a function that is invoked asynchronously",
        "run and are in `tasks.runs`, but not in `children`",
    ),
    (
        "Background tasks of your own handler: entries that PartiQL or UpdateItem writes",
        "count as writes; words such as `success` do not fit them, and entries that only PartiQL writes are not read",
    ),
    (
        "`tasks.trigger` with your own handler, which stores tasks in its own form",
        "`run.task` is what the trigger stored, and stays pending",
    ),
    (
        "The release 6.4.11 of background tasks: the detail of the event that starts a task",
        "has a locale, which the machine does not accept",
    ),
)
