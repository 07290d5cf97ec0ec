"""How one kind of integration writes the members of a request: their names, and which take more than the API does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from emulator.aws import names
from emulator.aws.java_renames import added_members, java_request_naming
from emulator.integrations.optimized import Action

if TYPE_CHECKING:
    from botocore.model import StructureShape


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an integration writes the parameters of one action.

    ``any_json`` are the string members (``Entries.Detail``) that take any JSON value, and send its text.
    ``only`` are the members of the request that the integration has, by its names, if not all; ``without`` those that
    it lacks. A blob is given as any JSON value, of which the text is sent, or in Base64 (``blobs_in_base64``).
    ``texts`` are structures for which a text may be given -> the member that it then is. ``filled`` are members of the
    request that the integration fills in, tokens of idempotency, though the API requires them.
    """

    naming: names.Naming
    java_service: str = ""
    blobs_in_base64: bool = False
    any_json: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()

    def members(self, shape: "StructureShape", *, top: bool) -> names.Members:
        """The names of a shape's members; ``top`` if it is the request itself."""
        known = self.naming(shape)
        if not top or (self.only is None and not self.without):
            return known
        here = known.keys() - self.without if self.only is None else known.keys() & self.only
        return {name: member for name, member in known.items() if name in here}

    def added(self, shape: Any) -> Mapping[str, str]:
        """Members that only the SDK has -> the part of S3's ``CopySource`` that each is sent as."""
        return added_members(self.java_service, shape) if self.java_service else {}


def spelled_plainly(name: str, known: names.Members) -> str | None:
    """The member whose name lacks only the ``Value`` that Java adds to its reserved words (``Default``)."""
    member = known.get(f"{name}Value")
    return member if member is not None and names.verbatim(member) == name else None


def names_of(known: names.Members) -> dict[str, str]:
    """Member -> its name; of a member with two names, the first."""
    return {member: name for name, member in reversed(list(known.items()))}


SDK_ANY_JSON: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("sfn", "startExecution"): frozenset({"Input"}),
    ("sfn", "startSyncExecution"): frozenset({"Input"}),
    ("sfn", "sendTaskSuccess"): frozenset({"Output"}),
    ("eventbridge", "putEvents"): frozenset({"Entries.Detail"}),
    ("scheduler", "createSchedule"): frozenset({"Target.Input"}),
    ("scheduler", "updateSchedule"): frozenset({"Target.Input"}),
}
"""String members of aws-sdk calls that also take a JSON value, which is sent as text. Recorded for startExecution
(``test_sfn_start_execution_implicit_json_serialisation``); samples that AWS publishes (step-functions-workflows,
serverless-patterns) rely on the others. No other member is known to do so."""


def sdk_dialect(service: str, action: str, boto3_name: str) -> Dialect:
    """The dialect of an aws-sdk integration."""
    any_json = SDK_ANY_JSON.get((service, action), frozenset())
    return Dialect(java_request_naming(boto3_name), boto3_name, any_json=any_json)


_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {"dynamodb": {"AttributeValue": "S"}}
"""Service -> structures for which an optimized integration takes a text. A published sample of AWS writes
``"taskComplete": "false"``, and reads ``$.Item.taskComplete.S`` (serverless-workflows, ``human-task-reminder``)."""


def optimized_dialect(action: Action, filled: Collection[str] = ()) -> Dialect:
    """The dialect of an optimized integration that has an operation."""
    return Dialect(
        names.verbatim_naming,
        blobs_in_base64=True,
        any_json=action.any_json,
        only=action.only,
        without=action.without,
        texts=_TEXTS.get(action.service, {}),
        filled=frozenset(filled),
    )
