"""The folder that Lambda has at ``/var/task``: code that one function alone imports.

Two functions may each have a module ``handler``, and neither is the test's own ``handler``: what is imported from the
folder is in ``sys.modules`` only while the function runs, and stays loaded between its calls, as on a warm Lambda.
"""

import importlib
import io
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

UNZIPPED_LIMIT: Final = 262_144_000
"""Bytes that a function's code may have, unpacked (Lambda's quota of 250 MB)."""

_OURS: Final = frozenset({"boto3", "botocore", "s3transfer"})
"""Never taken from the folder: only this process's own are answered by the emulator."""


class TaskRoot:
    """A folder of code, and the modules that were loaded from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._modules: dict[str, ModuleType] = {}
        importlib.invalidate_caches()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Imports find the folder first, and its modules are the ones loaded from it before."""
        if any((self.folder / name).exists() for name in _OURS):
            import boto3  # noqa: F401 - so that the folder's own is not found
        names = {path.stem for path in self.folder.iterdir()} - _OURS
        hidden = _taken_out(names)
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self.folder))
        try:
            yield
        finally:
            sys.path.remove(str(self.folder))
            self._modules = _taken_out(names)
            sys.modules.update(hidden)


def unpack(archive: bytes, folder: Path) -> None:
    """The zip file's content into ``folder``; raises ``ValueError`` in Lambda's words for anything that is not code."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            if sum(entry.file_size for entry in content.infolist()) >= UNZIPPED_LIMIT:
                raise ValueError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
            content.extractall(folder)
            empty = not content.namelist()
    except zipfile.BadZipFile:
        raise ValueError("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if empty:
        raise ValueError("Uploaded file must be a non-empty zip")


def _taken_out(names: set[str]) -> dict[str, ModuleType]:
    """The loaded modules of these top-level names, which are then no longer loaded."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
