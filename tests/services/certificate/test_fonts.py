from __future__ import annotations

import pytest

from services.certificate.fonts import (
    cjk_face,
    coverage,
    rare_face,
    runs,
    text_faces,
    without_glyph,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [("東京タワー", 0), ("김철수", 1), ("张伟", 2), ("張偉", 3), ("王芳", 2), ("", 2)],
)
def test_han_takes_the_letter_forms_of_its_region(text: str, number: int) -> None:
    assert cjk_face(text).number == number


def test_a_run_is_what_one_face_can_shape() -> None:
    assert [run.text for run in runs("Ann ශ්‍රී 山田")] == ["Ann ", "ශ්‍රී", " ", "山田"]


def test_latin_never_opens_the_cjk_collection() -> None:
    assert {run.face for run in runs("Zoë Łukasiewicz, Đặng 2026")} == {text_faces()[0]}


def test_kana_and_han_are_never_those_of_the_last_resort() -> None:
    assert {run.face for run in runs("東京タワーさくら")} == {cjk_face("タ")}
    assert {run.face for run in runs("ⵎⵓⵃⴰⵎⵎⴰⴷ")} == {rare_face()}


def test_every_run_has_glyphs_for_its_characters() -> None:
    for run in runs("Ann Юлія محمد दिव्या 김철수 🚀 \ue000"):
        assert all(ord(char) in coverage(run.face) for char in run.text)


@pytest.mark.parametrize(
    "name",
    [
        "Zoë الْخَوَارِزْمِيّ 王小明",
        "ⵎⵓⵃⴰⵎⵎⴰⴷ",
        "ᏣᎳᎩ",
        "ދިވެހި",
        "ߡߊ߬ߡߊ߬ߘߎ߫",
        "ᠮᠣᠩᠭᠣᠯ\u180b",
        "ꆈꌠꉙ",
        "ᐃᓄᒃᑎᑐᑦ",
        "𞤆𞤵𞤤𞤢𞤪",
        "ស្រីមុំ",
        "葛\U000e0100",
        "\U00020bb7田",
        "Ann 🚀 👩\u200d🚀 ❤\ufe0f 🇰🇪",
        "a\u202eb\u200b\x00",
    ],
)
def test_a_name_in_any_of_these_scripts_can_be_printed(name: str) -> None:
    assert without_glyph(name) == ""


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("Ann བོད", "བོད"),
        ("𒀀𒀀", "𒀀"),
        ("Ann \ue000\U0010ffff", "\ue000\U0010ffff"),
        ("x\U0001e000", "\U0001e000"),
    ],
)
def test_what_no_font_has_is_named_once(name: str, missing: str) -> None:
    assert without_glyph(name) == missing
