"""What a process does beside answering calls, by the names that health checks know it by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

Tell = Callable[[bool], None]
"""Takes whether something gets on."""


class Background:
    """Hears whether each thing gets on, and passes on what changes; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._well: dict[str, bool] = {}
        self._hear: Callable[[str, bool], None] = lambda *_: None

    @property
    def names(self) -> list[str]:
        """All that there is."""
        return list(self._well)

    @property
    def is_well(self) -> bool:
        """Whether everything gets on."""
        return all(self._well.values())

    def add(self, name: str) -> Tell:
        """Name something that gets on so far: what it is told of by."""
        self._well[name] = True
        return partial(self._tell, name)

    def heard_by(self, hear: Callable[[str, bool], None]) -> None:
        """Who is to know what changes from now on."""
        self._hear = hear

    def _tell(self, name: str, well: bool) -> None:
        with self._lock:
            if self._well[name] != well:
                self._well[name] = well
                self._hear(name, well)
