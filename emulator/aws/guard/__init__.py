"""What else of this process could reach AWS, and how each way is closed while an emulator is open.

``emulator.aws.interception`` answers botocore. Everything else is guarded here, in layers. An outer layer answers what
the emulator can answer, or refuses it in the words of its library: method, URL, and the line of the caller. An inner
layer holds for what no outer one knows.

| layer | what happens | module |
| --- | --- | --- |
| urllib3 and requests; ``http.client`` and ``urllib.request``; httpcore and httpx | A request for an object of an \
emulated bucket is answered (``presigned``). Any other to AWS is refused. | ``urllib3_pools``, ``http_client``, \
``httpcore_pools`` |
| requests in a ``mock_aws`` from before | As outside of it. | ``mocked_requests`` |
| aiobotocore and aioboto3 | They are answered. | ``async_clients`` |
| aiohttp | As urllib3. | ``async_answers`` |
| sockets and names | No name of AWS is looked up, no socket is connected to AWS. | ``sockets`` |
| awscrt | boto3's transfers use their ordinary client. Anything else to AWS is refused. | ``crt`` |
| moto | It answers in this process. What it would send meanwhile is refused, to every host. | ``asking`` |
| child processes | Their environment leads AWS clients to a closed port. | ``children`` |
| handlers in Node.js | Refused in their processes, threads and children. | ``emulator/lambda_/nodejs/guard.cjs`` |
| threads and jobs of executors | Answered by the emulator that answers the code that starts them. | ``threads`` |
| forked children | They have a copy of the emulator. Their requests are refused. | ``emulator.aws.forks`` |

A refusal raises ``RealAwsBlockedError`` and is noted in ``emulator.blocked``. It is not an ``OSError`` and no error of
an HTTP library, so none of these retries it, wraps it, or takes it for a network that is down.

**What is AWS** is in ``hosts``. Any other host is the user's own business. The layers are in place while an emulator is
open and put back when the last one closes (``patches``). No library is imported: one that is imported later is patched
then.
"""

from typing import Final

from emulator.aws.guard import children
from emulator.aws.guard.patches import Patches
from emulator.shared_change import SharedChange, Undo

LAYERS: Final = {
    "_socket": "sockets",
    "aiobotocore.endpoint": "async_clients",
    "aiodns": "sockets",
    "aiohttp.connector": "async_answers",
    "asyncio.base_events": "sockets",
    "awscrt.aio.http": "crt",
    "awscrt.eventstream.rpc": "crt",
    "awscrt.http": "crt",
    "awscrt.mqtt": "crt",
    "awscrt.mqtt5": "crt",
    "awscrt.s3": "crt",
    "awscrt.websocket": "crt",
    "boto3.s3.transfer": "crt",
    "concurrent.futures.thread": "threads",
    "dns.asyncresolver": "sockets",
    "dns.resolver": "sockets",
    "http.client": "http_client",
    "httpcore._async.connection_pool": "httpcore_pools",
    "httpcore._sync.connection_pool": "httpcore_pools",
    "moto.core.custom_responses_mock": "mocked_requests",
    "multiprocessing.forkserver": "children",
    "os": "children",
    "socket": "sockets",
    "subprocess": "children",
    "threading": "threads",
    "urllib3.connectionpool": "urllib3_pools",
    "uvloop": "sockets",
}
"""Module -> the layer that guards it."""

PATCHES: Final = Patches({module: f"{__name__}.{layer}" for module, layer in LAYERS.items()})


def _close_all() -> Undo:
    PATCHES.apply()
    children.lead_astray()

    def open_all() -> None:
        PATCHES.put_back()
        children.put_back()

    return open_all


CLOSED: Final = SharedChange(_close_all)
"""Every way is closed while an emulator is open."""
