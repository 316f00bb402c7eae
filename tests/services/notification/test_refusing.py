import pytest

from services.notification.refusing import MOST_IN_A_ROW, Refusing


@pytest.mark.parametrize(
    ("outcomes", "takes"),
    [
        (["failed"] * (MOST_IN_A_ROW - 1), True),
        (["failed"] * MOST_IN_A_ROW, False),
        (["failed", "sent"] * MOST_IN_A_ROW, True),
        # What is tried again is told of by its job.
        (["retried"] * MOST_IN_A_ROW, True),
        ([*["failed"] * MOST_IN_A_ROW, "retried", "failed"], False),
        ([*["failed"] * MOST_IN_A_ROW, "sent"], True),
    ],
)
def test_who_refuses_many_in_a_row_is_told_of(outcomes: list[str], takes: bool) -> None:
    told = [True]
    counted: list[tuple[str, str, str, float]] = []
    refusing = Refusing(lambda *one: counted.append(one), {"email": told.append})
    for outcome in outcomes:
        refusing("email", "smtp", outcome, 0.1)
        refusing("push", "web", "failed", 0.1)
    assert told[-1] is takes
    assert counted[::2] == [("email", "smtp", outcome, 0.1) for outcome in outcomes]
