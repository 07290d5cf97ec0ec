"""An application that was deployed from a template."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from asl.problems import did_you_mean, nearest
from emulator.assembly import Assembly
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.execution import StateMachine
from emulator.templates.described import Described
from emulator.templates.errors import UnknownNameError, Wrong, known_names
from emulator.templates.formats import Loaded, load
from emulator.templates.names import NAMED_BY, STACK_NAME, room_for_stack
from emulator.templates.properties import Resource
from emulator.templates.resources import MAKERS
from emulator.templates.resources.machines import MACHINES
from emulator.templates.resources.nested import new_stack, outputs_of
from emulator.templates.roles import RolesAtIam
from emulator.templates.sam import resources_of
from emulator.templates.stack import Stack
from emulator.templates.unmade import Unmade, Watch


class Deployed(NamedTuple):
    """A resource of an application; ``arn`` is empty if it has none."""

    logical_id: str
    """Its id in the template, or its address in a plan of Terraform."""
    type: str
    """Its type, as CloudFormation calls it."""
    ref: str
    """What Ref gives: a table's name, a queue's URL."""
    arn: str
    """Its ARN."""


if TYPE_CHECKING:
    from emulator.apigateway.apis import Api
    from emulator.apigateway.messages import Request, Response


class Outputs(dict[str, Any]):
    """The outputs by name: one that is not there names the nearest."""

    def __missing__(self, name: str) -> Any:
        hint = known_names("outputs", name, self)
        raise KeyError(f"there is no output {name!r}. {hint[:1].upper()}{hint[1:]}")


class Application(Mapping[str, str]):
    """The resources of a template: ``app["OrdersTable"]`` is the Ref of that logical id, such as a table's name.

    An application of several stacks has the resources of all. Other names that its format gives a resource, such as the
    path in the CDK's tree, find it too.
    """

    def __init__(self, stacks: Sequence[Stack]) -> None:
        self._stacks = stacks
        self.name: str = stacks[-1].name
        """The name of the stack, of several stacks that of the last one."""
        self.outputs: dict[str, Any] = Outputs()
        """The outputs by name, with their values."""

    @property
    def not_emulated(self) -> Mapping[str, list[str]]:
        """Type, with the reason if there is one -> the logical ids of resources that exist by name only, or in part."""
        return _joined(found for each in self._stacks for found in (each.not_emulated, each.document.not_read))

    @property
    def made_in_part(self) -> list[str]:
        """The logical ids in ``not_emulated`` of resources that are made, but for the part in brackets."""
        listed = {name for names in self.not_emulated.values() for name in names}
        return sorted(name for each in self._stacks for name in each.made_in_part & listed)

    @property
    def not_enforced(self) -> Mapping[str, list[str]]:
        """Logical id -> the properties that have no effect here."""
        return _joined(each.not_enforced for each in self._stacks)

    @property
    def stacks(self) -> Mapping[str, "Application"]:
        """Each stack by its name, as an application of its own."""
        return {each.name: Application([each]) for each in self._stacks}

    def resources(self) -> list[Deployed]:
        """The resources in the order of the templates: logical id, type, Ref and ARN."""
        found = []
        for stack in self._stacks:
            for logical_id in _existing(stack):
                made = stack.made(logical_id, "")
                arn = made.ref if made.ref.startswith("arn:") else str(made.attributes.get("Arn", ""))
                found.append(Deployed(logical_id, stack.resources[logical_id].type, made.ref, arn))
        return found

    def machine(self, name: str) -> StateMachine:
        """The state machine of a logical id, for ``emulator.run(app.machine("Orders"), input)``.

        Another name of it, and the name that the machine itself has, find it too. Raises ``EmulatorError`` if the
        application has no such machine.
        """
        machines, found = self.machines(), self._find(name)
        if found is not None and "/" in name:
            machines = Application([found[0]]).machines()
        if found is not None and found[1] in machines:
            return machines[found[1]]
        named = [each for each in machines.values() if each.name == name]
        if len(named) == 1:
            return named[0]
        if found is not None:
            unmade = [each for each in found[0].unmade if each.logical_id == found[1] and each.type in MACHINES]
            if unmade:
                raise NotEmulatedError(f"{unmade[0].text()} {unmade[0].reason()}")
        raise EmulatorError(f"{self._source} has no state machine {name!r}\n    fix: {self._near_machine(name)}")

    def _near_machine(self, name: str) -> str:
        """What to do about a name that no state machine has."""
        machines, found = self.machines(), self._find(name)
        several = self._ambiguous(name)
        if found is not None:
            stack, logical_id = found
            near = known_names("state machines", name, machines)
            return f"{logical_id} is of the type {stack.resources[logical_id].type}; {near[:1].lower()}{near[1:]}"
        if several:
            return f"{len(several)} resources have this name: {', '.join(several)}"
        others = (pair for each in self._stacks for pair in each.document.other_names.items())
        names = [*(other for other, logical_id in others if logical_id in machines), *machines]
        close = nearest(name.lower(), [each.lower() for each in names])
        same = next((each for each in names if close and each.lower() == close[0]), None)
        return f'Did you mean "{same}"?' if same else known_names("state machines", name, machines)

    def _ambiguous(self, name: str) -> list[str]:
        """The addresses of a plan's resources that all end in this name."""
        ends = f".{name}"
        found = [id_ for stack in self._stacks if stack.document.has_addresses for id_ in stack.resources]
        return [each for each in found if each.endswith(ends) or each.partition("[")[0].endswith(ends)]

    def machines(self) -> dict[str, StateMachine]:
        """All state machines by their logical ids."""
        found = {}
        for stack in self._stacks:
            for each in _existing(stack):
                if stack.resources[each].type in MACHINES:
                    machine = stack.assembly.service.store.machines.get(stack.made(each, "").ref)
                    found.update({} if machine is None else {each: machine})
        return found

    @property
    def _source(self) -> str:
        return self._stacks[-1].document.source

    def _find(self, name: str) -> tuple[Stack, str] | None:
        """The stack and the logical id of a name. Raises ``EmulatorError`` for one that several stacks have.

        ``Child/Orders`` is the ``Orders`` of the nested stack whose logical id is ``Child``.
        """
        found = [(stack, name) for stack in self._stacks if name in stack.resources]
        if not found:
            others = [(stack, stack.document.other_names.get(name)) for stack in self._stacks]
            found = [(stack, each) for stack, each in others if each is not None and each in stack.resources]
        if not found and "/" in name:
            above, _, inner = name.partition("/")
            nested = [stack.nested[above] for stack in self._stacks if above in stack.nested]
            return Application(nested)._find(inner) if nested else None
        if len(found) > 1:
            places = ", ".join(f"app.stacks[{stack.name!r}][{name!r}]" for stack, _ in found)
            raise EmulatorError(f"{len(found)} stacks of {self._source} have a {name!r}\n    fix: name one: {places}")
        return found[0] if found else None

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        api: str | None = None,
        authorizer: Mapping[str, Any] | None = None,
    ) -> "Response":
        """Ask an API of the application, or a function's URL, as a client over HTTP would.

        - ``path``: ``"/orders/7"``, with or without a stage before it, or the whole URL that an output has, which has
          the stage. A first part that is a stage's name is the stage, unless a route begins with the same word.
        - ``json``: a value for the body; ``body``: its text or bytes. ``query``: a value, or a list of them, by name.
        - ``api``: the logical id of the API, where several have the route: ``"ServerlessRestApi"``.
        - ``authorizer``: what an authorizer would have said of the caller (``requestContext.authorizer``); none is
          called.

        The state machines and messages that the request starts begin after the response. Raises ``EmulatorError`` when
        the application has no such API, ``NotEmulatedError`` when the route leads out of the emulator.
        """
        from emulator.apigateway import gateway, messages

        assembly = self._stacks[-1].assembly
        asked = messages.request_of(
            method, path, json_value=json, body=body, headers=headers, query=query, authorizer=authorizer
        )
        found = assembly.apis.at(path)
        if found is not None:
            return gateway.ask(assembly, found[0], asked._replace(path=found[1]))
        return gateway.ask(assembly, self._api_for(asked, api), asked, by_url=False)

    def _api_for(self, asked: "Request", name: str | None) -> "Api":
        """The API of a logical id, or the one that has the route."""
        stacks = {each.name for each in self._stacks}
        named = self._stacks[-1].assembly.apis.named
        apis = {logical_id: api for (stack, logical_id), api in named.items() if stack in stacks}
        if name is not None:
            if name not in apis:
                hint = known_names("APIs", name, apis)
                raise EmulatorError(f"{self._source} has no API {name!r}\n    fix: {hint}")
            return apis[name]
        matching = {each: api for each, api in apis.items() if api.kind != "URL" and _has_route(api, asked)}
        found = matching or {each: api for each, api in apis.items() if api.kind != "URL"} or apis
        if len(found) == 1:
            return next(iter(found.values()))
        if not found:
            appsync = [each for each in self.not_emulated if each.startswith("AWS::AppSync::")]
            more = f"; {', '.join(appsync)} is not emulated" if appsync else ""
            raise EmulatorError(
                f"{self._source} has no API that takes {asked.method} {asked.path}: neither one of API Gateway nor a "
                f"function's URL{more}"
            )
        which = "have" if matching else "do not have"
        raise EmulatorError(
            f"{self._source} has {len(found)} APIs that {which} {asked.method} {asked.path}: {', '.join(found)}\n"
            f"    fix: name one: api={next(iter(found))!r}"
        )

    def __getitem__(self, name: str) -> str:
        found = self._find(name)
        if found is None:
            raise UnknownNameError(self._near(name), self._source)
        stack, logical_id = found
        if not stack.exists(resource := stack.resources[logical_id]):
            place = stack.document.place(resource.pointer)
            raise UnknownNameError(f"{logical_id} is not made: the condition {resource.condition} does not hold", place)
        return stack.made(logical_id, stack.resources[logical_id].pointer).ref

    def _near(self, name: str) -> str:
        """A name that no resource has, and the nearest ones."""
        if several := self._ambiguous(name):
            return f"{len(several)} resources have the name {name!r}: {', '.join(several)}"
        others = [other for stack in self._stacks for other in stack.document.other_names]
        hint = did_you_mean(name, [*self, *others])
        return f"there is no resource {name!r}{f'. {hint}' if hint else ''}"

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(each for stack in self._stacks for each in _existing(stack)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Application {self.name}: {len(self)} resources>"


def _has_route(api: "Api", asked: "Request") -> bool:
    _, staged = api.staged(asked)
    return api.match(staged.method, staged.path) is not None


def _nested(stack: Stack) -> Iterator[Stack]:
    for each in stack.nested.values():
        yield from (*_nested(each), each)


def _unmade(stacks: Sequence[Stack]) -> list[Unmade]:
    return [each for stack in stacks for each in stack.unmade]


def _existing(stack: Stack) -> Iterator[str]:
    return (each.logical_id for each in stack.resources.values() if stack.exists(each))


def _joined(found: Iterable[Mapping[str, list[str]]]) -> dict[str, list[str]]:
    joined: dict[str, list[str]] = {}
    for each in found:
        for name, listed in each.items():
            joined[name] = [*joined.get(name, ()), *listed]
    return joined


def deploy(
    assembly: Assembly,
    path: Path,
    *,
    source: str,
    name: str | None,
    parameters: Mapping[str, Any],
    imports: Mapping[str, Any],
    leave_out: Collection[str] = (),
) -> Application:
    """Make the resources of the application in ``path``, a file or a folder; ``source`` names it in messages.

    Raises ``TemplateError`` with the place in the template, ``DefinitionError`` with every problem of a definition.
    """
    loaded = load(path, source, parameters, {"region": assembly.region, "accountId": assembly.account_id})
    made = make_stacks(assembly, loaded, path, source=source, name=name, imports=imports, leave_out=leave_out)
    stacks, outputs = made
    if any(stack.unmade for stack in stacks):
        rows = partial(_unmade, stacks)
        assembly.requests.before.append(Watch(rows, assembly.blocked))
    if roles := [make for stack in stacks for make in stack.roles]:
        assembly.requests.before.append(RolesAtIam(roles))
    application = Application(stacks)
    application.outputs.update(outputs)
    for stack in stacks:
        _add_logical_ids(assembly, stack)
    described = assembly.requests.deployed
    if not isinstance(described, Described):
        described = assembly.requests.deployed = Described(assembly)
    described.add(stacks)
    return application


def _add_logical_ids(assembly: Assembly, stack: Stack) -> None:
    """Let stubs and faults find the stack's resources by their logical ids, and by the other names of its format."""
    others: dict[str, list[str]] = {}
    for other, logical_id in stack.document.other_names.items():
        others.setdefault(logical_id, []).append(other)
    for logical_id in _existing(stack):
        for name in (logical_id, *others.get(logical_id, ())):
            assembly.logical_ids.add(name, stack.resources[logical_id].type, stack.made(logical_id, "").ref)


def make_stacks(
    assembly: Assembly,
    loaded: Loaded,
    path: Path,
    *,
    source: str,
    name: str | None,
    imports: Mapping[str, Any],
    leave_out: Collection[str],
    problems: list[Wrong] | None = None,
) -> tuple[list[Stack], dict[str, Any]]:
    """The stacks of an application, nested ones before those that they are in, and the outputs.

    What is wrong is added to ``problems``, where they are collected; else the first is raised.
    """
    documents = loaded.documents
    if name is not None and not STACK_NAME.fullmatch(name):
        raise EmulatorError(
            f"{name!r} is not the name of a stack: up to 128 letters, digits and hyphens, a letter first\n"
            '    fix: stack_name="shop"; on the command line --stack-name shop'
        )
    resources = [resources_of(each, problems) for each in documents]
    known = {logical_id for each in resources for logical_id in each}
    for logical_id in leave_out:
        if logical_id not in known:
            hint = did_you_mean(logical_id, known) or "leave_out has logical ids of the template"
            raise EmulatorError(f"{source} has no resource {logical_id!r}\n    fix: {hint}")
    stacks: list[Stack] = []
    outputs: dict[str, Any] = {}
    exported = dict(imports)
    for document, own in zip(documents, resources, strict=True):
        stack = new_stack(
            assembly,
            document,
            own,
            MAKERS,
            name=(name if len(documents) == 1 else None) or document.stack_name or _name_of(path, own),
            parameters=loaded.parameters_of(document),
            imports=exported,
            left_out=leave_out,
            problems=problems,
        )
        with assembly.hold():  # a schedule that is due at once calls a function when all is made and time passes
            stack.make_all()
        for output, value, export in outputs_of(stack):
            outputs[output] = value
            exported |= {export: value} if export is not None else {}
        stacks += [*_nested(stack), stack]
    return stacks, outputs


def _name_of(path: Path, resources: Mapping[str, Resource]) -> str:
    """A name of a stack for an application whose format gives none: that of its folder.

    It begins with a letter, and is cut, to that letter at the least, so that the names of resources that the template
    makes of it are not too long.
    """
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    name = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name).strip("-") or "stack"
    name = name if name[0].isalpha() else f"stack-{name}"
    given = ((each.type, each.properties.get(member)) for each in resources.values() for member in ("Name", *NAMED_BY))
    left = min((room for type_, written in given if (room := room_for_stack(type_, written)) is not None), default=128)
    return name[: max(left, 1)].rstrip("-") or "stack"
