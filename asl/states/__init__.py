"""The eight state types: each module holds a type's dataclass, with ``enter`` and ``resume``, and its parser."""
