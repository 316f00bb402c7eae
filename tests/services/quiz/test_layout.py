from itertools import count
from uuid import UUID, uuid4

from services.quiz import gift
from services.quiz.kept import QuizVersion
from services.quiz.layout import asked, draws, shown
from services.quiz.matching import with_ids
from services.quiz.rules import Rules

GIFT = """A {=a ~b ~c ~d}\n\nB {T}\n\nC {=1 -> x =2 -> y =3 -> x = -> z}\n\nD {>
one
two
three
four
}\n\nE {=e}\n\nF {#1}"""


def version(**rules: object) -> QuizVersion:
    ids = (UUID(int=number) for number in count(1))
    questions = with_ids(gift.parse(GIFT), (), ids)
    return QuizVersion(next(ids), next(ids), "Quiz", 60, questions, Rules(**rules))  # type: ignore[arg-type]


def layout(quiz: QuizVersion, seed: str) -> list[object]:
    shuffle = quiz.rules.shuffle
    return [(each.text, shown(each, seed, shuffle=shuffle)) for each in asked(quiz, seed)]


def test_all_stays_as_its_author_ordered_it_but_what_order_would_tell() -> None:
    quiz = version()
    for seed in map(str, range(20)):
        assert asked(quiz, seed) == quiz.questions
    choice, truth, pairs, order, text, number = quiz.questions
    seeds = [str(uuid4()) for _ in range(50)]
    assert {shown(choice, seed, shuffle=False).options for seed in seeds} == {choice.options}
    assert {shown(pairs, seed, shuffle=False).lefts == ["1", "2", "3"] for seed in seeds} == {True}
    assert len({tuple(shown(pairs, seed, shuffle=False).rights) for seed in seeds}) > 1
    assert len({tuple(shown(order, seed, shuffle=False).options) for seed in seeds}) > 1
    rights = shown(pairs, "s", shuffle=False).rights
    assert sorted(rights) == ["x", "y", "z"]
    assert not any(any(shown(each, "s", shuffle=True)) for each in (text, number))
    assert shown(truth, "s", shuffle=True).options == truth.options


def test_what_is_shuffled_stays_within_an_attempt() -> None:
    quiz = version(shuffle=True)
    seeds = [str(uuid4()) for _ in range(50)]
    assert all(layout(quiz, seed) == layout(quiz, seed) for seed in seeds)
    assert len({tuple(each.text for each in asked(quiz, seed)) for seed in seeds}) > 10
    choice = quiz.questions[0]
    first = {shown(choice, seed, shuffle=True).options[0].text for seed in seeds}
    assert first == {"a", "b", "c", "d"}


def test_questions_are_drawn_in_the_authors_order() -> None:
    quiz = version(draw_count=2)
    assert draws(quiz)
    assert not draws(version(draw_count=6))
    drawn = [[each.text for each in asked(quiz, str(uuid4()))] for _ in range(200)]
    assert all(len(each) == 2 and each == sorted(each) for each in drawn)
    assert {text for each in drawn for text in each} == set("ABCDEF")
