import pytest

from services.kit.process.runtime import Runtime
from services.kit.work.queues import Queue
from tests.services.kit.harness import working
from tests.services.kit.work.recorder import Recorder, defer
from tests.support import eventually


@pytest.mark.parametrize(
    ("blocked", "slots", "quicker"),
    [
        (Queue.BULK, 2, Queue.NORMAL),
        (Queue.BULK, 2, Queue.URGENT),
        (Queue.NORMAL, 4, Queue.URGENT),
        (Queue.URGENT, 6, Queue.APART),
        (Queue.APART, 3, Queue.URGENT),
        (Queue.APART, 3, Queue.BULK),
        (Queue.AGAIN, 4, Queue.CROWD),
    ],
)
def test_what_is_urgent_goes_while_all_else_is_stuck(
    runtime: Runtime, recorder: Recorder, blocked: Queue, slots: int, quicker: Queue
) -> None:
    recorder.gate.clear()
    block = runtime.jobs.task("block", recorder.note, queue=blocked)
    for number in range(50):
        defer(runtime, block, word=str(number))
    free = Recorder()
    quick = runtime.jobs.task("quick", free.note, queue=quicker)
    with working(runtime):
        eventually(lambda: len(recorder.words) == slots)
        defer(runtime, quick, word="code")
        eventually(lambda: free.words == ["code"], 2)
        assert len(recorder.words) == slots
        recorder.gate.set()
        eventually(lambda: len(recorder.words) == 50, 10)


def test_of_what_waits_the_most_urgent_goes_first(runtime: Runtime, recorder: Recorder) -> None:
    note = runtime.jobs.task("note", recorder.note)
    for queue in (Queue.BULK, Queue.NORMAL, Queue.URGENT):
        defer(runtime, note, word=queue.value, queue=queue)
    with working(runtime):
        eventually(lambda: len(recorder.words) == 3)
    assert recorder.words == ["urgent", "normal", "bulk"]
