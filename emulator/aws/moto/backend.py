"""moto as the backend: it keeps tables, queues, buses and rules in this process.

moto is called directly, without its ``mock_aws``, which would answer before the emulator's own services and takes
longer to enter than a whole test. Each emulator has contents of its own in moto (``contents``). While moto answers, it
sees the emulator's time: LastModified, CreationDateTime, SentTimestamp and all other times in its answers are virtual.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from emulator.aws.guard.asking import moto_answers
from emulator.aws.interception import AwsRequest, blocked_message
from emulator.aws.loaded import FIRST_USE
from emulator.aws.moto import topics
from emulator.aws.moto.batch import without_docker
from emulator.aws.moto.changes import noting
from emulator.aws.moto.contents import Contents, in_place
from emulator.aws.moto.deliveries import Published, left_to_us, noted
from emulator.aws.moto.expiring import Expiring, Written, already_so
from emulator.aws.moto.expiring import noting as noting_items
from emulator.aws.moto.extras import standing_in
from emulator.aws.moto.objects import encrypted
from emulator.aws.moto.queues import LetPass, answered, on_our_clock
from emulator.aws.names import stub_of
from emulator.aws.operations import full_name, identify
from emulator.aws.regions import checked_region, regions
from emulator.aws.responses import aws_response
from emulator.aws.signing_names import SHARING
from emulator.aws.unread import Unread, unread_in_moto
from emulator.errors import BackendError, EmulatorError, NotEmulatedError, RealAwsBlockedError

Shown: TypeAlias = Callable[[], AbstractContextManager[None]]
"""A block in which the process shows the emulator's time."""
Watcher: TypeAlias = Callable[[Set[str]], None]
"""Called after a request with the ARNs of the queues and streams that it has changed."""


class MotoBackend:
    """Answers requests with moto's services. moto is imported at the first request.

    ``now``: the emulator's time, or a handler's own; ``shown``: a block in which moto sees it. ``published`` delivers
    the messages of topics; without it nothing does.
    """

    def __init__(
        self, now: Callable[[], datetime], shown: Shown, let_pass: LetPass, published: Published | None = None
    ) -> None:
        self.used = False
        self._published = published
        self._now = now
        self._shown = shown
        self._let_pass = let_pass
        self._contents = Contents()
        self._changed: dict[str, Callable[[], None]] = {}
        """Service -> puts back what was changed in moto for it."""
        self.watchers: list[Watcher] = []
        self.expired: Callable[[Sequence[Written]], None] | None = None
        """Called with the items that a request has written, of tables with a time to live."""
        self._expiring: Expiring | None = None

    def send(self, request: AwsRequest) -> Any:
        """moto's response, at the emulator's time; raises ``RealAwsBlockedError`` for operations that moto lacks.

        Raises ``NotEmulatedError`` for services that this installation of moto lacks packages for, ``BackendError``
        when moto fails.
        """
        self.used = True
        if request.service in CHANGES and request.service not in self._changed:
            with FIRST_USE:
                if request.service not in self._changed:
                    self._changed[request.service] = CHANGES[request.service]()
        if not self.watchers:
            return self._answered(request)
        with noting() as changed:
            answer = self._answered(request)
        if changed:
            for watcher in self.watchers:
                watcher(changed)
        return answer

    def _answered(self, request: AwsRequest) -> Any:
        if request.service == "sqs":
            return answered(lambda: self._answer(request), self._now, self._let_pass)
        if request.service == "sns" and (reason := topics.refused(request)) is not None:
            return aws_response(request.prepared.url, 400, {"Content-Type": "text/xml"}, topics.error_body(reason))
        if request.service == "sns":
            with noted() as deliveries:
                answer = self._answer(request)
            if deliveries and self._published is not None:
                self._published(deliveries, self._now())
            return answer
        if request.service == "dynamodb" and self.expired is not None:
            return self._answered_dynamodb(request, self.expired)
        if request.service == "s3":
            return encrypted(self._answer(request))
        return self._answer(request)

    def _answered_dynamodb(self, request: AwsRequest, expired: Callable[[Sequence[Written]], None]) -> Any:
        """moto's response; then the items that may expire are told of."""
        turned = request.header("X-Amz-Target").endswith(".UpdateTimeToLive")
        if not turned and self._expiring is None:
            return self._answer(request)
        if turned:
            with self.looking():
                why = already_so(request.region, json.loads(request.body or b"{}"))
            if why is not None:
                body = {"__type": "com.amazon.coral.validate#ValidationException", "message": why}
                headers = {"Content-Type": "application/x-amz-json-1.0"}
                return aws_response(request.prepared.url, 400, headers, json.dumps(body).encode())
        with noting_items() as noted:
            answer = self._answer(request)
        if turned and answer.status_code < 300:
            self._expiring = self._expiring or Expiring()
            with self.looking():
                expired(self._expiring.look())
        elif noted and self._expiring is not None:
            expired(self._expiring.dated(noted))
        return answer

    def remove_expired(self, items: Sequence[Written], until: datetime) -> None:
        """Remove those of the items whose time to live is not later than ``until``; their streams' readers are told."""
        if self._expiring is None:
            return
        with noting() as changed, self.looking():
            self._expiring.remove(items, until, self._now())
        if changed:
            for watcher in self.watchers:
                watcher(changed)

    def _answer(self, request: AwsRequest) -> Any:
        with _first_use("moto"):
            from botocore.awsrequest import AWSResponse
            from moto.core.botocore_stubber import MockRawResponse
            from moto.core.models import botocore_stubber

        prepared = request.prepared
        original, host = prepared.url, prepared.headers.get("Host")
        prepared.url = request.url
        if host is not None and request.service != "sqs":  # moto reads the bucket and the region from it
            _set_host(prepared, urlsplit(prepared.url).netloc)
        if request.served and request.service == "sqs":  # its answers have URLs with this scheme and the Host header
            prepared.url = prepared.url.replace("https", "http", 1)
        try:
            with in_place(self._contents), self._shown(), moto_answers(), _first_use(request.service):
                answer = botocore_stubber.process_request(prepared)
        except ModuleNotFoundError as error:  # each of moto's extras installs packages of some services
            raise NotEmulatedError(
                f"{request.service}:{request.operation}: moto needs {error.name} to answer it\n"
                f"    fix: pip install {error.name}, or moto's extra for the service, as in 'moto[{request.service}]'"
            ) from None
        except NotImplementedError:  # moto knows the service, not the operation
            raise _lacking(request) from None
        except EmulatorError:
            raise
        except Exception as error:  # moto does not check all values
            if request.region not in regions() and request.region in str(error):
                checked_region(request.region)
            raise BackendError(
                f"{request.service}:{request.operation}: moto failed to answer it: {type(error).__name__}: {error}\n"
                "    fix: compare the request's values with AWS's API; if they are right, it is a bug of moto"
            ) from error
        finally:
            prepared.url = original
            if host is not None:
                _set_host(prepared, host)
        if answer is None or (answer[0] == 404 and answer[2] == "Not yet implemented"):
            host = urlsplit(original).hostname
            stub = _stub(request)
            fix = f"\n    fix: give the call an answer: {stub}.returns({{...}})" if stub else ""
            what = f"{_call(request)} to {host}, which moto cannot answer"
            raise RealAwsBlockedError(f"{blocked_message(what)}{fix}")
        if answer[0] == 404 and not answer[2] and request.service != "s3":  # a path that moto does not know
            raise _lacking(request)
        status, headers, body = answer
        if request.service == "sns" and status >= 400 and isinstance(body, str):
            body = topics.in_aws_words(request, body)
        return AWSResponse(original, status, headers, MockRawResponse(body))

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A block in which moto's dictionaries hold the contents of this emulator, and the process shows its time."""
        with in_place(self._contents), self._shown():
            yield

    def unread(self) -> list[Unread]:
        """The messages that were never received."""
        if not self.used:
            return []
        with self.looking():
            return unread_in_moto()

    def knows_key(self, key: str) -> bool:
        """Whether moto made this access key: for a user of IAM, or for a role that STS gave out."""
        if not self.used:
            return False
        with in_place(self._contents):
            return key in _keys()

    def close(self) -> None:
        """Delete everything stored; the other contents of moto are as before, in whatever order backends close."""
        if self._expiring is not None:
            self._expiring.close()
        if self.used:
            self._contents.close()
            self.used = False
        while self._changed:
            self._changed.popitem()[1]()


_used: Final[set[str]] = set()
"""The services that have answered, and ``moto``: their modules are loaded."""


@contextmanager
def _loading(service: str) -> Iterator[None]:
    with FIRST_USE, standing_in(service):
        yield
        _used.add(service)


def _first_use(service: str) -> AbstractContextManager[None]:
    """A block of one thread at a time until the service has answered once, because moto loads its modules then."""
    return _NOTHING if service in _used else _loading(service)


_NOTHING: Final = nullcontext()


def _set_host(prepared: Any, host: str | bytes) -> None:
    del prepared.headers["Host"]
    prepared.headers["Host"] = host


def _call(request: AwsRequest) -> str:
    """``full_name``, but with boto3's name of a service that shares its signing name: ``lex-runtime:PutSession``."""
    found = identify(request)
    if found is not None and found.service in SHARING:
        return f"{found.service}:{found.operation}"
    return full_name(request)


def _stub(request: AwsRequest) -> str | None:
    """What stubs the call, as a test writes it."""
    found = identify(request)
    return None if found is None else stub_of(found.service, found.operation)


def _lacking(request: AwsRequest) -> NotEmulatedError:
    found = identify(request)
    service = request.service if found is None else found.service
    backend = f"name a backend that has it, as in Emulator(backend={{{service!r}: 'http://localhost:4566'}})"
    stub = _stub(request)
    replace = f"give the call an answer: {stub}.returns({{...}})" if stub else "replace the call in the test"
    error = NotEmulatedError(
        f"{_call(request)}: moto does not have this operation, so nothing answers it\n    fix: {replace}, or {backend}"
    )
    error.for_task = backend
    return error


def _change_dynamodb() -> Callable[[], None]:
    from emulator.aws.moto.streams import in_aws_form
    from emulator.aws.moto.tables import speed_up

    undo = ExitStack()
    undo.callback(speed_up())
    undo.callback(in_aws_form())
    return undo.close


def _change_kinesis() -> Callable[[], None]:
    from emulator.aws.moto.streams import noting_records

    return noting_records()


CHANGES: Final[Mapping[str, Callable[[], Callable[[], None]]]] = {
    "batch": without_docker,
    "dynamodb": _change_dynamodb,
    "kinesis": _change_kinesis,
    "sns": left_to_us,
    "sqs": on_our_clock,
}
"""Service -> changes moto's methods for it, when it is first used; the result puts them back."""


def _keys() -> set[str]:
    """The access keys of IAM's users and of the roles that STS gave out, in every account."""
    iam = _each("moto.iam.models", "iam_backends")
    sts = _each("moto.sts.models", "sts_backends")
    users = {key.access_key_id for backend in iam for user in backend.users.values() for key in user.access_keys}
    return users | {role.access_key_id for backend in sts for role in backend.assumed_roles}


def _each(module: str, name: str) -> list[Any]:
    """A service's backends of every account and region; none if the service is not loaded."""
    backends: Any = getattr(sys.modules.get(module), name, {})
    return [backend for by_region in list(backends.values()) for backend in list(by_region.values())]
