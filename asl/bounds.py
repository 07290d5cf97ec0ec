"""Upper bounds of the fields of a definition and the names of its resources: each number once, with its source."""

from typing import Final

NAME_LIMIT: Final = 80
"""Characters in the name of a state or a variable (quotas of the developer guide), a machine, an execution or an
activity (service model).
"""

LABEL_LIMIT: Final = 40
"""Characters of the Label of a Map (developer guide, "Distributed Map")."""

CAUSE_LIMIT: Final = 32_768
"""Characters in the cause of an error (service model, ``SensitiveCause``)."""

LARGEST_INTEGER: Final = 99_999_999
"""TimeoutSeconds, HeartbeatSeconds, Seconds, MaxAttempts and other counts (developer guide, "Task", "Wait")."""

LARGEST_ITEMS: Final = 100_000_000
"""MaxItems, and any count of a Map that an expression gives (developer guide, "ItemReader")."""

LARGEST_DELAY_SECONDS: Final = 31_622_400
"""MaxDelaySeconds: 366 days (developer guide, "Handling errors")."""
