"""A Node.js handler by name, in Lambda's notation."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "node:"
"""Prefix of a text that names a Node.js handler."""
NODE_RUNTIME: Final = "nodejs20.x"
"""The runtime that Lambda's API reports for such a function; the installed Node.js runs it."""
ENDINGS: Final = ("", ".js", ".mjs", ".cjs")
"""Possible suffixes of the file in ``folder/file.function``."""


@dataclass(frozen=True, slots=True)
class NodeHandler:
    """A handler in Node.js. Raises ``ValueError`` for a wrong setting."""

    handler: str
    """``"dist/index.handler"``, in Lambda's notation, or ``"dist/index.mjs#handler"``."""
    root: str | os.PathLike[str] | None = None
    """The folder that Lambda has at ``/var/task``. A relative path starts at the emulator's ``root``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the handler's ``process.env``, in addition to this process's own and Lambda's."""
    node: str = "node"
    """The executable."""
    concurrency: int = 10
    """The maximum number of simultaneous calls, each in its own process."""

    def __post_init__(self) -> None:
        handler: object = self.handler
        name = f"NodeHandler({handler!r})"
        if isinstance(handler, str):
            object.__setattr__(self, "handler", handler.removeprefix(PREFIX))
            name = f"NodeHandler({self.handler!r})"
        if not isinstance(handler, str) or not self._is_whole():
            raise ValueError(f'{name}: write "folder/file.function", or "folder/file.mjs#function"')
        root: object = self.root
        if root is not None and not isinstance(root, str | os.PathLike):
            raise ValueError(f"{name}: root is {root!r}; give the path of a folder")
        concurrency: object = self.concurrency
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ValueError(f"{name}: concurrency is {concurrency!r}; it must be an integer of at least 1")
        variables: Mapping[Any, Any] = self.environment
        for key, value in variables.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise ValueError(f"{name}: environment variable {key!r} is {value!r}; names and values are text")

    def _is_whole(self) -> bool:
        return bool(self.place[1] and self.function) and not self.handler.endswith(".")

    @property
    def place(self) -> tuple[str, str]:
        """The folder and the file's name; in Lambda's notation the name has no suffix."""
        path, separator, _ = self.handler.partition("#")
        folder, _, name = path.rpartition("/")
        return folder, name if separator else name.partition(".")[0]

    @property
    def function(self) -> str:
        """The function's name in its module, with dots if it is nested."""
        path, separator, name = self.handler.partition("#")
        return name if separator else path.rpartition("/")[2].partition(".")[2]

    def file(self, root: Path) -> Path | None:
        """The handler's file, ``None`` if it does not exist; Lambda also looks for a package."""
        folder, name = self.place
        endings = ("",) if "#" in self.handler else ENDINGS
        return next((file for end in endings if (file := root / folder / (name + end)).is_file()), None)


class NamedHandler(NodeHandler):
    """The Handler of CreateFunction: one without a function's name is accepted, and fails when called, as on Lambda."""

    __slots__ = ()

    def _is_whole(self) -> bool:
        return bool(self.handler) and not self.handler.endswith(("#", ".", "/"))
