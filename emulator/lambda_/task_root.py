"""Lambda's folder ``/var/task``: code that only one function imports.

Two functions may each have a module ``handler``, different from the test's own ``handler``. Modules imported from the
folder are in ``sys.modules`` only while the function runs, and stay loaded between its calls, as on a warm Lambda.
"""

import importlib
import io
import os
import sys
import zipfile
import zlib
from collections.abc import Sequence, Set
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Final

_NOT_TO_UNZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that Python lacks
    OSError,  # a file that is also a folder; a name that is too long
    RecursionError,  # folders within folders without end
    RuntimeError,  # encrypted
    ValueError,
)
"""What ``zipfile`` raises about a package that cannot be unpacked."""
UNZIPPED_LIMIT: Final = 262_144_000
"""Maximum bytes of a function's unpacked code (Lambda's quota of 250 MB)."""

_OURS: Final = frozenset({"boto3", "botocore", "s3transfer"})
"""Never loaded from the folder: the emulator answers only this process's own copies."""


class TaskRoot:
    """A folder of code, those of the function's layers after it, and the modules loaded from them.

    Where calls of several threads run, a name stands for the module of the call that began last and has one; the others
    of its name, and the process's own, are set aside until it ends.
    """

    def __init__(self, folder: Path, layers: Sequence[Path] = ()) -> None:
        self.folder = folder.resolve()
        self.layers = tuple(each.resolve() for each in layers)
        self._paths = [str(place) for place in (self.folder, *self.layers)]
        self._modules: dict[str, ModuleType] = {}
        """Those that are set aside now."""
        self._found: tuple[object, frozenset[str]] = (None, frozenset())
        importlib.invalidate_caches()

    def enter(self) -> None:
        """From now on imports search the folder first, and reuse the modules loaded from it before."""
        names = self._names()
        with _gate:
            if not names.isdisjoint(sys.modules):
                _set_aside(names)
            _in_place.append((self, names))
            sys.modules.update(self._modules)
            self._modules = {}
            sys.path[:0] = self._paths

    def leave(self) -> None:
        """Set its modules aside; the process's own, and its folders, are back."""
        with _gate:
            at = max(at for at, (root, _) in enumerate(_in_place) if root is self)
            names = _in_place[at][1].difference(*(each for _, each in _in_place[at + 1 :]))
            self._modules.update(_taken_out(names))
            del _in_place[at]
            for name in names:
                owners = (root._modules for root, theirs in reversed(_in_place) if name in theirs)
                modules = next(owners, _outside)
                for each in [key for key in modules if key.partition(".")[0] == name]:
                    sys.modules[each] = modules.pop(each)
            for path in self._paths:
                if path in sys.path:
                    sys.path.remove(path)

    def _names(self) -> frozenset[str]:
        """The top-level modules that an import finds in the folder, kept until a file is added to it.

        Built-in and frozen modules are found before any folder, so a module of their name is never the folder's. A
        folder without ``__init__.py`` is found only if no module of its name is on ``sys.path``.
        """
        key = [os.stat(path).st_mtime_ns for path in self._paths], own_path()[:]  # noqa: PTH116 - Path takes longer
        if self._found[0] != key:
            names = {found.name.partition(".")[0] for path in self._paths for found in Path(path).iterdir()}
            if not names.isdisjoint(_OURS):
                import boto3  # noqa: F401 - so that the folder's copy is not found
            names = {name for name in names - _OURS if name.isidentifier() and self._has(name)}
            self._found = key, frozenset(names)
        return self._found[1]

    def _has(self, name: str) -> bool:
        if BuiltinImporter.find_spec(name) is not None or FrozenImporter.find_spec(name) is not None:
            return False
        spec = PathFinder.find_spec(name, [*self._paths, *sys.path])
        if spec is None:
            return False
        places = [spec.origin] if spec.has_location else spec.submodule_search_locations
        ours = (self.folder, *self.layers)
        return any(Path(place).is_relative_to(each) for place in places or () if place is not None for each in ours)


_in_place: Final[list[tuple[TaskRoot, frozenset[str]]]] = []
"""The roots of the running calls, the latest last, and their names."""
_outside: Final[dict[str, ModuleType]] = {}
"""The process's own modules whose names belong to a running call."""
_gate: Final = RLock()


def own_path() -> list[str]:
    """``sys.path`` without the folders of the running calls: itself, if there are none of these."""
    if not _in_place:
        return sys.path
    path = sys.path[:]
    for root, _ in _in_place:
        for folder in root._paths:
            if folder in path:
                path.remove(folder)
    return path


def set_own_path(path: list[str]) -> None:
    """Make ``own_path`` this."""
    sys.path[:] = [*(folder for root, _ in reversed(_in_place) for folder in root._paths), *path]


def _set_aside(names: frozenset[str]) -> None:
    for key, module in _taken_out(names).items():
        name = key.partition(".")[0]
        owners = (root._modules for root, theirs in reversed(_in_place) if name in theirs)
        next(owners, _outside)[key] = module


def unpack(archive: bytes, folder: Path) -> None:
    """Extract the zip file into ``folder``; raises ``ValueError`` with Lambda's text if it is not a valid package."""
    size, empty = 0, False
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            size = sum(entry.file_size for entry in content.infolist())
            empty = not content.namelist()
            if size < UNZIPPED_LIMIT:
                content.extractall(folder)
    except _NOT_TO_UNZIP:
        raise ValueError("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if size >= UNZIPPED_LIMIT:
        raise ValueError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
    if empty:
        raise ValueError("Uploaded file must be a non-empty zip")


def _taken_out(names: Set[str]) -> dict[str, ModuleType]:
    """Remove the modules with these top-level names from ``sys.modules``, and return them."""
    if names.isdisjoint(sys.modules):
        return {}
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
