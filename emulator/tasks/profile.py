"""``Profile``: how background tasks behave where the original's documentation and its releases differ.

``documented`` is the default: the documentation's intent, without the original's bugs. The others behave like
a release, bugs included, so that a task can be tested against the Webiny that will run it: ``webiny_5_39``
(from 5.39.8 to 5.40.6), ``webiny_5_41`` and ``webiny_6``. Single fields can be changed:
``dataclasses.replace(Profile.webiny_5_41(), transport="eventbridge")``.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .plain import did_you_mean

MAX_OUTPUT_BYTES: Final = 232 * 1024
"""Maximum size of an output's JSON text, in bytes."""

Feature = Literal["database_logs_off", "definition_fields", "list_child_tasks", "self_cleanup", "validate_input"]
FEATURES: Final[frozenset[str]] = frozenset(typing.get_args(Feature))
"""Features that some releases lack, by their names in ``Profile.features``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One behaviour for each point on which the documentation and the releases disagree.

    Raises ``ValueError`` for an unknown value of a field.
    """

    name: str = "documented"
    transport: str = "eventbridge"
    """How a trigger reaches the state machine: ``eventbridge``, ``direct`` (StartExecution), or one of your own."""
    default_max_iterations: int = 50
    """How often a task may run if its definition does not set this."""
    log_items: Literal["append", "last_batch"] = "append"
    """Whether saving log entries keeps the entries saved before, or loses them."""
    pending_merge: Literal["last_write", "richer_value"] = "last_write"
    """Of two unsaved values of a field, the later or the fuller one: lists joined, objects merged, ``true`` stays."""
    equality: Literal["strict", "loose"] = "strict"
    """When ``update_input`` has nothing to write: equal JSON, or equal by JavaScript's ``==``."""
    hook_timing: Literal["after_save", "before_save"] = "after_save"
    """Whether ``on_done`` and ``on_error`` get the record as stored, or as it was when the iteration began."""
    fractional_wait: Literal["round_up", "keep"] = "round_up"
    """A wait of 1.5 seconds becomes 2, or remains 1.5, which fails the machine's Wait."""
    wait_options: Literal["checked", "as_given"] = "checked"
    """Whether a date with ``seconds``, or a string as ``seconds``, is an error; else ``seconds`` wins, strings stay."""
    error_message: Literal["required", "optional"] = "required"
    """Whether an error object needs a message; without one, writing the log and the machine's Error state fail."""
    unknown_fields: Literal["refused", "dropped"] = "refused"
    """The treatment of unknown or unchangeable fields in new data and updates."""
    run_result: Literal["checked", "as_given"] = "checked"
    """Whether a run must return a response, or a mapping of its shape; else ``None`` fails with JavaScript's text, and
    all other values, such as a mapping without a known status, mean done."""
    values: Literal["objects", "any"] = "objects"
    """Whether inputs and outputs must be JSON objects, or may be any JSON: ``continue_(None)`` then adds nothing to the
    stored input, and ``continue_("ab")`` adds ``{"0": "a", "1": "b"}``, as JavaScript spreads it."""
    empty_output: Literal["dropped", "kept", "dropped_everywhere"] = "dropped"
    """Whether ``done("m", {})`` has an output: ``dropped`` after a message only, ``kept`` as given, also ``null`` and
    ``""``, or ``dropped_everywhere``: also ``done({})``, and numbers and booleans."""
    empty_text: Literal["kept", "null"] = "kept"
    """Whether an empty text that is stored remains, or becomes ``null``, as the releases' DynamoDB client writes it."""
    storage_errors: Literal["as_raised", "coded"] = "as_raised"
    """Whether an error of DynamoDB keeps its own form, or has the code of the release's storage: CREATE_ENTRY_ERROR,
    UPDATE_ERROR, DATA_LOADER_ERROR."""
    error_stack: Literal["dropped", "kept"] = "dropped"
    """Whether an error object loses its ``stack``."""
    missing_task: Literal["plain", "nested"] = "plain"
    """Whether the answer for a task that does not exist has the error, or a whole answer in its place, so that the
    machine's Error state finds no ``$.error.message``."""
    missing_definition: Literal["refused", "failed"] = "refused"
    """Whether a task whose definition is gone remains as it was, or becomes failed, with its stored input in the
    answer."""
    no_event: Literal["step_function", "event_bridge"] = "step_function"
    """The wording of the error for a transport without an answer."""
    locale: Literal["required", "none"] = "required"
    """Whether events and answers have a locale."""
    machine: Literal["5.39.0", "5.39.3", "5.41.0", "6.4.11"] = "5.41.0"
    """The state machine: the one of this release or of those after it. 5.39.0 has no ``delay``; before 5.41.0 a
    function that answers ``null`` ends in States.Runtime; 6.4.11 has no ``locale``."""
    event_headers: Literal["reported", "required"] = "reported"
    """Whether an event without tenant, endpoint or locale gets an error answer, or makes the Lambda function raise."""
    abort_race: Literal["keep_aborted", "last_write"] = "keep_aborted"
    """Whether a run that misses the user's abort keeps it, or overwrites it.

    With ``last_write`` every save reads the record and writes all of it, so writes by others in between are lost."""
    aborted_without_abort: Literal["aborted", "running"] = "aborted"
    """The record's status when a run answers aborted although no user aborted the task."""
    continue_input: Literal["merge", "replace"] = "merge"
    """Whether the input of ``continue_`` is merged into the stored input, or replaces it."""
    database_logs: bool = True
    """Whether a task has log records if its definition does not set this."""
    log_created: Literal["after_definition", "before_definition"] = "after_definition"
    """Whether a run whose definition is gone leaves an empty log record (``before_definition``) or none."""
    max_output_bytes: int | None = MAX_OUTPUT_BYTES
    """The size, in bytes of JSON, above which an output is cut down; ``None`` for no limit."""
    features: frozenset[str] = FEATURES
    """The available ``FEATURES``; a task that uses another is rejected."""

    def __post_init__(self) -> None:
        for field, choices in _CHOICES.items():
            if (value := getattr(self, field)) not in choices:
                near = did_you_mean(str(value), choices)
                raise ValueError(f"Profile: {field}={value!r} is not a valid value.{near}")
        for feature in self.features - FEATURES:
            raise ValueError(f'Profile: there is no feature "{feature}".{did_you_mean(feature, sorted(FEATURES))}')
        if self.default_max_iterations < 1:
            raise ValueError(f"Profile: default_max_iterations={self.default_max_iterations} must be 1 or more")

    @classmethod
    def documented(cls) -> "Profile":
        """The default: the documentation's intent."""
        return DOCUMENTED

    @classmethod
    def webiny_5_39(cls) -> "Profile":
        """5.39 from 5.39.8 on, up to 5.40.6."""
        return WEBINY_5_39

    @classmethod
    def webiny_5_41(cls) -> "Profile":
        """5.41: StartExecution instead of EventBridge, outputs cut at 232 KiB, ``list_child_tasks``."""
        return WEBINY_5_41

    @classmethod
    def webiny_6(cls) -> "Profile":
        """6.x: logs only on request, hooks after the save, ``self_cleanup``, ``validate_input``."""
        return WEBINY_6

    @classmethod
    def named(cls, profile: "Profile | str") -> "Profile":
        """A profile unchanged, or the one with this name; raises ``ValueError`` with the nearest name."""
        if isinstance(profile, Profile):
            return profile
        if profile not in PROFILES:
            raise ValueError(f'There is no profile "{profile}".{did_you_mean(profile, PROFILES)}')
        return PROFILES[profile]

    def has(self, feature: Feature) -> bool:
        """Whether the release has the feature."""
        return feature in self.features


def _choices() -> dict[str, tuple[Any, ...]]:
    hints = typing.get_type_hints(Profile)
    return {name: typing.get_args(hint) for name, hint in hints.items() if typing.get_origin(hint) is Literal}


_CHOICES: Final = _choices()

DOCUMENTED: Final = Profile()
WEBINY_5_41: Final = Profile(
    name="webiny_5_41",
    transport="direct",
    log_items="last_batch",
    pending_merge="richer_value",
    equality="loose",
    hook_timing="before_save",
    fractional_wait="keep",
    wait_options="as_given",
    error_message="optional",
    unknown_fields="dropped",
    run_result="as_given",
    values="any",
    empty_output="dropped_everywhere",
    empty_text="null",
    storage_errors="coded",
    event_headers="required",
    abort_race="last_write",
    aborted_without_abort="running",
    features=frozenset({"database_logs_off", "definition_fields", "list_child_tasks"}),
)
WEBINY_5_39: Final = replace(
    WEBINY_5_41,
    name="webiny_5_39",
    transport="eventbridge",
    log_created="before_definition",
    empty_output="kept",
    error_stack="kept",
    missing_task="nested",
    missing_definition="failed",
    no_event="event_bridge",
    machine="5.39.3",
    max_output_bytes=None,
    features=frozenset({"definition_fields"}),
)
WEBINY_6: Final = replace(
    WEBINY_5_41,
    name="webiny_6",
    hook_timing="after_save",
    database_logs=False,
    locale="none",
    machine="6.4.11",
    features=FEATURES - {"definition_fields"},
)

PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile for profile in (DOCUMENTED, WEBINY_5_39, WEBINY_5_41, WEBINY_6)
}
"""The profiles by name."""
