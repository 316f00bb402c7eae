import re

from hypothesis import assume, given
from hypothesis import strategies as st

from services.quiz.gift import GiftError, parse

SCRAPS = """:: { } = ~ # #### -> // $CATEGORY:x [html] [plain] [markdown] T F %50% %-50% %x%
    \\ \\n \\= \\{ \\} ``` ~~~ $$ \\( \\) <b> </p> <img &lt; @@PLUGINFILE@@ GIFT: word 1:2"""
GIFT = st.lists(
    st.one_of(
        st.sampled_from([*SCRAPS.split(), " ", "\n", "\n\n", "\r\n", "\ufeff"]), st.text(max_size=3)
    ),
    max_size=40,
).map("".join)
WRITTEN = (
    st.text(":{}=~#\\->/%$[]()<>*_`ab é1", min_size=1, max_size=30)
    .map(str.strip)
    .filter(
        lambda text: text and not re.match(r"%-?\d|```|~~~|\[(html|plain|markdown|moodle)\]", text)
    )
)


def written(text: str) -> str:
    return re.sub(r"[:{}=~#\\]", r"\\\g<0>", text)


@given(GIFT)
def test_any_text_is_questions_or_defects_with_lines(text: str) -> None:
    last = len(re.split("\r\n|\r|\n", text))
    try:
        lines = [question.line for question in parse(text)]
    except GiftError as error:
        lines = [defect.line for defect in error.defects]
    assert lines == sorted(lines)
    assert all(1 <= line <= last for line in lines)


@given(WRITTEN, WRITTEN, WRITTEN, st.lists(WRITTEN, min_size=2, max_size=5, unique=True))
def test_what_is_escaped_comes_back(title: str, text: str, said: str, options: list[str]) -> None:
    answers = " ".join(
        f"{mark}{written(option)}#{written(said)}"
        for mark, option in zip("=~~~~", options, strict=False)
    )
    (question,) = parse(f"::{written(title)}::{written(text)} {{{answers} ####{written(said)}}}")
    assert question.title == " ".join(title.split())
    assert (question.text, question.feedback) == (text, said)
    assert [each.text for each in question.options] == options
    assert {each.feedback for each in question.options} == {said}


@given(GIFT)
def test_the_same_text_is_read_the_same_whatever_its_line_ends(text: str) -> None:
    assume("\r" not in text)

    def outcome(text: str) -> str:
        try:
            return repr(parse(text))
        except GiftError as error:
            return str(error)

    assert outcome(text) == outcome(text.replace("\n", "\r\n")) == outcome(f"\ufeff{text}")
