import pytest

from edge.local.connections import BACKGROUND, RESERVE, plan_connections


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 5, 6])
def test_all_pools_full_at_once_fit(workers: int) -> None:
    plan = plan_connections(workers, databases=8)
    assert plan.max_connections == 8 * workers * (plan.pool_size + BACKGROUND) + RESERVE
    assert plan.max_connections <= 500


def test_one_worker_has_a_pool_of_ten() -> None:
    assert plan_connections(1, databases=8).pool_size == 10


def test_a_pool_never_falls_below_four() -> None:
    assert plan_connections(32, databases=8).pool_size == 4
