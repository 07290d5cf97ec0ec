"""The most that the fields of a definition and the names of its resources may be: each number once, with its source."""

from typing import Final

NAME_LIMIT: Final = 80
"""Characters of a state's and a variable's name (quotas of the developer guide), and of the name of a machine, an
execution or an activity (service model).
"""

LABEL_LIMIT: Final = 40
"""Characters of the Label of a Map (developer guide, "Distributed Map")."""

LARGEST_INTEGER: Final = 99_999_999
"""TimeoutSeconds, HeartbeatSeconds, Seconds, MaxAttempts and other counts (developer guide, "Task", "Wait")."""

LARGEST_ITEMS: Final = 100_000_000
"""MaxItems, and what an expression may give for a count of a Map (developer guide, "ItemReader")."""

LARGEST_DELAY_SECONDS: Final = 31_622_400
"""MaxDelaySeconds: 366 days (developer guide, "Handling errors")."""
