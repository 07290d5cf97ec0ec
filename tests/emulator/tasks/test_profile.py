"""Profiles: the four by name, each field's values, and the rejection of invalid ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.tasks import PROFILES, Profile


def test_there_are_four_and_the_documented_one_is_the_default() -> None:
    assert list(PROFILES) == ["documented", "webiny_5_39", "webiny_5_41", "webiny_6"]
    assert Profile() == Profile.documented() == Profile.named("documented")
    assert [Profile.webiny_5_39(), Profile.webiny_5_41(), Profile.webiny_6()] == list(PROFILES.values())[1:]


def test_a_profile_is_named_or_given() -> None:
    own = replace(Profile.webiny_5_41(), name="ours", transport="eventbridge")
    assert Profile.named(own) is own


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"log_items": "apend"}, "Profile: log_items='apend' is not a valid value. Did you mean \"append\"?"),
        ({"features": frozenset({"selfCleanup"})}, 'no feature "selfCleanup". Did you mean "self_cleanup"?'),
        ({"default_max_iterations": 0}, "default_max_iterations=0 must be 1 or more"),
    ],
)
def test_a_word_that_a_field_does_not_know_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="Profile: ") as refused:
        Profile(**wrong)
    assert said in str(refused.value)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r'There is no profile "webiny_5_40". Did you mean "webiny_5_4?'):
        Profile.named("webiny_5_40")
