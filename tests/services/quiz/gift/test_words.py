import pytest

from services.quiz.gift import GiftError, parse
from services.quiz.questions import Option, Question, QuestionKind


def one(text: str) -> Question:
    (question,) = parse(text)
    return question


def test_short_texts_have_weights_feedback_and_stars() -> None:
    question = one("Who? {=Ann*#Yes. =%50%A\\=nn#Nearly. =\\*####Think.}")
    assert question.kind is QuestionKind.SHORT_TEXT
    assert question.options == (
        Option("Ann*", True, None, "Yes."),
        Option("A=nn", False, 50, "Nearly."),
        Option("\\*", True),
    )
    assert question.feedback == "Think."


def test_answers_that_differ_by_case_are_answers() -> None:
    assert [each.text for each in one("Who? {=Anna =A. Nna =ANNA}").options] == [
        "Anna",
        "A. Nna",
        "ANNA",
    ]


def test_a_missing_word_is_a_short_text_with_a_gap() -> None:
    question = one("Two plus two is {=four =4}.")
    assert (question.kind, question.text) == (
        QuestionKind.SHORT_TEXT,
        "Two plus two is _____.",
    )


@pytest.mark.parametrize(
    ("answers", "options"),
    [
        ("#3", (Option("3", True),)),
        ("#3:0.1#yes", (Option("3:0.1", True, None, "yes"),)),
        ("#=3\\:0.1", (Option("3:0.1", True),)),
        ("# 1 .. 5 ", (Option("1..5", True),)),
        ("#-.5e3:1", (Option("-.5e3:1", True),)),
        (
            "#\n=1822:0 #Right.\n=%50%1820..1830#Near.\n~#Far.\n",
            (
                Option("1822:0", True, None, "Right."),
                Option("1820..1830", False, 50, "Near."),
                Option("*", False, 0, "Far."),
            ),
        ),
    ],
)
def test_numbers(answers: str, options: tuple[Option, ...]) -> None:
    question = one(f"How many? {{{answers}}}")
    assert (question.kind, question.options) == (QuestionKind.NUMERIC, options)


def test_pairs_and_a_right_side_of_its_own() -> None:
    question = one("Match. {\n=Canada -> Ottawa\n=Italy->Rome\n= -> Milan\n####Look.}")
    assert question.kind is QuestionKind.MATCHING
    assert [(each.text, each.match, each.right) for each in question.options] == [
        ("Canada", "Ottawa", True),
        ("Italy", "Rome", True),
        ("", "Milan", False),
    ]
    assert question.feedback == "Look."


@pytest.mark.parametrize("settings", ["", "3 EXACT VERTICAL ABS SHOW", "ALL"])
def test_items_in_order(settings: str) -> None:
    question = one(f"Sort. {{>{settings}\n first\n\n Second one\n x \\= 3\n}}")
    assert question.kind is QuestionKind.ORDERING
    assert [each.text for each in question.options] == ["first", "Second one", "x = 3"]


def test_categories_and_points_are_said_before_questions() -> None:
    gift = (
        "a {T}\n$CATEGORY: stars/near \n\n// [points:3]\n::B::b {F}\n\nc {T}\n\n$CATEGORY:\nd {T}"
    )
    assert [(each.category, each.points) for each in parse(gift)] == [
        ("", 1),
        ("stars/near", 3),
        ("stars/near", 1),
        ("", 1),
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("q {\n=%50%a\n=%20%b}", 1, "no right answer"),
        ("q {\n=a\n= a }", 3, 'the answer "a" is there twice'),
        ("q {\n=a\n=#said}", 3, "an answer has no text"),
        ("q {=%-5%a =b}", 1, "the weight of an answer is from 0 to 100"),
        ("q {#three}", 1, '"three" is no number'),
        ("q {#5..1}", 1, "holds no number at all"),
        ("q {#3:-1}", 1, "holds no number at all"),
        ("q {#\n=3\n=3}", 3, "there twice"),
        ("q {#}", 1, "is no number"),
        ("q {#3 =4}", 1, "text outside an option"),
        ("q {\n=a -> b\n=c}", 3, "a pair without its arrow"),
        ("q {=a -> b}", 1, "two pairs"),
        ("q {=a -> x =b -> x}", 1, "two pairs with different right sides"),
        ("q {\n=a -> b\n=a -> c}", 3, 'the left side "a" is there twice'),
        ("q {\n=a -> \n=b -> c}", 2, "a pair has no right side"),
        ("q {\n=a -> x#said\n=b -> c}", 2, "no feedback"),
        ("q {\n=a -> x\n=b -> c\n= -> x}", 4, "the right side of a pair already"),
        ("q {>a}", 1, "at least two items"),
        ("q {>\na\nb\na}", 4, 'the item "a" is there twice'),
        ("// [points:0]\nq {T}", 1, "points are 1 to 1,000"),
        ("$CATEGORY: " + "x" * 201 + "\nq {T}", 1, "the category is longer"),
    ],
)
def test_tells_the_defect_and_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(GiftError) as error:
        parse(text)
    told = [(each.line, each.reason) for each in error.value.defects]
    assert any(at == line and reason in why for at, why in told), told


@pytest.mark.parametrize(
    "text",
    [
        "::One:: Three and three is {=six =6}.",
        "::Two:: Who found it? {=Vera =V. Rubin =VERA}",
        "::Three:: Which operator takes the remainder? {=%% ~%in% ~*}",
        "::Four:: Which are moons? {~%50%Io ~%50%Europa ~%-100%Mars}",
    ],
)
def test_what_people_write_is_read(text: str) -> None:
    assert len(parse(text)) == 1
