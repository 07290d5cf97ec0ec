"""A handler in Node.js by its name, as Lambda writes it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "node:"
"""What text begins with that means a handler in Node.js."""
NODE_RUNTIME: Final = "nodejs20.x"
"""What Lambda's API shows as the runtime of such a function; what runs it is the Node.js that is installed."""
ENDINGS: Final = ("", ".js", ".mjs", ".cjs")
"""What the file of ``folder/file.function`` may end with."""


@dataclass(frozen=True, slots=True)
class NodeHandler:
    """A handler in Node.js: ``"dist/index.handler"``, as Lambda writes it, or ``"dist/index.mjs#handler"``.

    ``root`` is the folder that Lambda would have at ``/var/task``; a relative one begins where the emulator's
    definitions do. ``environment`` is for the handler's ``process.env``, besides what this process has and what Lambda
    sets. ``node`` is the executable, ``concurrency`` how many calls may go on at a time, each in its own process.
    """

    handler: str
    root: str | os.PathLike[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    node: str = "node"
    concurrency: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "handler", self.handler.removeprefix(PREFIX))
        name = f"NodeHandler({self.handler!r})"
        if not self.handler or self.handler.endswith(("#", ".", "/")):
            raise ValueError(f'{name}: write "folder/file.function", or "folder/file.mjs#function"')
        concurrency: object = self.concurrency
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ValueError(f"{name}: concurrency is {concurrency!r}; it has to be a whole number from 1")
        variables: Mapping[Any, Any] = self.environment
        for key, value in variables.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise ValueError(f"{name}: environment variable {key!r} is {value!r}; names and values are text")

    @property
    def place(self) -> tuple[str, str]:
        """The folder and the file's name; in Lambda's notation the name has no ending."""
        path, separator, _ = self.handler.partition("#")
        folder, _, name = path.rpartition("/")
        return folder, name if separator else name.partition(".")[0]

    @property
    def function(self) -> str:
        """The function's name in its module, with dots for nested ones."""
        path, separator, name = self.handler.partition("#")
        return name if separator else path.rpartition("/")[2].partition(".")[2]

    def file(self, root: Path) -> Path | None:
        """The file that holds the handler, ``None`` when there is none; Lambda also looks for a package."""
        folder, name = self.place
        endings = ("",) if "#" in self.handler else ENDINGS
        return next((file for end in endings if (file := root / folder / (name + end)).is_file()), None)
