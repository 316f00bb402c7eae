import pytest

from services.quiz.errors import AttemptsUsedUp, AttemptTooSoon
from services.quiz.limits import are_limited, check_may_begin
from services.quiz.rules import Review, Rules


def test_without_rules_anybody_may_begin_at_any_time() -> None:
    assert not are_limited(Rules())
    check_may_begin(Rules(), 1_000, 0.0)


def test_as_many_as_are_allowed_may_begin() -> None:
    rules = Rules(max_attempts=2)
    check_may_begin(rules, 1, 0.0)
    with pytest.raises(AttemptsUsedUp) as refused:
        check_may_begin(rules, 2, None)
    assert refused.value.metadata == {"maxAttempts": "2"}


def test_who_comes_too_soon_is_told_when_to_come_again() -> None:
    rules = Rules(wait_seconds=60)
    check_may_begin(rules, 0, None)
    check_may_begin(rules, 1, 60.0)
    with pytest.raises(AttemptTooSoon) as refused:
        check_may_begin(rules, 1, 45.0)
    assert refused.value.retry_after == 15
    with pytest.raises(AttemptTooSoon) as refused:
        check_may_begin(rules, 1, 59.9)
    assert refused.value.retry_after == 1


def test_when_a_review_shows_what_is_right() -> None:
    shown = {review: [review.shows(passed=passed) for passed in (False, True)] for review in Review}
    assert shown == {
        Review.AFTER_SUBMIT: [True, True],
        Review.AFTER_PASSING: [False, True],
        Review.NEVER: [False, False],
    }
