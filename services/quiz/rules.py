"""The rules of a quiz: what its author sets beside the questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grading(StrEnum):
    """Which attempt counts."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"
    AVERAGE = "average"


class Review(StrEnum):
    """When learners are shown what is right, and what the author says to their answers."""

    AFTER_SUBMIT = "after_submit"
    AFTER_PASSING = "after_passing"
    NEVER = "never"

    def shows(self, *, passed: bool) -> bool:
        """Whether it is shown to a learner who submitted, and who passed the quiz or did not."""
        return self is Review.AFTER_SUBMIT or (self is Review.AFTER_PASSING and passed)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every attempt. Of numbers 0 is no limit."""

    time_limit_seconds: int = 0
    max_attempts: int = 0
    wait_seconds: int = 0
    grading: Grading = Grading.BEST
    shuffle: bool = False
    # How many questions an attempt has of all; 0: all of them.
    draw_count: int = 0
    review: Review = Review.AFTER_SUBMIT
    partial_credit: bool = False


DEFAULT_RULES = Rules()


def rules_of(kept: dict[str, object]) -> Rules:
    """The rules that were kept as JSON; what is not in it is as by default."""
    values = dict(kept)
    for name, kind in (("grading", Grading), ("review", Review)):
        if name in values:
            values[name] = kind(str(values[name]))
    return Rules(**values)  # type: ignore[arg-type]
