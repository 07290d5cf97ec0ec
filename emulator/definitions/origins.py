"""Where programs come from: the files of definitions, kept while coverage is collected, and not otherwise."""

from typing import Any, TypeAlias

DefinitionText: TypeAlias = Any
"""``emulator.definitions.files.DefinitionText``, which imports this module."""

kept: dict[tuple[str, str], DefinitionText] | None = None
"""(source, JSON text) of every definition that was compiled from a file -> the definition; ``None``: none are kept."""
