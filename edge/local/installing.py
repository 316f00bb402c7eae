"""Installs the locked packages and says how far it is: `python -m edge.local.installing FILE`.

Runs in an environment that has nothing but pip, so it imports nothing that is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from edge.local.terminal import doing, say

PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off", "--no-color")
FOUND = re.compile(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
INSTALLS = "Installing collected packages"
LOCKED = re.compile(r"^[A-Za-z0-9._-]+(\[[^]]*\])?==", re.MULTILINE)
LOOK_SECONDS = 0.5
# Where nobody looks at a terminal, a line now and then is enough.
EVERY = 50
LAST_LINES = 15


def install(lock: Path) -> int:
    """Install what a file locks by versions and hashes; pip's exit status."""
    began, total = time.monotonic(), len(LOCKED.findall(lock.read_text()))
    say(f"Stellr installs {total} packages into {sys.prefix}")
    argv = [sys.executable, *PIP, "--require-hashes", "-r", str(lock)]
    done = threading.Event()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        said = follow(pip.stdout, total, lambda: _count_installed(total, done))
    done.set()
    if pip.returncode:
        say("\n".join(said))
        say(
            "The packages could not be installed: see above, and stellr's README for what it takes."
        )
    else:
        say(f"  {'packages':<16} {time.monotonic() - began:5.1f} s")
    return pip.returncode


def follow(lines: Iterable[str], total: int, installs: Callable[[], None]) -> Iterable[str]:
    """Say what pip looks for, and call `installs` once it installs; the last lines it said."""
    said: deque[str] = deque(maxlen=LAST_LINES)
    names: set[str] = set()
    for line in lines:
        said.append(line.rstrip())
        found = FOUND.match(line)
        if found and found[1] not in names:
            names.add(found[1])
            _tell("found", len(names), total, found[1])
        elif line.startswith(INSTALLS):
            installs()
    return said


def _count_installed(total: int, done: threading.Event) -> None:
    """Say how many are installed, for as long as pip says nothing."""
    folder = Path(sysconfig.get_path("purelib"))

    began = time.monotonic()

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            number = len(list(folder.glob("*.dist-info")))
            # The last ones are large: that it goes on, the seconds say.
            doing(f"packages: {number} of {total} installed, {time.monotonic() - began:.0f} s")

    say("  packages found, installing them")
    threading.Thread(target=watch, daemon=True).start()


def _tell(what: str, number: int, total: int, name: str) -> None:
    doing(f"packages: {number} of {total} {what}, {name}")
    if not sys.stdout.isatty() and number % EVERY == 0:
        say(f"  packages: {number} of {total} {what}")


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
