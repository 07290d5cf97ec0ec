"""Background tasks: long work in short Lambda invocations, after Webiny's background tasks.

``@task`` defines a task, ``Tasks`` triggers and aborts tasks, ``make_handler`` gives the Lambda function that
a state machine calls in a loop until the task is done, and ``deploy`` creates the AWS resources. It is an
application on top of AWS: boto3 clients, the time and ids are arguments, so it runs against anything that
speaks boto3.

    @task(title="Sync articles", max_iterations=200)
    def sync_articles(ctx: RunContext[dict, dict]) -> Result:
        if ctx.is_close_to_timeout():
            return ctx.response.continue_({"cursor": ctx.input["cursor"]}, seconds=30)
        return ctx.response.done("Articles synced")

    clients = functools.cache(boto3.client)
    deployment = deploy(clients, lambda_arn=arn_of_the_function_with_the_handler)
    tasks = Tasks(clients=clients, now=now, new_id=new_id, registry=Registry(sync_articles),
                  table_name=deployment.table_name, event_bus_name=deployment.event_bus_name)
    handler = make_handler(tasks)
    tasks.trigger("syncArticles", {"cursor": None})

Where the original's documentation and code disagree, the documentation's intent wins: log entries are
appended, unsaved changes are last-write-wins, hooks run after the record is saved and see it, fractions of a
wait are rounded up, a run that answers aborted aborts its record, and a user's abort is never overwritten: a
run that misses it keeps everything it wrote except the status, and its answer becomes aborted.
``Tasks(profile=...)`` follows a release of the original instead.
"""

from .context import RunContext
from .definitions import FunctionTask, Registry, TaskDefinition, private_task, task, task_input
from .deploy import Deployment, deploy
from .errors import (
    HeaderError,
    InvalidTaskIdError,
    MaxDelayError,
    NoHandlerError,
    NotFoundError,
    NotInProfileError,
    NoTransportError,
    TaskAbortError,
    TaskDefinitionError,
    TaskError,
    TriggerError,
    ValidationError,
)
from .handler import make_handler
from .profile import PROFILES, Profile
from .queries import Page
from .records import Identity, LogItem, Task, TaskLog, TaskStatus
from .response import Aborted, Continue, Done, Failed, Response, Result
from .runner import run_event
from .service import App, Tasks
from .store import Store
from .transport import TRANSPORTS

__all__ = [
    "PROFILES",
    "TRANSPORTS",
    "Aborted",
    "App",
    "Continue",
    "Deployment",
    "Done",
    "Failed",
    "FunctionTask",
    "HeaderError",
    "Identity",
    "InvalidTaskIdError",
    "LogItem",
    "MaxDelayError",
    "NoHandlerError",
    "NoTransportError",
    "NotFoundError",
    "NotInProfileError",
    "Page",
    "Profile",
    "Registry",
    "Response",
    "Result",
    "RunContext",
    "Store",
    "Task",
    "TaskAbortError",
    "TaskDefinition",
    "TaskDefinitionError",
    "TaskError",
    "TaskLog",
    "TaskStatus",
    "Tasks",
    "TriggerError",
    "ValidationError",
    "deploy",
    "make_handler",
    "private_task",
    "run_event",
    "task",
    "task_input",
]
