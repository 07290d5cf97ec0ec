"""Task definitions: ``@task``, ``@private_task``, the class form ``TaskDefinition``, and their ``Registry``.

Defining a task does not register it: a ``Registry`` is created from definitions (or from the modules that
contain them) and passed to ``Tasks``, so two tests can each have their own ``countdown``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final, Protocol, TypeVar

from .calls import Function, by_name, single_parameter
from .errors import InvalidTaskIdError, ValidationError, invalid_field, not_in_profile
from .inputs import converter
from .names import camel_case, is_task_id
from .plain import JsonObject, did_you_mean, plain_object
from .profile import Feature, Profile

Hook = TypeVar("Hook", bound=Function)

DEFAULT_MAX_ITERATIONS: Final = 50
UNNAMED: Final = "(unnamed)"
"""The id of a class without one: its name in camelCase is used, ``SyncArticles`` -> ``syncArticles``."""

RUN_PARAMETERS: Final = (
    "context",
    "app",
    "tasks",
    "input",
    "response",
    "is_close_to_timeout",
    "is_aborted",
    "store",
    "trigger",
)
"""The parameters that a ``run`` in keyword style may declare; ``context`` and ``app`` are the same."""

HOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "on_before_trigger": ("app", "context", "tasks", "data", "input"),
    "on_done": ("app", "context", "tasks", "task"),
    "on_error": ("app", "context", "tasks", "task"),
    "on_abort": ("app", "context", "tasks", "task"),
    "on_max_iterations": ("app", "context", "tasks", "task"),
}
"""Every hook, and the parameters that it may declare."""

VALIDATION_PARAMETERS: Final = ("input", "app", "context", "tasks")
"""The parameters that a function given as ``validate_input`` may declare."""

CLEANUP: Final[Mapping[str, tuple[str, ...]]] = {
    "always": ("on_done", "on_error", "on_abort"),
    "never": (),
    "onSuccess": ("on_done",),
    "onError": ("on_error",),
    "onAbort": ("on_abort",),
}
"""Value of ``self_cleanup`` -> the hooks after which the task is deleted."""


class TaskDefinition:
    """One kind of task: its id and title, and the ``run`` that does the work.

    ``@task`` turns a function into one; the class form sets the attributes and has ``run`` and the hooks as
    methods::

        class SyncArticles(TaskDefinition):
            id = "syncArticles"
            title = "Sync articles"

            def run(self, ctx): ...
            def on_done(self, app, task): ...

    ``run`` takes one ``RunContext``, or any of ``RUN_PARAMETERS`` by name; it may be async. On a definition
    created by ``@task`` each hook name is a decorator (``@sync_articles.on_done``). Hooks declare any of their
    parameters by name (``HOOKS``) and may be async. ``max_iterations`` of 0 or ``None`` means the profile's value,
    50; ``database_logs`` of ``None`` also means the profile's. ``self_cleanup`` is one or more keys of ``CLEANUP``:
    then the task, its descendants and all their logs are deleted, and the task itself writes no logs.

    ``input_type`` is checked before each run. ``validate_input`` is checked when a task is created: ``True`` for the
    ``input_type``, another such type, or a function that declares any of ``VALIDATION_PARAMETERS`` and raises, or
    returns ``{field: message}``.

    Raises ``InvalidTaskIdError`` for an id that is not camelCase, ``TypeError`` for a missing title or an unknown
    parameter, ``ValueError`` for an unknown value of ``self_cleanup``.
    """

    id: str = UNNAMED
    title: str = ""
    description: str | None = None
    max_iterations: int | None = None
    database_logs: bool | None = None
    is_private: bool = False
    self_cleanup: str | Sequence[str] = "never"
    input_type: Any = None
    validate_input: Any = None
    config: Any = None
    run: Any = None
    on_before_trigger: Any
    on_done: Any
    on_error: Any
    on_abort: Any
    on_max_iterations: Any

    def __init__(self, run: Function | None = None, /, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)
        if run is not None:
            self.run = run
        self.fields: list[JsonObject] = []
        self._limit = self.max_iterations or None
        self.max_iterations = self._limit or DEFAULT_MAX_ITERATIONS
        if self.config is not None:
            self.config() if run is None else self.config(self)
        if self.id == UNNAMED:
            self.id = camel_case(type(self).__name__)
        if not is_task_id(self.id):
            raise InvalidTaskIdError(self.id)
        what = f'task "{self.id}"'
        title: Any = self.title
        if not isinstance(title, str) or not title:
            raise TypeError(f'{what} needs a title, for example title="{self.id}"')
        if not callable(self.run):
            raise TypeError(f"{what} needs a run method: def run(self, ctx)")
        self.cleans_up_after = _cleans_up_after(self.self_cleanup, what)
        self._convert = converter(self.input_type)
        self._validate = _validator(self.validate_input, self.input_type, what)
        self._run = _runner(self.run, f"{what}, run")
        self._hooks: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
        for name, known in HOOKS.items():
            hook = getattr(type(self), name, None)
            if hook is None:
                setattr(self, name, self._hook_decorator(name, known, what))
            else:
                self._hooks[name] = by_name(getattr(self, name), known, f"{what}, {name}")

    def add_field(self, field: Mapping[str, Any]) -> None:
        """Add the description of an input field (called by ``config``); it is listed but not enforced."""
        self.fields.append(plain_object(field, "add_field"))

    def set_fields(self, change: Callable[[list[JsonObject]], list[JsonObject]]) -> None:
        """Replace the field descriptions by the result of ``change``."""
        self.fields = [plain_object(field, "set_fields") for field in change(list(self.fields))]

    def execute(self, ctx: Any) -> Any:
        """The result of ``run`` for a ``RunContext``, awaited; its exceptions are passed on."""
        return self._run(ctx)

    def convert_input(self, stored: JsonObject) -> Any:
        """The stored input as ``input_type``; raises ``ValidationError``."""
        return self._convert(stored)

    def check_input(self, given: JsonObject, **values: Any) -> None:
        """Raise ``ValidationError`` if ``validate_input`` rejects a new task's input; its exceptions are passed on."""
        refused = self._validate({**values, "input": given})
        if isinstance(refused, Mapping) and refused:
            raise ValidationError(
                {str(field): invalid_field(str(refused[field]), [field], "custom") for field in refused}
            )

    def check_profile(self, profile: Profile) -> None:
        """Raise ``NotInProfileError`` if the definition uses a feature that the profile's release does not have."""
        used: dict[Feature, bool] = {
            "database_logs_off": self.database_logs is False,
            "self_cleanup": bool(self.cleans_up_after),
            "validate_input": self.validate_input not in (None, False),
        }
        for feature, is_used in used.items():
            if is_used and not profile.has(feature):
                raise not_in_profile(profile, feature)

    def limit(self, profile: Profile) -> int:
        """How often a task may run: ``max_iterations``, or the profile's default."""
        return self._limit or profile.default_max_iterations

    def keeps_logs(self, profile: Profile) -> bool:
        """Whether runs have log records; tasks that clean up after themselves have none."""
        wanted = profile.database_logs if self.database_logs is None else self.database_logs
        return wanted and not self.cleans_up_after

    def call_hook(self, name: str, **values: Any) -> None:
        """Call the hook, if the definition has it; its exceptions are passed on."""
        if hook := self._hooks.get(name):
            hook(values)

    def _hook_decorator(self, name: str, known: tuple[str, ...], what: str) -> Callable[[Function], Function]:
        def register(hook: Function) -> Function:
            self._hooks[name] = by_name(hook, known, f"{what}, {name}")
            return hook

        return register

    def __repr__(self) -> str:
        return f"<task definition {self.id}>"


def _cleans_up_after(given: str | Sequence[str], what: str) -> frozenset[str]:
    """The hooks after which a task with this ``self_cleanup`` is deleted."""
    words = [given] if isinstance(given, str) else list(given)
    for word in words:
        if word not in CLEANUP:
            raise ValueError(f"{what}: self_cleanup={word!r} is not a valid value.{did_you_mean(str(word), CLEANUP)}")
    return frozenset(hook for word in words for hook in CLEANUP[word])


def _validator(given: Any, input_type: Any, what: str) -> Callable[[Mapping[str, Any]], Any]:
    """``validate_input`` as a function of ``VALIDATION_PARAMETERS``."""
    if given is None or given is False:
        return lambda _: None
    if given is True and input_type is None:
        raise TypeError(f"{what}: validate_input=True requires an input_type")
    if callable(given) and not isinstance(given, type):
        return by_name(given, VALIDATION_PARAMETERS, f"{what}, validate_input")
    convert = converter(input_type) if given is True else converter(given, "validate_input")

    def check(values: Mapping[str, Any]) -> None:
        convert(values["input"])

    return check


class HookDecorator(Protocol):
    """Registers a hook function and returns it."""

    def __call__(self, hook: Hook, /) -> Hook: ...


class FunctionTask(TaskDefinition):
    """The definition that ``@task`` creates from a function; its hook names are decorators."""

    on_before_trigger: HookDecorator
    on_done: HookDecorator
    on_error: HookDecorator
    on_abort: HookDecorator
    on_max_iterations: HookDecorator


def _runner(run: Function, what: str) -> Callable[[Any], Any]:
    """``run`` as a function of the ``RunContext``: a single parameter gets all of it, unless it has a part's name."""
    single = single_parameter(run)
    if single is not None and (single in ("context", "app", "tasks") or single not in RUN_PARAMETERS):
        call = by_name(run, (single,), what)
        return lambda ctx: call({single: ctx})
    call = by_name(run, RUN_PARAMETERS, what)
    return lambda ctx: call(ctx.parts())


def task(
    *,
    title: str,
    id: str | None = None,
    description: str | None = None,
    max_iterations: int | None = None,
    database_logs: bool | None = None,
    private: bool = False,
    self_cleanup: str | Sequence[str] = "never",
    input_type: Any = None,
    validate_input: Any = None,
    config: Callable[[TaskDefinition], None] | None = None,
) -> Callable[[Function], FunctionTask]:
    """Create a ``TaskDefinition`` from the decorated function, which becomes its ``run``.

    The default ``id`` comes from the function's name: ``sync_articles`` -> ``syncArticles``. A ``private`` task is
    not available in GraphQL; code can trigger it. With ``database_logs=False`` no log records are written.
    ``config`` can add field descriptions. For the others, see ``TaskDefinition``.
    """

    def define(run: Function) -> FunctionTask:
        return FunctionTask(
            run,
            id=camel_case(run.__name__) if id is None else id,
            title=title,
            description=description,
            max_iterations=max_iterations,
            database_logs=database_logs,
            is_private=private,
            self_cleanup=self_cleanup,
            input_type=input_type,
            validate_input=validate_input,
            config=config,
        )

    return define


def private_task(**attributes: Any) -> Callable[[Function], FunctionTask]:
    """``task(..., private=True)``."""
    return task(**attributes, private=True)


def task_input(id: str, input: Any) -> JsonObject:
    """A definition's id and an input as one object, ``{"id", "input"}``."""
    return {"id": id, "input": plain_object(input, "task_input: input")}


@task(id="testingRun", title="A mock task to test run the step function permissions.")
def testing_run(ctx: Any) -> Any:
    """Answers done immediately: for testing a deployment."""
    return ctx.response.done("Task successfully finished.")


class Registry:
    """The definitions of an application in order; the built-in ``testingRun`` comes first.

    Takes definitions and classes of the class form; if two have the same id, ``get`` finds the first, and both
    are listed.
    """

    def __init__(self, *definitions: TaskDefinition | type[TaskDefinition]) -> None:
        self._definitions: list[TaskDefinition] = [testing_run]
        for definition in definitions:
            self.add(definition)

    @classmethod
    def of(cls, *modules: ModuleType) -> "Registry":
        """All definitions in the modules' globals, in order; classes without ``run`` are left out."""
        found: dict[int, TaskDefinition | type[TaskDefinition]] = {}
        for value in (value for module in modules for value in vars(module).values()):
            is_class = isinstance(value, type) and issubclass(value, TaskDefinition) and value.run is not None
            if is_class or (isinstance(value, TaskDefinition) and value is not testing_run):
                found.setdefault(id(value), value)
        return cls(*found.values())

    def add(self, definition: TaskDefinition | type[TaskDefinition]) -> TaskDefinition:
        """Register and return ``definition``; a class is instantiated."""
        made = definition() if isinstance(definition, type) else definition
        if not isinstance(made, TaskDefinition):
            raise TypeError(f"{made!r} is not a task definition; decorate the function with @task(title=...)")
        self._definitions.append(made)
        return made

    def get(self, id: str) -> TaskDefinition | None:
        """The first definition with this id, or ``None``."""
        return next((definition for definition in self._definitions if definition.id == id), None)

    def ids(self) -> list[str]:
        """The ids in order, including private ones."""
        return [definition.id for definition in self._definitions]

    def __iter__(self) -> Iterator[TaskDefinition]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)
