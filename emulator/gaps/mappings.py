"""Known gaps: event source mappings and pipes."""

from typing import Final

GAPS: Final = (
    (
        "Pipes: the time until a pipe is running, stopped or deleted (`CREATING`, `STOPPING`, `DELETING`)",
        "none: it has its next state when the call returns",
    ),
    (
        "Pipes: AWS's texts for a pipe that does not exist or already exists, and for wrong parameters",
        "AWS's codes with our own texts; not recorded",
    ),
    (
        "Pipes: logs (LogConfiguration)",
        "stored and described; nothing is written",
    ),
    (
        "Pipes: a path of an InputTemplate without a value, and an object inside quotes: not recorded",
        "an empty text; its JSON text",
    ),
    (
        "Pipes: the default source and detail-type of an event for a bus: not recorded",
        "`Pipe NAME` and `Event from aws:sqs` (or `aws:dynamodb`, `aws:kinesis`)",
    ),
    (
        "Pipes: the limit of five minutes for an enrichment and a target",
        "not applied; the limits of functions and Express machines are",
    ),
    (
        "Mappings: the delays before a stream's batch is retried, which AWS does not publish",
        "1, 2, 4, 8 and then every 12 seconds: eight attempts in a minute, as recorded",
    ),
    (
        "Mappings: the time until a mapping reads (`Creating`, `Enabling`), and until it is deleted",
        "none: a mapping has its next state when the call returns",
    ),
    (
        "Mappings: a batch of a queue with a window may wait up to 20 seconds longer with little traffic",
        "it waits for the window",
    ),
    (
        "Mappings: reserved concurrency other than 0, and how the number of pollers grows",
        "batches of a queue are delivered immediately, as many as MaximumConcurrency allows",
    ),
    (
        "Mappings: a function registered with `timeout_seconds=900`, and a shorter visibility timeout of its queue",
        "not refused: 900 seconds count as no timeout",
    ),
    (
        "Mappings: AWS's text for a source of another region than the function's",
        "InvalidParameterValueException with our own text",
    ),
    (
        "Mappings: AWS's text for more than five filters, too low an age, settings of another source",
        "AWS's code with our own text, or the recorded text for another setting",
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
