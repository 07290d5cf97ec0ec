"""What the API keeps of each function beside the function itself: shown members, revisions, policies, tags."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from asl.chance import Chance
from emulator.asynchronous import AsyncCalls
from emulator.aws.arns import Arn
from emulator.aws.refusals import AwsError
from emulator.aws.regions import partition_of
from emulator.functions import Functions, qualifier_of
from emulator.lambda_ import Function
from emulator.lambda_.call import LATEST
from emulator.lambda_.published import Published
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import UnfitFunctionError, invalid, no_function, not_found, stale
from emulator.mappings import Mappings
from emulator.timeline import TimeLine

ReadObject: TypeAlias = Callable[[str, str], bytes]
"""The content of an S3 object by its bucket and key."""


@dataclass(slots=True)
class Policy:
    """A resource policy: its statements by id."""

    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    revision_id: str = ""


@dataclass(slots=True)
class Record:
    """What is kept of one function."""

    shown: dict[str, Any]
    """Members of the API without an effect here, and facts of the code."""
    revision_id: str
    last_published: Any = None
    """What the last version was made of."""
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str | None, Policy] = field(default_factory=dict)
    """Qualifier, ``None`` without one -> its policy."""
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Number -> what ``shown`` was, with the version's own description and revision."""


class Named(NamedTuple):
    """A function as a request names it: at a version, through an alias, or without a qualifier."""

    function: Function
    arn: str
    """The ARN with the request's qualifier."""
    shown: Mapping[str, Any]


@dataclass(slots=True)
class UrlConfig:
    """A function's URL and its settings."""

    url: str
    auth_type: str
    cors: dict[str, Any] | None
    created: str
    changed: str


class OpenUrls(Protocol):
    """Who answers at the URLs of functions."""

    def open(self, arn: str) -> str:
        """The URL of a function, with an alias or without; it is answered from now on."""

    def configure(self, url: str, cors: Mapping[str, Any] | None) -> None:
        """Set which pages may ask the URL."""

    def close(self, url: str) -> None:
        """Answer no longer."""


class Store:
    """The functions and their records. ``chance`` gives the stream of the name."""

    def __init__(
        self,
        functions: Functions,
        async_calls: AsyncCalls,
        timeline: TimeLine,
        read_object: ReadObject,
        chance: Callable[[str], Chance],
        mappings: Mappings,
        open_urls: OpenUrls,
    ) -> None:
        self.functions = functions
        self.async_calls = async_calls
        self.timeline = timeline
        self.read_object = read_object
        self.mappings = mappings
        self.open_urls = open_urls
        self.urls: dict[str, UrlConfig] = {}
        """Function's ARN, with an alias or without -> its URL."""
        self.folders: list[TemporaryDirectory[str]] = []
        self._chance = chance
        self._records: dict[str, Record] = {}

    def function(self, call: Call, *, version: str = "") -> Function:
        """The function of a call; raises ``ResourceNotFoundException``, also for one of another region.

        For one of another account that is not registered here it raises ``AccessDeniedException`` (its text is not
        recorded).
        ``version`` is what the text adds to the ARN.
        """
        if why := self.functions.unreachable(call.name, call.region):
            raise not_found(why)
        found = self.functions.get(call.name, call.region)
        if found is None:
            arn = self.new_arn(call)
            if arn in self.functions.cannot_run:  # a "not found" of it could be caught
                raise UnfitFunctionError(self.functions.why_not(arn, f"lambda:{call.operation}"))
            raise no_function(f"{arn}{version}")
        return found

    def new_arn(self, call: Call) -> str:
        """The ARN, without a qualifier, of a function that is not registered, in the request's region and account.

        Raises ``AwsError`` as ``function`` does for one elsewhere.
        """
        if why := self.functions.unreachable(call.name, call.region):
            raise not_found(why)
        arn = self.functions.arn(call.name, call.region)
        if Arn.parse(arn).partition != partition_of(call.region):
            raise no_function(arn)
        if Arn.parse(arn).account != self.functions.account_id:
            text = f"The caller is not authorized to access {arn}: no resource-based policy allows it"
            raise AwsError("AccessDeniedException", text)
        return arn

    def arn(self, call: Call, *, version: str = "") -> str:
        """The ARN of the function that a call about the whole function names.

        Raises ``ResourceNotFoundException``, and ``InvalidParameterValueException`` for a version or an alias: AWS's
        text is recorded for reserved concurrency.
        """
        return arn_of(self.whole(call, version=version))

    def whole(self, call: Call, *, version: str = "") -> Function:
        """The function of ``arn``."""
        function = self.function(call, version=version)
        if is_qualified(call):
            raise invalid(NOT_WHOLE)
        return function

    def named(self, call: Call) -> Named:
        """The function at the call's qualifier; raises ``ResourceNotFoundException``."""
        qualifier = call.qualifier
        function = self.function(call, version=f":{qualifier}" if qualifier else "")
        arn = arn_of(function)
        record = self.record(arn)
        if qualifier is None:
            return Named(function, arn, record.shown)
        alias = self.published(arn).aliases.get(qualifier)
        version = qualifier if alias is None else alias.version
        if version == LATEST:
            return Named(function, f"{arn}:{qualifier}", record.shown)
        if version not in record.versions:
            raise no_function(f"{arn}:{qualifier}")
        return Named(self.published(arn).versions[version], f"{arn}:{qualifier}", record.versions[version])

    def published(self, arn: str) -> Published:
        """The versions and aliases of a function."""
        return self.functions.published(arn)

    def record(self, arn: str) -> Record:
        """The record of a function; new for one that was registered in Python."""
        if arn not in self._records:
            revision = self.new_revision(arn)
            self._records[arn] = Record({"LastModified": self.now(), "RevisionId": revision}, revision)
        return self._records[arn]

    def forget(self, arn: str) -> None:
        """Delete a function and all that is kept of it."""
        self.functions.remove(arn)
        self.async_calls.forget(arn)
        for each in [named for named in self.urls if named == arn or named.startswith(f"{arn}:")]:
            self.open_urls.close(self.urls.pop(each).url)
        self._records.pop(arn, None)

    def new_revision(self, arn: str) -> str:
        """A new revision id."""
        return self._chance(arn).uuid()

    def check_revision(self, call: Call, current: str, operations: str = "GetFunction/GetAlias") -> None:
        """Raise ``PreconditionFailedException`` when the call names a revision that is not ``current``."""
        given = call.members.get("RevisionId")
        if given and given != current:
            raise stale(operations)

    def now(self) -> str:
        """The time as ``LastModified`` shows it."""
        now = self.timeline.clock.now()
        return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000"

    def close(self) -> None:
        """Delete the uploaded code."""
        while self.folders:
            self.folders.pop().cleanup()


def arn_of(function: Function) -> str:
    """A function's ARN, without a qualifier."""
    assert function.arn is not None, "functions are registered with their ARN"
    return function.arn


NOT_WHOLE: Final = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)


def is_qualified(call: Call) -> bool:
    """Whether FunctionName itself has a qualifier."""
    return qualifier_of(call.name) is not None
