import gzip
import io
import resource
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from services.gateway.importing import archive_refusals, unpacking
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
        (member("a/" * 12 + "file"), "more than 12 folders deep"),
        (member("a\\b"), "would lie outside"),
        (member("a\udcff"), "name in the archive is not valid"),
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
    for module in (unpacking, archive_refusals):
        monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    three = packed(*((member(f"lessons/{n}.md"), b"x") for n in range(3)))
    assert "more than 2 members" in reason(three, tmp_path)
    for module in (unpacking, archive_refusals):
        monkeypatch.setattr(module, "MAX_TOTAL_BYTES", 1024 * 1024)
    large = packed((member("files/a.pdf"), b"x" * 1_100_000))
    assert "more than 1 MB" in reason(large, tmp_path)


def pax(records: bytes) -> bytes:
    """An extended header with these records, in blocks."""
    header = member("x", tarfile.XHDTYPE)
    header.size = len(records)
    return header.tobuf(tarfile.USTAR_FORMAT) + records + b"\0" * (-len(records) % 512)


def chain_of_headers() -> bytes:
    """Four thousand members with a header of 900 KB each, in 4 MB: tarfile kept 3.5 GB of it."""
    extension = pax(b"900014 comment=" + b"x" * 899_998 + b"\n")
    return gzip.compress((extension + member("a").tobuf()) * 400, 1) * 10


def digits() -> bytes:
    """CVE-2024-6232: tarfile looks through digits in square time."""
    return gzip.compress(pax(b"1" * 900_000))


def long_name_of_gzip() -> bytes:
    """gzip reads the name of a file byte by byte."""
    return b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 40_000_000


def many_parts_of_gzip() -> bytes:
    return gzip.compress(b"") * 1_500_000


def directory_of_a_zip() -> bytes:
    """A million entries, which are read before anybody can count them."""
    entry = b"PK\x01\x02" + struct.pack("<4B4H3L5H2L", 20, 3, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0, 0, 800_000 * len(entry), 30, 0)
    return b"PK\x03\x04" + bytes(26) + entry * 800_000 + end


@pytest.mark.parametrize(
    "made",
    [chain_of_headers, digits, long_name_of_gzip, many_parts_of_gzip, directory_of_a_zip],
    ids=lambda made: made.__name__,
)
def test_no_archive_costs_much(tmp_path: Path, made: Callable[[], bytes]) -> None:
    content = made()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.thread_time()
    assert reason(io.BytesIO(content), tmp_path)
    assert time.thread_time() - began < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_names_of_all_dialects_are_read(tmp_path: Path) -> None:
    names = ["course.yaml", f"files/{'ü' * 40}.pdf", f"files/{'b' * 60}/{'c' * 90}.pdf"]
    for kind in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w:gz", format=kind) as tar:
            for name in names:
                info = member(name)
                info.size, info.mtime = len(name.encode()), 1.5 if kind == tarfile.PAX_FORMAT else 1
                tar.addfile(info, io.BytesIO(name.encode()))
        target.seek(0)
        directory = tmp_path / str(kind)
        directory.mkdir()
        unpack_bundle(target, directory)
        found = {path.relative_to(directory).as_posix() for path in directory.rglob("*.*")}
        assert found == set(names)
        assert all((directory / name).read_text() == name for name in names)


def test_what_git_archives_is_read(tmp_path: Path) -> None:
    """It begins with a header for all members."""
    target = io.BytesIO()
    headers = {"comment": "5f1d"}
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as tar:
        tar.addfile(member("course.yaml"))
    target.seek(0)
    assert unpack_bundle(target, tmp_path) == tmp_path


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_is_compressed_as_all_programs_do(tmp_path: Path, method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("course.yaml", "slug: x")
    target.seek(0)
    assert "compressed in a way" in reason(target, tmp_path)


def test_a_zip_has_few_folders_in_each_other(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/" * 900 + "file", "")
    target.seek(0)
    assert "more than 12 folders deep" in reason(target, tmp_path)
