from pathlib import Path

from edge.local import supervisor
from edge.local.parts import Part


def test_a_process_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    pids = iter([7])

    def spawn() -> int:
        if not part.failures:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return next(pids)

    part = Part("course-0", "course", "", tmp_path / "log", spawn)
    assert not supervisor._tend(part)
    assert part.retry_at > 0
    part.retry_at = 0
    assert supervisor._tend(part)
    assert part.pid == 7
