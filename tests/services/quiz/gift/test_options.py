import pytest

from services.quiz.gift import GiftError, parse
from services.quiz.questions import QuestionKind


def texts(gift: str) -> list[str]:
    (question,) = parse(gift)
    return [each.text for each in question.options]


@pytest.mark.parametrize(
    ("gift", "expected"),
    [
        ("q {\n=true\n~True\n~TRUE\n}", ["true", "True", "TRUE"]),
        ("q {=String ~string}", ["String", "string"]),
        ("q {=a b ~a  b ~ab}", ["a b", "a  b", "ab"]),
        ("q {\n=    print(i)\n~print(i)\n}", ["    print(i)", "print(i)"]),
        ("q {\n~ print(i)\n=     print(i)\n}", ["print(i)", "    print(i)"]),
        ("q {\n~%50%\tx\n~%50%x\n~y}", ["    x", "x", "y"]),
        ("q {\n=    Paris\n~  Lyon\n~Nice\n}", ["Paris", "Lyon", "Nice"]),
    ],
)
def test_options_that_differ_in_any_sign_are_options(gift: str, expected: list[str]) -> None:
    assert texts(gift) == expected


@pytest.mark.parametrize(
    "gift",
    [
        "q {=same ~same}",
        "q {=same ~ same }",
        "q {=same ~    same}",
        "q {\n= same\n~same\n}",
        "q {\n=\n    same\n~same\n}",
        "q {\n=    same\n~    same\n~same}",
        r"q {=a\=b ~[markdown]a\=b}",
        "q {=[html]<p>same</p> ~same}",
    ],
)
def test_equal_options_are_refused(gift: str) -> None:
    with pytest.raises(GiftError, match="is there twice"):
        parse(gift)


def test_code_keeps_the_indentation_that_goes_beyond_its_marks() -> None:
    gift = "q {\n  =for i in x:\n      print(i)\n  ~for i in x:\n  print(i)\n}"
    assert texts(gift) == ["for i in x:\n    print(i)", "for i in x:\nprint(i)"]
    assert texts("q {=one\n   line ~b}") == ["one\nline", "b"]


@pytest.mark.parametrize(
    ("option", "weight", "text"),
    [
        ("%50%Paris", 50, "Paris"),
        (" %50% Paris", 50, "Paris"),
        ("%33.33333%Paris", 33.33333, "Paris"),
        ("%-33.%Paris", -33, "Paris"),
        ("%50%%*%", 50, "%*%"),
        ("%50%20%", 50, "20%"),
        ("%*%", None, "%*%"),
        ("%in%", None, "%in%"),
        ("%x%y", None, "%x%y"),
        ("%50", None, "%50"),
        ("%5d and %s", None, "%5d and %s"),
        ("50% of 20%", None, "50% of 20%"),
        ("a %50% b", None, "a %50% b"),
        ("%%", None, "%%"),
        ("% 50 %", None, "% 50 %"),
        ("[html]%50%", None, "%50%"),
    ],
)
def test_only_a_number_before_an_option_is_a_weight(
    option: str, weight: float | None, text: str
) -> None:
    (question,) = parse(f"q {{=right ~{option} ~wrong}}")
    assert question.kind is QuestionKind.SINGLE_CHOICE
    assert (question.options[1].weight, question.options[1].text) == (weight, text)


def test_an_arrow_makes_a_matching_question_only_in_texts_without_a_wrong_answer() -> None:
    assert texts("q {=a -> b ~c}") == ["a -> b", "c"]
    kinds = [parse(gift)[0].kind for gift in ("q {=a -> b =c -> d}", "q {=a #b -> c}")]
    assert kinds == [QuestionKind.MATCHING, QuestionKind.SHORT_TEXT]
