"""Where programs come from: the files of definitions, kept while coverage is collected, and not otherwise."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.definitions.files import DefinitionText

kept: "dict[tuple[str, str], DefinitionText] | None" = None
"""(source, JSON text) of every definition that was compiled from a file -> the definition; ``None``: none are kept."""
