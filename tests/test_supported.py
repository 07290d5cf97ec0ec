"""The page of what is emulated is the one that the tables print."""

from pathlib import Path

from asl.fields import FIELDS
from asl.intrinsics import FUNCTIONS
from asl.states.choice import OPERATORS as COMPARISONS
from emulator import supported
from emulator.gaps import GAPS
from emulator.stepfunctions.operations import NOT_EMULATED, OPERATIONS

PAGE = Path(__file__).parents[1] / "docs" / "supported.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == "\n".join(supported.lines()) + "\n"


def test_the_page_names_every_field_operator_and_gap() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in [*(field.name for field in FIELDS), *COMPARISONS, *(what for _, rows in GAPS for what, _ in rows)]:
        assert name in page


def test_the_tables_have_all_their_rows() -> None:
    assert len(COMPARISONS) == 39
    assert len(FUNCTIONS) == 18
    assert len({*OPERATIONS, *NOT_EMULATED}) == 37
