"""The eight state types: each module holds its dataclass with ``enter`` and ``resume``, and how it is parsed."""
