"""Replacing names of modules while an emulator is open, also of modules that are imported later.

A row says which name, and makes the replacement from the original. Nothing is imported: a module that is not loaded is
patched when somebody imports it. A name is put back only if it still holds our replacement; what a test put over it
meanwhile is left alone, and puts ours back itself, which then does what the original does.
"""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.aws.when_imported import WhenImported

Make: TypeAlias = Callable[[Any], Any]
"""The replacement, made from the original."""

_MISSING: Final = object()


class Patch(NamedTuple):
    """``name`` of the class ``owner`` in ``module``, or of the module itself if ``owner`` is empty."""

    module: str
    owner: str
    name: str
    make: Make


class _Held(NamedTuple):
    """A replaced name: ``own`` is what the owner itself held; a class may have inherited the name."""

    owner: Any
    name: str
    own: Any
    replacement: Any


class Patches:
    """The rows of some layers, in place between ``apply`` and ``put_back``.

    ``layers``: a module -> the module with its rows (``PATCHES``), which is imported when the first one is loaded.
    """

    def __init__(self, layers: Mapping[str, str]) -> None:
        self.layers = layers
        self.applied = False
        self._held: list[_Held] = []
        self._known: dict[str, tuple[ModuleType, list[_Held]]] = {}
        """What was replaced in a module the last time: most tests of a run open an emulator."""
        self._finder = WhenImported(layers, self._patch_when_imported)

    def apply(self) -> None:
        """Replace the names of the loaded modules, and from now on those of modules that are imported."""
        self.applied = True
        for name in self.layers:
            module = sys.modules.get(name)
            if module is not None:
                self.patch(module)
        sys.meta_path.insert(0, self._finder)

    def put_back(self) -> None:
        """Put every original back."""
        self.applied = False
        if self._finder in (sys.meta_path or ()):  # None when Python ends
            sys.meta_path.remove(self._finder)
        while self._held:
            owner, name, own, replacement = self._held.pop()
            if owner.__dict__.get(name) is not replacement:
                continue
            if own is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

    def patch(self, module: ModuleType) -> None:
        """Replace the names of one module. A name that its version lacks is left out."""
        known, held = self._known.get(module.__name__, (None, []))
        if known is not module or any(each.owner.__dict__.get(each.name, _MISSING) is not each.own for each in held):
            held = list(self._find(module))
            self._known[module.__name__] = module, held
        for owner, name, _, replacement in held:
            setattr(owner, name, replacement)
        self._held += held

    def _patch_when_imported(self, module: ModuleType) -> None:
        if self.applied:
            self.patch(module)

    def _find(self, module: ModuleType) -> Iterator[_Held]:
        layer: Any = import_module(self.layers[module.__name__])
        for row in layer.PATCHES:
            owner = getattr(module, row.owner, None) if row.owner else module
            if row.module != module.__name__ or owner is None or not hasattr(owner, row.name):
                continue
            own = owner.__dict__.get(row.name, _MISSING)
            kind = type(own) if isinstance(own, classmethod | staticmethod) else None
            made = self._guarded(row.make, own.__func__ if kind else getattr(owner, row.name))
            yield _Held(owner, row.name, own, kind(made) if kind else made)

    def _guarded(self, make: Make, original: Any) -> Any:
        made = make(original)

        @functools.wraps(original)
        def guarded(*given: Any, **named: Any) -> Any:
            return (made if self.applied else original)(*given, **named)

        return guarded
