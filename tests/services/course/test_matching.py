from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

import pytest

from services.course.matching import KnownLesson, match

LONG = " ".join(f"Sentence {number} says what {number * 7} is about." for number in range(40))
HAN = "編程入門從零開始。" * 3 + "循環與函數的使用方法。"


class Wanted(NamedTuple):
    key: str
    title: str
    body: str
    author_id: str = ""


def known(number: int, key: str, title: str, body: str, author_id: str = "") -> KnownLesson:
    return KnownLesson(UUID(int=number), author_id, key, title, body, archived=False)


def archived(number: int, key: str, title: str, body: str) -> KnownLesson:
    return known(number, key, title, body)._replace(archived=True)


def found(wanted: list[Wanted], *lessons: KnownLesson) -> list[int | None]:
    return [each and each.int for each in match(wanted, lessons)]


A = known(1, "lessons/01-a.md", "A", "Body.")
B = known(2, "lessons/02-b.md", "B", "The basics of B.")
C = known(3, "lessons/03-c.md", "C", "Body.")
WANTED_A = Wanted("lessons/01-a.md", "A", "Body.")
WANTED_C = Wanted("lessons/03-c.md", "C", "Body.")


@pytest.mark.parametrize(
    "renamed",
    [
        Wanted("lessons/02-basics.md", "B", "The basics of B."),
        Wanted("lessons/02-basics.md", "Basics", "The basics\nof B."),
        Wanted("lessons/02-basics.md", "b", "Something else."),
        Wanted("lessons/02-basics.md", "2. B", "Something else."),
        Wanted("lessons/02-basics.md", "Basics", "The basics of B, told anew."),
        Wanted("lessons/02-b.md", "Other", "Something else."),
        Wanted("lessons/99.md", "Other", "Something else.", "b"),
    ],
    ids=["file", "title", "body", "number", "a bit of both", "all but the file", "author id"],
)
def test_a_lesson_is_known_again(renamed: Wanted) -> None:
    b = B._replace(author_id="b") if renamed.author_id else B
    assert found([WANTED_A, renamed, WANTED_C], A, b, C) == [1, 2, 3]


def test_what_has_nothing_in_common_is_new() -> None:
    other = Wanted("lessons/02-x.md", "X", "Something else.")
    assert found([WANTED_A, other, WANTED_C], A, B, C) == [1, None, 3]


def test_a_new_lesson_may_take_the_number_of_another() -> None:
    old = [known(n, f"0{n}.md", title, f"{title} {LONG}") for n, title in enumerate("ABC", 1)]
    new = [
        Wanted("01.md", "A", f"A {LONG}"),
        Wanted("02.md", "New", "A word in between."),
        Wanted("03.md", "B", f"B {LONG} And more."),
        Wanted("04.md", "C", f"C {LONG}"),
    ]
    assert found(new, *old) == [1, None, 2, 3]


def test_files_that_change_places_keep_their_ids() -> None:
    old = [known(1, "01.md", "A", "Of A."), known(2, "02.md", "B", "Of B.")]
    new = [Wanted("01.md", "B", "Of B."), Wanted("02.md", "A", "Of A.")]
    assert found(new, *old) == [2, 1]


def test_a_title_that_several_have_tells_nothing() -> None:
    old = [known(n, f"{n}.md", "Exercise", f"Old {n}.") for n in (1, 2)]
    new = [Wanted("a.md", "Exercise", "One way."), Wanted("b.md", "Exercise", "Another.")]
    assert found(new, *old) == [None, None]
    same = [Wanted("b.md", "Exercise", "Old 2."), Wanted("a.md", "Exercise", "Old 1.")]
    assert found(same, *old) == [2, 1]


def test_lessons_without_a_text_are_not_alike() -> None:
    assert found([Wanted("x.md", "X", "")], known(1, "y.md", "Y", "")) == [None]


def test_two_ids_are_two_lessons() -> None:
    b = B._replace(author_id="one")
    other = Wanted(B.key, B.title, B.body, "two")
    assert found([other], b) == [None]
    assert found([other], B) == [2]
    assert found([other._replace(author_id="")], b) == [2]


def test_an_id_goes_before_everything() -> None:
    old = [known(1, "a.md", "A", "Of A.", "x"), known(2, "b.md", "B", "Of B.")]
    new = [Wanted("a.md", "A", "Of A."), Wanted("b.md", "B", "Of B.", "x")]
    assert found(new, *old) == [2, 1] or found(new, *old) == [None, 1]


def test_live_lessons_are_found_before_archived_ones() -> None:
    live, gone = known(1, "new.md", "A", "Of A."), archived(2, "a.md", "A", "Of A.")
    wanted = Wanted("a.md", "A", "Of A.")
    assert found([wanted], gone, live) == [1]
    assert found([wanted], gone) == [2]


@pytest.mark.parametrize(
    ("text", "change"),
    [(LONG, ("says", "tells")), (HAN, ("入門", "基礎"))],
    ids=["words", "without spaces"],
)
def test_a_text_is_known_by_most_of_its_words(text: str, change: tuple[str, str]) -> None:
    edited = text.replace(*change, 3)
    assert edited != text
    old = [known(1, "a.md", "A", text), known(2, "b.md", "B", LONG[::-1])]
    assert found([Wanted("x.md", "X", edited)], *old) == [1]


def test_the_most_alike_is_it() -> None:
    old = [known(1, "a.md", "A", LONG), known(2, "b.md", "B", LONG.replace("about", "for", 9))]
    new = [Wanted("x.md", "X", LONG.replace("about", "for", 10)), Wanted("y.md", "Y", LONG + " .")]
    assert found(new, *old) == [2, 1]


def test_500_lessons_renamed_and_rewritten_take_seconds() -> None:
    def text(start: int) -> str:
        return " ".join(str(number * start % 99_991) for number in range(1_000))

    old = [known(n, f"old-{n}.md", f"Old {n}", text(n + 7)) for n in range(1, 501)]
    new = [Wanted(f"new-{n}.md", f"New {n}", f"{text(n + 7)} more") for n in range(1, 501)]
    began = time.process_time()
    assert found(new, *old) == list(range(1, 501))
    assert time.process_time() - began < 10
