"""The rules of a quiz as they go in and out with its questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.quiz.drafts import GRADING_OF, REVIEW_OF
from services.quiz.rules import DEFAULT_RULES, Grading, Review, Rules
from services.quiz.views import GRADINGS, REVIEWS
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb

# Those that are called the same and are plain values.
PLAIN = (
    "time_limit_seconds",
    "max_attempts",
    "wait_seconds",
    "shuffle",
    "draw_count",
    "partial_credit",
)


def settings_of(rules: Rules) -> pb.QuizSettings:
    """What is not as by default."""
    settings = pb.QuizSettings()
    for name in PLAIN:
        if getattr(rules, name) != getattr(DEFAULT_RULES, name):
            setattr(settings, name, getattr(rules, name))
    if rules.grading is not DEFAULT_RULES.grading:
        settings.grading = GRADINGS[rules.grading]
    if rules.review is not DEFAULT_RULES.review:
        settings.review_policy = REVIEWS[rules.review]
    return settings


def rules_by(settings: pb.QuizSettings, before: Rules) -> Rules:
    """The rules with what the settings say; the others as they were."""
    present = {field.name: value for field, value in settings.ListFields()}
    told: dict[str, Any] = {name: present[name] for name in PLAIN if name in present}
    if settings.HasField("grading"):
        told["grading"] = GRADING_OF.get(settings.grading, Grading.BEST)
    if settings.HasField("review_policy"):
        told["review"] = REVIEW_OF.get(settings.review_policy, Review.AFTER_SUBMIT)
    return replace(before, **told)
