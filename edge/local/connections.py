"""How many database connections the stack may open, counted from what is started."""

from dataclasses import dataclass

LARGEST_POOL = 10
SMALLEST_POOL = 4
# Beside its pool: one that listens for jobs and one for events; and what a process that was just
# killed has not given back yet.
BACKGROUND = 6
# Migrations, an operator's psql, and what PostgreSQL keeps for superusers.
RESERVE = 10
CEILING = 500


@dataclass(frozen=True)
class ConnectionPlan:
    """Sizes that fit together: every pool full at once still fits into `max_connections`."""

    pool_size: int
    max_connections: int


def plan_connections(workers: int, databases: int) -> ConnectionPlan:
    """Share the connections among `workers` processes of each of `databases` services.

    Pools shrink as workers grow, so that the sum stays at 500 or below; no pool falls below 4.
    """
    processes = workers * databases
    share = (CEILING - RESERVE) // max(processes, 1) - BACKGROUND
    pool_size = max(SMALLEST_POOL, min(LARGEST_POOL, share))
    return ConnectionPlan(pool_size, processes * (pool_size + BACKGROUND) + RESERVE)
