"""What the README's first screen says holds. Its blocks, like those of every page, are run by ``tests/docs``."""

from tests.docs.pages import ROOT, blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_SCREEN = "\n".join(README.splitlines()[:32])


def test_the_first_screen_holds_the_two_commands_and_the_install() -> None:
    assert "\nmake emulate " in FIRST_SCREEN
    assert "\nmake test " in FIRST_SCREEN
    assert "\npip install asl-emulator\n" in FIRST_SCREEN


def test_its_examples_are_short() -> None:
    """Lines besides names and imports: the main job 12, a template 13, time 6, EventBridge 8, a background task 10."""
    lines: dict[str, int] = {}
    for block in blocks("README.md"):
        if block.file:
            code = [
                line
                for line in block.text.splitlines()
                if line.strip() and not line.startswith(("#", "import", "from"))
            ]
            lines[block.file] = len(code)
    assert lines.pop("order.asl.json") + lines.pop("test_order.py") <= 12
    assert lines.pop("template.yaml") + lines.pop("test_app.py") <= 13
    assert lines == {"test_time.py": 6, "test_events.py": 7, "test_newsletter.py": 10}


def test_what_is_not_emulated_takes_three_lines() -> None:
    paragraph = README.partition("## What is not emulated\n\n")[2].partition("\n\n")[0]
    assert len(paragraph.splitlines()) == 3
    assert "(docs/supported.md)" in paragraph


def test_five_tools_are_compared() -> None:
    table = README.partition("| tool |")[2].partition("\n\n")[0].splitlines()[2:]
    assert [row.split("|")[1].strip().split()[0] for row in table] == [
        "asl-emulator",
        "Step",
        "LocalStack",
        "moto",
        "MiniStack",
    ]
