"""Lambda's folder ``/var/task``: code that only one function imports.

Two functions may each have a module ``handler``, different from the test's own ``handler``. Modules imported from the
folder are in ``sys.modules`` only while the function runs, and stay loaded between its calls, as on a warm Lambda.
"""

import importlib
import io
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path
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
    """A folder of code, those of the function's layers after it, and the modules loaded from them."""

    def __init__(self, folder: Path, layers: Sequence[Path] = ()) -> None:
        self.folder = folder.resolve()
        self.layers = tuple(each.resolve() for each in layers)
        self._modules: dict[str, ModuleType] = {}
        importlib.invalidate_caches()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Imports search the folder first, and reuse the modules loaded from it before."""
        places = [self.folder, *self.layers]
        if any((place / name).exists() for place in places for name in _OURS):
            import boto3  # noqa: F401 - so that the folder's copy is not found
        names = self._names()
        hidden = _taken_out(names)
        sys.modules.update(self._modules)
        paths = [str(place) for place in places]
        sys.path[:0] = paths
        try:
            yield
        finally:
            for path in paths:
                sys.path.remove(path)
            self._modules = _taken_out(names)
            sys.modules.update(hidden)

    def _names(self) -> set[str]:
        """The top-level modules that an import finds in the folder.

        Built-in and frozen modules are found before any folder, so a module of their name is never the folder's. A
        folder without ``__init__.py`` is found only if no module of its name is on ``sys.path``.
        """
        places = (self.folder, *self.layers)
        names = {path.name.partition(".")[0] for place in places for path in place.iterdir()} - _OURS
        return {name for name in names if name.isidentifier() and self._has(name)}

    def _has(self, name: str) -> bool:
        if BuiltinImporter.find_spec(name) is not None or FrozenImporter.find_spec(name) is not None:
            return False
        spec = PathFinder.find_spec(name, [str(self.folder), *map(str, self.layers), *sys.path])
        if spec is None:
            return False
        places = [spec.origin] if spec.has_location else spec.submodule_search_locations
        ours = (self.folder, *self.layers)
        return any(Path(place).is_relative_to(each) for place in places or () if place is not None for each in ours)


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


def _taken_out(names: set[str]) -> dict[str, ModuleType]:
    """Remove the modules with these top-level names from ``sys.modules``, and return them."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
