import pytest

from services.certificate.fonts import cjk_face, coverage, runs, text_faces


@pytest.mark.parametrize(
    ("text", "index"),
    [("東京タワー", 0), ("김철수", 1), ("张伟", 2), ("張偉", 3), ("王芳", 2), ("", 2)],
)
def test_han_takes_the_letter_forms_of_its_region(text: str, index: int) -> None:
    assert cjk_face(text).index == index


def test_a_run_is_what_one_face_can_shape() -> None:
    assert [run.text for run in runs("Ann ශ්‍රී 山田")] == ["Ann ", "ශ්‍රී", " ", "山田"]


def test_latin_never_opens_the_cjk_collection() -> None:
    assert {run.face for run in runs("Zoë Łukasiewicz, Đặng 2026")} == {text_faces()[0]}


def test_every_run_has_glyphs_for_its_characters() -> None:
    for run in runs("Ann Юлія محمد दिव्या 김철수 🚀 \ue000"):
        assert all(ord(char) in coverage(run.face) for char in run.text)
