"""Background tasks of a server: ``/graphql`` over HTTP, its explorer, and the commands ``emulate tasks``."""

import asyncio
import http.client
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator import Emulator
from emulator.cli import main
from emulator.cli.tasks import watch
from emulator.server.gateway import Gateway
from emulator.server.listening import Server, listen
from emulator.tasks import Identity, RunContext, Tasks, private_task, task
from emulator.tasks import graphql as api

PATIENCE = 20.0
"""Seconds after which a test gives up; nothing here takes half a second."""
START = datetime(2031, 5, 4, tzinfo=UTC)
EXPLORER = Path(api.__file__).parent / "explorer"


@task(title="Count down")
def countdown(ctx: RunContext[Any, Any]) -> Any:
    count = ctx.input.get("count", 0)
    if not count:
        return ctx.response.done("Counted down")
    ctx.store.add_info_log(f"{count} to go", {"count": count})
    return ctx.response.continue_({"count": count - 1}, seconds=60)


@task(title="Breaks")
def breaks(ctx: RunContext[Any, Any]) -> Any:
    raise ValueError("no luck")


@task(title="Has a child")
def parent(ctx: RunContext[Any, Any]) -> Any:
    if not ctx.input:
        ctx.trigger("child", name="The child")
        return ctx.response.continue_({"waits": True}, seconds=120)
    return ctx.response.done()


@private_task(title="A child")
def child(ctx: RunContext[Any, Any]) -> Any:
    return ctx.response.done("Grown up")


class Served:
    """A server of this process."""

    def __init__(self, port: int, tasks: Callable[[], Tasks]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._tasks = tasks

    @property
    def tasks(self) -> Tasks:
        """The tasks behind the server, for looking when it has done what it was asked for."""
        self.ask("listDefinitions { data { id } }")
        return self._tasks()

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body (parsed when it is JSON) and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        text = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if text is not None else {}
        connection.request(method, path, text, {**kind, **(headers or {})})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        is_json = "json" in response.headers.get("Content-Type", "")
        return response.status, json.loads(content) if is_json else content.decode(), dict(response.headers)

    def ask(self, fields: str, *, mutation: bool = False, **headers: str) -> Any:
        """The answer of the one operation in ``fields``."""
        query = f"{'mutation' if mutation else 'query'} {{ backgroundTasks {{ {fields} }} }}"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        status, content, _ = self.send("POST", "/graphql", {"query": query}, given)
        assert (status, content.get("errors")) == (200, None), content
        [answer] = content["data"]["backgroundTasks"].values()
        return answer

    def trigger(self, arguments: str) -> str:
        answer = self.ask(f"triggerTask({arguments}) {{ data {{ id taskStatus }} error {{ message }} }}", mutation=True)
        assert answer["data"]["taskStatus"] == "pending", answer
        made: str = answer["data"]["id"]
        return made

    def status(self, id: str) -> Any:
        return self.ask(f'getTask(id: "{id}") {{ data {{ taskStatus }} }}')["data"]["taskStatus"]

    def advance(self, seconds: float) -> None:
        assert self.send("POST", "/_emulator/clock", {"seconds": seconds})[0] == 200

    def emulate(self, *arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, ["tasks", *arguments, "--url", self.url], input=input)


@contextmanager
def serving(*, real_time: bool = False, with_tasks: bool = True) -> Iterator[Served]:
    deployed: list[Tasks] = []

    def make() -> Emulator:
        return Emulator(start=START, polling_waits=not real_time)

    def deploy(world: Emulator) -> Tasks:
        world.tasks.register(countdown, breaks, parent, child)
        deployed.append(world.tasks.tasks)
        return deployed[-1]

    ready = threading.Event()
    listener = listen("127.0.0.1", 0)
    gateway = Gateway(make, real_time=real_time, deploy=deploy if with_tasks else None)
    server = Server(gateway, listener, lambda _url: ready.set())
    thread = threading.Thread(target=server.answer_requests, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield Served(listener.getsockname()[1], lambda: deployed[-1])
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    """A server on which waits cost nothing."""
    with serving() as made:
        yield made


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server on real time; the commands' looks are a minute apart, which passes at once."""
    with serving(real_time=True) as made:
        monkeypatch.setattr(watch, "pause", lambda _seconds: made.advance(60))
        yield made


# Time -----------------------------------------------------------------------------------------------------------------


def test_a_task_runs_to_its_end_at_once(served: Served) -> None:
    made = served.trigger("definition: countdown, input: {count: 3}, delay: 3600")
    assert served.status(made) == "success"
    now = datetime.fromisoformat(served.send("GET", "/_emulator/clock")[1]["now"])
    assert timedelta(seconds=3780) <= now - START < timedelta(seconds=3781)


def test_and_so_do_its_children(served: Served) -> None:
    made = served.trigger("definition: parent")
    answer = served.ask("listTasks(sort: [createdOn_ASC]) { data { name parentId taskStatus } }")
    assert answer["data"] == [
        {"name": "Has a child", "parentId": None, "taskStatus": "success"},
        {"name": "The child", "parentId": made, "taskStatus": "success"},
    ]


def test_on_real_time_it_takes_its_time(real: Served) -> None:
    made = real.trigger("definition: countdown, input: {count: 1}")
    assert real.status(made) == "running"
    real.advance(30)
    assert real.ask(f'getTask(id: "{made}") {{ data {{ iterations }} }}')["data"] == {"iterations": 1}
    real.advance(60)
    assert real.status(made) == "success"


def test_on_real_time_it_can_be_aborted(real: Served) -> None:
    made = real.trigger("definition: countdown, input: {count: 2}")
    answer = real.ask(f'abortTask(id: "{made}") {{ data {{ taskStatus }} error {{ message }} }}', mutation=True)
    assert answer == {"data": {"taskStatus": "aborted"}, "error": None}
    real.advance(300)
    assert real.status(made) == "aborted"


def test_reset_begins_again_with_the_tasks_deployed(served: Served) -> None:
    served.trigger("definition: countdown")
    assert served.send("POST", "/_emulator/reset", None, {"X-Emulator": "1"})[0] == 200
    assert served.ask("listTasks { data { id } }") == {"data": []}
    assert served.status(served.trigger("definition: countdown")) == "success"


# HTTP -----------------------------------------------------------------------------------------------------------------


def test_health(served: Served) -> None:
    _, content, _ = served.send("GET", "/_emulator/health")
    ids = ["testingRun", "countdown", "breaks", "parent", "child"]
    assert content["background_tasks"] == {"graphql": "/graphql", "definitions": ids}
    status, content, _ = served.send("GET", "/_localstack/health")
    assert (status, content["services"]["stepfunctions"]) == (200, "running")
    assert {"dynamodb", "events", "lambda", "sqs"} < content["services"].keys()


def test_a_server_without_tasks_says_so() -> None:
    with serving(with_tasks=False) as served:
        assert "background_tasks" not in served.send("GET", "/_emulator/health")[1]
        status, content, _ = served.send("POST", "/graphql", {"query": "{ __typename }"})
        assert status == 404
        assert "emulate serve --tasks MODULE" in content["errors"][0]["message"]
        result = served.emulate("list")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "this server has no background tasks" in result.stderr


def test_a_signed_request_is_about_a_bucket_of_that_name(served: Served) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=key/20300101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    signed = {"Authorization": scope}
    assert served.send("PUT", "/graphql", headers=signed)[0] == 200
    status, content, _ = served.send("GET", "/graphql", headers={**signed, "Accept": "text/html"})
    assert status == 200
    assert "<Name>graphql</Name>" in content


def test_permissions_come_in_a_header(served: Served) -> None:
    read = '[{"name": "tasks", "rwd": "r"}]'
    assert served.ask("listTasks { data { id } error { code } }", X_Tasks_Permissions=read)["error"] is None
    refused = served.ask("listTasks { data { id } error { code } }", X_Tasks_Permissions="[]")
    assert refused == {"data": None, "error": {"code": "SECURITY_NOT_AUTHORIZED"}}
    query = {"query": "mutation { backgroundTasks { triggerTask(definition: countdown) { data { id } } } }"}
    status, content, _ = served.send("POST", "/graphql", query, {"X-Tasks-Permissions": read})
    assert (status, content["data"]) == (200, {"backgroundTasks": None})


def test_the_identity_tenant_and_locale_come_in_headers(served: Served) -> None:
    who = {"X_Tasks_Identity": '{"id": "7", "displayName": "Jane"}', "X_Tenant": "root"}
    locale = {"X_I18N_Locale": "default:de-DE;content:en-US;"}
    fields = "triggerTask(definition: countdown) { data { id createdBy { id displayName type } } }"
    answer = served.ask(fields, mutation=True, **who, **locale)
    assert answer["data"]["createdBy"] == {"id": "7", "displayName": "Jane", "type": "admin"}
    found = served.tasks.get(answer["data"]["id"])
    assert found is not None
    assert found.created_by == Identity("7", "Jane", "admin")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-Tasks-Permissions": "tasks"}, "x-tasks-permissions: Expecting value"),
        ({"X-Tasks-Permissions": '[{"rwd": "r"}]'}, "x-tasks-permissions: permissions[0]:"),
        ({"X-Tasks-Identity": "Jane"}, 'x-tasks-identity: \'Jane\' is not an object such as {"id": "7"'),
        ({"X-Tenant": "rot"}, 'There is no tenant "rot"; name it in Tasks(tenants=[...]). Did you mean "root"?'),
        ({"X-I18N-Locale": "default:de-DE;"}, 'There is no locale "de-DE"'),
        ({"Content-Type": "text/plain"}, "the request's Content-Type must be application/json, not 'text/plain'"),
    ],
)
def test_headers_that_cannot_be(served: Served, headers: Mapping[str, str], message: str) -> None:
    status, content, _ = served.send("POST", "/graphql", {"query": "{ __typename }"}, headers)
    assert status in (400, 415)
    assert message in content["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not JSON: Expecting property name"),
        (b"[" * 100_000, "the body is nested too deeply"),
        ([], 'the body must be a JSON object with the string "query"'),
        ({"query": 1}, 'the body must be a JSON object with the string "query"'),
        ({"query": "{ __typename }", "variables": []}, '"variables" must be a JSON object'),
        ({"query": "{ __typename }", "operationName": 1}, '"operationName" must be a string'),
    ],
)
def test_bodies_that_cannot_be(served: Served, body: Any, message: str) -> None:
    status, content, _ = served.send("POST", "/graphql", body)
    assert status == 400
    assert message in content["errors"][0]["message"]


def test_variables_and_the_name_of_an_operation(served: Served) -> None:
    query = "query A($id: ID!) { backgroundTasks { getTask(id: $id) { data { id } } } } query B { __typename }"
    asked = {"query": query, "variables": {"id": "x"}, "operationName": "A"}
    status, content, headers = served.send("POST", "/graphql", asked)
    assert (status, content) == (200, {"data": {"backgroundTasks": {"getTask": {"data": None}}}})
    assert headers["cache-control"] == "no-store"
    assert not any("allow-origin" in name for name in headers)


def test_a_fault_behind_the_api_is_told(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    served.tasks.registry.add(task(id="null", title="No name for GraphQL")(lambda ctx: ctx.response.done()))
    status, content, _ = served.send("POST", "/graphql", {"query": "{ __typename }"})
    assert status == 500
    assert 'ValueError: the task "null" cannot be available in GraphQL' in content["errors"][0]["message"]
    assert "POST /graphql" in caplog.text


# The explorer ---------------------------------------------------------------------------------------------------------


def test_a_browser_gets_the_explorer(served: Served) -> None:
    status, page, headers = served.send("GET", "/graphql", headers={"Accept": "text/html,*/*"})
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page)
    scripts = [name for path in EXPLORER.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', path.read_text())]
    wanted = {*linked, *(f"graphql/{name}" for name in scripts)}
    assert {name.removeprefix("graphql/") for name in wanted} == set(api.http.FILES)
    for name in wanted:
        status, content, headers = served.send("GET", f"/{name}")
        assert (status, headers["content-type"].partition(";")[0]) == (200, api.http.FILES[name.partition("/")[2]])
        assert content == (EXPLORER / name.partition("/")[2]).read_text(encoding="utf-8")


def test_the_explorer_loads_nothing_from_elsewhere_and_has_no_code_in_its_page() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in EXPLORER.iterdir()}
    assert set(texts) == {"index.html", *api.http.FILES}
    for name, text in texts.items():
        assert not re.search(
            r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z]", text.replace("http://www.w3.org/2000/svg", "")
        ), name
        assert "innerHTML" not in text
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=", texts["index.html"])


def test_every_example_of_the_explorer_is_a_valid_request(served: Served) -> None:
    from graphql import parse, validate

    text = (EXPLORER / "examples.js").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^const (\w+) = `([^`]*)`;", text, re.M))
    queries = re.findall(r"query: `([^`]*)`", text)
    for name, value in parts.items():
        queries = [query.replace(f"${{{name}}}", value) for query in queries]
    schema = api.make_schema(served.tasks)
    assert [str(error) for query in queries for error in validate(schema, parse(query))] == []
    asked = " ".join(queries)
    root: Any = [schema.type_map[f"WebinyBackgroundTask{kind}"] for kind in ("Query", "Mutation")]
    assert [
        name for kind in root for name in kind.fields if f"{name}(" not in asked and f"{name} {{" not in asked
    ] == []


def test_the_schema_as_a_file(served: Served) -> None:
    status, text, _ = served.send("GET", "/graphql/schema.graphql")
    assert (status, text) == (200, api.schema_text(["testingRun", "countdown", "breaks", "parent"]))


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/graphql", 405, "in a browser for the explorer. The schema is at /graphql/schema.graphql"),
        ("DELETE", "/graphql", 405, "/graphql does not support DELETE; POST to /graphql"),
        ("POST", "/graphql/explorer.js", 405, "/graphql/explorer.js does not support POST; POST to /graphql"),
        ("GET", "/graphql/../secret", 404, "/graphql/../secret does not exist; /graphql is the endpoint"),
        ("GET", "/graphql/", 404, "/graphql/ does not exist; /graphql is the endpoint and the explorer"),
    ],
)
def test_other_methods_and_paths(served: Served, method: str, path: str, status: int, message: str) -> None:
    answered, content, _ = served.send(method, path)
    assert answered == status
    assert message in content["errors"][0]["message"]


def test_an_application_of_its_own(emulator: Emulator) -> None:
    """``app(tasks)`` for users who already have a server."""
    emulator.tasks.register(countdown)
    application = api.app(emulator.tasks.tasks)
    body = json.dumps({"query": "{ backgroundTasks { listDefinitions { data { id } } } }"}).encode()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"host", b"x")],
    }
    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == 200
    answer = json.loads(sent[1]["body"])["data"]["backgroundTasks"]["listDefinitions"]
    assert answer == {"data": [{"id": "testingRun"}, {"id": "countdown"}]}


# emulate serve --tasks ------------------------------------------------------------------------------------------------


def serve(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["serve", "--port", "0", *arguments])


def test_serve_refuses_what_it_cannot_deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "no_tasks_here.py").write_text("x = 1\n")
    (tmp_path / "badly_named.py").write_text(
        "from emulator.tasks import task\n\nx = task(id='true', title='X')(lambda ctx: ctx.response.done())\n"
    )
    for arguments, message in (
        (["--tasks", "no_tasks_here.py"], "the module no_tasks_here has no task definitions"),
        (["--tasks", "nowhere"], "cannot load nowhere"),
        (["--tasks", "badly_named"], 'error: --tasks: the task "true" cannot be available in GraphQL'),
        (["--app", "x:y"], "--app needs --tasks: emulate serve --tasks MODULE --app x:y"),
        (["--profile", "webiny_6"], "--profile needs --tasks"),
        (
            ["--tasks", "emulator.examples.article_import", "--profile", "webiny_7"],
            'error: --tasks: There is no profile "webiny_7". Did you mean "webiny_6"?',
        ),
        (["--tasks", "emulator.examples.article_import", "--app", "json:missing"], "has no 'missing'. It has: JSON"),
    ):
        result = serve(*arguments)
        assert result.exit_code == 2, arguments
        assert message in result.stderr


def test_serve_without_its_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("emulator.tasks.graphql")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ariadne", None)
    result = serve("--tasks", "emulator.examples.article_import")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "error: emulate serve --tasks needs ariadne\n    fix: pip install 'asl-emulator[graphql,server]'\n"
    )


def test_serve_deploys_and_tells_where(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def serve_nothing(gateway: Gateway, host: str, port: int, ready: Callable[[str], None]) -> None:
        gateway.served.open()
        seen.append(gateway.served.tasks)
        ready("http://127.0.0.1:8083")
        gateway.served.close()

    monkeypatch.setattr("emulator.server.listening.serve", serve_nothing)
    result = serve("--tasks", "emulator.examples.article_import", "--profile", "webiny_5_41")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "    GraphQL, and a page to try it: http://127.0.0.1:8083/graphql\n" in result.stderr
    [tasks] = seen
    assert tasks.registry.ids() == ["testingRun", "importArticles", "indexBatch"]
    assert type(tasks.app).__module__ == "emulator.examples.article_import"
    assert tasks.profile.name == "webiny_5_41"


# emulate tasks --------------------------------------------------------------------------------------------------------


def test_list(served: Served) -> None:
    empty = served.emulate("list")
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, "", "no tasks\n")
    ids = [
        served.trigger(f'definition: {name}, name: "{title}"') for name, title in (("countdown", "A"), ("breaks", "B"))
    ]
    shown = served.emulate("list")
    assert shown.stdout.splitlines() == [
        "ID                        STATUS    RUNS  CREATED               DEFINITION  NAME",
        f"{ids[1]}  failed       1  2031-05-04T00:00:00Z  breaks      B",
        f"{ids[0]}  success      1  2031-05-04T00:00:00Z  countdown   A",
    ]
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert served.emulate("list", "--limit", "1").stderr == "1 more; --limit shows them\n"


def test_list_filters(served: Served) -> None:
    made = [served.trigger(f"definition: {name}") for name in ("countdown", "breaks", "parent")]

    def listed(*options: str) -> list[str]:
        result = served.emulate("list", "--json", *options)
        assert result.exit_code == 0
        return [record["definitionId"] for record in json.loads(result.stdout)]

    assert sorted(listed()) == ["breaks", "child", "countdown", "parent"]
    assert listed("--status", "failed") == ["breaks"]
    assert sorted(listed("--status", "failed", "--status", "success")) == ["breaks", "child", "countdown", "parent"]
    assert listed("--definition", "countdown", "--status", "failed") == []
    assert sorted(listed("--definition", "countdown", "--definition", "breaks")) == ["breaks", "countdown"]
    assert listed("--parent", made[2]) == ["child"]
    wrong = served.emulate("list", "--status", "done")
    assert wrong.exit_code == 2
    assert "'done' is not one of 'pending', 'running', 'success', 'failed', 'aborted'" in wrong.stderr


def test_trigger(served: Served) -> None:
    result = served.emulate("trigger", "countdown", "--input", '{"count": 2}', "--name", "Mine", "--delay", "5")
    record = served.tasks.get(result.stdout.strip())
    assert (result.exit_code, result.stderr) == (0, "")
    assert record is not None
    assert (record.name, record.status, record.input) == ("Mine", "success", {"count": 0})
    assert record.started_on is not None
    assert (record.started_on - record.created_on).seconds == 5
    as_json = json.loads(served.emulate("trigger", "countdown", "--json").stdout)
    assert (as_json["taskStatus"], as_json["input"], as_json["name"]) == ("pending", {}, "Count down")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["countdwn"], 'there is no task definition "countdwn". Did you mean "countdown"?\n    there are: testingRun,'),
        (["child"], 'there is no task definition "child".'),
        ([], "which definition?\n    there are: testingRun, countdown, breaks, parent\n"),
        (["countdown", "--input", "[1]"], "--input must be a JSON object for a background task, not list"),
        (["countdown", "--input", "{"], "--input is not JSON: line 1, column 2"),
    ],
)
def test_trigger_refuses(served: Served, arguments: list[str], message: str) -> None:
    result = served.emulate("trigger", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_the_server_declines(served: Served) -> None:
    made = served.trigger("definition: countdown")
    late = served.emulate("abort", made)
    assert (late.exit_code, late.stdout) == (1, "")
    assert late.stderr == "error: Cannot abort a task that is not pending or running! (TASK_ABORT_ERROR)\n"
    result = served.emulate("trigger", "countdown", "--delay", "30672000")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: The maximum delay for a task is 355 days. (MAX_DELAY_ERROR)\n"


def test_abort(real: Served) -> None:
    made = real.trigger("definition: countdown, input: {count: 9}")
    result = real.emulate("abort", made, "--message", "Enough")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{made} aborted\n", "")
    assert "Enough" in real.emulate("logs", made).stdout
    other = real.trigger("definition: countdown, input: {count: 9}")
    assert json.loads(real.emulate("abort", other, "--json").stdout)["taskStatus"] == "aborted"


def test_an_unknown_id_gives_the_nearest(served: Served) -> None:
    assert served.emulate("abort", "x").stderr == 'error: there is no task with the id "x"; there are no tasks yet\n'
    made = served.trigger("definition: countdown")
    for command in ("abort", "logs", "watch"):
        for typed in (made[:8], f"{made[:20]}zz{made[22:]}"):
            result = served.emulate(command, typed)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr == f'error: there is no task with the id "{typed}". Did you mean "{made}"?\n'
    assert "emulate tasks list shows the tasks" in served.emulate("logs", "zzz").stderr
    assert 'there is no task with the id ""' in served.emulate("logs", "").stderr


def test_logs(served: Served) -> None:
    made = served.trigger("definition: countdown, input: {count: 1}")
    result = served.emulate("logs", made)
    at = ["2031-05-04T00:00:00.000Z", "2031-05-04T00:01:00.000Z"]
    lines = [re.sub(r"\.\d{3}Z", ".000Z", line) for line in result.stdout.splitlines()]
    assert lines == [
        f"{at[0]}  iteration 1   info   1 to go",
        '    data: {"count": 1}',
        f"{at[0]}  iteration 1   info   Task continuing.",
        '    data: {"count": 0}',
        f"{at[1]}  iteration 2   info   Counted down",
    ]
    [first, second] = json.loads(served.emulate("logs", made, "--json").stdout)
    assert [item["message"] for item in first["items"]] == ["1 to go", "Task continuing."]
    assert second["iteration"] == 2
    broken = served.emulate("logs", served.trigger("definition: breaks")).stdout
    assert "error  no luck\n" in broken
    assert '    error: {"message": "no luck"' in broken


def test_watch_tells_what_happens_until_it_is_over(real: Served) -> None:
    made = real.trigger("definition: countdown, input: {count: 2}")
    result = real.emulate("watch", made)
    who = f"countdown {made[:8]}:"
    assert [re.sub(r"\.\d{3}", "", line) for line in result.stdout.splitlines()] == [
        f"+00:00:00  {who} pending",
        f"+00:00:00  {who} running",
        f"+00:00:00  {who} iteration 1, info: 2 to go",
        f"+00:00:00  {who} iteration 1, info: Task continuing.",
        f"+00:01:00  {who} iteration 2, info: 1 to go",
        f"+00:01:00  {who} iteration 2, info: Task continuing.",
        f"+00:02:00  {who} iteration 3, info: Counted down",
        f"+00:02:00  {who} success after 3 runs",
    ]
    assert (result.exit_code, result.stderr) == (0, "1 success\n")


def test_watch_where_waits_cost_nothing(served: Served) -> None:
    made = served.trigger("definition: countdown, input: {count: 1}")
    result = served.emulate("watch", made)
    assert result.exit_code == 0
    last = result.stdout.splitlines()[-1]
    assert re.fullmatch(rf"\+00:01:00(\.\d+)?  countdown {made[:8]}: success after 2 runs", last)


def test_watch_follows_all_that_run_and_their_children(real: Served) -> None:
    nothing = real.emulate("watch")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "no task is pending or running\n")
    real.trigger("definition: parent")
    real.trigger("definition: countdown, input: {count: 1}")
    result = real.emulate("watch", "--json")
    happened = [json.loads(line) for line in result.stdout.splitlines()]
    statuses = [(each["definition"], each["status"]) for each in happened if "status" in each]
    assert result.exit_code == 0
    assert sorted(set(statuses)) == [
        ("child", "pending"),
        ("child", "running"),
        ("child", "success"),
        ("countdown", "pending"),
        ("countdown", "running"),
        ("countdown", "success"),
        ("parent", "pending"),
        ("parent", "running"),
        ("parent", "success"),
    ]
    assert [each["log"]["message"] for each in happened if each["definition"] == "child" and "log" in each] == [
        "Grown up"
    ]
    assert [each["at"] for each in happened] == sorted(each["at"] for each in happened)


def test_watch_fails_with_what_it_watches(real: Served) -> None:
    aborted, deleted = (real.trigger("definition: countdown, input: {count: 5}") for _ in range(2))
    real.ask(f'abortTask(id: "{aborted}") {{ data {{ id }} }}', mutation=True)
    result = real.emulate("watch", aborted)
    assert (result.exit_code, result.stderr) == (1, "1 aborted\n")
    broken = real.emulate("trigger", "breaks", "--watch")
    assert broken.exit_code == 1
    assert "iteration 1, error: no luck" in broken.stdout
    looks = iter(range(9))

    def delete_it(_seconds: float) -> None:
        if next(looks) == 1:
            real.ask(f'deleteTask(id: "{deleted}") {{ data }}', mutation=True)

    watch.pause = delete_it  # the fixture puts it back
    gone = real.emulate("watch", deleted)
    assert gone.exit_code == 1
    assert gone.stdout.splitlines()[-1].endswith(f"countdown {deleted[:8]}: deleted after 1 run")


def test_trigger_and_watch_as_json(real: Served) -> None:
    result = real.emulate("trigger", "countdown", "--input", '{"count": 1}', "--watch", "--json")
    record, *happened = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr, record["taskStatus"]) == (0, "", "pending")
    assert happened[-1] == {
        "at": happened[-1]["at"],
        "task": record["id"],
        "definition": "countdown",
        "status": "success",
        "iterations": 2,
    }


def test_watch_on_a_terminal_keeps_a_table(real: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "is_live", lambda _stream: True)
    made = real.trigger("definition: countdown, input: {count: 1}")
    result = real.emulate("watch", made)
    assert result.exit_code == 0
    assert f"countdown {made[:8]}: success after 2 runs" in result.stdout
    table = result.stdout[result.stdout.index("LAST LOG") :]
    assert re.search(rf"countdown {made[:8]}\s+success\s+2\s+Counted down", table)


# Whom the commands ask ------------------------------------------------------------------------------------------------


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("EMULATOR_URL", f"http://127.0.0.1:{port}/")
    result = CliRunner().invoke(main, ["tasks", "list"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"error: nothing answers at http://127.0.0.1:{port}: connection refused\n"
        "    fix: start the server with emulate serve --tasks MODULE (or file.py),\n"
        "         or give its address with --url URL or EMULATOR_URL\n"
    )


@pytest.mark.parametrize("url", ["localhost:8083", "x"])
def test_a_url_that_is_none(url: str) -> None:
    result = CliRunner().invoke(main, ["tasks", "list", "--url", url])
    assert result.exit_code == 2
    assert f"--url {url!r} is not the address of a server\n    fix: --url http://127.0.0.1:8083" in result.stderr


def test_somebody_else_answers() -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(403)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        result = CliRunner().invoke(main, ["tasks", "list", "--url", f"http://127.0.0.1:{other.server_port}"])
    assert result.exit_code == 2
    assert "is not a server with background tasks: it answered POST /graphql with HTTP 403" in result.stderr


# emulate tasks init ---------------------------------------------------------------------------------------------------


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["tasks", "init", "--endpoint-url", "http://127.0.0.1:4566", *arguments])


def test_init_makes_the_table(emulator: Emulator) -> None:
    result = init("--table", "my-tasks")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "created the table my-tasks at http://127.0.0.1:4566\n"
    again = init("--table", "my-tasks")
    assert again.stderr == "exists already: the table my-tasks at http://127.0.0.1:4566\n"
    assert again.exit_code == 0
    made = emulator.tasks.tasks.scoped()
    made.table_name = "my-tasks"
    assert made.trigger("testingRun").name.startswith("A mock task")


def test_init_refuses_another_table(emulator: Emulator) -> None:
    emulator.client("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    result = init("--table", "orders")
    assert result.exit_code == 2
    assert "the table orders at http://127.0.0.1:4566 exists, but is not a table of background tasks" in result.stderr
    assert "its keys:     {'table': ['id']}" in result.stderr


def test_init_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    result = CliRunner().invoke(main, ["tasks", "init", "--endpoint-url", f"http://127.0.0.1:{port}"])
    assert result.exit_code == 2
    table = f"the table background-tasks at http://127.0.0.1:{port}"
    assert f"{table} cannot be created: Could not connect" in result.stderr
    wrong = CliRunner().invoke(main, ["tasks", "init", "--endpoint-url", "nowhere"])
    assert wrong.exit_code == 2
    assert "--endpoint-url nowhere: Invalid endpoint: nowhere" in wrong.stderr
