from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from services.certificate.names import NAMELESS, clean
from services.certificate.pdf import CertificateText, render

URL = "https://academy.example/verify/STLR-7K2M-9QXD-44TP"
TIME = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
NOTHING = ["", " ", "\u3164", "\u0301", "\x00\x1f\u202e\ufeff"]


def certificate(
    name: str = "Zoë Łukasiewicz", title: str = "IoT for Beginners", timezone: str = ""
) -> CertificateText:
    return CertificateText(
        name, title, TIME, date(2026, 11, 23), timezone, "STLR-7K2M-9QXD-44TP", URL
    )


def text_of(pdf: bytes) -> str:
    return PdfReader(BytesIO(pdf)).pages[0].extract_text()


def copied_from(pdf: bytes) -> str:
    """The text as PDFium, and so Chromium, copies it."""
    with pypdfium2.PdfDocument(pdf) as document:
        text: str = document[0].get_textpage().get_text_range()
        return text


def structure_of(pdf: bytes) -> list[str]:
    """The texts of the structure tree, in reading order."""
    root: Any = PdfReader(BytesIO(pdf)).root_object["/StructTreeRoot"]
    return [str(one.get_object()["/ActualText"]) for one in root["/K"][0].get_object()["/K"]]


def image_of(pdf: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        image: Image.Image = document[0].render(scale=2).to_pil()
        return image.convert("L")


def test_says_who_what_when_and_which() -> None:
    text = text_of(render(certificate()))
    for part in ("Zoë Łukasiewicz", "IoT for Beginners", "23 November 2026", "7K2M-9QXD", URL):
        assert part in text
    assert "UTC" not in text
    assert "STELLR ACADEMY" in text


def test_the_zone_stands_beside_a_day_that_is_not_the_learners_own() -> None:
    assert "Date of issue (UTC)\n23 November 2026" in text_of(render(certificate(timezone="UTC")))


def test_qr_code_is_the_address() -> None:
    codes = zxingcpp.read_barcodes(image_of(render(certificate())))
    assert [code.text for code in codes] == [URL]


def test_is_one_a4_landscape_page_and_describes_itself() -> None:
    reader = PdfReader(BytesIO(render(certificate())))
    assert [round(side) for side in reader.pages[0].mediabox[2:]] == [842, 595]
    assert reader.metadata is not None
    assert reader.metadata.title == "Certificate: IoT for Beginners"
    assert reader.metadata.subject == "Zoë Łukasiewicz, certificate STLR-7K2M-9QXD-44TP"
    assert reader.metadata.author == "Stellr Academy"
    assert reader.metadata.creation_date == TIME
    assert str(reader.root_object["/Lang"]) == "en"


def test_its_structure_says_all_of_it_in_reading_order() -> None:
    long, mixed = "W" * 90, "محمد علي (Mo) 3rd"
    texts = structure_of(render(certificate(mixed, long)))
    assert texts[:6] == [
        "STELLR ACADEMY",
        "Certificate of Completion",
        "This is to certify that",
        mixed,
        "has completed the course",
        long,
    ]


@pytest.mark.parametrize("name", ["Zoë", "山田 太郎", "محمد (Mo)", "Ann 🚀", "ⵎⵓⵃⴰⵎⵎⴰⴷ"])
def test_same_certificate_gives_same_bytes(name: str) -> None:
    assert render(certificate(name)) == render(certificate(name))


ONE_DIRECTION = [
    "Ångström Đặng Žižek",
    "Ελένη Παπαδοπούλου",
    "Юлія Ковальчук",
    "ქეთევან",
    "Հայկ",
    "דוד כהן",
    "محمد عبد الله",
    "می\u200cنویسم شهر",
    "ދިވެހި",
    "श्रीमती क्षत्रिय",
    "தமிழ்செல்வி",
    "ශ්\u200dරී",
    "ស្រីមុំ ងាម",
    "မြန်မာ",
    "สมชาย",
    "অনু",
    "山田 太郎",
    "김철수",
    "李小龍",
    "張偉",
    "王芳 Anna Юлія",
    "\U00020bb7田",
    "ⵎⵓⵃⴰⵎⵎⴰⴷ",
    "ᏣᎳᎩ",
    "ᐃᓄᒃᑎᑐᑦ",
    "Ann 🚀 👩\u200d🚀",
    "Ann “Nan” O'Neil-Smith, Jr.",
]
MIXED = [
    "محمد علي (Mo) 3rd",
    "Zoë الْخَوَارِزْمِيّ 王小明",
    "דוד (Dudi) כהן",
    "Zoë محمد 123 علي",
    "عبد-الله Ann",
    "مہک بلوچ ٢٣",
]


@pytest.mark.parametrize("name", [*ONE_DIRECTION, *MIXED])
def test_the_text_is_the_name_in_every_script(name: str) -> None:
    lines = text_of(render(certificate(name))).splitlines()
    assert lines[lines.index("This is to certify that") + 1] == clean(name)


@pytest.mark.parametrize("name", ONE_DIRECTION)
def test_what_is_copied_is_the_name_in_every_script(name: str) -> None:
    assert clean(name) in copied_from(render(certificate(name)))


@pytest.mark.parametrize("name", MIXED)
def test_the_words_of_a_mixed_name_are_copied_whole(name: str) -> None:
    # PDFium orders the words of such a line by rules of its own, whatever a file says.
    copied = copied_from(render(certificate(name)))
    words = [word.strip("()") for word in clean(name).split() if not word[0].isdigit()]
    assert all(word in copied for word in words)


@pytest.mark.parametrize("name", ["محمد (Mo)", "山田", "ⵎⵓⵃ", "Ann 🚀"])
def test_one_font_is_embedded_whatever_the_script(name: str) -> None:
    resources: Any = PdfReader(BytesIO(render(certificate(name)))).pages[0]["/Resources"]
    (font,) = resources["/Font"].values()
    assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]


@pytest.mark.parametrize("name", NOTHING)
def test_a_name_in_which_nothing_can_be_seen_is_said_to_be_none(name: str) -> None:
    text = text_of(render(certificate(name)))
    assert f"This is to certify that\n{NAMELESS}\nhas completed the course" in text


def test_a_title_in_which_nothing_can_be_seen_does_no_harm() -> None:
    assert "Zoë Łukasiewicz" in text_of(render(certificate(title="\u3164")))


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
