"""moto's API Gateway without the package that checks documents of OpenAPI, an extra of moto.

moto loads ``openapi_spec_validator`` together with all of API Gateway, and needs it only for ``ImportRestApi`` and
``PutRestApi``. Where it is not installed, a stand-in is there while moto loads its modules; these two requests are then
refused by name.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, NoReturn

from emulator.errors import NotEmulatedError

PACKAGE: Final = "openapi_spec_validator"
SERVICE: Final = "apigateway"


@contextmanager
def standing_in(service: str) -> Iterator[None]:
    """A block in which moto may load API Gateway; other services, and the installed package, are left alone."""
    from importlib.util import find_spec

    if service != SERVICE or PACKAGE in sys.modules or find_spec(PACKAGE) is not None:
        yield
        return
    made = _modules()
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            sys.modules.pop(name, None)


def _modules() -> dict[str, ModuleType]:
    names = (PACKAGE, f"{PACKAGE}.validation", f"{PACKAGE}.validation.exceptions")
    made = {name: ModuleType(name) for name in names}
    made[PACKAGE].__dict__["validate"] = _refuse
    made[names[-1]].__dict__["OpenAPIValidationError"] = type("OpenAPIValidationError", (Exception,), {})
    return made


def _refuse(*_given: Any, **_named: Any) -> NoReturn:
    raise NotEmulatedError(
        f"apigateway: a document of OpenAPI: moto needs {PACKAGE} to check it\n    fix: pip install {PACKAGE}"
    )
