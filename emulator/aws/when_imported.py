"""Doing something with modules when they are imported, so that an emulator need not import any of them."""

from collections.abc import Callable, Container
from importlib.machinery import ModuleSpec
from threading import local
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:
    Loader = MetaPathFinder = object  # the import system needs only the methods, and the module takes 12 ms

Act: TypeAlias = Callable[[ModuleType], None]


class WhenImported(MetaPathFinder):
    """Calls ``act`` with each module of ``names`` that is imported while this is first in ``sys.meta_path``."""

    def __init__(self, names: Container[str], act: Act) -> None:
        self._names = names
        self._act = act
        self._looking = local()

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """The module's own spec, with a loader that calls ``act`` too."""
        if name not in self._names or getattr(self._looking, "name", "") == name:
            return None
        from importlib.util import find_spec

        self._looking.name = name
        try:
            spec = find_spec(name)
        finally:
            self._looking.name = ""
        if spec is not None and spec.loader is not None:
            spec.loader = _Acting(spec.loader, self._act)
        return spec


class _Acting(Loader):
    """Loads a module as its own loader does, then calls ``act`` with it."""

    def __init__(self, loader: Loader, act: Act) -> None:
        self._loader = loader
        self._act = act

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._act(module)
