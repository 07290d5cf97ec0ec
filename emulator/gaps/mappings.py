"""Known gaps: event source mappings and pipes."""

from typing import Final

GAPS: Final = (
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
        "Mappings: AWS's text for more than ten filters, too low an age, settings of another source",
        "AWS's code with a text of ours, or the recorded text for another setting",
    ),
)
