"""Each test runs in a process of its own: one thread, whose signals are its own."""

import subprocess
import sys
from textwrap import dedent

from tests.support import ROOT

HEAD = "import os, signal, time\nfrom edge.local import signals\nme = os.getpid()\n"


def holds(story: str) -> None:
    """Whether the story, ending with an assertion, comes to its end in a fresh interpreter."""
    command = [sys.executable, "-c", HEAD + dedent(story)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stop_signal_ends_a_wait() -> None:
    holds("""
        with signals.blocked():
            os.kill(me, signal.SIGTERM)
            assert signals.wait(5)
    """)


def test_standing_still_is_no_request_to_stop() -> None:
    """As after Ctrl-Z and `fg`, longer than it waits."""
    holds("""
        started = os.fork()
        if started == 0:
            with signals.blocked():
                # What a first signal left in memory must not be told again.
                os.kill(os.getpid(), signal.SIGTERM)
                assert signals.wait(5)
                stopped = signals.wait(1)
            os._exit(int(stopped))
        time.sleep(0.4)
        os.kill(started, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(started, signal.SIGCONT)
        assert os.waitpid(started, 0)[1] == 0
    """)


def test_the_echo_of_a_stop_signal_is_no_second_one() -> None:
    holds("""
        with signals.blocked():
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(me, number)
            assert signals.wait(5)
            signals.swallow_echo()
            assert not signals.wait(0)
    """)


def test_what_came_too_late_stops_nobody_afterwards() -> None:
    holds("""
        with signals.blocked():
            os.kill(me, signal.SIGTERM)
            os.kill(me, signal.SIGHUP)
    """)


def test_nohup_is_honoured() -> None:
    holds("""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with signals.blocked():
            os.kill(me, signal.SIGHUP)
            began = time.monotonic()
            assert not signals.wait(0.2)
            assert time.monotonic() - began < 5
    """)
