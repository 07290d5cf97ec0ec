"""Replacing names of modules while an emulator is open, also of modules that are imported later.

A row says which name, and makes the replacement from the original. Nothing is imported: a module that is not loaded is
patched when somebody imports it. A name is put back only if it still holds our replacement; what a test put over it
meanwhile is left alone, and puts ours back itself, which then does what the original does.
"""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from threading import local
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:
    Loader = MetaPathFinder = object  # the import system needs only the methods, and the module takes 12 ms

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


class Patches(MetaPathFinder):
    """The rows of some layers, in place between ``apply`` and ``put_back``.

    ``layers``: a module -> the module with its rows (``PATCHES``), which is imported when the first one is loaded.
    """

    def __init__(self, layers: Mapping[str, str]) -> None:
        self.layers = layers
        self.applied = False
        self._held: list[_Held] = []
        self._known: dict[str, tuple[ModuleType, list[_Held]]] = {}
        """What was replaced in a module the last time: most tests of a run open an emulator."""
        self._looking = local()

    def apply(self) -> None:
        """Replace the names of the loaded modules, and from now on those of modules that are imported."""
        self.applied = True
        for name in self.layers:
            module = sys.modules.get(name)
            if module is not None:
                self.patch(module)
        sys.meta_path.insert(0, self)

    def put_back(self) -> None:
        """Put every original back."""
        self.applied = False
        if self in (sys.meta_path or ()):  # None when Python ends
            sys.meta_path.remove(self)
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

    # The import system ---------------------------------------------------------------------------------------------

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """The module's own spec, with a loader that patches the module."""
        if name not in self.layers or getattr(self._looking, "name", "") == name:
            return None
        from importlib.util import find_spec

        self._looking.name = name
        try:
            spec = find_spec(name)
        finally:
            self._looking.name = ""
        if spec is not None and spec.loader is not None:
            spec.loader = _Patched(spec.loader, self)
        return spec


class _Patched(Loader):
    """Loads a module as its own loader does, then patches it."""

    def __init__(self, loader: Loader, patches: Patches) -> None:
        self._loader = loader
        self._patches = patches

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if self._patches.applied:
            self._patches.patch(module)
