from collections import Counter

import psycopg

from tests.support import Stack, eventually

OPENED = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"


def test_a_process_has_its_pool_and_two_that_listen(stack: Stack) -> None:
    with psycopg.connect(stack.run["databases"]["course"], autocommit=True) as connection:

        def opened() -> bool:
            found = Counter(name for (name,) in connection.execute(OPENED))
            # Of others in it there are only those of tests.
            return (found["events"], found["jobs"]) == (1, 1) and 1 <= found["course"] <= 10

        eventually(opened)
