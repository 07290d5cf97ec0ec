"""Every block of code of README and docs runs exactly as it stands, in a fresh folder; what cannot is listed here."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from emulator import BackendError, Emulator
from emulator.cli import main
from tests.docs.pages import PAGES, PLAIN, ROOT, blocks, commands, files
from tests.needs import node_major

LANGUAGES: Final = PLAIN | {"python", "js", "json", "yaml"}

FILES_NOT_RUN: Final = {
    ("docs/snapshots.md", "test_snapshots.py"): "needs syrupy, and the files that it wrote before",
    ("docs/localstack.md", "other_program.py"): "needs LocalStack, and its awslocal",
    (
        "docs/nodejs.md",
        "test_import.py",
    ): "needs a build of an application's Lambda; examples/node-tasks is run instead",
}
"""Files that are only compiled: page and name -> the reason."""

COMMANDS_NOT_RUN: Final = {
    "emulate clean --backend": "needs LocalStack; its options are checked",
    "emulate serve": "answers until Ctrl-C; its options are checked",
    "emulate task --backend": "needs LocalStack; its options are checked",
    "pytest --emulator-backend": "needs LocalStack",
    "pytest --asl-cov": "tests/emulator/coverage/test_plugin.py runs the example of its page",
    "python -m scripts.backends": "installs MiniStack, and answers until Ctrl-C",
    "curl": "asks the server of the command before; tests/emulator/tasks/test_graphql.py asks the same",
    "aws stepfunctions list-state-machines": "is another program",
    "export AWS_DEFAULT_REGION": "sets variables for the command after it",
    "esbuild": "is another program",
}
"""Beginnings of commands that are checked, but not run -> the reason."""

with_code = pytest.mark.parametrize("page", [page for page in PAGES if files(page)])


def write(page: str, folder: Path) -> None:
    """Write the files of a page into a folder, as a reader would."""
    for name, text in files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def run(arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run this Python with ``arguments`` in a folder, as a user of the installed package would."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "EMULATOR", "AWS"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block.place}: a block without a language that is known here"
        assert block.file or block.language in PLAIN, f"{block.place}: the block names no file"


@with_code
def test_its_tests_pass_as_they_are_printed(page: str, tmp_path: Path) -> None:
    write(page, tmp_path)
    tests = [name for name in files(page) if Path(name).name.startswith("test_") and (page, name) not in FILES_NOT_RUN]
    if any("node:" in files(page)[name] for name in tests) and not node_major():
        pytest.skip("needs Node.js")
    if tests:
        done = run(
            ["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly", *tests], tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        written = sum(len(re.findall(r"^def test_", files(page)[name], re.MULTILINE)) for name in tests)
        passed = re.search(r"(\d+) passed", done.stdout)
        assert passed is not None, done.stdout
        assert int(passed[1]) >= written, done.stdout


@with_code
def test_its_other_python_files_run_as_they_are_printed(page: str, tmp_path: Path) -> None:
    write(page, tmp_path)
    for name, text in files(page).items():
        if name.endswith(".py"):
            compile(text, name, "exec")
            if not Path(name).name.startswith("test_") and (page, name) not in FILES_NOT_RUN:
                done = run(["-W", "error", name], tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr


def test_json_and_yaml_are_named_in_the_text_before() -> None:
    for page in PAGES:
        lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
        for block in blocks(page):
            if block.language in ("json", "yaml"):
                assert f"`{block.file}`" in "\n".join(lines[max(0, block.line - 5) : block.line - 1]), block.place


COMMANDS: Final = [(page, words) for page in PAGES for words in commands(page)]


@pytest.mark.parametrize(
    ("page", "words"), COMMANDS, ids=[f"{page}: {' '.join(words)[:60]}" for page, words in COMMANDS]
)
def test_a_command_does_what_it_says(page: str, words: list[str], tmp_path: Path) -> None:
    left_out = next((start for start in COMMANDS_NOT_RUN if " ".join(words).startswith(start)), None)
    match words:
        case ["make", *rest]:
            check_make(rest)
        case ["pip", "install", *packages]:
            check_packages(packages)
        case ["emulate", *arguments]:
            check_options(arguments)
            if left_out is None:
                write(page, tmp_path)
                done = run(["-m", "emulator", *arguments], tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr
        case ["python", *arguments] if left_out is None:
            done = run(arguments, ROOT)
            assert done.returncode == 0, done.stdout + done.stderr
        case _:
            assert left_out is not None, f"{page}: nobody checks this command: {' '.join(words)}"


def check_make(words: list[str]) -> None:
    """The targets are the Makefile's, and so are the variables."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        name, assigned, _ = word.partition("=")
        assert re.search(rf"\$\({name}\)|\$\(value {name}\)" if assigned else rf"^{name}:", makefile, re.MULTILINE), (
            word
        )


def check_packages(packages: list[str]) -> None:
    """What is installed is this project, with extras that it has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for package in packages:
        match = re.fullmatch(r"([\w-]+)(?:\[([\w,]+)\])?", package)
        assert match is not None, package
        assert match[1] == project["name"], package
        assert set((match[2] or "").split(",")) <= {"", *project["optional-dependencies"]}, package


def check_options(arguments: list[str]) -> None:
    """The command and its options exist."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        _, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command, context = found, click.Context(found, info_name=found.name, parent=context)
    command.make_parser(context).parse_args(args=[*arguments])


def test_what_is_left_out_is_still_there() -> None:
    made = {(page, name) for page in PAGES for name in files(page)}
    assert made >= set(FILES_NOT_RUN)
    for start in COMMANDS_NOT_RUN:
        assert any(" ".join(words).startswith(start) for _, words in COMMANDS), start


def links(page: str) -> Iterator[tuple[str, str]]:
    """The path, from the root, and the anchor of each relative link; a link within the page has the page's own path."""
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (os.path.relpath((ROOT / page).parent / path, ROOT) if path else page), anchor


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page: lower case, blanks as hyphens, without punctuation."""
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", one)).strip().lower().replace(" ", "-") for one in headings
    }


@pytest.mark.parametrize("page", PAGES)
def test_each_link_of_a_page_leads_to_a_file_and_a_heading(page: str) -> None:
    for path, anchor in links(page):
        assert (ROOT / path).exists(), f"{page}: {path}"
        assert not anchor or anchor in anchors(path), f"{page}: {path}#{anchor}"


def test_each_page_can_be_reached_from_the_readme() -> None:
    reached, open_pages = set(), ["README.md"]
    while open_pages:
        page = open_pages.pop()
        if page not in reached and page in PAGES:
            reached.add(page)
            for path, _ in links(page):
                within = [one for one in PAGES if one.startswith(f"{path}/")]
                open_pages += within or [path]
    assert reached == set(PAGES)


def test_a_heading_of_the_changelog_is_there_once() -> None:
    unreleased = (
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("## [Unreleased]")[2].partition("\n## ")[0]
    )
    headings = re.findall(r"^#+ .*$", unreleased, re.MULTILINE)
    assert len(headings) == len(set(headings)), headings
    assert headings[0] == "### Breaking changes"


def test_each_error_path_has_its_test() -> None:
    text = (ROOT / "docs/error-paths.md").read_text(encoding="utf-8")
    code = "\n".join(files("docs/error-paths.md").values())
    rows = re.findall(r"^\| .* \| .* \| `(test_\w+)` \|$", text, re.MULTILINE)
    assert len(rows) >= 16
    for name in rows:
        assert f"def {name}(" in code, name


def test_the_message_of_a_backend_that_is_down_is_the_one_that_is_shown() -> None:
    [shown] = [block.text for block in blocks("docs/localstack.md") if block.language == "text"]
    with Emulator(backend="http://127.0.0.1:1") as emulator, pytest.raises(BackendError) as caught:
        emulator.client("dynamodb").list_tables()
    assert str(caught.value).replace("http://127.0.0.1:1", "http://localhost:4566") == shown.rstrip("\n")
