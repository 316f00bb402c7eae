"""The options of a choice, before it is known what kind of choice they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.quiz.faults import TRUTHS, share_fault, text_faults
from services.quiz.gift.defects import Defects
from services.quiz.questions import FULL_SHARE, Option, QuestionKind

# Code is indented by two spaces or more; a single one after a mark is there for looks.
CODE_INDENT = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as written: its mark (`=` or `~`), its weight in percent, its texts."""

    mark: str
    weight: float | None
    text: str
    feedback: str
    line: int
    indent: int = 0  # spaces between the mark and the text, where the mark begins its line

    def option(self, right: bool) -> Option:
        """As it is kept."""
        return Option(self.text, right, self.weight, self.feedback)


def judge(
    choices: Sequence[Choice], question_line: int, defects: Defects
) -> tuple[QuestionKind, list[Option]]:
    """Tell the kind from the marks and weights, and which options are right."""
    choices = _tell_apart(choices)
    if len(choices) < 2:  # noqa: PLR2004 (a choice is between two)
        defects.add(question_line, "a choice needs at least two options")
    for place, reason in text_faults(each.text for each in choices):
        defects.add(choices[place or 0].line, reason)
    marked = [each for each in choices if each.mark == "="]
    if any(each.weight is None or each.weight >= FULL_SHARE for each in marked):
        return _single(choices, marked, defects)
    return _multiple(choices, question_line, defects)


def _tell_apart(choices: Sequence[Choice]) -> list[Choice]:
    """Keep the indentation of options that differ by nothing else, as lines of code may."""
    alike: defaultdict[str, list[Choice]] = defaultdict(list)
    for choice in choices:
        alike[choice.text].append(choice)
    least = {text: min(each.indent for each in group) for text, group in alike.items()}
    return [_indented(choice, choice.indent - least[choice.text]) for choice in choices]


def _indented(choice: Choice, spaces: int) -> Choice:
    return replace(choice, text=" " * spaces + choice.text) if spaces >= CODE_INDENT else choice


def _single(
    choices: Sequence[Choice], marked: Sequence[Choice], defects: Defects
) -> tuple[QuestionKind, list[Option]]:
    if len(marked) > 1:
        defects.add(
            marked[1].line,
            f"{len(marked)} right answers in a single choice: keep one '=', or give each"
            " its share with weights such as ~%50%",
        )
    return as_truth(QuestionKind.SINGLE_CHOICE, [each.option(each.mark == "=") for each in choices])


def _multiple(
    choices: Sequence[Choice], question_line: int, defects: Defects
) -> tuple[QuestionKind, list[Option]]:
    weights = [each.weight or 0 for each in choices]
    reason = share_fault(weights)
    if reason:
        hint = "mark it with '=', or give weights such as ~%50%"
        defects.add(question_line, reason if any(w > 0 for w in weights) else f"{reason}: {hint}")
    pairs = zip(choices, weights, strict=True)
    options = [each.option(weight > 0) for each, weight in pairs]
    return as_truth(QuestionKind.MULTIPLE_CHOICE, options)


def as_truth(kind: QuestionKind, options: list[Option]) -> tuple[QuestionKind, list[Option]]:
    """Recognise a true/false question that is written as a choice between True and False."""
    by_text = {option.text.casefold(): option for option in options}
    rights = sum(option.right for option in options)
    if len(options) != len(by_text) or by_text.keys() != {"true", "false"} or rights != 1:
        return kind, options
    return QuestionKind.TRUE_FALSE, [
        replace(by_text[text.casefold()], text=text, weight=None) for text in TRUTHS
    ]
