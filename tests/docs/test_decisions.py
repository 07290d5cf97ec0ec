"""The decisions in docs/adr are numbered without a gap, and their titles have their numbers."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "adr"


def test_decisions_are_numbered_one_after_the_other() -> None:
    files = sorted(FOLDER.glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    titles = [file.read_text(encoding="utf-8").partition("\n")[0] for file in files]
    wrong = [title for number, title in enumerate(titles, 1) if not title.startswith(f"# {number}. ")]
    assert wrong == []
