"""Modules of other packages that may or may not be loaded, or that another thread is loading just now."""

import sys
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Final

FIRST_USE: Final = RLock()
"""Held where boto3 or moto loads modules for the first time, or boto3 creates a client from a session that is shared.

Modules of moto import one another in circles, so that two threads would get half of a module.
"""


def loaded(name: str) -> ModuleType | None:
    """The module ``name`` if it is loaded; waits for another thread that is loading it."""
    module = sys.modules.get(name)
    if module is not None and getattr(module.__spec__, "_initializing", False):
        module = import_module(name)
    return module
