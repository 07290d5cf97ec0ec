"""Packages that cannot be unpacked are refused in Lambda's words."""

import io
import zipfile
from pathlib import Path

import pytest

from emulator.lambda_.task_root import UNZIPPED_LIMIT, unpack

CODE = "def handler(event, context):\n    return event\n"


def packed(*entries: tuple[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return content.getvalue()


def changed(archive: bytes, at: int, central: int, value: int) -> bytes:
    """With a byte of the header of its only file set, in both places where it is."""
    spoilt = bytearray(archive)
    spoilt[at] = spoilt[spoilt.find(b"PK\x01\x02") + central] = value
    return bytes(spoilt)


@pytest.mark.parametrize(
    "archive",
    [
        packed(("a", "x"), ("a/b", "y")),
        packed(("a/b", "y"), ("a", "x")),
        packed(("a.py/", ""), ("a.py", CODE)),
        packed(("x" * 300 + ".py", CODE)),
        packed(("/".join("d" * 3000) + "/a.py", CODE)),
        packed(("a.py", CODE))[:-40],
        changed(packed(("a.py", CODE)), 6, 8, 1),
        changed(packed(("a.py", CODE)), 8, 10, 99),
        packed(("a.py", CODE)).replace(CODE[:3].encode(), b"xxx").replace(b"PK\x03\x04", b"PK\x03\x05"),
        b"",
        b"no zip",
    ],
    ids=["a-a/b", "a/b-a", "folder", "long", "deep", "cut", "encrypted", "method", "spoilt", "empty", "none"],
)
def test_a_package_that_cannot_be_unpacked(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Could not unzip uploaded file"):
        unpack(archive, tmp_path)


def test_a_package_without_files_and_one_that_grows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="non-empty zip"):
        unpack(packed(), tmp_path)
    with pytest.raises(ValueError, match=f"smaller than {UNZIPPED_LIMIT} bytes"):
        unpack(packed(("zeros", "\0" * UNZIPPED_LIMIT)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_outside_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    link = zipfile.ZipInfo("link.py")
    link.external_attr = 0o120777 << 16
    content = io.BytesIO(packed(("../out.py", CODE), ("/abs.py", CODE), ("a.py", CODE)))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    unpack(content.getvalue(), inside)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert sorted(path.name for path in inside.iterdir()) == ["a.py", "abs.py", "link.py", "out.py"]
    assert not (inside / "link.py").is_symlink()
