"""The GraphQL API of a server with background tasks: its queries, and the HTTP client that sends them."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from emulator.errors import EmulatorError

DEFAULT_URL: Final = "http://127.0.0.1:8083"
TIMEOUT_SECONDS: Final = 60.0
"""How long an answer may take, in real time: with virtual time, a request waits for running tasks."""
MOST: Final = 10_000
"""The most tasks that one query requests."""

TASK: Final = (
    "id name definitionId parentId taskStatus iterations input output createdOn savedOn startedOn finishedOn "
    "executionName eventResponse createdBy { id displayName type }"
)
LOG: Final = "id iteration executionName createdOn items { message createdOn type data error raised }"
ERROR: Final = "error { message code data }"

DEFINITIONS: Final = f"{{ backgroundTasks {{ answer: listDefinitions {{ data {{ id title }} {ERROR} }} }} }}"
GET: Final = f"query ($id: ID!) {{ backgroundTasks {{ answer: getTask(id: $id) {{ data {{ {TASK} }} {ERROR} }} }} }}"
LIST: Final = f"""
query ($where: WebinyBackgroundTaskListWhereInput, $limit: Int) {{
  backgroundTasks {{
    answer: listTasks(where: $where, limit: $limit) {{ data {{ {TASK} }} meta {{ totalCount }} {ERROR} }}
  }}
}}"""
IDS: Final = f"{{ backgroundTasks {{ answer: listTasks(limit: {MOST}) {{ data {{ id }} {ERROR} }} }} }}"
LOGS: Final = f"""
query ($id: ID!) {{ backgroundTasks {{ answer: getTask(id: $id) {{ data {{ logs {{ {LOG} }} }} {ERROR} }} }} }}"""
WATCH: Final = f"""
query ($where: WebinyBackgroundTaskListWhereInput) {{
  backgroundTasks {{
    answer: listTasks(where: $where, sort: [createdOn_ASC], limit: {MOST}) {{
      data {{ id name definitionId taskStatus iterations createdOn savedOn startedOn logs {{ {LOG} }} }} {ERROR}
    }}
  }}
}}"""
TRIGGER: Final = f"""
mutation ($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String, $delay: Number) {{
  backgroundTasks {{
    answer: triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) {{
      data {{ {TASK} }} {ERROR}
    }}
  }}
}}"""
ABORT: Final = f"""
mutation ($id: ID!, $message: String) {{
  backgroundTasks {{ answer: abortTask(id: $id, message: $message) {{ data {{ {TASK} }} {ERROR} }} }}
}}"""


class DeclinedError(Exception):
    """The server declined the request; exit code 1."""


class Server:
    """The GraphQL API at a URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer ``{"data", ...}`` of the one operation in ``query``.

        Raises ``DeclinedError`` with its error, ``EmulatorError`` if no such server answers.
        """
        content = self._send({"query": query, "variables": {k: v for k, v in variables.items() if v is not None}})
        if errors := content.get("errors"):
            raise DeclinedError("\n".join(str(error.get("message")) for error in errors))
        answer = content["data"]["backgroundTasks"]["answer"]
        if error := answer["error"]:
            code = f" ({error['code']})" if error["code"] else ""
            raise DeclinedError(f"{error['message']}{code}")
        return answer

    def task(self, id: str) -> dict[str, Any]:
        """The record of a task; raises ``EmulatorError`` with the nearest id if there is none."""
        found: dict[str, Any] | None = self.ask(GET, id=id)["data"] if id else None
        if found is None:
            raise EmulatorError(f'there is no task with the id "{id}"{self._near(id)}')
        return found

    def _near(self, id: str) -> str:
        ids = [each["id"] for each in self.ask(IDS)["data"]]
        from asl.problems import nearest

        near = [each for each in ids if id and each.startswith(id)] or nearest(id, ids)
        if near:
            return f'. Did you mean "{near[0]}"?'
        return f" at {self.url}\n    emulate tasks list shows the tasks" if ids else "; there are no tasks yet"

    def _send(self, content: Any) -> Any:
        url = f"{self.url}/graphql"
        try:
            request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                status, body = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except ValueError as error:
            raise EmulatorError(f"--url {self.url}: {error}\n    fix: --url {DEFAULT_URL}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            what = getattr(reason, "strerror", None) or str(reason)
            raise EmulatorError(
                f"nothing answers at {self.url}: {what.lower()}\n"
                "    fix: start the server with emulate serve --tasks MODULE (or file.py),\n"
                "         or give its address with --url URL or EMULATOR_URL"
            ) from None
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and (status == 200 or isinstance(answer.get("errors"), list)):
            if status == 200:
                return answer
            raise EmulatorError("\n".join(str(error.get("message")) for error in answer["errors"]))
        raise EmulatorError(
            f"{self.url} is not a server with background tasks: it answered POST /graphql with HTTP {status}\n"
            "    fix: start the server with emulate serve --tasks MODULE (or file.py)"
        )
