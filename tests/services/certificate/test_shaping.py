from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.certificate.fonts import cjk_face, coverage, rare_face, text_faces, without_glyph
from services.certificate.names import clean
from services.certificate.shaping import Line, is_right_to_left, shape

ARABIC = "محمد علي"


def read(line: Line, *, turned: str = "") -> str:
    """The characters of a line in reading order; of pieces that begin with one of `turned`, from
    right to left."""
    return "".join(
        "".join(cell.char for cell in piece.cells)[:: -1 if piece.cells[-1].char in turned else 1]
        for piece in line.pieces
    )


def from_left(line: Line) -> str:
    pieces = sorted(line.pieces, key=lambda piece: piece.left)
    return "".join(cell.char for piece in pieces for cell in piece.cells)


@pytest.mark.parametrize("text", ["Zoë", "श्रीमती क्षत्रिय", "ស្រីមុំ", "தமிழ்", "👩\u200d🚀 Ann", "山田"])
def test_each_character_is_one_cell_in_reading_order(text: str) -> None:
    assert read(shape(text)) == text


def test_characters_that_are_drawn_together_share_their_width() -> None:
    (piece,) = shape("ក្រ").pieces
    inked = [bool(cell.inks) for cell in piece.cells]
    assert inked == [True, False, False]
    widths = [cell.width for cell in piece.cells]
    assert max(widths) - min(widths) <= 1


def test_right_to_left_letters_stand_from_the_right() -> None:
    line = shape(ARABIC, right_to_left=True)
    assert from_left(line) == ARABIC[::-1]
    assert read(line, turned=ARABIC) == ARABIC


def test_the_pieces_of_a_mixed_line_come_in_reading_order() -> None:
    line = shape(f"{ARABIC} (Mo) 3rd", right_to_left=True)
    assert read(line, turned=ARABIC[0]) == f"{ARABIC} (Mo) 3rd"
    assert from_left(line) == "3rd )Mo( " + ARABIC[::-1]


def test_numbers_between_right_to_left_words_keep_their_place() -> None:
    assert from_left(shape("Zoë محمد 123 علي")) == "Zoë " + "علي"[::-1] + " 123 " + "محمد"[::-1]


@given(st.text(st.sampled_from("aé1 (-)!محمدعليّדוד٢٣क्षि山🚀\u200d"), max_size=12).map(clean))
def test_pieces_touch_and_nothing_is_lost(text: str) -> None:
    line = shape(text, right_to_left=is_right_to_left(text))
    assert sorted(from_left(line)) == sorted(text)
    spans = sorted((p.left, p.left + sum(cell.width for cell in p.cells)) for p in line.pieces)
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert [spans[0][0], spans[-1][1]] == [0, line.width] if spans else line.width == 0


FACES = (*text_faces(), cjk_face(""), rare_face())
COVERED = sorted({chr(code) for face in FACES for code in coverage(face)})


@given(st.text(st.sampled_from(COVERED), max_size=8).map(clean))
def test_what_has_glyphs_is_never_shown_as_a_box(text: str) -> None:
    assume(not without_glyph(text))
    line = shape(text, right_to_left=is_right_to_left(text))
    assert all(ink.glyph for piece in line.pieces for cell in piece.cells for ink in cell.inks)
