"""Reading one question: its title, its text, its answers and its feedback."""

from __future__ import annotations

from itertools import zip_longest

from services.quiz.faults import is_visible
from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import BRACE, GENERAL_FEEDBACK, TITLE_END, find, unescape
from services.quiz.gift.formats import Format, TextReader, take_format
from services.quiz.gift.markdown import BLANK
from services.quiz.gift.options import OptionReader
from services.quiz.gift.parts import MAX_FEEDBACK_CHARS
from services.quiz.gift.source import Piece, Source
from services.quiz.gift.surroundings import find_foreign_text, follows_on_a_line_of_its_own
from services.quiz.questions import Question, QuestionKind

MAX_QUESTION_CHARS = 4_000
MAX_TITLE_CHARS = 200


def read_question(source: Source, defects: Defects) -> Question | None:
    """Return the question, or None once its defects are told."""
    return _QuestionReader(source.piece(), defects).read()


class _QuestionReader:
    def __init__(self, whole: Piece, defects: Defects) -> None:
        self._whole = whole
        self._defects = defects
        self._texts = TextReader(defects)

    def read(self) -> Question | None:
        told = len(self._defects)
        title, body = self._title()
        parts = self._parts(body)
        if parts is None:
            return None
        before, answers, after = parts
        for foreign_line, reason in find_foreign_text(bool(title), before, after):
            self._defects.add(foreign_line, reason)
        text_format, before = take_format(before, Format.MOODLE)
        text = self._text(before, after, text_format)
        answers, feedback = self._general_feedback(answers, text_format)
        line = self._whole.line()
        kind, options = OptionReader(answers, text_format, line, self._defects).read()
        if kind is QuestionKind.TRUE_FALSE and follows_on_a_line_of_its_own(after):
            self._defect("text after the answers of a true/false question", after.strip())
        if len(self._defects) > told:
            return None
        return Question(
            text,
            kind,
            tuple(options),
            line,
            title=title,
            points=self._whole.source.points,
            feedback=feedback,
            category=self._whole.source.category,
        )

    def _defect(self, reason: str, piece: Piece | None = None, at: int = 0) -> None:
        self._defects.add((piece or self._whole).line(at), reason)

    def _title(self) -> tuple[str, Piece]:
        written = self._whole.text
        if not written.startswith("::"):
            return "", self._whole
        end = find(TITLE_END, written, 2)
        if end is None:
            self._defect("the title is never closed: write ::title:: before the question")
            return "", self._whole.cut(2)
        title = " ".join(unescape(written[2:end]).split())
        if len(title) > MAX_TITLE_CHARS:
            self._defect(f"the title is longer than {MAX_TITLE_CHARS:,} characters")
        return title, self._whole.cut(end + 2)

    def _parts(self, body: Piece) -> tuple[Piece, Piece, Piece] | None:
        """What stands before, inside and after the braces."""
        found = [match for match in BRACE.finditer(body.text) if len(match[0]) == 1]
        if not any(match[0] == "{" for match in found):
            self._defect(
                "text outside a question: a question has its answers in braces, and // begins"
                " a comment"
            )
            return None
        pairs = zip_longest(found, "{}")
        wrong = next((match for match, brace in pairs if match and match[0] != brace), None)
        if wrong:
            self._defect(_brace_reason(wrong[0]), body, wrong.start())
            return None
        opening, closing = (match.start() for match in found)
        return body.cut(0, opening), body.cut(opening + 1, closing), body.cut(closing + 1)

    def _text(self, before: Piece, after: Piece, text_format: Format) -> str:
        parts = [before, after] if after.text.strip() else [before]
        text = self._texts.read_parts("the question", parts, text_format, MAX_QUESTION_CHARS)
        if not is_visible(text.replace(BLANK, "", len(parts) - 1)):
            self._defect("the question has no text")
        return text

    def _general_feedback(self, answers: Piece, text_format: Format) -> tuple[Piece, str]:
        at = find(GENERAL_FEEDBACK, answers.text)
        if at is None:
            return answers, ""
        written = answers.cut(at + 4)
        feedback = self._texts.read(
            "the general feedback", written, text_format, MAX_FEEDBACK_CHARS
        )
        return answers.cut(0, at), feedback


def _brace_reason(brace: str) -> str:
    if brace == "}":
        return "a '}' without its '{': write \\} to show a brace"
    return "a second '{' in one question: leave a blank line between questions, or write \\{"
