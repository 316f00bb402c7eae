from uuid import UUID

from services.quiz import gift
from services.quiz.kept import IdPool, id_count, rows, source_hash

QUIZ = UUID(int=1)
TEXT = "Q1 {=a#yes ~b}\n\nQ2 {=a ~c}\n\nQ1 {=x ~y}\n"


def kept(text: str, known: IdPool) -> list[tuple[str, str, list[tuple[str, str]]]]:
    questions, options = rows(QUIZ, gift.parse(text), known)
    return [
        (
            question["text"],
            question["question_id"],
            [
                (option["text"], option["option_id"])
                for option in options
                if option["question_id"] == question["question_id"]
            ],
        )
        for question in questions
    ]


def pool(version: list[tuple[str, str, list[tuple[str, str]]]], start: int) -> IdPool:
    known: list[tuple[object, UUID]] = [(text, UUID(each)) for text, each, _ in version]
    for _, question_id, options in version:
        known += [((UUID(question_id), text), UUID(each)) for text, each in options]
    return IdPool(known, iter([UUID(int=number) for number in range(start, start + 100)]))


def test_everything_new_gets_an_id_of_its_own() -> None:
    first = kept(TEXT, pool([], 100))
    ids = [question for _, question, _ in first]
    ids += [option for _, _, options in first for _, option in options]
    assert len(set(ids)) == len(ids) == id_count(gift.parse(TEXT)) == 9


def test_what_stays_keeps_its_id_wherever_it_moves() -> None:
    first = kept(TEXT, pool([], 100))
    moved = kept("Q2 {~c =a ~d}\n\nQ1 {=a ~b}\n", pool(first, 1000))
    assert moved[0][:2] == first[1][:2]
    assert moved[1] == first[0]
    before, after = dict(first[1][2]), dict(moved[0][2])
    assert {text: after[text] for text in ("a", "c")} == before
    assert UUID(after["d"]).int >= 1000


def test_two_questions_of_one_text_keep_one_id_each() -> None:
    first = kept(TEXT, pool([], 100))
    assert kept(TEXT, pool(first, 1000)) == first


def test_the_rows_hold_what_the_author_wrote() -> None:
    questions, options = rows(QUIZ, gift.parse("::T::Q {=a#yes ~%-50%b ####gen}"), pool([], 1))
    assert questions == [
        {
            "question_id": str(UUID(int=1)),
            "quiz_id": str(QUIZ),
            "position": 0,
            "title": "T",
            "text": "Q",
            "kind": "single_choice",
            "points": 1,
            "feedback": "gen",
        }
    ]
    assert [(each["text"], each["is_right"], each["weight"]) for each in options] == [
        ("a", True, None),
        ("b", False, -50.0),
    ]


def test_the_hash_is_of_the_content_and_not_of_the_lines() -> None:
    def hashed(text: str, title: str = "T", pass_percentage: int = 60) -> str:
        return source_hash(title, pass_percentage, gift.parse(text))

    same = hashed("Q {=a ~b}")
    assert hashed("// a comment\n\nQ {\n  =a\n  ~b\n}\n") == same
    others = {
        hashed("Q {=a ~c}"),
        hashed("Q {=a#why ~b}"),
        hashed("Q {~a =b}"),
        hashed("Q {=a ~b}", title="U"),
        hashed("Q {=a ~b}", pass_percentage=61),
    }
    assert len(others) == 5
    assert same not in others
