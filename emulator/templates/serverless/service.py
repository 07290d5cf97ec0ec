"""A service: the value of ``serverless.yml`` without variables, and what its parts are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from emulator.templates.errors import TemplateError
from emulator.templates.serverless.variables import Mark

BUILDERS: Final = {
    "serverless-esbuild": ".esbuild/.build",
    "serverless-webpack": ".webpack/service",
    "serverless-bundle": ".webpack/service",
    "serverless-plugin-typescript": ".build",
}
"""Plugins that build the code of functions -> the folder that they write."""


class Service(NamedTuple):
    """A service. ``folder`` is where its code begins, ``stage`` the stage that is deployed."""

    value: Mapping[str, Any]
    marks: Mapping[str, Mark]
    folder: Path
    name: str
    stage: str
    builds: str

    @property
    def provider(self) -> Mapping[str, Any]:
        """The settings that all functions share."""
        return self.value.get("provider") or {}

    @property
    def functions(self) -> Mapping[str, Any]:
        """The functions by their keys."""
        return self.value.get("functions") or {}

    def function_name(self, key: str) -> str:
        """The name of a function: its own, or service, stage and key."""
        return str(self.functions[key].get("name") or f"{self.name}-{self.stage}-{key}")

    def error(self, message: str, at: str, hint: str | None = None) -> TemplateError:
        """The error of the part at ``at``."""
        pointer = at
        while pointer and pointer not in self.marks:
            pointer = pointer.rpartition("/")[0]
        source, line, column = self.marks[pointer]
        return TemplateError(message, f"{source}:{line}:{column}", hint)


def is_function(value: Any) -> bool:
    """Whether a value is a function of CloudFormation."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))
