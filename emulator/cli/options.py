"""Options that several commands share, and the functions that read them."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import click

if TYPE_CHECKING:
    from emulator.core import Emulator


class Refused(Exception):  # noqa: N818 - a refusal, not an error of the emulator
    """The command cannot do its work; the text gives the reason. Exit code 2."""


def read_instant(ctx: click.Context, param: click.Parameter, text: str | None) -> datetime | None:
    """``text`` as an aware time; UTC unless it has an offset."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a time; write 2030-01-01 or 2030-01-01T12:00:00Z"
        raise click.BadParameter(message, ctx, param) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _seed(_ctx: click.Context, _param: click.Parameter, text: str) -> int | str:
    """The seed for ``Emulator(seed=...)``: digits are a number."""
    return int(text) if text.isdecimal() and text.isascii() else text


INPUT = click.option(
    "--input", "input_", metavar="JSON|@FILE|-", help="The input: JSON text, @ and a file's name, or - for stdin."
)
TYPE = click.option(
    "--type",
    "type_",
    type=click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False),
    default="STANDARD",
    show_default=True,
    help="The type of the state machine.",
)
HANDLERS = click.option(
    "--handlers",
    multiple=True,
    metavar="SPEC",
    help="The Lambda functions; repeatable. module, module:object or folder/file.py: public "
    "functions under their own names, mappings by their keys; charge_card also answers for charge-card. "
    "NAME=module:function: one function. NAME=node:folder/file.function: one in Node.js.",
)
START = click.option(
    "--start",
    metavar="TIME",
    callback=read_instant,
    help="The start of the virtual clock.  [default: 2030-01-01T00:00:00Z]",
)
SEED = click.option(
    "--seed",
    callback=_seed,
    default="0",
    show_default=True,
    help="The seed of all randomness: ids, jitter, States.UUID.",
)
BACKEND = click.option(
    "--backend",
    multiple=True,
    metavar="[SERVICE=]WHERE",
    help="The backend of buses, queues, tables and so on: moto, localstack, or the URL of an AWS-compatible endpoint; "
    "dynamodb=moto for one service. Repeatable.  [default: EMULATOR_BACKEND, else moto]",
)
ACCEPT_CALL = click.option(
    "--accept-call",
    "accepted_calls",
    multiple=True,
    metavar="SERVICE:OPERATION",
    help="A call to accept although it will have no later effect, such as cloudwatch:PutMetricAlarm. Without this, "
    "such calls are refused (`python -m emulator.supported` lists them). Repeatable.",
)
MISSING_FUNCTION = click.option(
    "--missing-function",
    type=click.Choice(["raise", "fail"]),
    default="raise",
    show_default=True,
    help="How a task ends if its function is not registered. raise: the emulator reports it and aborts the execution. "
    "fail: the task fails as on AWS, with Lambda.ResourceNotFoundException.",
)
LATENCIES = click.option(
    "--latencies",
    type=click.Choice(["none", "aws"]),
    default="none",
    show_default=True,
    help="How long calls take on the clock. aws: about as long as on AWS; the seed decides.",
)
DYNAMODB_TTL = click.option(
    "--dynamodb-ttl",
    type=click.Choice(["within days", "at expiry", "never"]),
    default="within days",
    show_default=True,
    help="When DynamoDB removes an expired item. within days: two days after its expiry.",
)
HTTP = click.option(
    "--http",
    "http_servers",
    multiple=True,
    metavar="URL=SERVER",
    help="Send the requests that http:invoke and apigateway:invoke address to URL to SERVER: "
    "https://api.example.com=http://localhost:8000. Repeatable.",
)
RECORD = click.option(
    "--record", metavar="FILE", help="Write the answers that the tasks got to this file, as stubs in JSON."
)
FAULTS = click.option(
    "--faults",
    "faults_file",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Errors and delays for calls of services, as JSON (docs/faults.md).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON document, and no progress.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="Write only the output as JSON, and errors.")
SET = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="The value of a ${NAME} in the definition."
)
SUBSTITUTIONS = click.option(
    "--definition-substitutions",
    "substitutions_file",
    metavar="FILE",
    help='A JSON file of names and values for every ${NAME}: {"Table": "orders"}.',
)

PARAMETERS = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of a parameter of the template. Repeatable.",
)
_LEAVE_OUT = click.option(
    "--leave-out",
    "leave_out",
    multiple=True,
    metavar="ID",
    help="The logical id of a resource of the template to leave out. Repeatable.",
)
_IMPORTS = click.option(
    "--import",
    "imports",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for Fn::ImportValue: the name of another stack's export, and its value. Repeatable.",
)
_STACK_NAME = click.option(
    "--stack-name", "stack_name", metavar="NAME", help="The stack's name. Default: the name of the template's folder."
)


TEMPLATE_OPTIONS: Final = "--parameter, --import, --stack-name and --leave-out"


class TemplateOptions(NamedTuple):
    """What the options about a template say, as ``Emulator.deploy`` takes it."""

    parameters: dict[str, str]
    imports: dict[str, str]
    stack_name: str | None
    leave_out: tuple[str, ...]

    @property
    def are_given(self) -> bool:
        """Whether there is any."""
        return any(self)

    @property
    def arguments(self) -> dict[str, Any]:
        """They, as the arguments of ``Emulator.deploy``."""
        return {
            "parameters": self.parameters,
            "imports": self.imports,
            "stack_name": self.stack_name,
            "leave_out": self.leave_out,
        }


def template_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options about a template to a command, which gets them as ``of_template``."""

    @wraps(command)
    def with_template(
        *,
        parameters: tuple[str, ...],
        imports: tuple[str, ...],
        stack_name: str | None,
        leave_out: tuple[str, ...],
        **others: Any,
    ) -> int:
        values = named_values("--parameter", parameters), named_values("--import", imports)
        return command(of_template=TemplateOptions(*values, stack_name, leave_out), **others)

    return PARAMETERS(_IMPORTS(_STACK_NAME(_LEAVE_OUT(with_template))))


class StubOptions(NamedTuple):
    """What the options about stubs say."""

    files: tuple[str, ...]
    mock_config: str | None

    @property
    def are_given(self) -> bool:
        """Whether there is any."""
        return any(self)

    def declare(self, emulator: "Emulator") -> None:
        """Declare the stubs, and read the test cases."""
        for file in self.files:
            emulator.stubs_from(file)
        if self.mock_config is not None:
            emulator.mock_config(self.mock_config)


_STUBS = click.option(
    "--stubs",
    "stub_files",
    multiple=True,
    metavar="FILE",
    help="Answers of tasks, by state and by resource, in a JSON file (docs/stubs.md); repeatable.",
)
_MOCK_CONFIG = click.option(
    "--mock-config",
    envvar="SFN_MOCK_CONFIG",
    metavar="FILE",
    help="A MockConfigFile.json of Step Functions Local: executions of STATE_MACHINE_ARN#TEST_CASE get its answers. "
    "[env var: SFN_MOCK_CONFIG]",
)


def stub_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options about stubs to a command, which gets them as ``of_stubs``."""

    @wraps(command)
    def with_stubs(*, stub_files: tuple[str, ...], mock_config: str | None, **others: Any) -> int:
        return command(of_stubs=StubOptions(stub_files, mock_config), **others)

    return _STUBS(_MOCK_CONFIG(with_stubs))


def named_values(option: str, settings: Sequence[str]) -> dict[str, str]:
    """The values of an option that is written NAME=VALUE, by name; raises ``Refused``."""
    given: dict[str, str] = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator or not name:
            raise Refused(f"{option} {setting}: write NAME=VALUE")
        if given.setdefault(name, value) != value:
            raise Refused(f"{option} {name} is given twice: {given[name]!r} and {value!r}")
    return given


def read_input(text: str | None, source: str = "--input") -> Any:
    """The value of ``source``; ``{}`` without a text. Raises ``Refused`` with line and column."""
    from asl.values import JsonTextError, decode
    from emulator.definitions.texts import excerpt

    if text is None:
        return {}
    if text == "-":
        source, text = "standard input", read_stdin()
    elif text.startswith("@"):
        source, text = text[1:], read_file(text[1:], "--input")
    if not text.strip():
        raise Refused(f"{source} is empty\n    fix: give JSON, such as {{}}")
    try:
        return decode(text.removeprefix("\ufeff"))
    except JsonTextError as error:
        if Path(text).is_file():
            raise Refused(f"{source} is not JSON, but the name of a file\n    fix: write @{text}") from None
        shown = excerpt(text, error.line, error.column)
        hint = '\n    On Windows write "{\\"a\\": 1}", or --input @file.json' if text.startswith("'") else ""
        raise Refused(
            f"{source} is not JSON: line {error.line}, column {error.column}: {error.message}\n{shown}{hint}"
        ) from None


def read_file(name: str, option: str) -> str:
    """The text of the file that an option names; raises ``Refused``."""
    from emulator.definitions.texts import decoded

    try:
        return decoded(Path(name).read_bytes(), f"{option}: {name}")
    except FileNotFoundError:
        raise Refused(f"{option}: there is no file {name}{near_file(name)}") from None
    except OSError as error:
        raise Refused(f"{option}: {name} cannot be read: {error.strerror}") from None


def read_stdin() -> str:
    """The text of standard input; raises ``EmulatorError`` if it is not UTF-8, whatever the locale is."""
    from emulator.definitions.texts import decoded

    return decoded(sys.stdin.buffer.read(), "standard input")


def near_file(name: str) -> str:
    """The end of a message about a missing file: the nearest name in its folder, or the current folder."""
    folder = Path(name).parent
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    from asl.problems import nearest

    near = nearest(Path(name).name, names)
    return f'. Did you mean "{folder / near[0]}"?' if near else f" (the current folder is {Path.cwd()})"


def refuse_definition(name: str) -> NoReturn:
    """Raise ``Refused`` for a DEFINITION that is not a file."""
    if Path(name).is_dir():
        raise Refused(f"{name} is a folder; name the file that holds the definition")
    raise Refused(f"there is no definition {name}{near_file(name)}")


def substitution_values(settings: Sequence[str], file: str | None) -> dict[str, Any]:
    """The values of ``--definition-substitutions``, overridden by those of ``--set``."""
    from emulator.definitions.files import read_substitutions

    values: dict[str, Any] = {}
    if file is not None:
        values = read_substitutions(read_file(file, "--definition-substitutions"), file)
    return {**values, **named_values("--set", settings)}


def check_settings(settings: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a ``--set`` whose name is in no definition."""
    for setting in settings:
        name = setting.partition("=")[0]
        if name not in names:
            from asl.problems import nearest

            near = nearest(name, names)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise Refused(f"--set {setting}: the definition has no ${{{name}}}.{hint}")
