"""Keeps the certificate of the public door as its files are, however they are written."""

import os
import time
from pathlib import Path

from edge.envoy import render
from edge.envoy.settings import DoorSettings, check_certificate

LOOK_SECONDS = 2.0

Stamp = tuple[tuple[int, int, int], ...]


class Certificate:
    """Hands the certificate to Envoy in `folder` whenever it is another one."""

    def __init__(self, door: DoorSettings, folder: Path) -> None:
        self._door = door
        self._folder = folder
        self._taken = self._stamp()
        self._next_look = 0.0

    def look(self) -> None:
        """Look at the files, if it is time. What does not fit together is being written."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        stamp = self._stamp()
        if stamp and stamp != self._taken and self._fits():
            render.write_certificate(self._folder, self._door)
            self._taken = stamp

    def _fits(self) -> bool:
        assert self._door.tls_cert
        assert self._door.tls_key
        try:
            check_certificate(self._door.tls_cert, self._door.tls_key)
        except ValueError:
            return False
        return True

    def _stamp(self) -> Stamp:
        try:
            found = [os.stat(each) for each in (self._door.tls_cert, self._door.tls_key) if each]
        except OSError:
            return ()
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)
