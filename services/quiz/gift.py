"""Reading quizzes in GIFT, Moodle's text format for questions.

Source: Moodle documentation, "GIFT format". Choices and true/false are understood; the other
kinds are named in the defect that refuses them. Every step is one pass over its text, so the
time grows with the length of the input and with nothing else.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from services.quiz.questions import Option, Question, QuestionKind

MAX_TEXT = 1_000_000
MAX_QUESTIONS = 200
MAX_QUESTION_CHARS = 4_000
MAX_OPTIONS = 20
MAX_OPTION_CHARS = 1_000
MAX_TITLE_CHARS = 200
MAX_FEEDBACK_CHARS = 4_000
MAX_DEFECTS = 200
# Thirds are written as 33.33 or 33, so a full share need not be 100 exactly.
SHARE_TOLERANCE = 1.0

BLANK = "_____"
ESCAPE = re.compile(r"\\([:{}=~#\\n])")
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
TITLE_END = re.compile(r"\\.|(::)", re.DOTALL)
GENERAL_FEEDBACK = re.compile(r"\\.|(####)", re.DOTALL)
HASH = re.compile(r"\\.|(#)", re.DOTALL)
MARK = re.compile(r"\\.|([=~])", re.DOTALL)
FORMAT = re.compile(r"\s*\[(?:html|markdown|plain|moodle)\]")
WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d{1,9})?)%")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a quiz was refused; `line` counts from 1."""

    line: int
    reason: str


class GiftError(ValueError):
    """The text is no quiz; `defects` holds what is wrong, in order of lines."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.reason}" for each in defects))
        self.defects = list(defects)


def parse(text: str) -> list[Question]:
    """Read the questions of a GIFT text. Raises GiftError with all defects (the first 200)."""
    defects: list[Defect] = []
    questions: list[Question] = []
    for block in _blocks(_lines(text, defects), defects):
        question = _Reader(block, defects).question()
        if question:
            questions.append(question)
        if len(questions) > MAX_QUESTIONS:
            reason = f"more than {MAX_QUESTIONS} questions in one quiz"
            defects.append(Defect(questions[-1].line, reason))
            break
    if not questions and not defects:
        defects.append(Defect(1, "the quiz has no questions"))
    if defects:
        raise GiftError(sorted(defects, key=lambda each: each.line)[:MAX_DEFECTS])
    return questions


@dataclass(slots=True)
class _Block:
    """The lines of one question without its comments, which still know their numbers."""

    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def add(self, number: int, line: str) -> None:
        self.lines.append(line)
        self.numbers.append(number)

    def cut(self, at: int) -> "_Block":
        """Keep the first `at` lines and return the others as a block of their own."""
        rest = _Block(self.lines[at:], self.numbers[at:])
        del self.lines[at:], self.numbers[at:]
        return rest

    def __bool__(self) -> bool:
        return any(line.strip() for line in self.lines)


def _lines(text: str, defects: list[Defect]) -> Iterator[tuple[int, str]]:
    """Number the lines that are not comments."""
    if len(text) > MAX_TEXT:
        defects.append(Defect(1, f"the quiz is longer than {MAX_TEXT:,} characters"))
        return
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if control := CONTROL.search(line):
            code = f"U+{ord(control[0]):04X}"
            defects.append(Defect(number, f"the control character {code} is not allowed"))
        if not line.lstrip().startswith("//"):
            yield number, line
        if len(defects) >= MAX_DEFECTS:
            return


def _blocks(lines: Iterator[tuple[int, str]], defects: list[Defect]) -> Iterator[_Block]:
    """Split at blank lines outside braces; a brace left open ends where a new question begins."""
    splitter = _Splitter(defects)
    for number, line in lines:
        yield from splitter.take(number, line)
    yield from splitter.finish()


@dataclass(slots=True)
class _Splitter:
    defects: list[Defect]
    block: _Block = field(default_factory=_Block)
    opened: int = 0  # the line of the brace that is open, or 0
    closed: bool = False  # the block already has its answers
    blank: int = 0  # lines of the block up to its last blank line inside the open brace

    def take(self, number: int, line: str) -> Iterator[_Block]:
        if not self.opened and self._separates(line):
            yield from self.finish()
            if line.lstrip().startswith("::"):
                self._scan(number, line)
                self.block.add(number, line)
            return
        if self.opened and not line.strip():
            self.blank = len(self.block.lines)
        if self.opened and self.blank and _opens(line):
            rest = self.block.cut(self.blank)
            yield from self.finish()
            self.block = rest
        self._scan(number, line)
        self.block.add(number, line)

    def finish(self) -> Iterator[_Block]:
        """Give out the block, unless its brace is still open: that is a defect."""
        if self.opened:
            self.defects.append(Defect(self.opened, "the brace '{' is never closed"))
        elif self.block:
            yield self.block
        self.block, self.opened, self.closed, self.blank = _Block(), 0, False, 0

    def _separates(self, line: str) -> bool:
        start = line.lstrip()
        return (
            not start or start.startswith("$CATEGORY:") or (self.closed and start.startswith("::"))
        )

    def _scan(self, number: int, line: str) -> None:
        for match in BRACE.finditer(line):
            if match[0] == "{" and not self.opened:
                self.opened = number
            elif match[0] == "}" and self.opened:
                self.opened, self.closed = 0, True


def _opens(line: str) -> bool:
    return any(match[0] == "{" for match in BRACE.finditer(line))


@dataclass(frozen=True, slots=True)
class _Choice:
    """One option as written: its mark (`=` or `~`), its weight in percent, its texts."""

    mark: str
    weight: float | None
    text: str
    feedback: str
    line: int


class _Reader:
    """Reads one question out of its block."""

    def __init__(self, block: _Block, defects: list[Defect]) -> None:
        text = "\n".join(block.lines)
        self.start = len(text) - len(text.lstrip())
        self.text = text.rstrip()
        self.defects = defects
        self.numbers = block.numbers
        self.offsets = [0]
        for line in block.lines:
            self.offsets.append(self.offsets[-1] + len(line) + 1)
        self.line = self.line_at(self.start)

    def line_at(self, offset: int) -> int:
        return self.numbers[bisect_right(self.offsets, offset) - 1]

    def defect(self, reason: str, line: int | None = None) -> None:
        self.defects.append(Defect(line or self.line, reason))

    def question(self) -> Question | None:
        """Return the question, or None once its defects are told."""
        told = len(self.defects)
        title, start = self._title()
        braces = self._braces(start)
        if braces is None:
            return None
        opening, closing = braces
        text = self._question_text(start, opening, closing)
        answers, feedback = self._general_feedback(opening + 1, closing)
        self._bound("the general feedback", feedback, MAX_FEEDBACK_CHARS)
        kind, options = self._options(opening + 1, answers)
        if len(self.defects) > told:
            return None
        return Question(text, kind, tuple(options), self.line, title=title, feedback=feedback)

    def _title(self) -> tuple[str, int]:
        if not self.text.startswith("::", self.start):
            return "", self.start
        begin = self.start + 2
        end = _find(TITLE_END, self.text, begin, len(self.text))
        if end is None:
            self.defect("the title is never closed: write ::title:: before the question")
            return "", begin
        title = " ".join(_unescape(self.text[begin:end]).split())
        self._bound("the title", title, MAX_TITLE_CHARS)
        return title, end + 2

    def _braces(self, start: int) -> tuple[int, int] | None:
        found = [match for match in BRACE.finditer(self.text, start) if len(match[0]) == 1]
        if not any(match[0] == "{" for match in found):
            self.defect("text outside a question: it has no answers in braces")
            return None
        pairs = zip_longest(found, "{}")
        wrong = next((match for match, brace in pairs if match and match[0] != brace), None)
        if wrong:
            self.defect(_brace_reason(wrong[0]), self.line_at(wrong.start()))
            return None
        return found[0].start(), found[1].start()

    def _question_text(self, start: int, opening: int, closing: int) -> str:
        tail = self.text[closing + 1 :]
        blank = BLANK if tail.strip() else ""
        text = _clean(self.text[start:opening] + blank + tail)
        if not text.replace(BLANK, "").strip():
            self.defect("the question has no text")
        self._bound("the question", text, MAX_QUESTION_CHARS)
        return text

    def _general_feedback(self, begin: int, end: int) -> tuple[str, str]:
        at = _find(GENERAL_FEEDBACK, self.text, begin, end)
        if at is None:
            return self.text[begin:end], ""
        return self.text[begin:at], _clean(self.text[at + 4 : end])

    def _options(self, begin: int, answers: str) -> tuple[QuestionKind, list[Option]]:
        head, _, comments = answers.strip().partition("#")
        if head.strip().upper() in TRUTH:
            return QuestionKind.TRUE_FALSE, self._truth(TRUTH[head.strip().upper()], comments)
        marks = [at for match in MARK.finditer(answers) if (at := match.start(1)) >= 0]
        refusal = _refusal(answers, marks)
        if refusal:
            self.defect(refusal, self.line_at(begin))
            return QuestionKind.SINGLE_CHOICE, []
        if len(marks) > MAX_OPTIONS:
            self.defect(
                f"more than {MAX_OPTIONS} options", self.line_at(begin + marks[MAX_OPTIONS])
            )
            return QuestionKind.SINGLE_CHOICE, []
        ends = [*marks[1:], len(answers)]
        pieces = zip(marks, ends, strict=True)
        choices = [self._choice(answers[at:end], self.line_at(begin + at)) for at, end in pieces]
        self._check_texts(choices)
        return self._judge(choices)

    def _truth(self, truth: bool, comments: str) -> list[Option]:
        """Read `{T#feedback if answered wrongly#feedback if answered rightly}`."""
        at = _find(HASH, comments, 0, len(comments))
        wrong = _clean(comments if at is None else comments[:at])
        right = _clean("" if at is None else comments[at + 1 :])
        self._bound("a feedback", max(wrong, right, key=len), MAX_FEEDBACK_CHARS)
        return [
            Option("True", right=truth, feedback=right if truth else wrong),
            Option("False", right=not truth, feedback=wrong if truth else right),
        ]

    def _choice(self, piece: str, line: int) -> _Choice:
        at = _find(HASH, piece, 0, len(piece))
        written = (piece[1:] if at is None else piece[1:at]).strip()
        feedback = "" if at is None else _clean(piece[at + 1 :])
        self._bound("a feedback", feedback, MAX_FEEDBACK_CHARS, line)
        weight, text = self._weight(written, line)
        lines = (part.strip() for part in _clean(text).split("\n"))
        return _Choice(piece[0], weight, "\n".join(lines), feedback, line)

    def _weight(self, written: str, line: int) -> tuple[float | None, str]:
        match = WEIGHT.match(written)
        if match and abs(float(match[1])) <= 100:  # noqa: PLR2004 (percent)
            return float(match[1]), written[match.end() :]
        if re.match(r"%(?:-?\d|[^%\s]{0,20}%)", written):
            self.defect("a weight is written as a percentage from %-100% to %100%", line)
        return None, written

    def _check_texts(self, choices: list[_Choice]) -> None:
        seen: set[str] = set()
        for choice in choices:
            normal = " ".join(choice.text.casefold().split())
            if not normal:
                self.defect("an option has no text", choice.line)
            elif normal in seen:
                self.defect(f'the option "{choice.text[:60]}" is there twice', choice.line)
            seen.add(normal)
            self._bound("an option", choice.text, MAX_OPTION_CHARS, choice.line)
        if len(choices) < 2:  # noqa: PLR2004 (a choice is between two)
            self.defect("a choice needs at least two options")

    def _judge(self, choices: list[_Choice]) -> tuple[QuestionKind, list[Option]]:
        """Tell the kind from the marks and weights, and which options are right."""
        marked = [each for each in choices if each.mark == "="]
        shared = all(each.weight is not None and each.weight < 100 for each in marked)  # noqa: PLR2004
        if marked and not shared:
            return self._single(choices, marked)
        positive = sum(each.weight for each in choices if each.weight and each.weight > 0)
        if not positive:
            self.defect("no right answer: mark it with '=', or give weights such as ~%50%")
        elif abs(positive - 100) > SHARE_TOLERANCE:
            self.defect(f"the positive weights add up to {positive:g}, not to 100")
        options = [
            Option(each.text, (each.weight or 0) > 0, each.weight, each.feedback)
            for each in choices
        ]
        return _as_truth(QuestionKind.MULTIPLE_CHOICE, options)

    def _single(
        self, choices: list[_Choice], marked: list[_Choice]
    ) -> tuple[QuestionKind, list[Option]]:
        if len(marked) > 1:
            self.defect(
                f"{len(marked)} right answers in a single choice: keep one '=', or give each"
                " its share with weights such as ~%50%",
                marked[1].line,
            )
        options = [
            Option(each.text, each.mark == "=", each.weight, each.feedback) for each in choices
        ]
        return _as_truth(QuestionKind.SINGLE_CHOICE, options)

    def _bound(self, what: str, text: str, maximum: int, line: int | None = None) -> None:
        if len(text) > maximum:
            self.defect(f"{what} is longer than {maximum:,} characters", line)


def _as_truth(kind: QuestionKind, options: list[Option]) -> tuple[QuestionKind, list[Option]]:
    """Recognise a true/false question that is written as a choice between True and False."""
    by_text = {option.text.casefold(): option for option in options}
    rights = sum(option.right for option in options)
    if len(options) != len(by_text) or by_text.keys() != {"true", "false"} or rights != 1:
        return kind, options
    return QuestionKind.TRUE_FALSE, [
        Option(text, by_text[text.casefold()].right, feedback=by_text[text.casefold()].feedback)
        for text in ("True", "False")
    ]


def _refusal(answers: str, marks: list[int]) -> str:
    """Say why these answers are no choice at all, or return an empty text."""
    head = answers[: marks[0]].strip() if marks else answers.strip()
    signs = Counter(answers[at] for at in marks)
    if not head and not marks:
        return "essay questions are not supported yet"
    if head.startswith("#"):
        return "numerical questions are not supported yet"
    if head:
        return f'text outside an option ("{head[:60]}"): begin each option with = or ~'
    if not signs["~"] and "->" in answers:
        return "matching questions are not supported yet"
    if not signs["~"] and signs["="] == 1:
        return "short answer questions are not supported yet: a choice needs a wrong option (~)"
    return ""


def _brace_reason(brace: str) -> str:
    if brace == "}":
        return "a '}' without its '{': write \\} to show a brace"
    return "a second '{' in one question: leave a blank line between questions, or write \\{"


def _find(pattern: re.Pattern[str], text: str, begin: int, end: int) -> int | None:
    """Return where the unescaped group 1 of `pattern` first stands."""
    positions = (match.start(1) for match in pattern.finditer(text, begin, end))
    return next((at for at in positions if at >= 0), None)


def _clean(text: str) -> str:
    """Drop a format prefix such as [html] and undo the escapes."""
    prefix = FORMAT.match(text)
    return _unescape(text[prefix.end() :] if prefix else text).strip()


def _unescape(text: str) -> str:
    return ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text)
