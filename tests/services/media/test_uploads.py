import pytest

from services.kit.errors import InvalidArgument, ResourceExhausted
from services.media.uploads import LIMIT_BYTES, checked, read_chunks, read_header
from stellr.media.v1 import media_internal_service_pb2 as pb

PDF = "application/pdf"
HEADER = pb.UploadObjectRequest(header=pb.ObjectHeader(mime_type=PDF))


def chunk(data: bytes) -> pb.UploadObjectRequest:
    return pb.UploadObjectRequest(chunk=data)


def test_the_header_comes_first_and_once() -> None:
    parts = iter([HEADER, chunk(b"a"), chunk(b"b")])
    assert read_header(parts).mime_type == PDF
    assert list(read_chunks(parts)) == [b"a", b"b"]
    for wrong in ([], [chunk(b"a")]):
        with pytest.raises(InvalidArgument, match="header"):
            read_header(iter(wrong))
    with pytest.raises(InvalidArgument, match="once"):
        list(read_chunks([chunk(b"a"), HEADER]))


@pytest.mark.parametrize(
    "chunks", [[b"%PDF-1.7 rest"], [b"%", b"PD", b"", b"F-", b"1.7"], [b"%PDF-"]]
)
def test_a_pdf_passes_in_any_pieces(chunks: list[bytes]) -> None:
    assert list(checked(chunks, PDF)) == chunks


@pytest.mark.parametrize(
    "chunks", [[], [b""], [b"%PDF"], [b"<html>"], [b"%PD", b"G-1.7"], [b" %PDF-1.7"]]
)
def test_what_does_not_begin_like_a_pdf_is_none(chunks: list[bytes]) -> None:
    with pytest.raises(InvalidArgument, match="application/pdf"):
        list(checked(chunks, PDF))


def test_what_is_no_pdf_is_refused_before_it_is_read() -> None:
    later = iter([b"<html>", b"never read"])
    with pytest.raises(InvalidArgument):
        list(checked(later, PDF))
    assert next(later) == b"never read"


def test_fifty_mebibytes_are_the_most() -> None:
    piece = b"x" * (1024 * 1024)
    most = [b"%PDF-" + piece[5:]] + [piece] * 49
    assert sum(map(len, checked(most, PDF))) == LIMIT_BYTES
    with pytest.raises(ResourceExhausted):
        list(checked([*most, b"x"], PDF))
