from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from services.certificate.dates import date_in_words
from services.certificate.pdf import CertificateText, render

URL = "https://academy.example/verify/STLR-7K2M-9QXD-44TP"
TIME = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)


def certificate(name: str = "Zoë Łukasiewicz", title: str = "IoT for Beginners") -> CertificateText:
    return CertificateText(name, title, TIME, "STLR-7K2M-9QXD-44TP", URL)


def text_of(pdf: bytes) -> str:
    return PdfReader(BytesIO(pdf)).pages[0].extract_text()


def image_of(pdf: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        image: Image.Image = document[0].render(scale=2).to_pil()
        return image.convert("L")


def test_says_who_what_when_and_which() -> None:
    text = text_of(render(certificate()))
    for part in ("Zoë Łukasiewicz", "IoT for Beginners", "22 November 2026", "7K2M-9QXD", URL):
        assert part in text


def test_qr_code_is_the_address() -> None:
    codes = zxingcpp.read_barcodes(image_of(render(certificate())))
    assert [code.text for code in codes] == [URL]


def test_is_one_a4_landscape_page_and_describes_itself() -> None:
    reader = PdfReader(BytesIO(render(certificate())))
    assert [round(side) for side in reader.pages[0].mediabox[2:]] == [842, 595]
    assert reader.metadata is not None
    assert reader.metadata.title == "Certificate: IoT for Beginners"
    assert reader.metadata.author == "Stellr Academy"
    assert reader.metadata.creation_date == TIME
    assert str(reader.root_object["/Lang"]) == "en"


@pytest.mark.parametrize("name", ["Zoë", "山田 太郎", "محمد", "Ann 🚀"])
def test_same_certificate_gives_same_bytes(name: str) -> None:
    assert render(certificate(name)) == render(certificate(name))


@pytest.mark.parametrize(
    "name",
    [
        "Ångström Đặng Žižek",
        "Ελένη Παπαδοπούλου",
        "Юлія Ковальчук",
        "ქეთევან",
        "Հայկ",
        "דוד",
        "山田 太郎",
        "김철수",
        "李小龍",
        "張偉",
        "王芳 Anna Юлія",
        "𠮷田",
        "สมชาย",
        "অনু",
    ],
)
def test_every_script_can_be_read_back(name: str) -> None:
    assert name in text_of(render(certificate(name)))


@pytest.mark.parametrize(
    "name", ["محمد عبد الله", "श्रीमती क्षत्रिय", "தமிழ்செல்வி", "ශ්‍රී", "មករា", "မြန်မာ"]
)
def test_shaped_scripts_embed_their_own_font(name: str) -> None:
    def embedded(pdf: bytes) -> set[str]:
        resources: Any = PdfReader(BytesIO(pdf)).pages[0]["/Resources"]
        return {str(font.get_object()["/BaseFont"]) for font in resources["/Font"].values()}

    assert len(embedded(render(certificate(name))) - embedded(render(certificate("Ann")))) == 1


@pytest.mark.parametrize(
    "name", ["Ann 🚀 👩‍🚀", "\ue000\U0010ffff", "\x00\x1f\u202e\ufeff", "", "\u0301", " "]
)
def test_what_no_font_has_does_no_harm(name: str) -> None:
    assert "IoT for Beginners" in text_of(render(certificate(name)))


def test_unknown_characters_show_a_replacement() -> None:
    assert "Ann \ufffd" in text_of(render(certificate("Ann \ue000")))


def test_controls_and_line_ends_become_spaces() -> None:
    text = text_of(render(certificate("Ann\r\nof\tCork\x00 \u202ereversed")))
    assert "Ann of Cork reversed" in text


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("W" * 120, "W" * 200),
        ("Maximiliana von und zu " * 5, "Foundations of a very long thing " * 6),
        ("山" * 120, "龍" * 200),
        ("é" * 5 + "x\u0301\u0302" * 38, "\ufdfd" * 200),
        ("محمد " * 24, "مقدمة في إنترنت " * 12),
    ],
)
def test_long_texts_stay_inside_the_frame(name: str, title: str) -> None:
    image = image_of(render(certificate(name, title)))
    millimetre = image.width / 297
    left, top, right, bottom = (round(side * millimetre) for side in (13, 13, 284, 197))
    margin = Image.new("L", image.size, 255)
    margin.paste(image.crop((left, top, right, bottom)), (left, top))
    ink = margin.point(lambda level: 255 if level < 200 else 0).getbbox()
    assert ink is not None
    assert ink[0] >= 33 * millimetre
    assert ink[2] <= 264 * millimetre
    band = image.crop((left, round(156 * millimetre), right, round(157 * millimetre)))
    assert band.getextrema() == (255, 255)


def test_date_is_the_day_in_utc() -> None:
    late = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert date_in_words(late) == "28 February 2026"
