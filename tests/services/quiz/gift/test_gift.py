from time import process_time

import pytest

from services.quiz.gift import MAX_QUESTIONS, Defect, GiftError, parse
from services.quiz.questions import Option, Question, QuestionKind


def one(text: str) -> Question:
    questions = parse(text)
    assert len(questions) == 1
    return questions[0]


def defects(text: str) -> list[Defect]:
    with pytest.raises(GiftError) as error:
        parse(text)
    return error.value.defects


def test_reads_a_single_choice_with_title_and_feedback() -> None:
    question = one(
        "::Moon::What makes the Moon shine? {\n"
        "  =Sunlight #Yes, it is a mirror.\n"
        "  ~Its own fire #It is cold rock.\n"
        "  ~Starlight\n"
        "  ####The Moon reflects sunlight.\n"
        "}\n"
    )
    assert question == Question(
        text="What makes the Moon shine?",
        kind=QuestionKind.SINGLE_CHOICE,
        options=(
            Option("Sunlight", right=True, feedback="Yes, it is a mirror."),
            Option("Its own fire", right=False, feedback="It is cold rock."),
            Option("Starlight", right=False),
        ),
        line=1,
        title="Moon",
        points=1,
        feedback="The Moon reflects sunlight.",
    )


def test_reads_multiple_choice_with_weights() -> None:
    question = one("Which are planets? {~%50%Mars ~%50%Venus ~%-100%Sirius ~The Moon}")
    assert question.kind is QuestionKind.MULTIPLE_CHOICE
    assert [(each.text, each.right, each.weight) for each in question.options] == [
        ("Mars", True, 50),
        ("Venus", True, 50),
        ("Sirius", False, -100),
        ("The Moon", False, None),
    ]


@pytest.mark.parametrize("weight", ["33", "33.3", "33.33333"])
def test_three_thirds_are_a_whole(weight: str) -> None:
    question = one(f"q {{~%{weight}%a ~%{weight}%b ~%{weight}%c ~d}}")
    assert question.kind is QuestionKind.MULTIPLE_CHOICE


def test_weighted_equal_signs_make_a_multiple_choice() -> None:
    question = one("q {=%50%a =%50%b ~c}")
    assert question.kind is QuestionKind.MULTIPLE_CHOICE
    assert [each.right for each in question.options] == [True, True, False]


def test_partial_credit_leaves_a_single_choice_with_one_right_option() -> None:
    question = one("q {~%25%nearly =exactly ~no}")
    assert question.kind is QuestionKind.SINGLE_CHOICE
    assert [each.right for each in question.options] == [False, True, False]


@pytest.mark.parametrize(
    ("answer", "right"), [("T", "True"), ("TRUE", "True"), (" f ", "False"), ("FALSE", "False")]
)
def test_reads_true_false(answer: str, right: str) -> None:
    question = one(f"The Sun is a star {{{answer}}}")
    assert question.kind is QuestionKind.TRUE_FALSE
    assert [each.text for each in question.options] == ["True", "False"]
    assert [each.text for each in question.options if each.right] == [right]


def test_true_false_feedback_is_first_for_wrong_then_for_right() -> None:
    question = one("Stars are near {F#Alas, they are far.#Well seen.####Light years.}")
    assert [each.feedback for each in question.options] == ["Alas, they are far.", "Well seen."]
    assert question.feedback == "Light years."


def test_a_choice_between_true_and_false_is_true_false() -> None:
    question = one("q {\n  ~ TRUE #no\n  =false\n}")
    assert question.kind is QuestionKind.TRUE_FALSE
    assert question.options == (Option("True", False, feedback="no"), Option("False", True))


def test_undoes_escapes_and_keeps_other_backslashes() -> None:
    question = one(r"::a\:\:b::1 + 1 \= \{2\}\: \\n \(x\)\nnext {=a\#b\~c ~d\=e}")
    assert question.title == "a::b"
    assert question.text == "1 + 1 = {2}: \\n \\(x\\)\nnext"
    assert [each.text for each in question.options] == ["a#b~c", "d=e"]


def test_missing_word_leaves_a_blank() -> None:
    question = one("The Sun {=rises ~sets} in the east.")
    assert question.text == "The Sun _____ in the east."


def test_ignores_comments_categories_bom_and_carriage_returns() -> None:
    text = (
        "\ufeff// a comment { =\r\n$CATEGORY: stars/near\r\n\r\n"
        "First\r\n// in between\r\nline {\r\n  // inside }\r\n\r\n  =a\r\n\r\n  ~b\r\n}\r\n\r\n"
        "   \r\n::Q2::Second {T}\r\n::Q3::Third {F}"
    )
    first, second, third = parse(text)
    assert first.text == "First\nline"
    assert [each.text for each in first.options] == ["a", "b"]
    assert [each.line for each in (first, second, third)] == [4, 15, 16]


def test_takes_any_unicode() -> None:
    question = one("Où est 北斗七星 ? ✨\u2028 {=हाँ ~أجل\u0085x}")
    assert question.text == "Où est 北斗七星 ? ✨"
    assert [each.text for each in question.options] == ["हाँ", "أجل\u0085x"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\nq {\n ~a\n ~b\n}", 2, "no right answer"),
        ("q {\n =a\n ~b\n =c\n}", 4, "2 right answers in a single choice"),
        ("q {\n =the moon\n ~ the moon \n}", 3, 'the option "the moon" is there twice'),
        ("q {\n =a\n ~\n}", 3, "an option has no text"),
        ("q {\n ~%100%a\n}", 1, "at least two options"),
        ("\n{=a ~b}", 2, "the question has no text"),
        ("::title:: {=a ~b}", 1, "the question has no text"),
        ("::title q {=a ~b}", 1, "the title is never closed"),
        ("q\n{\n =a\n ~b", 2, "never closed"),
        ("just words", 1, "text outside a question"),
        ("q {=a ~b}\nq {=a ~b}", 2, "a second '{'"),
        ("q } {=a ~b}", 1, "a '}' without"),
        ("q {\nwords =a ~b}", 2, 'text outside an option ("words")'),
        ("q {}", 1, "essay questions are not supported"),
        ("q {=a =b ~c}", 1, "2 right answers"),
        ("q {\n=a\n~%101%b\n}", 3, "a weight is a number from %-100% to %100%"),
        ("q {\n=a\n~%33,3%b\n}", 3, "with a point before its decimals"),
        ("q {=\u200d\u200b ~b}", 1, "an option has no text"),
        ("q {=\u00e9 ~e\u0301}", 1, 'the option "e\u0301" is there twice'),
        ("q {~%50%a ~%40%b ~c}", 1, "add up to 90, not to 100"),
        ("q {~%-50%a ~%-50%b}", 1, "no right answer"),
        ("a\nq\x00 {T}", 2, "control character U+0000"),
        ("", 1, "the quiz has no questions"),
        ("// nothing\n\n", 1, "the quiz has no questions"),
        ("q" * 4_001 + "{T}", 1, "the question is longer than 4,000 characters"),
        ("q {\n=a\n~" + "b" * 1_001 + "}", 3, "an option is longer than 1,000 characters"),
        ("q {=a " + " ".join(f"~{n}" for n in range(20)) + "}", 1, "more than 20 options"),
        ("q {T}\n" + "x" * 1_000_000, 1, "longer than 1,000,000 characters"),
    ],
)
def test_tells_the_defect_and_its_line(text: str, line: int, reason: str) -> None:
    (defect,) = defects(text)
    assert defect.line == line
    assert reason in defect.reason


def test_collects_all_defects_in_order_of_lines() -> None:
    found = defects("::a::q {\n ~x\n ~x\n}\n\n::b::good {T}\n\n::c::open {\n =a\n\n::d::q {}\n")
    assert [each.line for each in found] == [1, 3, 8, 11]
    assert "line 8: the brace '{' is never closed" in str(GiftError(found))


@pytest.mark.parametrize(
    "preamble",
    ["Here are questions:", "```gift", "---\ntitle: Quiz\n---", "Use {braces}.", "# Quiz 1"],
)
def test_text_before_the_first_title_is_no_part_of_its_question(preamble: str) -> None:
    found = defects(f"\n{preamble}\n::Q1::What? {{=a ~b}}\n::Q2::Why? {{T}}\n")
    assert [each.line for each in found] == [2]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Here are 2 questions in GIFT format:\nWhat? {=a ~b}\n\nWhy? {T}", 1),
        ("```gift\nWhat? {=a ~b}\n\nWhy? {T}", 1),
        ("```\nWhat? {=a ~b}\n```", 1),
        ("What? {=a ~b}\n\nWhy? {=a ~b}\n```", 4),
        ("~~~\n::Q1::What? {=a ~b}", 1),
        ("What? {=a ~b}\n\nWhy? {T}\n\nI hope this helps!", 5),
        ("What? {=a ~b}\n\nWhy? {T}\nI hope this helps!", 4),
    ],
)
def test_text_around_the_questions_is_told(text: str, line: int) -> None:
    assert [each.line for each in defects(text)] == [line]


def test_a_question_may_have_lines_and_code_of_its_own() -> None:
    text = "::Q::Complete this:\n```python\nx = {=1 ~2}\n```"
    assert one(text).text == "Complete this:\n```python\nx = _____\n```"
    assert one("::Q::```\nx = {=1 ~2}\n```").text == "```\nx = _____\n```"
    assert one("Which GIFT sign is right:\n{=a ~b}").text == "Which GIFT sign is right:"
    assert one("Choose:\nthe Sun {=rises ~sets}").text == "Choose:\nthe Sun"


def test_a_title_ends_the_question_before_it_when_a_brace_is_open() -> None:
    found = defects("::Q1::What? {\n =a\n\n::Q2::Why?\n{T}\n\n::Q3::{}")
    assert [each.line for each in found] == [1, 7, 7]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_takes_any_line_end_and_drops_what_is_invisible(end: str) -> None:
    lines = [
        "\ufeff\u200b// hidden",
        "\u200b",
        "\u2060::Q\u200b1::Wh\ufeffat? {",
        "\u200b=a",
        "~b}",
    ]
    question = one(end.join(lines))
    assert (question.title, question.text, question.line) == ("Q1", "What?", 3)
    assert [each.text for each in question.options] == ["a", "b"]


def test_joiners_inside_words_stay() -> None:
    question = one(
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 {=\U0001f469\u200d\U0001f680 ~b}"
    )
    assert question.text == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert question.options[0].text == "\U0001f469\u200d\U0001f680"


def test_a_file_that_stayed_in_moodle_is_told_with_its_line() -> None:
    text = (
        "// @@PLUGINFILE@@/no.png\n"
        "::Q::[html]<p>What\n"
        '<img src\\="@@PLUGINFILE@@/x.png"> {\n'
        "=a\n~b\n#![](@@PLUGINFILE@@/y)}"
    )
    found = defects(text)
    assert [each.line for each in found] == [3, 6]
    assert "https address" in found[0].reason


def test_bounds_the_number_of_questions() -> None:
    assert len(parse("q {T}\n\n" * MAX_QUESTIONS)) == MAX_QUESTIONS
    (defect,) = defects("q {T}\n\n" * (MAX_QUESTIONS + 1))
    assert defect == Defect(2 * MAX_QUESTIONS + 1, "more than 200 questions in one quiz")


@pytest.mark.parametrize(
    "text",
    [
        "q{" + "~" * 900_000 + "}",
        "q{>" + "a\n" * 400_000 + "}",
        "q{=" + "a->" * 300_000 + "}",
        "q{#" + "1" * 900_000 + "}",
        "q{=" + "*a" * 400_000 + "}",
        "\\" * 999_000,
        "{}" * 490_000,
        "{\n\n" * 300_000,
        "q {T}\n\n" * 140_000,
        "q {=a" + " " * 900_000 + "b ~c}",
        "q {=a ~%" + "9" * 900_000,
        "[html]" + "<b " * 300_000 + "{T}",
        ("[html]" + "<b>\\(<img " * 3_000 + "{T}\n\n") * 25,
        ("[plain]" + "[`$x\\(" * 5_000 + "{T}\n\n") * 25,
        "::" * 400_000 + "q {T}",
    ],
    ids=[
        *(
            "marks",
            "orders",
            "pairs",
            "numbers",
            "stars",
            "escapes",
            "braces",
            "unclosed",
            "questions",
            "spaces",
            "digits",
        ),
        *("long html", "html", "plain", "titles"),
    ],
)
def test_hostile_input_takes_linear_time(text: str) -> None:
    start = process_time()
    assert defects(text)
    assert process_time() - start < 10
