import gzip
import io
import tarfile
from pathlib import Path

import pytest

from services.gateway.importing import archive, archive_refusals
from services.gateway.importing.archive import pack_bundle, unpack_bundle
from services.gateway.importing.bundle import inspect_bundle
from services.gateway.importing.defects import BundleError

DEMO = Path(__file__).parents[4] / "edge" / "demo" / "the-night-sky"


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    target.seek(0)
    return target


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def reason(source: io.BytesIO, directory: Path) -> str:
    with pytest.raises(BundleError) as error:
        unpack_bundle(source, directory)
    (defect,) = error.value.defects
    return defect.reason


def test_what_is_packed_comes_out_again(tmp_path: Path) -> None:
    target = io.BytesIO()
    pack_bundle(DEMO, target)
    target.seek(0)
    root = unpack_bundle(target, tmp_path)
    unpacked, original = inspect_bundle(root).course, inspect_bundle(DEMO).course
    assert unpacked is not None
    assert original is not None
    assert [each.body for each in unpacked.lessons] == [each.body for each in original.lessons]


def test_packs_only_the_bundle_and_always_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    for name in ("course.yaml", "lessons/a.md", "secret.txt", ".env"):
        (tmp_path / name).write_text(name)
    (tmp_path / "lessons" / "link.md").symlink_to("/etc/hostname")
    first, second = io.BytesIO(), io.BytesIO()
    pack_bundle(tmp_path, first)
    pack_bundle(tmp_path, second)
    assert first.getvalue() == second.getvalue()
    first.seek(0)
    with tarfile.open(fileobj=first) as tar:
        assert tar.getnames() == ["course.yaml", "lessons/a.md"]


def test_packing_needs_a_course(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="missing"):
        pack_bundle(tmp_path, io.BytesIO())


def test_one_folder_around_the_bundle_is_accepted(tmp_path: Path) -> None:
    source = packed((member("my-course/course.yaml"), b"slug: x"))
    assert unpack_bundle(source, tmp_path) == tmp_path / "my-course"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (member("../escape"), "would lie outside"),
        (member("a/../../escape"), "would lie outside"),
        (member("/etc/escape"), "would lie outside"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "neither a file nor a directory"),
        (member("link", tarfile.LNKTYPE, "course.yaml"), "neither a file nor a directory"),
        (member("pipe", tarfile.FIFOTYPE), "neither a file nor a directory"),
        (member("device", tarfile.CHRTYPE), "neither a file nor a directory"),
        (member("course.yaml/below"), "too long or is taken twice"),
        (member("lessons/" + "x" * 300), "too long or is taken twice"),
        (member("a" * 2_000_000), "header of the archive is too large"),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.name[:20],
)
def test_hostile_members_are_refused(tmp_path: Path, info: tarfile.TarInfo, expected: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    assert expected in reason(packed((member("course.yaml"), b"x"), (info, b"")), inside)
    assert {path.name for path in tmp_path.iterdir()} == {"inside"}
    assert not any(path.is_symlink() for path in inside.iterdir())


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no archive" * 100), gzip.compress(b"x" * 5_000_000)],
    ids=["empty", "text", "zipped text", "bomb"],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    assert reason(io.BytesIO(content), tmp_path)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    pack_bundle(DEMO, target)
    assert "damaged" in reason(io.BytesIO(target.getvalue()[:3_000]), tmp_path)


def test_a_chain_of_extended_headers_is_refused(tmp_path: Path) -> None:
    header = member("x", tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    source = io.BytesIO(gzip.compress(header * 3_000))
    assert reason(source, tmp_path)


def test_number_and_size_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (archive, archive_refusals):
        monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    three = packed(*((member(f"lessons/{n}.md"), b"x") for n in range(3)))
    assert "more than 2 members" in reason(three, tmp_path)
    for module in (archive, archive_refusals):
        monkeypatch.setattr(module, "MAX_TOTAL_BYTES", 1024 * 1024)
    large = packed((member("files/a.pdf"), b"x" * 1_100_000))
    assert "more than 1 MB" in reason(large, tmp_path)
