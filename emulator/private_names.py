"""Every private or undocumented name of other packages that this code uses, why, and how it is put back.

``python -m emulator.private_names > docs/what-we-patch.md`` prints the table as a page. A test looks up every row in
the installed versions, so a name that moves or changes its arguments fails under its own name.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

Use: TypeAlias = Literal["replaced", "changed", "called", "read"]
"""``replaced``: by another object. ``changed``: its contents change. The others leave it alone."""


class PrivateName(NamedTuple):
    """One name: ``module`` and the ``name`` in it, dotted (``Endpoint._send``), and the file that uses it (``where``).

    ``shape`` is what the code relies on: the parameters of a function (``(self, request)``), the type of a value
    (``list``), ``builtin`` for a C function without a signature. ``put_back`` says when, for what is replaced or
    changed. ``platform`` is the only ``sys.platform`` with the name.
    """

    module: str
    name: str
    shape: str
    use: Use
    where: str
    why: str
    put_back: str = ""
    platform: str = ""

    @property
    def full_name(self) -> str:
        """Module and name in one: ``botocore.endpoint.Endpoint._send``."""
        return f"{self.module}.{self.name}"


_INTERCEPTION = "emulator/aws/interception.py"
_ENVIRONMENT = "emulator/aws/environment.py"
_MOTO = "emulator/aws/moto/backend.py"
_CONTENTS = "emulator/aws/moto/contents.py"
_MOCKS = "emulator/aws/moto/mocks.py"
_TABLES = "emulator/aws/moto/tables.py"
_QUEUES = "emulator/aws/moto/queues.py"
_DELIVERIES = "emulator/aws/moto/deliveries.py"
_STREAMS = "emulator/aws/moto/streams.py"
_SOURCES = "emulator/aws/moto/sources.py"
_EXPIRING = "emulator/aws/moto/expiring.py"
_CREDENTIALS = "emulator/aws/credentials.py"
_ASYNC = "emulator/aws/guard/async_clients.py"
_CHILDREN = "emulator/aws/guard/children.py"
_HTTP = "emulator/aws/guard/http_client.py"
_POOLS = "emulator/aws/guard/httpcore_pools.py"
_SOCKETS = "emulator/aws/guard/sockets.py"
_CLOCK = "emulator/clock.py"
_OPERATIONS = "emulator/aws/operations.py"
_RETRIES = "emulator/faults/retries.py"
_SHOWN = "emulator/lambda_/time/patches.py"
_LOOPS = "emulator/lambda_/time/loops.py"
_PROCESS = "emulator/lambda_/process_state.py"
_CLOCKS = "emulator/lambda_/time/clocks.py"
_LOCKS = "emulator/lambda_/time/locks.py"
_OUTSIDE = "emulator/lambda_/time/outside.py"
_QUIET = "emulator/lambda_/time/quiet.py"
_SIGNALS = "emulator/lambda_/time/signals.py"
_STARTS = "emulator/lambda_/time/starts.py"
_OUTCOMES = "emulator/lambda_/outcomes.py"

_LAST_CLOSES = "when the last emulator closes"
_LAST_FAULTS = "when the last emulator with a planned fault closes"
_LAST_TABLES = "when the last emulator that has used DynamoDB closes"
_REDRIVE = "emulator/aws/moto/redrive.py"
_LAST_QUEUES = "when the last emulator that has used SQS closes"
_LAST_TOPICS = "when the last emulator that has used SNS closes"
_LAST_HANDLER = "when no handler is running any more"
_HANDLER_ENDS = "when the handler has ended"

_TZ_OFFSETS = (
    f"{_LAST_HANDLER}. One 0 stays at the bottom of the list, where freezegun never looks: "
    "a `datetime` that outlives its handler still needs an offset"
)

_SHOWN_TIMES: Final = (
    ("time", "()"), ("time_ns", "()"), ("gmtime", "(t)"), ("localtime", "(t)"), ("strftime", "(format, time_to_format)")
)  # fmt: skip
_RUNNING_TIMES: Final = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")

# fmt: off
PRIVATE_NAMES: Final = (
    PrivateName("botocore.endpoint", "Endpoint._send", "(self, request)", "replaced", _INTERCEPTION,
        "The one method that every client of the process sends through, whenever the client was made.", _LAST_CLOSES),
    PrivateName("botocore.endpoint", "Endpoint._endpoint_prefix", "str", "read", _INTERCEPTION,
        "Says which service a request is for."),
    PrivateName("botocore.endpoint", "time", "module", "replaced", _RETRIES,
        "Only its `sleep`, before a call is made again: the wait is on the virtual clock.", _LAST_FAULTS),
    PrivateName("botocore.retryhandler", "random", "module", "replaced", _RETRIES,
        "Only its `random`: how long the wait is follows from the emulator's seed.", _LAST_FAULTS),
    PrivateName("botocore.retries.standard", "ExponentialBackoff.delay_amount", "(self, context)", "replaced",
        _RETRIES, "As `random` of botocore's older retries.", _LAST_FAULTS),
    PrivateName("botocore.retries.standard", "ExponentialBackoff._random", "builtin", "changed", _RETRIES,
        "The draw of a wait, while its length is computed.", "when the length is known"),
    PrivateName("botocore.httpsession", "URLLib3Session.send", "(self, request)", "replaced", _INTERCEPTION,
        "Refuses what botocore sends besides API calls, such as a search for credentials.", _LAST_CLOSES),
    PrivateName("botocore.compat", "get_current_datetime", "(remove_tzinfo)", "replaced", _SHOWN,
        "Requests are signed with the real time, or an endpoint that checks signatures refuses them.", _LAST_HANDLER),
    PrivateName("botocore.parsers", "RpcV2CBORParser.parse_data_item", "(self, stream)", "called", _OPERATIONS,
        "Reads the members of a request in CBOR; botocore itself reads only responses."),
    PrivateName("botocore.client", "BaseClient._endpoint", "Endpoint", "changed", _INTERCEPTION,
        "A client of `emulator.client` gets a `_send` of its own, which asks that emulator.",
        "never needed: only the emulator's own client is changed, which is of no use after it"),
    PrivateName("botocore.session", "Session.get_credentials", "(self)", "replaced", _CREDENTIALS,
        "No file, program or service is searched for credentials.", _LAST_CLOSES),
    PrivateName("botocore.session", "Session.get_auth_token", "(self, **kwargs)", "replaced", _CREDENTIALS,
        "The same for bearer tokens.", _LAST_CLOSES),
    PrivateName("botocore.session", "Session.get_scoped_config", "(self)", "replaced", _CREDENTIALS,
        "A profile that does not exist has no settings: the configuration file is out of reach.", _LAST_CLOSES),
    PrivateName("botocore.session", "Session._credentials", "NoneType", "read", _CREDENTIALS,
        "Credentials that a session was given in code."),
    PrivateName("botocore.signers", "RequestSigner.get_auth_instance",
        "(self, signing_name, region_name, signature_version, request_credentials, **kwargs)", "replaced", _CREDENTIALS,
        "Clients made before the emulator, without credentials or with real ones, sign with fake ones.", _LAST_CLOSES),
    PrivateName("botocore.signers", "RequestSigner.get_auth",
        "(self, signing_name, region_name, signature_version, request_credentials, **kwargs)", "replaced", _CREDENTIALS,
        "The same under its older name.", _LAST_CLOSES),
    PrivateName("botocore.signers", "RequestSigner._credentials", "NoneType or Credentials", "read", _CREDENTIALS,
        "Keys that the emulator's own STS or IAM made are used: moto finds a role's account by them."),
    PrivateName("botocore.signers", "RequestSigner._signature_version", "str", "read", _CREDENTIALS,
        "Says whether a client signs with a bearer token."),
    PrivateName("botocore.auth", "AUTH_TYPE_MAPS", "dict", "read", _CREDENTIALS, "The kinds of signatures."),
    PrivateName("boto3", "DEFAULT_SESSION", "Session or NoneType", "replaced", _ENVIRONMENT,
        "`boto3.client` makes one session and keeps it, with the keys that it found first.", _LAST_CLOSES),
    PrivateName("boto3.s3.transfer", "_should_use_crt", "(config)", "replaced", "emulator/aws/guard/crt.py",
        "Transfers use the ordinary client, because awscrt has sockets of its own.", _LAST_CLOSES),
    PrivateName("aiobotocore.endpoint", "AioEndpoint._send", "(self, request)", "replaced", _ASYNC,
        "The one method that every asynchronous client sends through.", _LAST_CLOSES),
    PrivateName("aiobotocore.endpoint", "AioEndpoint._endpoint_prefix", "str", "read", _ASYNC,
        "Says which service a request is for."),
    PrivateName("aiobotocore.session", "AioSession.get_credentials", "(self)", "replaced", _CREDENTIALS,
        "As `get_credentials` of botocore's session.", _LAST_CLOSES),
    PrivateName("aiobotocore.signers", "AioRequestSigner.get_auth_instance",
        "(self, signing_name, region_name, signature_version, request_credentials, **kwargs)", "replaced", _CREDENTIALS,
        "As `get_auth_instance` of botocore's signer.", _LAST_CLOSES),
    PrivateName("aiobotocore.signers", "AioRequestSigner.get_auth",
        "(self, signing_name, region_name, signature_version, request_credentials, **kwargs)", "replaced", _CREDENTIALS,
        "The same under its older name.", _LAST_CLOSES),
    PrivateName("aiohttp.connector", "BaseConnector.connect", "(self, req, traces, timeout)", "replaced",
        "emulator/aws/guard/async_answers.py", "Answers or refuses requests of aiohttp to AWS.", _LAST_CLOSES),
    PrivateName("httpcore._sync.connection_pool", "ConnectionPool.handle_request", "(self, request)", "replaced",
        _POOLS, "Answers or refuses requests of httpcore and httpx to AWS.", _LAST_CLOSES),
    PrivateName("httpcore._async.connection_pool", "AsyncConnectionPool.handle_async_request", "(self, request)",
        "replaced", _POOLS, "The same for asynchronous requests.", _LAST_CLOSES),
    PrivateName("http.client", "HTTPConnection._tunnel_host", "NoneType or str", "read", _HTTP,
        "The host behind a proxy."),
    PrivateName("http.client", "HTTPConnection._tunnel_port", "NoneType or int", "read", _HTTP,
        "Its port."),
    PrivateName("_socket", "getaddrinfo", "builtin", "replaced", _SOCKETS,
        "`socket.getaddrinfo` calls it, also where code holds that function itself.", _LAST_CLOSES),
    PrivateName("_socket", "gethostbyname", "builtin", "replaced", _SOCKETS,
        "The same as `socket.gethostbyname`; so are the three functions after it.", _LAST_CLOSES),
    PrivateName("_socket", "gethostbyname_ex", "builtin", "replaced", _SOCKETS, "See above.", _LAST_CLOSES),
    PrivateName("_socket", "gethostbyaddr", "builtin", "replaced", _SOCKETS, "See above.", _LAST_CLOSES),
    PrivateName("_socket", "getnameinfo", "builtin", "replaced", _SOCKETS, "See above.", _LAST_CLOSES),
    PrivateName("multiprocessing.forkserver", "ForkServer.ensure_running", "(self)", "replaced", _CHILDREN,
        "A server that was started earlier has the environment of that time.", _LAST_CLOSES),
    PrivateName("multiprocessing.forkserver", "ForkServer._forkserver_pid", "NoneType or int", "read",
        _CHILDREN, "The server's process."),
    PrivateName("multiprocessing.forkserver", "ForkServer._stop", "(self)", "called", _CHILDREN,
        "Ends it; the next process starts another one."),
    PrivateName("multiprocessing.forkserver", "_forkserver", "ForkServer", "read", _CHILDREN,
        "The one server of the process."),
    PrivateName("moto.core.botocore_stubber", "BotocoreStubber.__call__", "(self, event_name, request, **kwargs)",
        "replaced", _INTERCEPTION,
        "Inside a user's own `mock_aws` moto would answer before the emulator.", _LAST_CLOSES),
    PrivateName("moto.core.models", "botocore_stubber", "BotocoreStubber", "read", _MOTO,
        "Knows which of moto's services answers a URL."),
    PrivateName("moto.core.botocore_stubber", "BotocoreStubber.process_request", "(self, request)", "called", _MOTO,
        "Sends requests to moto without `mock_aws`, which takes longer than a whole test and would answer first."),
    PrivateName("moto.core.botocore_stubber", "MockRawResponse", "(response_input)", "called", _MOTO,
        "The body of a response, in the form that botocore reads."),
    PrivateName("moto.core.custom_responses_mock", "CallbackResponse.get_response", "(self, request)", "replaced",
        "emulator/aws/guard/mocked_requests.py",
        "Answers `requests` in a `mock_aws` from before the emulator.", _LAST_CLOSES),
    PrivateName("moto.core.models", "MockAWS.start", "(self, reset)", "replaced", _MOCKS,
        "A `mock_aws` inside an emulator empties nothing; the emulator answers.", _LAST_CLOSES),
    PrivateName("moto.core.models", "MockAWS.stop", "(self, remove_data)", "replaced", _MOCKS,
        "The same at its end.", _LAST_CLOSES),
    PrivateName("moto.core.models", "MockAWS._user_config_mock", "_patch_dict", "called", _MOCKS,
        "The `config` of a `mock_aws` inside an emulator is in force."),
    PrivateName("moto.core.config", "default_user_config", "dict", "changed", "emulator/aws/moto/batch.py",
        "Jobs of AWS Batch start no container of Docker.", "when the last emulator that has used Batch closes"),
    PrivateName("moto.core.base_backend", "BackendDict.reset", "()", "called", _CONTENTS,
        "Deletes the stored resources when an emulator closes."),
    PrivateName("moto.core.base_backend", "BackendDict._instances", "list", "changed", _CONTENTS,
        "All of moto's resources: each emulator has its own, and so has a user's own `mock_aws`.",
        "when the emulator closes"),
    PrivateName("moto.core.base_backend", "backend_lock", "RLock", "called", _CONTENTS,
        "Held while they are exchanged."),
    PrivateName("moto.iam.models", "iam_backends", "BackendDict", "read", _MOTO,
        "The access keys that IAM has made: they say an account."),
    PrivateName("moto.sts.models", "sts_backends", "BackendDict", "read", _MOTO, "The same of STS."),
    PrivateName("moto.core.model_instances", "model_data", "defaultdict", "read", _CONTENTS,
        "The classes that keep a list of their objects; S3 closes the files of all objects in it when it is reset."),
    PrivateName("moto.core.model_instances", "reset_model_data", "()", "called", _CONTENTS,
        "The same for the data that moto keeps outside its backends."),
    PrivateName("moto.dynamodb.models.table", "Table.all_items", "(self)", "replaced", _TABLES,
        "moto sorts a whole table for each Query and Scan; sorting by the keys' own values is much faster.",
        _LAST_TABLES),
    PrivateName("moto.dynamodb.models.dynamo_type", "LimitedSizeDict.__setitem__", "(self, key, value)", "replaced",
        _TABLES, "An update that sets an attribute again: moto counts the old value and the new one.", _LAST_TABLES),
    PrivateName("moto.dynamodb.models.dynamo_type", "DynamoType.cast_value", "property", "read", _TABLES,
        "A key's own value."),
    PrivateName("moto.sqs.models", "Message.visible", "property", "replaced", _QUEUES,
        "A message is visible at the end of its timeout; in moto only after it.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Message.delayed", "property", "replaced", _QUEUES,
        "The same for the end of its delay.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "SQSBackend.receive_message",
        "(self, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names)", "replaced",
        _QUEUES, "A long poll lets virtual time pass; moto's own waits in real time.", _LAST_QUEUES),
    PrivateName("moto.sns.models", "Subscription.publish",
        "(self, message, message_id, subject, message_attributes, group_id, deduplication_id, message_structure)",
        "replaced", _DELIVERIES, "The emulator delivers to queues and functions, after the call.",
        _LAST_TOPICS),
    PrivateName("moto.sns.models", "SNSBackend._validate_filter_policy", "(self, value, scope)", "replaced",
        _DELIVERIES, "Policies are checked before moto is asked, by all operators of SNS.", _LAST_TOPICS),
    PrivateName("moto.sns.models", "SNSBackend.publish_batch", "(self, topic_arn, publish_batch_request_entries)",
        "replaced", _DELIVERIES, "A message that Publish would refuse is among the failed ones.", _LAST_TOPICS),
    PrivateName("moto.sqs.models", "SQSBackend.change_message_visibility",
        "(self, queue_name, receipt_handle, visibility_timeout)", "replaced", _QUEUES,
        "What reads the queue is told that a message appears earlier or later.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.add_message", "(self, message)", "replaced", _QUEUES,
        "What reads the queue is told of a new message; those of a FIFO queue get numbers that grow, and none is "
        "delivered twice in five minutes.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.messages", "property", "replaced", _QUEUES,
        "The visible messages; moto asks for the time at each of them.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.approximate_number_of_messages_delayed", "property", "replaced", _QUEUES,
        "The same for the number of delayed ones.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.approximate_number_of_messages_not_visible", "property", "replaced", _QUEUES,
        "The same for the number of hidden ones.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "SQSBackend.is_message_valid_based_on_retention_period",
        "(self, queue_name, message)", "replaced", _QUEUES,
        "Old messages are taken out; moto counts a queue three times for each message that it receives.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "SQSBackend.purge_queue", "(self, queue_name)", "replaced", _QUEUES,
        "A purge forgets what was sent in the last five minutes.", _LAST_QUEUES),
    PrivateName("moto.sqs.responses", "SQSResponse._get_queue_name", "(self)", "called", _QUEUES,
        "The queue that a response is about."),
    PrivateName("moto.core.responses", "BaseResponse._get_param", "(self, param_name, if_none)", "called", _QUEUES,
        "The attributes that a receive asks for."),
    PrivateName("moto.sqs.responses", "SQSResponse.receive_message", "(self)", "replaced", _QUEUES,
        "Messages of the dead letters tell the queue that they come from.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.delete_message", "(self, receipt_handle)", "replaced", _QUEUES,
        "What reads a FIFO queue is told that a group is free.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue._messages", "list", "changed", _QUEUES,
        "When the next message appears; messages older than the queue keeps them are taken out.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue._set_attributes", "(self, attributes, now)", "replaced", _REDRIVE,
        "A RedriveAllowPolicy is checked.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue._setup_dlq", "(self, policy)", "replaced", _REDRIVE,
        "The dead-letter queue's RedriveAllowPolicy has to allow the queue that names it.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue.BASE_ATTRIBUTES", "list", "replaced", _REDRIVE,
        "GetQueueAttributes shows the RedriveAllowPolicy.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "Queue._pending_messages", "set", "changed", _QUEUES,
        "Messages of a FIFO queue's group that appear at one instant come in their order.", _LAST_QUEUES),
    PrivateName("moto.sqs.models", "sqs_backends", "BackendDict", "read", _SOURCES,
        "A queue's visibility timeout, and when a hidden message appears."),
    PrivateName("moto.dynamodb.models.table", "StreamShard.add", "(self, old, new)", "replaced", _STREAMS,
        "Records of a table's stream in AWS's form, one for each change; what reads the stream is told.", _LAST_TABLES),
    PrivateName("moto.dynamodb.models.table", "StreamRecord", "InstanceTrackerMeta", "called", _STREAMS,
        "The records that moto's streams hold."),
    PrivateName("moto.core.utils", "utcnow", "()", "called", _STREAMS, "The time that moto sees."),
    PrivateName("moto.dynamodb.models.table", "Table.delete_item", "(self, hash_key, range_key)", "called", _EXPIRING,
        "Removes an item whose time to live has passed."),
    PrivateName("moto.dynamodb.models", "dynamodb_backends", "BackendDict", "read", _SOURCES,
        "The records of a stream."),
    PrivateName("moto.kinesis.models", "Stream.put_record", "(self, partition_key, explicit_hash_key, data)",
        "replaced", _STREAMS, "What reads the stream is told of a new record.",
        "when the last emulator that has used Kinesis closes"),
    PrivateName("moto.kinesis.models", "kinesis_backends", "BackendDict", "read", _SOURCES,
        "The records of a stream."),
    PrivateName("airspeed", "__additional_methods__", "dict", "changed", "emulator/apigateway/mapping.py",
        "Methods of Java's texts that airspeed lacks; its comment offers the table for this.",
        "when the mapping template has been evaluated"),
    PrivateName("moto.core.utils", "unix_time_millis", "(dt)", "called", _QUEUES, "The time that moto sees."),
    PrivateName("moto.core.serialize", "SERVICE_SPECIFIC_SERIALIZERS", "dict", "changed", _TABLES,
        "DynamoDB gets a serializer that writes attribute values as they are; moto's reads ten members of each.",
        _LAST_TABLES),
    PrivateName("moto.core.serialize", "JSONSerializer._serialize_type_structure",
        "(self, serialized, value, shape, key)", "called", _TABLES,
        "The method that this serializer overrides."),
    PrivateName("asyncio.base_events", "BaseEventLoop.time", "(self)", "replaced", _LOOPS,
        "The event loop of a handler runs on the handler's time.", _LAST_HANDLER),
    PrivateName("asyncio.base_events", "BaseEventLoop._run_once", "(self)", "replaced", _LOOPS,
        "A loop that only waits for a timer moves the handler's time instead of sleeping.", _LAST_HANDLER),
    PrivateName("asyncio.selector_events", "BaseSelectorEventLoop._write_to_self", "(self)", "replaced", _LOOPS,
        "Wakes a loop that waits on the handler's time for another thread.", _LAST_HANDLER),
    PrivateName("asyncio.base_events", "BaseEventLoop._ssock", "socket", "read", _LOOPS,
        "A loop's own pipe, which is no work in progress."),
    PrivateName("asyncio.base_events", "BaseEventLoop._signal_handlers", "dict", "read", _LOOPS,
        "A loop with handlers of signals waits for something outside."),
    PrivateName("asyncio.base_events", "BaseEventLoop._ready", "deque", "read", _LOOPS, "A loop's ready callbacks."),
    PrivateName("asyncio.base_events", "BaseEventLoop._stopping", "bool", "read", _LOOPS, "Whether a loop is to stop."),
    PrivateName("asyncio.base_events", "BaseEventLoop._scheduled", "list", "read", _LOOPS, "A loop's timers."),
    PrivateName("asyncio.base_events", "BaseEventLoop._clock_resolution", "float", "read", _LOOPS,
        "How early a loop considers a timer due."),
    PrivateName("asyncio.base_events", "BaseEventLoop._selector.select", "(timeout)", "called", _LOOPS,
        "Waits in real time for open files, such as sockets, before the next timer."),
    PrivateName("asyncio.base_events", "BaseEventLoop._selector._cache", "dict", "read", _LOOPS,
        "The open files of a loop on Windows, whose selector has no `get_map`.", platform="win32"),
    PrivateName("asyncio", "_get_running_loop", "()", "called", _LOOPS,
        "Finds the loop of an async test, which is hidden from handlers so that `asyncio.run` works in them."),
    PrivateName("asyncio", "_set_running_loop", "(loop)", "called", _LOOPS, "Hides that loop.", _HANDLER_ENDS),
    PrivateName("asyncio.tasks", "_leave_task", "(loop, task)", "called", _LOOPS,
        "Hides the loop's task.", _HANDLER_ENDS),
    PrivateName("asyncio.tasks", "_enter_task", "(loop, task)", "called", _LOOPS,
        "Puts the loop's task back afterwards."),
    PrivateName("concurrent.futures.thread", "_worker", "(executor_reference, work_queue, initializer, initargs)",
        "read", _LOCKS,
        "Tells an idle thread of an executor from one that works, when the handler has timed out."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._work_queue", "SimpleQueue", "read", _STARTS,
        "Tells whether an executor was made in the call; its jobs that have not begun are cancelled with the call."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._threads", "set", "read", _STARTS,
        "Tells whether an executor's threads are the call's."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._shutdown", "bool", "read", _STARTS,
        "An executor that is shut down refuses jobs by itself."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._max_workers", "int", "read", _STARTS,
        "The double of an executor that is older than the call has as many threads."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._thread_name_prefix", "str", "read", _STARTS,
        "Its threads are named alike."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._initializer", "NoneType", "read", _STARTS,
        "Its threads begin alike."),
    PrivateName("concurrent.futures.thread", "ThreadPoolExecutor._initargs", "tuple", "read", _STARTS,
        "Its threads begin alike."),
    PrivateName("queue", "_PySimpleQueue", "type", "read", _LOCKS,
        "Python's own `SimpleQueue` in Python: one that a handler makes is waited for on its time."),
    PrivateName("threading", "_PyRLock", "type", "read", _LOCKS,
        "The same for `RLock`."),
    PrivateName("threading", "_allocate_lock", "builtin", "replaced", _LOCKS,
        "Makes the lock that a thread waits for in `Condition.wait`, and so in all that is made of it.", _LAST_HANDLER),
    PrivateName("threading", "Thread._args", "tuple", "read", _STARTS,
        "The jobs of a pool of processes, in the arguments of the thread that waits for their results."),
    PrivateName("sys", "_getframe", "builtin", "called", _CLOCKS,
        "Finds the module that asks for the time: `subprocess` and some others get the real one."),
    PrivateName("sys", "_current_frames", "builtin", "called", _QUIET,
        "Finds out whether a thread runs the user's code."),
    PrivateName("time", "sleep", "builtin", "replaced", _SHOWN,
        "A handler's sleep moves its own time. The name is replaced in every module that holds it.", _LAST_HANDLER),
    PrivateName("importlib.machinery", "ModuleSpec._initializing", "bool", "read", _SHOWN,
        "A module that is still being imported is searched again later."),
    PrivateName("time_machine", "travel.start", "(self)", "called", _SHOWN,
        "Shows another time to the process; stopped in the same way.", _LAST_HANDLER),
    PrivateName("time_machine", "Traveller.time_ns", "(self)", "replaced", _SHOWN,
        "time-machine's C functions ask it for the time. Only the instance that `start` made is changed.",
        "never needed: the instance is discarded"),
    PrivateName("time_machine", "escape_hatch.is_travelling", "()", "called", _CLOCK,
        "The clock asks for the real time while another one is shown."),
    PrivateName("time_machine", "escape_hatch.time.time_ns", "()", "called", _CLOCK, "The real time."),
    PrivateName("freezegun.api", "freeze_factories", "list", "changed", _SHOWN,
        "The stack of frozen times; ours is pushed on top, as a nested `freeze_time` pushes its own.", _LAST_HANDLER),
    PrivateName("freezegun.api", "ignore_lists", "list", "changed", _SHOWN,
        "The same, for the modules that see real time: none.", _LAST_HANDLER),
    PrivateName("freezegun.api", "tick_flags", "list", "changed", _SHOWN,
        "The same, for whether time ticks: it does not.", _LAST_HANDLER),
    PrivateName("freezegun.api", "tz_offsets", "list", "changed", _SHOWN,
        "The same, for the offset from UTC: 0.", _TZ_OFFSETS),
    PrivateName("freezegun.api", "FakeDatetime", "FakeDatetimeMeta", "read", _SHOWN,
        "Replaces `datetime` in every module.", _LAST_HANDLER),
    PrivateName("freezegun.api", "FakeDate", "FakeDateMeta", "read", _SHOWN,
        "Replaces `date` in every module.", _LAST_HANDLER),
    PrivateName("freezegun.api", "real_datetime", "type", "read", _SHOWN, "The class that `FakeDatetime` replaces."),
    PrivateName("freezegun.api", "real_date", "type", "read", _SHOWN, "The class that `FakeDate` replaces."),
    *(
        PrivateName("freezegun.api", f"fake_{name}", shape, "read", _SHOWN,
        f"Replaces `time.{name}` in every module.", _LAST_HANDLER)
        for name, shape in _SHOWN_TIMES
    ),
    *(
        PrivateName("freezegun.api", f"fake_{name}", "()", "read", _SHOWN,
        f"Inside a test's own `freeze_time`, a handler gets the real `time.{name}`.", _LAST_HANDLER)
        for name in _RUNNING_TIMES
    ),
    *(
        PrivateName("freezegun.api", f"real_{name}", "builtin", "read", _SHOWN,
        f"The real `time.{name}`, also inside a test's own `freeze_time`.")
        for name in (*dict(_SHOWN_TIMES), *_RUNNING_TIMES)
    ),
    PrivateName("freezegun.api", "pickle_fake_datetime", "(datetime_)", "read", _SHOWN,
        "Lets a handler pickle and copy times."),
    PrivateName("freezegun.api", "pickle_fake_date", "(datetime_)", "read", _SHOWN,
        "Lets a handler pickle and copy dates."),
    PrivateName("copyreg", "dispatch_table", "dict", "changed", _SHOWN, "The registry of these two.", _LAST_HANDLER),
    PrivateName("uuid", "_generate_time_safe", "builtin", "replaced", _SHOWN,
        "Without it `uuid.uuid1` uses `time.time_ns`, which freezegun replaces.", _LAST_HANDLER),
    PrivateName("uuid", "_UuidCreate", "builtin", "replaced", _SHOWN,
        "The same on Windows.", _LAST_HANDLER, platform="win32"),
    PrivateName("uuid", "_last_timestamp", "int or NoneType", "changed", _SHOWN,
        "`uuid.uuid1` never goes back before it; it is reset before and after a handler.",
        "set to `None`, as when the module is loaded"),
    PrivateName("os", "environ._data", "dict", "changed", "emulator/lambda_/surroundings.py",
        "The variables before and after a handler's call and an emulator, and those of a call: through `os.environ` "
        "it takes several times as long.", _HANDLER_ENDS),
    PrivateName("_signal", "getsignal", "builtin", "called", _PROCESS,
        "The handlers of all signals, without a search for the name of each."),
    PrivateName("_locale", "setlocale", "builtin", "called", _PROCESS,
        "The locale, which is read after each call of a handler."),
    PrivateName("os", "_exit", "(status)", "replaced", _OUTSIDE,
        "In a handler it ends the call, not the test run: on Lambda it ends only the handler's process.",
        _HANDLER_ENDS),
    PrivateName("json.decoder", "scanstring", "builtin", "called", "asl/source.py",
        "Finds the place of every JSON pointer."),
    PrivateName("json.decoder", "JSONDecoder.scan_once", "Scanner or function", "called", "asl/values.py",
        "Reads JSON without a look for white space before and after it."),
    PrivateName("json.encoder", "c_make_encoder", "type", "called", "asl/values.py",
        "Writes JSON; `JSONEncoder.encode` makes one at each call."),
    PrivateName("json.encoder", "encode_basestring", "builtin", "called", "asl/jsonata/text.py",
        "Quotes a text and keeps non-ASCII characters."),
    PrivateName("_pytest.outcomes", "OutcomeException", "type", "read", _OUTCOMES,
        "`pytest.fail` and `pytest.skip` in a handler reach the test; they are not results of the function."),
    PrivateName("_pytest.outcomes", "Exit", "type", "read", _OUTCOMES, "The same for `pytest.exit`."),
    PrivateName("hypothesis.errors", "StopTest", "type", "read", _OUTCOMES,
        "The same for an example that Hypothesis gives up."),
    PrivateName("hypothesis.errors", "UnsatisfiedAssumption", "type", "read", _OUTCOMES,
        "The same for `hypothesis.assume`."),
)
# fmt: on
"""The names, by package. ``PUBLIC`` lists other changes that are put back."""

PUBLIC: Final = (
    ("the variables `AWS_*` of `os.environ`", "an emulator is open", _ENVIRONMENT),
    (
        "an entry in `sys.meta_path`, which patches modules that are imported later",
        "an emulator is open",
        _INTERCEPTION,
    ),
    (
        "what connects, looks names up or starts processes in the modules of the table `LAYERS`",
        "an emulator is open",
        "emulator/aws/guard/__init__.py",
    ),
    (
        "variables `AWS_*` that child processes get; `os.environ` does not show them",
        "an emulator is open",
        "emulator/aws/guard/children.py",
    ),
    (
        "`Thread.start` and `ThreadPoolExecutor.submit`, which note who answers the thread or the job",
        "an emulator is open",
        "emulator/aws/guard/threads.py",
    ),
    ("the C library's `TZ`, and with it the local time zone", "a handler is running", "emulator/lambda_/time/zone.py"),
    ("`datetime`, `date` and `time.*` in every module", "a handler is running", _SHOWN),
    ("`time.sleep`, `time.monotonic` and the other clocks, in every module", "a handler is running", _CLOCKS),
    (
        "`threading.Lock`, `threading.RLock`, `queue.SimpleQueue`, there and in the user's modules",
        "a handler is running",
        _LOCKS,
    ),
    (
        "`signal.alarm`, `setitimer`, `getitimer`, `pause`, `sigwait`, `sigwaitinfo`, `sigtimedwait`, likewise",
        "a handler is running",
        _SIGNALS,
    ),
    (
        "`select.select`, `os.wait`, `os.waitpid`, likewise; methods of `Popen`, `selectors`, `multiprocessing`",
        "a handler is running",
        _OUTSIDE,
    ),
    (
        "methods of `Thread`, `Event`, `Future` and `ThreadPoolExecutor`; `_thread.start_new_thread`",
        "a handler is running",
        _STARTS,
    ),
    ("`sys.path` and `sys.modules`", "a function with a folder of its own is running", "emulator/lambda_/task_root.py"),
    (
        "Lambda's variables in `os.environ`",
        "a function that asks for them is running",
        "emulator/lambda_/surroundings.py",
    ),
    (
        "what a handler changes: variables, folder, signal handlers, alarms, locale, umask, `sys.path`, level of logs",
        "a handler is running",
        _PROCESS,
    ),
    ("moto's resources: they are set aside", "an emulator that has used moto is open", _CONTENTS),
)
"""Public things that change: what, during what, and the file that changes it and puts it back."""

HEAD: Final = """\
# What we patch

An emulator works inside the user's own process. It uses names of other packages that are private or undocumented.
This page lists all of them. It is printed from the table in `emulator/private_names.py`:
`python -m emulator.private_names > docs/what-we-patch.md`.

`tests/emulator/test_private_names.py` looks up every name in the installed versions and compares its arguments. An
upgrade that moves a name fails the test of that name. Another test there closes several emulators in every order and
checks that the process is as before.

Most of moto's names here are undocumented. So moto has an upper bound, its next minor version
([adr/0008-dependencies.md](adr/0008-dependencies.md)).
"""


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield HEAD.rstrip("\n")
    yield from ("", "## Public names", "", "| what changes | while | by |", "| --- | --- | --- |")
    for what, during, by in PUBLIC:
        yield f"| {what} | {during} | `{by}` |"
    package = ""
    for each in PRIVATE_NAMES:
        if (found := each.module.partition(".")[0]) != package:
            package = found
            yield from ("", f"## {package}", "")
            yield "| name | relied on | use | why | put back | by |"
            yield "| --- | --- | --- | --- | --- | --- |"
        shape = f"`{each.shape}`" + (f", on {each.platform} only" if each.platform else "")
        back = each.put_back or "nothing to put back"
        yield f"| `{each.full_name}` | {shape} | {each.use} | {each.why} | {back} | `{each.where}` |"


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201 - what this module is for when it is run
