"""ValidateStateMachineDefinition."""

from asl.program import check
from emulator.integrations.check import KNOWN
from emulator.stepfunctions.checks import check_definition_length, check_range, check_word
from emulator.stepfunctions.machines import TYPES
from emulator.stepfunctions.service import Request, Response, StepFunctions


def validate_state_machine_definition(service: StepFunctions, request: Request, region: str) -> Response:
    """ValidateStateMachineDefinition: every problem. An invalid definition is a result, not an error."""
    check_definition_length(request)
    check_word(request, "type", TYPES)
    check_word(request, "severity", ("ERROR", "WARNING"))
    check_range(request, "maxResults", 0, 100)
    problems = check(request["definition"], type=request.get("type", "STANDARD"), integrations=KNOWN)
    failed = any(problem.severity == "ERROR" for problem in problems)
    shown = [p for p in problems if p.severity == "ERROR" or request.get("severity") == "WARNING"]
    limit = request.get("maxResults") or 100
    diagnostics = [
        {"severity": p.severity, "code": p.code, "message": p.message}
        | ({"location": p.location} if p.location else {})
        for p in shown[:limit]
    ]
    return {"result": "FAIL" if failed else "OK", "diagnostics": diagnostics, "truncated": len(shown) > limit}
