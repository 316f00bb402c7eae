"""A quiz as its author sends it in JSON, and as it is shown to its author."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from services.kit.errors import InvalidFields, Violation
from services.quiz.faults import faults, is_visible
from services.quiz.gift.choices import as_truth
from services.quiz.gift.lines import CONTROL, INVISIBLE, MOODLE_FILE
from services.quiz.kept import KeptOption, KeptQuestion, QuizVersion
from services.quiz.numbers import canonical
from services.quiz.questions import FULL_SHARE, Option, Question, QuestionKind, WrittenQuiz
from services.quiz.rules import Grading, Review, Rules
from services.quiz.views import GRADINGS, REVIEWS, TYPES
from stellr.quiz.v1 import quiz_authoring_service_pb2 as pb
from stellr.quiz.v1.quiz_pb2 import Pair

DEFAULT_PASS_PERCENTAGE = 60
WEIGHT_DECIMALS = 5
_KINDS = {number: kind for kind, number in TYPES.items()}
GRADING_OF = {number: grading for grading, number in GRADINGS.items()}
REVIEW_OF = {number: review for review, number in REVIEWS.items()}
# The field that holds the answers to a question of each kind.
_FIELDS = {
    QuestionKind.SHORT_TEXT: "answers",
    QuestionKind.NUMERIC: "answers",
    QuestionKind.MATCHING: "pairs",
}
_BY_FIELD = ("options", "answers", "pairs")


def quiz_message(lesson_id: UUID, quiz: QuizVersion) -> pb.AuthoredQuiz:
    """A quiz with its answers."""
    rules = quiz.rules
    return pb.AuthoredQuiz(
        quiz_id=str(quiz.quiz_id),
        lesson_id=str(lesson_id),
        title=quiz.title,
        pass_percentage=quiz.pass_percentage,
        time_limit_seconds=rules.time_limit_seconds,
        max_attempts=rules.max_attempts,
        wait_seconds=rules.wait_seconds,
        grading=GRADINGS[rules.grading],
        shuffle=rules.shuffle,
        draw_count=rules.draw_count,
        review_policy=REVIEWS[rules.review],
        partial_credit=rules.partial_credit,
        questions=map(_question_message, quiz.questions),
        etag=str(quiz.version_id),
    )


def written_quiz(draft: pb.AuthoredQuiz, before: Sequence[KeptQuestion]) -> WrittenQuiz:
    """What was written, if nothing is wrong with it; InvalidFields tells all that is.

    `before` are the questions as they were, whose ids the draft may name.
    """
    reader = _Reader(before)
    questions = [reader.question(f"quiz.questions[{n}]", q) for n, q in enumerate(draft.questions)]
    if draft.draw_count > len(questions):
        reader.tell("quiz.drawCount", "more than there are questions")
    if reader.violations:
        raise InvalidFields(reader.violations)
    given = draft.HasField("pass_percentage")
    rules = Rules(
        time_limit_seconds=draft.time_limit_seconds,
        max_attempts=draft.max_attempts,
        wait_seconds=draft.wait_seconds,
        grading=GRADING_OF.get(draft.grading, Grading.BEST),
        shuffle=draft.shuffle,
        draw_count=draft.draw_count,
        review=REVIEW_OF.get(draft.review_policy, Review.AFTER_SUBMIT),
        partial_credit=draft.partial_credit,
    )
    pass_percentage = draft.pass_percentage if given else DEFAULT_PASS_PERCENTAGE
    return WrittenQuiz(draft.title, pass_percentage, questions, rules)


class _Reader:
    """Reads the questions of a draft, and notes what is wrong with them."""

    def __init__(self, before: Sequence[KeptQuestion]) -> None:
        self.violations: list[Violation] = []
        self._before = {question.question_id: question for question in before}
        self._named: set[str] = set()

    def tell(self, field: str, reason: str) -> None:
        """Note what is wrong with a field."""
        self.violations.append(Violation(field, reason))

    def question(self, field: str, draft: pb.AuthoredQuestion) -> Question:
        """A question, whatever is wrong with it."""
        kind = _KINDS.get(draft.type, QuestionKind.SINGLE_CHOICE)
        self._check_id(f"{field}.questionId", draft.question_id)
        known = self._before.get(draft.question_id)
        self._check_fields(field, draft, kind)
        options = list(self._options(field, draft, kind, known))
        kind, options = _finished(kind, options)
        self._check_options(f"{field}.{_FIELDS.get(kind, 'options')}", kind, options)
        text = self._text(f"{field}.text", draft.text)
        if not is_visible(text):
            self.tell(f"{field}.text", "the question has no text")
        return Question(
            text=text,
            kind=kind,
            options=tuple(options),
            line=0,
            title=self._line(f"{field}.title", draft.title),
            points=draft.points or 1,
            feedback=self._text(f"{field}.feedback", draft.feedback),
            category=self._line(f"{field}.category", draft.category),
            question_id=draft.question_id,
        )

    def _options(
        self,
        field: str,
        draft: pb.AuthoredQuestion,
        kind: QuestionKind,
        known: KeptQuestion | None,
    ) -> Iterator[Option]:
        ids = {option.option_id for option in known.options} if known else set()
        match kind:
            case QuestionKind.MATCHING:
                for index, pair in enumerate(draft.pairs):
                    yield self._pair(f"{field}.pairs[{index}]", pair)
            case QuestionKind.SHORT_TEXT | QuestionKind.NUMERIC:
                for index, answer in enumerate(draft.answers):
                    yield self._answer(f"{field}.answers[{index}]", kind, answer, ids)
            case _:
                for index, option in enumerate(draft.options):
                    yield self._option(f"{field}.options[{index}]", option, ids)

    def _option(self, field: str, draft: pb.AuthoredOption, ids: Collection[str]) -> Option:
        self._check_option_id(field, draft.option_id, ids)
        return Option(
            text=self._text(f"{field}.text", draft.text, indented=True),
            right=draft.correct,
            weight=_weight(draft),
            feedback=self._text(f"{field}.feedback", draft.feedback),
            option_id=draft.option_id,
        )

    def _answer(
        self, field: str, kind: QuestionKind, draft: pb.AuthoredOption, ids: Collection[str]
    ) -> Option:
        self._check_option_id(field, draft.option_id, ids)
        text, weight = self._line(f"{field}.text", draft.text), _weight(draft)
        if kind is QuestionKind.NUMERIC:
            text = canonical(text)
            weight = 0 if text == "*" else weight
        right = weight is None or weight >= FULL_SHARE
        feedback = self._text(f"{field}.feedback", draft.feedback)
        return Option(text, right, None if right else weight, feedback, option_id=draft.option_id)

    def _pair(self, field: str, draft: Pair) -> Option:
        left = self._text(f"{field}.left", draft.left)
        right = self._text(f"{field}.right", draft.right)
        return Option(left, bool(left), match=right)

    def _text(self, field: str, text: str, *, indented: bool = False) -> str:
        """A text as GIFT would bring it: no invisible characters, one kind of line end."""
        text = text.translate(INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
        if CONTROL.search(text):
            self.tell(field, "control characters are not allowed")
        if MOODLE_FILE in text:
            self.tell(field, f"{MOODLE_FILE} stands for a file that stayed in Moodle")
        return text.rstrip() if indented else text.strip()

    def _line(self, field: str, text: str) -> str:
        return " ".join(self._text(field, text).split())

    def _check_id(self, field: str, question_id: str) -> None:
        if not question_id:
            return
        if question_id not in self._before:
            self.tell(field, "not a question of this quiz")
        elif question_id in self._named:
            self.tell(field, "this question is there twice")
        self._named.add(question_id)

    def _check_option_id(self, field: str, option_id: str, ids: Collection[str]) -> None:
        if option_id and option_id not in ids:
            self.tell(f"{field}.optionId", "not an option of this question")

    def _check_fields(self, field: str, draft: pb.AuthoredQuestion, kind: QuestionKind) -> None:
        wanted = _FIELDS.get(kind, "options")
        for name in _BY_FIELD:
            if name != wanted and getattr(draft, name):
                self.tell(f"{field}.{name}", f"a question of this type has {wanted} instead")

    def _check_options(self, field: str, kind: QuestionKind, options: Sequence[Option]) -> None:
        for place, reason in faults(kind, options):
            self.tell(field if place is None else f"{field}[{place}]", reason)
        named = Counter(option.option_id for option in options if option.option_id)
        if any(count > 1 for count in named.values()):
            self.tell(field, "an optionId is there twice")


def _finished(kind: QuestionKind, options: list[Option]) -> tuple[QuestionKind, list[Option]]:
    """The options in the one form that GIFT would bring them in, too."""
    alike = Counter(option.text.strip() for option in options)
    if kind is not QuestionKind.MATCHING:
        # What is indented is told from what is not; alone the indentation says nothing.
        options = [
            option if alike[option.text.strip()] > 1 else replace(option, text=option.text.strip())
            for option in options
        ]
    match kind:
        case QuestionKind.MULTIPLE_CHOICE:
            options = _shared(options)
        case QuestionKind.ORDERING:
            return kind, [replace(option, right=True, weight=None) for option in options]
        case QuestionKind.SINGLE_CHOICE | QuestionKind.TRUE_FALSE:
            pass
        case _:
            return kind, options
    return as_truth(kind, options)


def _shared(options: Sequence[Option]) -> list[Option]:
    """Right options that all have no weight share the points evenly."""
    right = [option for option in options if option.right]
    if any(option.weight is not None for option in right):
        return list(options)
    share = round(FULL_SHARE / max(1, len(right)), WEIGHT_DECIMALS)
    return [replace(option, weight=share) if option.right else option for option in options]


def _weight(draft: pb.AuthoredOption) -> float | None:
    return round(draft.weight, WEIGHT_DECIMALS) if draft.HasField("weight") else None


def _question_message(question: KeptQuestion) -> pb.AuthoredQuestion:
    message = pb.AuthoredQuestion(
        question_id=question.question_id,
        title=question.title,
        text=question.text,
        type=TYPES[question.kind],
        points=question.points,
        feedback=question.feedback,
        category=question.category,
    )
    if question.kind is QuestionKind.MATCHING:
        message.pairs.extend(Pair(left=o.text, right=o.match) for o in question.options)
    else:
        field = getattr(message, _FIELDS.get(question.kind, "options"))
        field.extend(map(_option_message, question.options))
    return message


def _option_message(option: KeptOption) -> pb.AuthoredOption:
    return pb.AuthoredOption(
        option_id=option.option_id,
        text=option.text,
        correct=option.right,
        weight=option.weight,
        feedback=option.feedback,
    )
