import pytest

from services.kit.work.pauses import growing_pause


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 0.2), (1, 0.2), (2, 0.4), (3, 0.8), (7, 10), (10_000, 10)]
)
def test_a_pause_doubles_with_each_failure_up_to_the_longest(failures: int, pause: float) -> None:
    assert growing_pause(failures, 0.2, 10) == pause
