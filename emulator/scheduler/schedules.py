"""Schedules that fire: an alarm for each enabled one, and what happens when it comes.

The theory, in the words of the time line (``emulator.timeline``):

- A recurring schedule has one alarm, at its next time, which repeats: no run waits for it, and ``advance`` brings
  every time. A one-time schedule is awaited, like a Wait: a machine that waits for what it starts goes on.
- A schedule that is due when it is made, such as a ``rate`` without ``StartDate``, fires when that call has been
  answered.
- A ``rate`` is counted from its ``StartDate``, else from when it was first enabled with this expression. An update that
  keeps the expression keeps the count.
- The target is that of the instant at which it fires; retries keep it, whatever becomes of the schedule meanwhile.
- A schedule is complete when no time follows. With ``ActionAfterCompletion`` DELETE it is deleted when the last
  delivery has ended, retries included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from emulator.aws.regions import partition_of
from emulator.errors import EmulatorError
from emulator.eventbridge.delivery import SCHEDULE, Undelivered
from emulator.eventbridge.retries import Delivery, GivenUp, RetryPolicy
from emulator.eventbridge.targets import message_attributes, send
from emulator.scheduler.checks import DEFAULT_GROUP
from emulator.scheduler.inputs import Occasion, filled, scheduled_time
from emulator.scheduler.targets import call_target, universal
from emulator.scheduler.times import Times
from emulator.timeline import Alarm
from emulator.world import World

Place: TypeAlias = tuple[str, str, str]
"""Region, group and name of a schedule."""

CHANGES: Final = frozenset({"CreateSchedule", "UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"})
"""The calls after which a schedule is another one."""


@dataclass(slots=True)
class Planned:
    """A schedule as its last request made it."""

    arn: str
    times: Times
    target: Mapping[str, Any]
    is_enabled: bool
    is_deleted_after: bool
    since: datetime | None = None
    """When it was first enabled with this expression."""
    alarm: Alarm | None = None
    created: Mapping[str, Any] | None = None
    """The members of the CreateSchedule that made it, of which no UpdateSchedule is known."""


class Schedules:
    """The schedules of one emulator. ``tell`` notes a call that did not arrive."""

    def __init__(self, world: World, tell: Callable[[Undelivered], None]) -> None:
        self._world = world
        self._tell = tell
        self._planned: dict[Place, Planned] = {}

    def changed(self, operation: str, members: Mapping[str, Any], region: str) -> None:
        """A call has made, changed or deleted schedules."""
        if operation == "DeleteScheduleGroup":
            for place in [place for place in self._planned if place[:2] == (region, str(members.get("Name")))]:
                self._forget(place)
            return
        place = region, str(members.get("GroupName") or DEFAULT_GROUP), str(members.get("Name"))
        before = self._forget(place)
        if operation == "DeleteSchedule":
            return
        planned = self._planned[place] = self._read(place, members)
        now = self._world.now()
        planned.created = members if operation == "CreateSchedule" else None
        if before is not None and before.times.expression == planned.times.expression:
            planned.since = before.since
        if planned.is_enabled:
            planned.since = planned.since or now
            self._set(place, planned, planned.times.first(now, planned.since))

    def repeated(self, members: Mapping[str, Any], region: str) -> str | None:
        """The ARN of the schedule that a CreateSchedule with this ClientToken and these members has made already."""
        planned = self._planned.get((region, str(members.get("GroupName") or DEFAULT_GROUP), str(members.get("Name"))))
        is_same = planned is not None and members.get("ClientToken") and planned.created == members
        return planned.arn if planned is not None and is_same else None

    def action_after_completion(self, members: Mapping[str, Any], region: str) -> str | None:
        """What the last request of a schedule said; ``None`` for a schedule that is not known."""
        planned = self._planned.get((region, str(members.get("GroupName") or DEFAULT_GROUP), str(members.get("Name"))))
        return None if planned is None else "DELETE" if planned.is_deleted_after else "NONE"

    def _forget(self, place: Place) -> Planned | None:
        planned = self._planned.pop(place, None)
        if planned is not None and planned.alarm is not None:
            self._world.cancel(planned.alarm)
            planned.alarm = None
        return planned

    def _read(self, place: Place, members: Mapping[str, Any]) -> Planned:
        region, group, name = place
        arn = f"arn:{partition_of(region)}:scheduler:{region}:{self._world.account_id}:schedule/{group}/{name}"
        return Planned(
            arn,
            Times.of(members),
            members["Target"],
            members.get("State") != "DISABLED",
            members.get("ActionAfterCompletion") == "DELETE",
        )

    def _set(self, place: Place, planned: Planned, at: datetime | None) -> None:
        planned.alarm = None
        if at is not None:
            what, fire = f"schedule {place[1]}/{place[2]}", partial(self._fire, place, planned, at)
            planned.alarm = self._world.alarm(what, at, fire, repeats=not planned.times.is_once)

    def _fire(self, place: Place, planned: Planned, at: datetime) -> None:
        assert planned.since is not None, "only enabled schedules have an alarm"
        self._set(place, planned, planned.times.after(at, planned.since))
        region, group, name = place
        chance = self._world.chance("schedule", planned.arn)
        event_id, execution_id = chance.uuid(), chance.uuid().replace("-", "")[:16]
        occasion = Occasion(planned.arn, region, self._world.account_id, at, event_id, execution_id)
        target, is_last = planned.target, planned.alarm is None
        arn, given = target["Arn"], target.get("Input")
        is_universal = universal(arn) is not None

        def once(attempt: int) -> None:
            text = filled(given, occasion, attempt, is_universal=is_universal)
            try:
                call_target(self._world, target, text, region=region, name=event_id)
            except EmulatorError as error:
                error.add_note(f"    called by schedule {group}/{name}, due at {scheduled_time(at)}")
                raise

        def lost(given_up: GivenUp) -> None:
            reason = given_up.failure.reason
            text = filled(given, occasion, given_up.retries + 1, is_universal=is_universal)
            try:
                self._send_dead_letter(occasion, target, text, given_up)
            except LookupError as failed:
                reason = f"{reason}; nor to its dead-letter queue: {failed.args[0]}"
            self._tell(Undelivered(f"{SCHEDULE}{group}/{name}", arn, reason, occasion.event()))

        def ended() -> None:
            if is_last and planned.is_deleted_after and self._planned.get(place) is planned:
                self._forget(place)
                self._world.internal_client("scheduler", region=region).delete_schedule(GroupName=group, Name=name)

        policy = RetryPolicy.of(target.get("RetryPolicy"))
        Delivery(self._world, f"call of schedule {group}/{name}", policy, once, lost, ended).begin()

    def _send_dead_letter(self, occasion: Occasion, target: Mapping[str, Any], text: str, given_up: GivenUp) -> None:
        """Send what the target was to get to the dead-letter queue, with its attributes (user guide)."""
        dead = (target.get("DeadLetterConfig") or {}).get("Arn")
        if dead is None:
            return
        told = {
            "ERROR_CODE": given_up.failure.service_code,
            "ERROR_MESSAGE": given_up.failure.reason,
            "EXECUTION_ID": occasion.execution_id,
            "IS_PAYLOAD_TRUNCATED": "false",
            "SCHEDULED_TIME": scheduled_time(occasion.at),
            "SCHEDULE_ARN": occasion.schedule_arn,
            "TARGET_ARN": target["Arn"],
            **given_up.attributes(),
        }
        send(self._world, dead, text, MessageAttributes=message_attributes(told))
