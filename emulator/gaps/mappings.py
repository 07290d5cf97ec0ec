"""Known gaps: event source mappings and pipes."""

from typing import Final

GAPS: Final = (
    (
        "Pipes: the time until one runs, stops or is gone (`CREATING`, `STOPPING`, `DELETING`)",
        "none: its next state is there when the answer is",
    ),
    (
        "Pipes: AWS's texts for a pipe that is not there or there already, and for parameters that do not fit",
        "AWS's codes with texts of ours; not recorded",
    ),
    (
        "Pipes: logs (LogConfiguration)",
        "kept and described; nothing is written",
    ),
    (
        "Pipes: a path of an InputTemplate that finds nothing, and an object inside of quotes: not recorded",
        "an empty text; its JSON text",
    ),
    (
        "Pipes: the source and detail-type of an event that a bus gets, without parameters that say them: not recorded",
        "`Pipe NAME` and `Event from aws:sqs` (or `aws:dynamodb`, `aws:kinesis`)",
    ),
    (
        "Pipes: the limit of five minutes for an enrichment and a target",
        "not applied; the limits of functions and Express machines are",
    ),
    (
        "Mappings: the waits before a stream's batch is tried again, which AWS does not publish",
        "1, 2, 4, 8 and then every 12 seconds: eight attempts in a minute, as recorded",
    ),
    (
        "Mappings: the time until one reads (`Creating`, `Enabling`), and until a deleted one is gone",
        "none: a mapping's next state is there when the answer is",
    ),
    (
        "Mappings: a batch of a queue with a window may wait up to 20 seconds longer with little traffic",
        "it waits for the window",
    ),
    (
        "Mappings: reserved concurrency other than 0, and how the number of pollers grows",
        "batches of a queue are handed over at once, as many as MaximumConcurrency allows",
    ),
    (
        "Mappings: a function registered with `timeout_seconds=900`, and a queue that hides for less",
        "taken as a function without a timeout of its own, and not refused",
    ),
    (
        "Mappings: AWS's text for a source of another region than the function's",
        "InvalidParameterValueException with a text of ours",
    ),
    (
        "Mappings: AWS's text for more than five filters, too low an age, settings of another source",
        "AWS's code with a text of ours, or the recorded text for another setting",
    ),
    (
        "Mappings: a filter of Kinesis on `partitionKey` at the top level; whether AWS matches it is not known",
        "matched below `kinesis`, where the record has it, in a mapping; at the top level in a pipe",
    ),
    (
        "Mappings: TumblingWindowInSeconds, metrics; sources other than queues, DynamoDB and Kinesis (Kafka)",
        "`NotEmulatedError`",
    ),
    (
        "Mappings: the texts about a window of a FIFO queue, and about settings of streams for a queue: not recorded",
        "AWS's code, InvalidParameterValueException, with the texts of public reports",
    ),
    (
        "Pipes: sources, enrichments and targets other than those of `docs/triggers.md`",
        "`NotEmulatedError`",
    ),
)
