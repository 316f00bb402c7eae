"""The steps of the journey: each is timed, and says what it found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from edge.journey.browser import JourneyError

# Name, what was found, seconds.
Report = Callable[[str, str, float], None]


class Step:
    """A step under way; what it found is said beside its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found = ""

    def says(self, found: str) -> None:
        """Say what was found."""
        self.found = found


class Steps:
    """Tells each step that ends well to `report`; JourneyError names the one that does not."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step, from entering to leaving."""
        step, began = Step(name), time.monotonic()
        try:
            yield step
        except (JourneyError, OSError, httpx.HTTPError) as error:
            raise JourneyError(f"{name}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise JourneyError(f"{name}: an answer is not as expected: {error!r}") from error
        self._report(name, step.found, time.monotonic() - began)
