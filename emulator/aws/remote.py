"""An external backend: LocalStack, MiniStack, moto's server, or any other AWS-compatible endpoint.

Requests go to the named host and to no other: redirects are not followed, and proxies are not used. They are signed
again, because the host differs from the one that they were signed for, and because a user's own keys must not leave.
A fault of the backend itself (it is down, slow, lacks the service, answers what AWS never does) raises
``BackendError``. A response that AWS could return as well, such as throttling, goes to the client unchanged.

The emulator's own requests have no client that tries again: they are sent again here, as often as ``PAUSES`` says.
"""

import json
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit

from emulator.aws.account import ACCOUNT_ID, at_home
from emulator.aws.foreign_answers import shown, unpacked, why_foreign, why_no_error
from emulator.aws.interception import AwsRequest
from emulator.errors import BackendError

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 30.0
"""How long a response may take: longer than SQS's longest poll (20 s)."""
MARK: Final = "x-emulator-backend"
"""A header added to every response: the call and the backend's URL."""
PROTOCOLS: Final[Mapping[str, tuple[str, str]]] = {"events": ("AWSEvents", "1.1"), "sqs": ("AmazonSQS", "1.0")}
"""Endpoint prefix -> ``targetPrefix`` and ``jsonVersion`` of the service model, of the services that ``ask`` calls."""
_BUS_OWNER: Final = re.compile(r"arn:[^:]+:events:[^:]*:(\d{12}):")

_NOT_SENT_ON: Final = frozenset(
    {"authorization", "content-length", "expect", "host", "transfer-encoding", "x-amz-date", "x-amz-security-token"}
)
_BUSY: Final = 503
"""The status of an overloaded service (SlowDown, ServiceUnavailable): clients retry by themselves."""
PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Real seconds before the emulator's own requests are sent again, when the backend is busy or hangs up."""
_THROTTLED: Final = re.compile(
    rb"Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|SlowDown|ServiceUnavailable"
)
"""In the code of an error: AWS's names for too many requests."""
_NOT_TWICE: Final = frozenset({"PutEvents", "Publish", "SendMessage"})
"""Operations that happen twice when they are sent again: not after a broken connection, which may have brought them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A backend's scheme, host and port, and the keys that requests are signed with."""

    DEFAULT_KEY: ClassVar[str] = "test"

    url: str
    access_key: str = DEFAULT_KEY
    secret_key: str = DEFAULT_KEY

    def text(self) -> str:
        """The URL with its keys."""
        scheme, _, host = self.url.partition("://")
        return f"{scheme}://{quote(self.access_key, safe='')}:{quote(self.secret_key, safe='')}@{host}"


class DownError(BackendError):
    """The backend does not answer at all: further requests would only wait for it."""


class BrokenError(BackendError):
    """The backend closed the connection instead of answering."""


class RefusedError(BackendError):
    """The backend returned an AWS error for one of the emulator's own calls, which was sent ``times`` times."""

    def __init__(self, call: str, code: str, message: str, fix: str, times: int = 1) -> None:
        often = f" {times} times" if times > 1 else ""
        super().__init__(f"{call} was refused{often}: {code}: {message}\n    fix: {fix}")
        self.code = code
        self.message = message


class Remote:
    """Sends requests to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.used = False
        self._pool: Any = None
        self._known_account = ""

    def send(self, request: AwsRequest) -> Any:
        """The backend's response, marked; raises ``BackendError`` for a response that AWS would never return."""
        return self._patiently(request)[0] if request.is_internal else self._send(request)

    def _patiently(self, request: AwsRequest) -> tuple[Any, int]:
        """The response to a request of the emulator's own, and how often it was sent."""
        for times, seconds in enumerate((*PAUSES, None), 1):
            try:
                response = self._send(request)
            except BrokenError as error:
                if request.operation in _NOT_TWICE:
                    raise
                if seconds is None:
                    raise BrokenError(f"{error}\n    It was tried {times} times.") from None
            else:
                if seconds is None or not _is_throttled(response):
                    return response, times
            pause(seconds)
        raise AssertionError("the last attempt returns or raises")

    def _send(self, request: AwsRequest) -> Any:
        from emulator.aws.responses import aws_response

        url, body = self._url(request), at_home(request.service, request.operation, request.body, self._account)
        headers = _signed(request, url, body, self.endpoint)
        call = f"{request.service}:{request.operation} at {self.endpoint.url}"
        status, answered, content = self._exchange(request.prepared.method, url, headers, body, call, request.service)
        answered, content = unpacked(request.service, answered, content)
        self._check(status, answered, content, call, request)
        return aws_response(request.prepared.url, status, {**answered, MARK: call}, content)

    def ask(self, service: str, operation: str, content: Mapping[str, Any], region: str) -> dict[str, Any]:
        """The response to a call of the emulator's own (events, sqs); raises ``RefusedError`` and ``BackendError``."""
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders

        prefix, version = PROTOCOLS[service]
        target, kind = f"{prefix}.{operation}", f"application/x-amz-json-{version}"
        scope = f"AWS4-HMAC-SHA256 Credential=-/-/{region}/{service}/aws4_request"
        headers = HTTPHeaders.from_dict({"X-Amz-Target": target, "Content-Type": kind, "Authorization": scope})
        text = json.dumps(content).encode()
        request = AwsRequest(service, AWSPreparedRequest("POST", self.endpoint.url, headers, text, False))
        response, times = self._patiently(request)
        try:
            answer: dict[str, Any] = json.loads(response.content or b"{}")
        except ValueError:
            answer = {}
        if response.status_code >= 300:
            code = str(answer.get("__type", response.status_code)).rpartition("#")[2]
            message = str(answer.get("message") or answer.get("Message") or "no reason given")
            raise RefusedError(response.headers[MARK], code, message, _way_out(service), times)
        return answer

    def _account(self) -> str:
        """The account of the endpoint's access key, read from the ARN of its default bus."""
        if not self._known_account:
            found = None
            with suppress(BackendError):
                found = _BUS_OWNER.search(json.dumps(self.ask("events", "ListEventBuses", {}, "us-east-1")))
            self._known_account = found[1] if found else ACCOUNT_ID
        return self._known_account

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()

    def _url(self, request: AwsRequest) -> str:
        parts = urlsplit(request.url if request.service == "s3" else request.prepared.url)
        return f"{self.endpoint.url}{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, call: str, service: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        import urllib3
        from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

        if self._pool is None:
            waits = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
            self._pool = urllib3.PoolManager(maxsize=8, timeout=waits, retries=False)
        self.used = True
        try:
            response = self._pool.urlopen(
                method, url, body=body, headers=headers, redirect=False, retries=False, decode_content=False
            )
        except ReadTimeoutError:
            raise DownError(_trouble(call, f"no answer within {ANSWER_SECONDS:g} s", service)) from None
        except (ConnectTimeoutError, NewConnectionError) as error:
            late = not isinstance(error, NewConnectionError)
            why = f"no connection within {CONNECT_SECONDS:g} s" if late else _unreachable(error)
            raise DownError(_trouble(call, why, service)) from None
        except (HTTPError, OSError) as error:
            raise BrokenError(_trouble(call, f"the connection broke: {error}", service)) from None
        return response.status, dict(response.headers.items()), response.data

    def _check(self, status: int, headers: Mapping[str, str], content: bytes, call: str, request: AwsRequest) -> None:
        """Raise ``BackendError`` for what no AWS service answers."""
        service = request.service
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        if status >= 400 and kind.startswith("text/html"):
            raise BackendError(
                _trouble(call, f"it answered {status} with a web page, so it is not an AWS endpoint", service)
            )
        if status >= 500 and status != _BUSY:
            words = " ".join(content.decode(errors="replace").split())
            shown_words = words if len(words) < 400 else f"{words[:400]} ..."
            raise BackendError(_trouble(call, f"it cannot answer this request ({status}): {shown_words}", service))
        if 300 <= status < 400 and service != "s3":  # S3 sends a client to a bucket's region
            to = next((value for name, value in headers.items() if name.lower() == "location"), "nowhere")
            raise BackendError(
                _trouble(call, f"it sends the request on ({status} to {to}), as no AWS service does", service)
            )
        why = (
            why_foreign(request, headers, content, status)
            if 200 <= status < 300
            else why_no_error(request, content, status)
        )
        if why is not None:
            raise BackendError(_trouble(call, f"it answered {status} with {why}: {shown(content)}", service))


def pause(seconds: float) -> None:
    """Wait in real time."""
    Event().wait(seconds)


def _is_throttled(response: Any) -> bool:
    """Whether an answer says that there were too many requests, or that the service is busy."""
    if response.status_code in (429, _BUSY):
        return True
    return 400 <= response.status_code < 500 and _THROTTLED.search(response.content[:2000]) is not None


def _signed(request: AwsRequest, url: str, body: bytes, endpoint: Endpoint) -> dict[str, str]:
    """The headers to send, signed for the endpoint; unsigned requests are signed for the same account."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    kept = {name: request.header(name) for name in request.prepared.headers if name.lower() not in _NOT_SENT_ON}
    scope = request.header("Authorization").partition("Credential=")[2].partition(",")[0].split("/")
    region, name = (scope[-3], scope[-2]) if len(scope) >= 5 else (request.region, request.service)
    again = AWSRequest(request.prepared.method, url, kept, body)
    keys = Credentials(endpoint.access_key, endpoint.secret_key)
    signer = SigV4Auth(keys, name, region) if name != "s3" else _s3_signer(keys, region, kept)
    signer.add_auth(again)
    return {name: str(value) for name, value in again.headers.items()}


def _s3_signer(keys: Any, region: str, headers: Mapping[str, str]) -> Any:
    """S3's signer; it keeps the client's own header about the payload (unsigned, in chunks)."""
    from botocore.auth import S3SigV4Auth

    said = next((value for name, value in headers.items() if name.lower() == "x-amz-content-sha256"), None)

    class Signer(S3SigV4Auth):
        def payload(self, request: Any) -> Any:
            return super().payload(request) if said is None else said

    return Signer(keys, "s3", region)


def _unreachable(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, socket.gaierror):
        return "the host does not exist"
    reason = (cause.strerror if isinstance(cause, OSError) else None) or str(error)
    return f"nothing is listening there ({reason.lower()})"


def _trouble(call: str, why: str, service: str) -> str:
    return f"{call}: {why}\n    fix: {_way_out(service)}"


def _way_out(service: str) -> str:
    return (
        f"check that the backend runs and has {service} (LocalStack: make localstack), or use moto for it: "
        f"--backend {service}=moto (pytest: --emulator-backend)"
    )


def refusal_text(error: BaseException) -> str | None:
    """The text of a ``ClientError`` from an external backend: the call, the URL, AWS's code and message."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return None
    call = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(MARK)
    if call is None:
        return None
    said = response.get("Error", {})
    service = call.partition(":")[0]
    return f"{call} was refused: {said.get('Code')}: {said.get('Message')}\n    fix: {_way_out(service)}"
