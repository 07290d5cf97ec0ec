"""The known gaps, by area: what differs from AWS, and what happens instead. ``docs/supported.md`` is printed from it.

A new gap is a row of its area's module.
"""

from typing import Final

from emulator.gaps import (
    background_tasks,
    eventbridge,
    functions,
    integrations,
    language,
    mappings,
    process,
    services,
    step_functions,
    templates,
)

GAPS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    ("The language, and how an execution goes", language.GAPS),
    ("Tasks and services' parameters", integrations.GAPS),
    ("The Step Functions API", step_functions.GAPS),
    ("Lambda and handlers", functions.GAPS),
    ("EventBridge and Scheduler", eventbridge.GAPS),
    ("Other services", services.GAPS),
    ("The test's process, servers and backends", process.GAPS),
    ("Templates and triggers", templates.GAPS),
    ("Event source mappings and pipes", mappings.GAPS),
    ("Background tasks", background_tasks.GAPS),
)
"""The title of an area, and its rows."""
