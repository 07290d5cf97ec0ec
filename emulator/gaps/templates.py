"""Known gaps: templates and triggers."""

from typing import Final

GAPS: Final = (
    (
        "Templates: nested stacks and applications, layers, `AutoPublishAlias`, custom resources",
        "listed in `app.not_emulated` or `app.not_enforced`; what would start something later is refused",
    ),
)
