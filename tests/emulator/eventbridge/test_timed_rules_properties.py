"""Whatever is done to a rule with a rate, it fires at the multiples at which it is enabled and has a target."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator

START = datetime(2030, 1, 1, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(2, 5)),
        st.tuples(st.sampled_from(["enable", "disable", "target", "untarget"]), st.just(0)),
        st.tuples(st.just("advance"), st.integers(1, 12)),
    ),
    max_size=12,
)


class Model:
    """A rule minute by minute: what it should have sent."""

    def __init__(self) -> None:
        self.minute = 0
        self.every = self.since = 0
        self.is_enabled = self.has_target = False
        self.sent: list[int] = []

    def put(self, every: int) -> None:
        if every != self.every:
            self.every, self.since = every, self.minute
        self.is_enabled = True

    def advance(self, minutes: int) -> None:
        for _ in range(minutes):
            self.minute += 1
            if self.is_enabled and self.has_target and (self.minute - self.since) % self.every == 0:
                self.sent.append(self.minute)


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_a_rule_fires_at_the_multiples_of_its_rate(steps: list[tuple[str, int]]) -> None:
    model, got = Model(), list[Any]()
    with Emulator() as emulator:
        events = emulator.client("events")
        arn = emulator.lambda_function("f", lambda event, context: got.append(event["time"]))
        for step, number in [("put", 3), ("target", 0), *steps, ("advance", 7)]:
            match step:
                case "put":
                    events.put_rule(Name="r", ScheduleExpression=f"rate({number} minutes)")
                    model.put(number)
                case "enable" | "disable":
                    (events.enable_rule if step == "enable" else events.disable_rule)(Name="r")
                    model.is_enabled = step == "enable"
                case "target":
                    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
                    model.has_target = True
                case "untarget":
                    events.remove_targets(Rule="r", Ids=["t"])
                    model.has_target = False
                case _:
                    emulator.clock.advance(minutes=number)
                    model.advance(number)
    assert got == [f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}" for minute in model.sent]
