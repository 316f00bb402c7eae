"""Ending with the program that asked for the stack, however that program ends."""

import os
import signal
import threading

CHUNK_BYTES = 4096


def stop_at_the_end_of(descriptor: int) -> None:
    """Have this process told to stop (SIGTERM) once nobody holds the other end of a pipe open.

    A pipe, since every system closes it whatever killed its holder. The death signal of prctl(2) is
    of Linux alone, and tells of the thread that started this process, not of the whole program.
    """
    threading.Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    # A bare read: the launcher forks, and no child may inherit a lock that this thread holds.
    while os.read(descriptor, CHUNK_BYTES):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
