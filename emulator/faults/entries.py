"""Operations that can fail in part: some entries are refused or not processed, and the others are done.

| form | operations | what is said of an entry that fails |
| --- | --- | --- |
| in its place | PutEvents, PutRecords, PutRecordBatch | ``ErrorCode`` and ``ErrorMessage``, and a count |
| by its id | the batches of SQS | ``Failed``: ``Id``, ``SenderFault``, ``Code``, ``Message`` |
| by target | PutTargets, RemoveTargets | ``FailedEntries``: ``TargetId``, ``ErrorCode``, ``ErrorMessage``, a count |
| in XML | PublishBatch, DeleteObjects | ``emulator.faults.xml_entries`` |
| left over | BatchWriteItem, BatchGetItem | it is in ``UnprocessedItems`` or ``UnprocessedKeys``, without an error |

Sources: botocore's models of the operations.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.interception import AwsRequest
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.faults import xml_entries
from emulator.faults.errors import ServiceFault
from emulator.faults.fault import Entries
from emulator.faults.requests import json_members, json_response, positions, with_body

Json = dict[str, Any]


class Form(NamedTuple):
    """How an operation says that entries failed.

    ``split`` gives the members without these entries (``None`` if none is left) and the entries with their positions;
    ``join`` adds them to the content of the response.
    """

    needs_error: bool
    split: Callable[[Json, tuple[int, ...]], tuple[Json | None, list[tuple[int, Any]]]]
    join: Callable[[Json, list[tuple[int, Any]], ServiceFault | None], Json]


def _in_place(member: str, result: str, count: str) -> Form:
    def split(members: Json, failing: tuple[int, ...]) -> tuple[Json | None, list[tuple[int, Any]]]:
        going, failed = positions(members.get(member) or [], failing)
        return ({**members, member: going} if going else None), failed

    def join(content: Json, failed: list[tuple[int, Any]], error: ServiceFault | None) -> Json:
        assert error is not None
        entries = list(content.get(result) or [])
        for position, _ in failed:
            entries.insert(position, {"ErrorCode": error.name, "ErrorMessage": error.message})
        return {**content, result: entries, count: int(content.get(count) or 0) + len(failed)}

    return Form(needs_error=True, split=split, join=join)


def _by_id() -> Form:
    def split(members: Json, failing: tuple[int, ...]) -> tuple[Json | None, list[tuple[int, Any]]]:
        going, failed = positions(members.get("Entries") or [], failing)
        return ({**members, "Entries": going} if going else None), failed

    def join(content: Json, failed: list[tuple[int, Any]], error: ServiceFault | None) -> Json:
        assert error is not None
        more = [
            {"Id": entry.get("Id"), "SenderFault": error.status < 500, "Code": error.code, "Message": error.message}
            for _, entry in failed
        ]
        return {"Successful": [], **content, "Failed": [*(content.get("Failed") or []), *more]}

    return Form(needs_error=True, split=split, join=join)


def _targets(member: str) -> Form:
    """Targets of a rule of EventBridge: objects with an ``Id``, or ids alone."""

    def split(members: Json, failing: tuple[int, ...]) -> tuple[Json | None, list[tuple[int, Any]]]:
        going, failed = positions(members.get(member) or [], failing)
        return ({**members, member: going} if going else None), failed

    def join(content: Json, failed: list[tuple[int, Any]], error: ServiceFault | None) -> Json:
        assert error is not None
        more = [
            {
                "TargetId": each.get("Id") if isinstance(each, dict) else each,
                "ErrorCode": error.name,
                "ErrorMessage": error.message,
            }
            for _, each in failed
        ]
        entries = [*(content.get("FailedEntries") or []), *more]
        return {**content, "FailedEntryCount": len(entries), "FailedEntries": entries}

    return Form(needs_error=True, split=split, join=join)


def _left_over(member: str, of_keys: bool) -> Form:
    """``RequestItems`` of DynamoDB: table -> the requests, or an object with ``Keys``; counted from table to table."""

    def items(of_table: Any) -> list[Any]:
        return list((of_table or {}).get("Keys") or []) if of_keys else list(of_table or [])

    def put(of_table: Any, kept: list[Any]) -> Any:
        return {**of_table, "Keys": kept} if of_keys else kept

    def split(members: Json, failing: tuple[int, ...]) -> tuple[Json | None, list[tuple[int, Any]]]:
        given, begun = members.get("RequestItems") or {}, 0
        going: Json = {}
        failed: list[tuple[int, Any]] = []
        for table, of_table in given.items():
            each = items(of_table)
            kept, out = positions(each, tuple(position - begun for position in failing))
            begun += len(each)
            if kept:
                going[table] = put(of_table, kept)
            failed += [(position, (table, put(of_table, [entry]))) for position, entry in out]
        return ({**members, "RequestItems": going} if going else None), failed

    def join(content: Json, failed: list[tuple[int, Any]], error: ServiceFault | None) -> Json:
        left: Json = dict(content.get(member) or {})
        for _, (table, part) in failed:
            before = left.get(table)
            left[table] = part if before is None else put(part, [*items(before), *items(part)])
        empty: Json = {"Responses": {}} if of_keys else {}
        return {**empty, **content, member: left}

    return Form(needs_error=False, split=split, join=join)


FORMS: Final[Mapping[tuple[str, str], Form]] = {
    ("events", "PutEvents"): _in_place("Entries", "Entries", "FailedEntryCount"),
    ("events", "PutTargets"): _targets("Targets"),
    ("events", "RemoveTargets"): _targets("Ids"),
    ("kinesis", "PutRecords"): _in_place("Records", "Records", "FailedRecordCount"),
    ("firehose", "PutRecordBatch"): _in_place("Records", "RequestResponses", "FailedPutCount"),
    ("sqs", "SendMessageBatch"): _by_id(),
    ("sqs", "DeleteMessageBatch"): _by_id(),
    ("sqs", "ChangeMessageVisibilityBatch"): _by_id(),
    ("dynamodb", "BatchWriteItem"): _left_over("UnprocessedItems", of_keys=False),
    ("dynamodb", "BatchGetItem"): _left_over("UnprocessedKeys", of_keys=True),
}
"""Operation -> how it fails in part."""


def needs_error(service: str, operations: tuple[str, ...], text: str) -> bool:
    """Whether the operation says with which error an entry failed.

    Raises ``EmulatorError`` for an operation that cannot fail in part.
    """
    key = service, operations[0] if len(operations) == 1 else ""
    if key in xml_entries.FORMS:
        return True
    if key not in FORMS:
        listed = ", ".join(f"{each}:{name}" for each, name in (*FORMS, *xml_entries.FORMS))
        raise EmulatorError(f"fail_entries: {text!r} cannot fail in part; these can: {listed}")
    return FORMS[key].needs_error


def answer(
    request: AwsRequest, operation: tuple[str, str], plan: Entries, ask: Callable[[], Any], new_id: Callable[[], str]
) -> Any:
    """The response to a request of which some entries fail; ``ask`` has the others answered."""
    if operation in xml_entries.FORMS:
        assert plan.error is not None
        return xml_entries.FORMS[operation](request, plan.positions, plan.error, ask, new_id)
    form, members = FORMS[operation], json_members(request)
    if members is None:
        raise NotEmulatedError(
            f"faults.fail_entries: this client asks {':'.join(operation)} in a protocol other than JSON, which is not "
            "emulated"
        )
    left, failed = form.split(members, plan.positions)
    if not failed:
        return ask()
    given = None
    if left is not None:
        with_body(request, json.dumps(left).encode())
        given = ask()
        if given.status_code >= 300:
            return given
    content = json.loads(given.content) if given is not None else {}
    return json_response(request, form.join(content, failed, plan.error), given, new_id())
