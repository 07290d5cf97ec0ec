"""A template that is being deployed: its resources, each made when another one needs it or when its turn comes.

``Ref`` and ``Fn::GetAtt`` of a resource make it first, as CloudFormation does in the order of need; a circle of them is
an error that shows the circle.
"""

import string
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

from botocore.exceptions import ClientError, ParamValidationError

from asl.problems import DefinitionError, did_you_mean, join, unescape
from emulator.assembly import Assembly
from emulator.aws.regions import partition_of
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.lambda_api.errors import UnfitFunctionError
from emulator.templates.blame import is_of_values, refusal
from emulator.templates.document import Document
from emulator.templates.enumerations import wrong_values
from emulator.templates.errors import TemplateError, Wrong, known_names, note
from emulator.templates.kinds import REQUIRED
from emulator.templates.members import Fitting
from emulator.templates.names import LONGEST, REF_IS_ARN, SHARE_NAMES, Attributes, arn_of, name_properties
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.pseudo import PSEUDO
from emulator.templates.references import references
from emulator.templates.resolve import way_out
from emulator.templates.unmade import TRIGGERS, Unfit, Unmade, sources_of, why_needed
from emulator.templates.values import Values

NAMED: Final = ("AWS::Events::EventBus", "AWS::SSM::Parameter")
"""Types that templates often name by a text."""
SAME: Final = ("AWS::StepFunctions::StateMachineAlias", "AWS::StepFunctions::StateMachineVersion")
"""Types whose resources are another one by name."""
LETTERS: Final = string.ascii_uppercase + string.digits


def _not_enforced(document: Document) -> dict[str, list[str]]:
    """What of a template has no effect, whatever its resources are: its rules, and keys that are there twice.

    The rule that the CDK adds to every template, on the version of its bootstrap, is kept here.
    """
    rules = [each for each in document.value.get("Rules") or {} if each != "CheckBootstrapVersion"]
    found = {"Rules": rules} if rules else {}
    for pointer in document.repeated:
        owner, name = pointer.split("/")[2], pointer.rpartition("/")[2]
        found.setdefault(unescape(owner), []).append(f"{unescape(name)} is there twice: the last counts")
    return found


Make: TypeAlias = Callable[["Stack", Resource, Properties], Made]


class Stack:
    """One template, its parameters and its resources, in the account and region of an emulator."""

    def __init__(
        self,
        assembly: Assembly,
        document: Document,
        resources: Mapping[str, Resource],
        makers: Mapping[str, Make],
        *,
        name: str,
        parameters: Mapping[str, Any],
        imports: Mapping[str, Any],
        left_out: Collection[str] = (),
        problems: list[Wrong] | None = None,
    ) -> None:
        self.assembly: Assembly = assembly
        self.document: Document = document
        self.name: str = name
        self.region: str = assembly.region
        self.values = Values(document, self)
        self.not_emulated: dict[str, list[str]] = {}
        """Type of resource, with the reason if there is one -> the logical ids that exist by name only, or in part."""
        self.made_in_part: set[str] = set()
        """The logical ids of those that are made but for a part."""
        self.unmade: list[Unmade] = []
        """The resources that requests are refused for (``unmade``)."""
        self.without_value: dict[str, tuple[str, str]] = {}
        """Logical id -> the first dynamic reference that has no value, and the pointer of its property."""
        self.unfit: dict[str, Unfit] = {}
        """Logical id -> the function whose code cannot run here: itself, or the one that it needs."""
        self.not_enforced: dict[str, list[str]] = _not_enforced(document)
        """Logical id -> properties that are accepted and have no effect."""
        self.resources = resources
        self._other_names = {name: each.logical_id for each in resources.values() for name in each.other_names}
        self.makers = makers
        self._parameters = parameters
        self.imports = imports
        """Name of an export -> its value."""
        self.left_out = frozenset(left_out)
        self.problems = problems
        """What is wrong with resources, where it is collected: such a resource then exists by its name only."""
        self._wrong: set[str] = set()
        """The logical ids of these resources."""
        self.nested: dict[str, Stack] = {}
        """Logical id -> the nested stack that it is."""
        self.roles: list[Callable[[], None]] = []
        """What makes its roles and policies at IAM."""
        self._waiting: dict[str, list[str]] = {}
        """Logical id of what is not made -> the ids of the resources that could not be made without it."""
        self._made: dict[str, Made] = {}
        self._names: dict[tuple[str, str], Resource] = {}
        self._making: list[str] = []
        self._conditions: dict[str, bool | None] = {}

    def made_so_far(self) -> Collection[Made]:
        """What the resources that are made have become."""
        return self._made.values()

    def make_all(self) -> None:
        """Make every resource whose condition holds; those first that others name without a Ref."""
        for resource in sorted(self.resources.values(), key=lambda each: each.type not in NAMED):
            if self.exists(resource):
                self.made(resource.logical_id, resource.pointer)
        if self._waiting:
            self.assembly.functions.on_add.append(self.function_added)

    def exists(self, resource: Resource) -> bool:
        """Whether the resource's condition holds."""
        if resource.condition is None:
            return True
        return self.condition(resource.condition, self.document.beside(resource.pointer, "Condition"))

    def made(self, logical_id: str, pointer: str) -> Made:
        """The resource of this logical id, made now if it is not yet. ``pointer`` is where it is named."""
        if logical_id in self._made:
            return self._made[logical_id]
        resource = self.resources[logical_id]
        if not self.exists(resource):
            raise self._unresolved(logical_id, pointer, f"the condition {resource.condition} does not hold")
        if logical_id in self._making:
            circle = [*self._making[self._making.index(logical_id) :], logical_id]
            message = f"Circular dependency between resources: [{', '.join(dict.fromkeys(circle))}]"
            raise self.document.error(message, pointer, f"they need each other: {' -> '.join(circle)}")
        self._making.append(logical_id)
        try:
            for other in resource.depends_on:
                place = self.document.beside(resource.pointer, "DependsOn")
                if other not in self.resources:
                    raise self._unresolved(other, place)
                if self.exists(self.resources[other]):
                    self.made(other, place)
            self._made[logical_id] = self._make(resource)
        except (EmulatorError, DefinitionError) as error:
            if self.problems is None:
                raise
            self._made[logical_id] = self._made_wrong(resource, error)
        finally:
            self._making.pop()
        return self._made[logical_id]

    def _made_wrong(self, resource: Resource, error: Wrong | None = None) -> Made:
        """The name of a resource that cannot be made; adds to the problems what is wrong with all its values."""
        assert self.problems is not None
        self._wrong.add(resource.logical_id)
        for name, value in resource.properties.items():
            for each in self.values.wrong(value, join(resource.pointer, name)):
                note(self.problems, each)
        if error is not None:
            note(self.problems, error)
        return self._named(resource, self.physical_name(resource.logical_id))

    def physical_name(self, logical_id: str, most: int = 64) -> str:
        """The name of a resource that the template gives none: stack, logical id and 12 characters, cut to ``most``."""
        tail = self.random_text(logical_id, 12)
        return f"{f'{self.name}-{logical_id}'[: most - 13]}-{tail}"

    def random_text(self, purpose: str, length: int, letters: str = LETTERS) -> str:
        """Random letters, the same for the same seed, stack and ``purpose``."""
        chance = self.assembly.chance("template", f"{self.name}/{purpose}", once=True)
        return "".join(letters[chance.integer(0, len(letters))] for _ in range(length))

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the account and region."""
        return f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.assembly.account_id}:{resource}"

    def client(self, service: str) -> Any:
        """A client of boto3 that takes values as CloudFormation does: ``"10"`` for 10, ``"true"`` for true."""
        return Fitting(self.assembly.client(service))

    # What its functions find ---------------------------------------------------------------------------------------

    def ref(self, name: str, pointer: str) -> Any:
        """A parameter's value, a resource's Ref, or a pseudo parameter."""
        if name in self._parameters:
            return self._parameters[name]
        if name in PSEUDO:
            return PSEUDO[name](self)
        name = self._other_names.get(name, name)
        if name in self.resources:
            return self.made(name, pointer).ref
        raise self._unresolved(name, pointer)

    def attribute(self, resource: str, attribute: str, pointer: str) -> Any:
        """An attribute of a resource."""
        if f"{resource}.{attribute}" in self._other_names:
            return self.ref(f"{resource}.{attribute}", pointer)
        if resource not in self.resources:
            raise self._unresolved(resource, pointer)
        attributes = self.made(resource, pointer).attributes
        if attribute not in attributes:
            hint = known_names("attributes", attribute, attributes)
            text = f"Template error: resource {resource} ({self.resources[resource].type}) has no attribute {attribute}"
            raise self.document.error(text, pointer, hint)
        return attributes[attribute]

    def condition(self, name: str, pointer: str) -> bool:
        """Whether the condition of this name holds."""
        declared: dict[str, Any] = self.document.value.get("Conditions") or {}
        if name not in declared:
            hint = known_names("conditions", str(name), declared)
            raise self.document.error(f"the template has no condition {name!r}", pointer, hint)
        if name not in self._conditions:
            self._conditions[name] = None
            self._conditions[name] = self.values.holds(declared[name], join("/Conditions", name))
        found = self._conditions[name]
        if found is None:
            raise self.document.error(f"the condition {name} needs itself", pointer)
        return found

    def imported(self, name: str, pointer: str) -> Any:
        """The value that another stack exports."""
        if name not in self.imports:
            hint = (
                did_you_mean(name, self.imports)
                or f"imports={{{name!r}: ...}}; on the command line --import {name}=..."
            )
            raise self.document.error(f"No export named {name} found", pointer, hint)
        return self.imports[name]

    def _make(self, resource: Resource) -> Made:
        make = self.makers.get(resource.type)
        if resource.logical_id in self.left_out:
            return self._by_name_only(resource)
        if resource.is_wrong:
            return self._made_wrong(resource)
        for error in wrong_values(self.document, resource.type, resource.properties, resource.pointer, self.values.of):
            raise error
        properties = Properties(self, resource)
        if make is None:
            return self.leave_unmade(resource, properties)
        if "Unresolved" in resource.metadata:
            return self.leave_unmade(resource, properties, str(resource.metadata["Unresolved"]))
        for name in REQUIRED.get(resource.type, ()):
            if properties.get(name) is None:
                text = f"{resource.logical_id} ({resource.type}) has no {name}"
                raise self.document.error(text, resource.pointer, did_you_mean(name, resource.properties))
        try:
            made = make(self, resource, properties)
        except (NotEmulatedError, ClientError) as error:
            self.assembly.blocked.forget(error)
            is_of_another = isinstance(error, UnfitFunctionError | ClientError)
            if is_of_another and (other := self._unmade_need(resource)) is not None:
                self._waiting.setdefault(other, []).append(resource.logical_id)
                if (unfit := self.unfit.get(other)) is not None:
                    self.unfit[resource.logical_id] = unfit
                return self.leave_unmade(resource, properties, *why_needed(other, unfit, _told(error)))
            if isinstance(error, ClientError):
                raise self._refusal(resource, error) from None
            return self.leave_unmade(resource, properties, _told(error))
        except (DefinitionError, TemplateError):
            raise
        except EmulatorError as error:
            raise self._refusal(resource, error) if is_of_values(error) else error from None
        except (ParamValidationError, AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            raise self._refusal(resource, error) from error
        self._check_name(resource, made)
        if left := properties.not_enforced():
            self.not_enforced.setdefault(resource.logical_id, []).extend(left)
        return made

    def _refusal(self, resource: Resource, error: Exception) -> Exception:
        if (missing := self.without_value.get(resource.logical_id)) is not None:
            return self.document.error(f"{missing[0]} has no value here", missing[1], way_out(missing[0]))
        shown = f"{resource.logical_id} ({resource.type})"
        hint = self._shorter(resource)
        given = resource.properties
        return refusal(self.document, error, shown=shown, properties=given, pointer=resource.pointer, hint=hint)

    def _shorter(self, resource: Resource) -> str | None:
        """What to do about a name with the stack's in it that is too long; ``None`` if there is none."""
        longest = LONGEST.get(resource.type)
        names = Properties(self, resource).known(*name_properties(resource.type)).values()
        if not longest or not any(
            isinstance(name, str) and len(name) > longest and self.name in name for name in names
        ):
            return None
        return (
            f"its name may have {longest} letters, and has the stack's in it, {self.name!r}: give the stack a "
            'shorter one, stack_name="shop"; on the command line --stack-name shop'
        )

    def function_added(self, arn: str) -> None:
        """Make what waits for a function: a handler has taken the place of its code, which cannot run here."""
        for logical_id in list(self._waiting):
            if self._made[logical_id].attributes.get("Arn") == arn:
                self._make_waiting(logical_id)

    def _make_waiting(self, logical_id: str) -> None:
        self._unlist(logical_id)
        for other in self._waiting.pop(logical_id, ()):
            self._unlist(other)
            self._made[other] = self._make(self.resources[other])
            if not any(other in names for names in self.not_emulated.values()):
                self._make_waiting(other)

    def _unlist(self, logical_id: str) -> None:
        """Take a resource off the lists of what is not made."""
        self.unfit.pop(logical_id, None)
        self.unmade[:] = [each for each in self.unmade if each.logical_id != logical_id]
        for type_, names in list(self.not_emulated.items()):
            if logical_id in names:
                self.not_emulated[type_] = [each for each in names if each != logical_id]
                if not self.not_emulated[type_]:
                    del self.not_emulated[type_]

    def _unmade_need(self, resource: Resource) -> str | None:
        """A resource that this one refers to and that exists by its name only."""
        unmade = {name for names in self.not_emulated.values() for name in names} - self.made_in_part
        listed = unmade | self.left_out | self._wrong
        needed = [each.name for each in references(resource.properties, resource.pointer)]
        needed += resource.depends_on if self.document.has_addresses else ()
        return next((name for name in needed if name in listed), None)

    def part(self, resource: Resource, action: Callable[[], Any]) -> Any:
        """What ``action``, a part of making a resource, gives; ``None`` if nothing emulates it, which is listed."""
        try:
            return action()
        except NotEmulatedError as error:
            self.assembly.blocked.forget(error)
            self.made_in_part.add(resource.logical_id)
            self.list_unmade(resource, "", str(error).partition("\n")[0])
            return None

    def _check_name(self, resource: Resource, made: Made) -> None:
        """Raise ``TemplateError`` for a second resource of one kind and name."""
        if resource.type in (*SAME, *SHARE_NAMES):
            return
        kind = (arn_of(resource.type, "", **self._where()), made.ref)
        other = self._names.setdefault(kind, resource)
        if other is not resource:
            text = f"{resource.logical_id} and {other.logical_id} are both named {made.ref!r}"
            hint = f"give one of them another name; {other.logical_id} is at {self.document.place(other.pointer)}"
            raise self.document.error(text, resource.pointer, hint)

    def leave_unmade(self, resource: Resource, properties: Properties, why: str = "", fix: str = "") -> Made:
        """What nothing here makes, for the reason ``why``: it is listed, and known by its name only."""
        made = self._by_name_only(resource)
        told = why or resource.type in TRIGGERS
        self.list_unmade(resource, made.attributes["Name"], why, sources_of(properties.known()) if told else (), fix)
        return made

    def list_unmade(self, resource: Resource, name: str, why: str = "", sources: Any = (), fix: str = "") -> None:
        """List a resource, or a part of it, that nothing here makes."""
        key = f"{resource.type} ({why})" if why else resource.type
        self.not_emulated.setdefault(key, []).append(resource.logical_id)
        place = self.document.place(resource.pointer)
        if name or sources:
            self.unmade.append(Unmade(resource.logical_id, resource.type, name, place, why, sources, fix))

    def _by_name_only(self, resource: Resource) -> Made:
        properties = Properties(self, resource)
        given = properties.known(*name_properties(resource.type))
        name = next((each for each in given.values() if isinstance(each, str)), "")
        return self._named(resource, name or self.physical_name(resource.logical_id))

    def _named(self, resource: Resource, name: str) -> Made:
        """What Ref and GetAtt give for a resource of this name that is not made."""
        arn = arn_of(resource.type, name, **self._where())
        url = f"https://sqs.{self.region}.amazonaws.com/{self.assembly.account_id}/{name}"
        is_queue = resource.type == "AWS::SQS::Queue"
        ref = arn if resource.type in REF_IS_ARN else url if is_queue else name
        return Made(ref, Attributes(name, arn, url if is_queue else ""))

    def _where(self) -> dict[str, str]:
        return {"partition": partition_of(self.region), "region": self.region, "account": self.assembly.account_id}

    def _unresolved(self, name: str, pointer: str, why: str | None = None) -> Exception:
        block = "Outputs" if pointer.startswith("/Outputs") else "Resources"
        names = [*self._parameters, *self.resources, *PSEUDO]
        hint = why or did_you_mean(str(name), names)
        prefix = "" if block == "Outputs" else "Template format error: "
        text = f"{prefix}Unresolved resource dependencies [{name}] in the {block} block of the template"
        error = self.document.error(text, pointer, hint)
        error.was_told = why is None
        return error


def _told(error: NotEmulatedError | ClientError) -> str:
    """What a refusal says, without what to do about it."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message", error))
    return str(error).partition("\n")[0]
