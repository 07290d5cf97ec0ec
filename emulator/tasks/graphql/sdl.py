"""The schema's text: a constant part, plus the filters, sort orders and definitions from their tables."""

from collections.abc import Iterable, Mapping
from typing import Final

from emulator.tasks.queries import EQUALITY, LOG_FILTERS, NUMBER, ORDER, TASK_FILTERS, TEXT, Test

PREFIX: Final = "WebinyBackgroundTask"
LISTS: Final = ("in", "not_in", "between")
"""Operators whose value is a list."""
SORTED_KINDS: Final = (TEXT, ORDER, NUMBER)
"""Kinds of fields that lists can be sorted by; of the other kinds, only id."""

TYPES: Final = '''
"""Any JSON value: object, list, string, number, boolean, null."""
scalar JSON

"""A time as an ISO 8601 string, in answers in UTC with milliseconds: 2030-01-31T09:30:00.000Z."""
scalar DateTime

"""An integer or a decimal number."""
scalar Number

type Query {
  backgroundTasks: WebinyBackgroundTaskQuery
}

type Mutation {
  backgroundTasks: WebinyBackgroundTaskMutation
}

type WebinyBackgroundTaskQuery {
  """One task; data and error are both null if it does not exist. Needs the permission r."""
  getTask(id: ID!): WebinyBackgroundTaskResponse!
  """Tasks, newest first; the default limit is 50. search: a part of any text field. Needs r."""
  listTasks(
    where: WebinyBackgroundTaskListWhereInput
    sort: [WebinyBackgroundTaskListSorter!]
    limit: Int
    after: String
    search: String
  ): WebinyBackgroundTaskListResponse!
  """The definitions that can be triggered; private ones are not included. Needs r."""
  listDefinitions: WebinyBackgroundTaskListDefinitionsResponse!
  """Logs of all tasks, newest first; the default limit is 50; one log for each run. Needs r."""
  listLogs(
    where: WebinyBackgroundTaskLogListWhereInput
    sort: [WebinyBackgroundTaskLogListSorter!]
    limit: Int
    after: String
    search: String
  ): WebinyBackgroundTaskLogListResponse!
}

type WebinyBackgroundTaskMutation {
  """Create a task and start its state machine; delay is in seconds, below 355 days. Needs w."""
  triggerTask(
    definition: WebinyBackgroundTaskDefinitionEnum!
    input: JSON
    name: String
    delay: Number
  ): WebinyBackgroundTaskResponse!
  """Mark a pending or running task as aborted; its execution ends at its next run. Needs w."""
  abortTask(id: ID!, message: String): WebinyBackgroundTaskResponse!
  """Delete a task of any status; its logs and children remain. Needs d."""
  deleteTask(id: ID!): WebinyBackgroundTaskDeleteResponse!
}

type WebinyBackgroundTask {
  id: ID!
  createdOn: DateTime!
  savedOn: DateTime!
  createdBy: WebinyBackgroundTaskIdentity!
  """The name of this task; the default is the definition's title."""
  name: String!
  definitionId: String!
  """The task that triggered this one."""
  parentId: String
  executionName: String
  """pending, running, success, failed or aborted."""
  taskStatus: String!
  """How many times the task has run."""
  iterations: Number!
  input: JSON
  output: JSON
  """The answer of the service that started the task (EventBridge or Step Functions)."""
  eventResponse: JSON
  startedOn: DateTime
  finishedOn: DateTime
  """The logs of this task's runs, oldest first."""
  logs(
    where: WebinyBackgroundTaskLogListWhereInput
    limit: Int
    sort: [WebinyBackgroundTaskLogListSorter!]
  ): [WebinyBackgroundTaskLog!]!
}

type WebinyBackgroundTaskLog {
  id: ID!
  createdOn: DateTime!
  createdBy: WebinyBackgroundTaskIdentity!
  """The id of the task."""
  task: String!
  executionName: String!
  iteration: Number!
  items: [WebinyBackgroundTaskLogItem!]!
}

type WebinyBackgroundTaskLogItem {
  message: String!
  createdOn: DateTime!
  """info or error."""
  type: String!
  data: JSON
  error: JSON
  """What was raised: type, text, and lines of code. The original has no such field."""
  raised: String
}

type WebinyBackgroundTaskIdentity {
  id: ID!
  displayName: String
  type: String!
}

type WebinyBackgroundTaskMeta {
  """The value for after; null on the last page."""
  cursor: String
  hasMoreItems: Boolean!
  totalCount: Int!
}

type WebinyBackgroundTaskError {
  message: String!
  """Empty if the error has no code."""
  code: String!
  data: JSON
  """Null unless the server runs with DEBUG=true."""
  stack: String
}

type WebinyBackgroundTaskResponse {
  data: WebinyBackgroundTask
  error: WebinyBackgroundTaskError
}

type WebinyBackgroundTaskListResponse {
  data: [WebinyBackgroundTask!]
  meta: WebinyBackgroundTaskMeta
  error: WebinyBackgroundTaskError
}

type WebinyBackgroundTaskLogListResponse {
  data: [WebinyBackgroundTaskLog!]
  meta: WebinyBackgroundTaskMeta
  error: WebinyBackgroundTaskError
}

type WebinyBackgroundTaskListDefinitionsResponse {
  data: [WebinyBackgroundTaskDefinition!]
  error: WebinyBackgroundTaskError
}

type WebinyBackgroundTaskDeleteResponse {
  data: Boolean
  error: WebinyBackgroundTaskError
}
'''


def schema_text(definition_ids: Iterable[str], *, with_fields: bool = True) -> str:
    """The schema for the public definitions with these ids, as SDL; in version 6, definitions have no ``fields``."""
    fields = ["fields: JSON"] if with_fields else []
    return "\n".join(
        [
            TYPES,
            _block(f"type {PREFIX}Definition", ["id: String!", "title: String!", "description: String", *fields]),
            _block(f"enum {PREFIX}DefinitionEnum", definition_ids),
            _where(f"{PREFIX}ListWhereInput", TASK_FILTERS, "taskStatus"),
            _where(f"{PREFIX}LogListWhereInput", LOG_FILTERS, None),
            _sorter(f"{PREFIX}ListSorter", TASK_FILTERS),
            _sorter(f"{PREFIX}LogListSorter", LOG_FILTERS),
        ]
    )


def _where(name: str, filters: Mapping[str, Mapping[str, Test]], status: str | None) -> str:
    hint = f"; the status of a task is {status}" if status else ""
    described = f'"""The status of the stored entry, always draft{hint}."""\n  status: String'
    fields = [_filter(field, word, _type(tests)) for field, tests in filters.items() for word in tests]
    return _block(
        f"input {name}", [described, *(_filter("status", word, "String") for word in EQUALITY if word), *fields]
    )


def _filter(field: str, word: str, kind: str) -> str:
    name = f"{field}_{word}" if word else field
    return f"{name}: [{kind}!]" if word in LISTS else f"{name}: {kind}"


def _type(tests: Mapping[str, Test]) -> str:
    """The GraphQL type of a field with these tests."""
    kinds = ((TEXT, "String"), (ORDER, "DateTime"), (NUMBER, "Number"), (EQUALITY, "ID"))
    return next(name for kind, name in kinds if tests is kind)


def _sorter(name: str, filters: Mapping[str, Mapping[str, Test]]) -> str:
    fields = [field for field, tests in filters.items() if field == "id" or any(tests is kind for kind in SORTED_KINDS)]
    return _block(f"enum {name}", [f"{field}_{way}" for field in fields for way in ("ASC", "DESC")])


def _block(head: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}", ""])
