"""Pass: passes on its input, changed by paths and templates, or a constant result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from asl.flow import parse_flow
from asl.outcomes import Leave
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.values import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    """``result`` replaces the value of Parameters; it is a literal, never a template."""

    type: ClassVar[str] = "Pass"
    result: Payload | None = None
    plain: bool = False

    def enter(self, scope: StateScope) -> Leave:
        """Leave immediately."""
        if self.plain:
            return Leave(scope.input, self.next)
        effective = self.flow.effective(scope)
        return self.flow.leave(scope, effective if self.result is None else self.result, self.next)


def parse_pass(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Pass:
    """The Pass state ``raw``, whose fields have been checked."""
    flow = parse_flow(raw)
    result = Payload(raw["Result"]) if "Result" in raw else None
    plain = result is None and flow.changes_nothing
    return Pass(name=name, next=raw.get("Next"), flow=flow, result=result, plain=plain)
