"""Child processes: each in a session of its own, none of them outliving the launcher."""

import ctypes
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from setproctitle import setproctitle

from edge.local.signals import WATCHED

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 10 * 1024 * 1024
CANNOT_EXECUTE = 126

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Owner:
    """A system user and its main group, by number."""

    uid: int
    gid: int


def fork(
    main: Callable[[], int], log: Path, close: Sequence[int] = (), title: str | None = None
) -> int:
    """Run `main` in a child that ends with its return code; return the child's pid.

    The child leads a session of its own, so a Ctrl-C in the terminal reaches only the launcher.
    Its output is appended to `log`; the descriptors in `close` are the launcher's alone. `title` is
    what ps shows of it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        if title:
            setproctitle(title)
        _child(main, log, close, parent)
    return pid


def execute(
    argv: Sequence[str],
    environ: Mapping[str, str],
    owner: Owner | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> NoReturn:
    """Become the program `argv`, as `owner` if one is given. Only for use inside `fork`."""
    parent = os.getppid()
    if owner:
        os.setgroups([])
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)
    # A change of user clears the death signal, so it is set after it.
    die_with_parent(parent, death_signal)
    os.execve(argv[0], list(argv), dict(environ))  # noqa: S606


def die_with_parent(parent: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `death_signal` to this process when its parent dies (prctl(2)).

    SIGKILL by default: without the launcher there is no order to stop in. A service that took
    its leave would wait in vain for a database that is gone, and what was answered is committed.
    """
    if _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), death_signal)


def rotate(log: Path) -> None:
    """Move a log above 10 MB aside, to the same name with `.1`."""
    if size(log) > LOG_LIMIT_BYTES:
        log.replace(log.with_name(log.name + ".1"))


def keep_short(log: Path) -> bool:
    """Do the same while a process goes on writing to the log; whether there was need.

    The process keeps its file, which is emptied: what it writes at that very moment is lost.
    """
    if size(log) <= LOG_LIMIT_BYTES:
        return False
    aside = log.with_name(log.name + ".1")
    # First: a full disk has room for one of them at most.
    aside.unlink(missing_ok=True)
    shutil.copy(log, aside)
    os.truncate(log, 0)
    return True


def size(log: Path) -> int:
    """The bytes of a log, zero where there is none."""
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, lines: int = 8, start: int = 0) -> str:
    """The last lines of a log after its first `start` bytes, or nothing where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _child(main: Callable[[], int], log: Path, close: Sequence[int], parent: int) -> NoReturn:
    # os._exit: nothing that the launcher registered or holds may run or be flushed twice.
    code = CANNOT_EXECUTE
    try:
        _settle(log, close, parent)
        code = main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _settle(log: Path, close: Sequence[int], parent: int) -> None:
    os.setsid()
    die_with_parent(parent)
    for descriptor in close:
        os.close(descriptor)
    _redirect(log)
    for number in WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)


def _redirect(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
