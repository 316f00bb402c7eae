import pytest
from markdown_it import MarkdownIt

from services.quiz.gift import GiftError, parse
from services.quiz.gift.writing import write
from services.quiz.questions import Question


def one(gift: str) -> Question:
    (question,) = parse(gift)
    return question


@pytest.mark.parametrize("name", ["html", "markdown", "plain", "moodle", "HTML"])
def test_drops_the_format_prefix(name: str) -> None:
    question = one(f"::t::[{name}] What? {{=[{name}]a#[{name}]b ~c####[{name}]d}}")
    assert question.text == "What?"
    assert (question.options[0].text, question.options[0].feedback) == ("a", "b")
    assert question.feedback == "d"


def test_other_brackets_stay() -> None:
    assert one("[sic] What? {T}").text == "[sic] What?"


def test_html_becomes_markdown_in_every_text() -> None:
    question = one(
        '::H1::[html]<p dir\\="ltr" style\\="text-align\\: left;">'
        "Is 3 &lt; 5\\: <b>yes</b> ?<br></p> {"
        "=<p>&eacute;t&eacute;</p>#<i>so</i> ~[html]<p>no</p> ~[plain]<p> ~[markdown]*x*"
        "####<p>a</p><p>b</p>}"
    )
    assert question.text == "Is 3 < 5: **yes** ?"
    assert [each.text for each in question.options] == ["été", "no", r"\<p>", "*x*"]
    assert question.options[0].feedback == "*so*"
    assert question.feedback == "a\n\nb"


def test_a_choice_in_html_between_true_and_false_is_true_false() -> None:
    question = one("[html]<p>Yes?</p> {=<p>TRUE</p> ~<p>false</p>}")
    assert [each.text for each in question.options] == ["True", "False"]


def test_a_gap_in_html_stays_a_gap() -> None:
    assert one("[html]<p>The <b>Sun</b> {=rises ~sets} now</p>").text == "The **Sun** _____ now"


@pytest.mark.parametrize(
    "gift",
    [
        "Fill in\n{=a ~b}\nhere.",
        "{=a ~b}\nbegins it.",
        "[html]<p>Fill in</p><p>_____</p><p>here.</p> {=a}",
        "[html]<p>_____</p><p>begins it.</p> {=a}",
        "[plain]Fill in\n_____\nhere. {=a}",
        "[plain]_____ {=a}",
    ],
)
def test_a_gap_on_a_line_of_its_own_is_no_rule_across_the_page(gift: str) -> None:
    question = one(gift)
    page = MarkdownIt().render(question.text)
    assert "_____" in page
    assert "<hr" not in page
    assert one(write([question])).text == question.text


def test_plain_text_is_shown_as_it_is() -> None:
    question = one("[plain]2*3*4\n# no heading\n1. a_b <b> {=[plain]*a* ~- b}")
    assert question.text == "2\\*3\\*4  \n\\# no heading  \n1\\. a_b \\<b>"
    assert [each.text for each in question.options] == ["\\*a\\*", "\\- b"]


def test_markdown_and_texts_without_a_format_are_taken_as_written() -> None:
    assert one("[markdown]**2** `<b>` {T}").text == "**2** `<b>`"
    assert one("Which tag? {=<b> ~&lt;i&gt;}").options[0].text == "<b>"


@pytest.mark.parametrize(
    ("gift", "line", "reason"),
    [
        ("q {=a ~[html]<p>&nbsp;</p>}", 1, "an option has no text"),
        ('[html]<p>\n<img src\\="pics/x.png" alt\\="x"> {T}', 2, 'the picture "pics/x.png" does'),
        ('[html]x <img src\\="data\\:image/png;base64,AA"> {T}', 1, "does not come with the quiz"),
        ('q {=[html]<a href\\="../b.html">b</a> ~c}', 1, 'the link "../b.html" leads nowhere'),
        ("q {\n=a\n~b #[html]\n<iframe src\\=x></iframe>}", 4, "<iframe> cannot be shown"),
        ("[html]<math><mi>x</mi></math> {T}", 1, "<math> cannot be shown"),
        ("[html]" + "<b>" * 2_000 + "x {T}", 1, "nested too deeply"),
        ("[html]<p " + "x" * 40_000 + ">q</p> {T}", 1, "longer than 4,000 characters"),
    ],
)
def test_what_learners_would_miss_is_told(gift: str, line: int, reason: str) -> None:
    with pytest.raises(GiftError) as error:
        parse(gift)
    assert (error.value.defects[0].line, reason in str(error.value)) == (line, True)


def test_scripts_are_no_loss() -> None:
    question = one(
        '[html]<p onclick\\="x()">Hi<script>alert(1)</script> <a href\\="javascript\\:x()">you</a>'
        ' <a name\\="top"></a><a href\\="https\\://e.example/?a\\=1">there</a></p> {T}'
    )
    assert question.text == "Hi you [there](https://e.example/?a=1)"
