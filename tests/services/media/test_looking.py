"""Looking at an upload takes as long as it takes, and its caller does not wait for that."""

from __future__ import annotations

import threading
from typing import Any, cast
from uuid import uuid4

import pytest

from services.media.errors import UploadNotFinished
from services.media.looking import MOST_AT_ONCE, Looking
from services.media.repository.uploads import UploadRow
from tests.support import eventually

ROW = cast(UploadRow, object())


def test_what_takes_long_goes_on_and_is_told_later() -> None:
    looking, may_end, looks = Looking(0.05), threading.Event(), []

    def look() -> UploadRow:
        looks.append(1)
        may_end.wait(10)
        return ROW

    upload_id = uuid4()
    assert looking.at(upload_id, look) is None
    assert looking.at(upload_id, look) is None
    may_end.set()
    assert eventually(lambda: looking.at(upload_id, look)) is ROW
    assert len(looks) == 1


def test_a_failure_is_told_once_and_then_looked_at_anew() -> None:
    looking, upload_id = Looking(5), uuid4()

    def look() -> Any:
        raise UploadNotFinished

    for _ in range(2):
        with pytest.raises(UploadNotFinished):
            looking.at(upload_id, look)
    assert looking.at(upload_id, lambda: ROW) is ROW


def test_few_are_looked_at_at_once() -> None:
    looking, may_end, looks = Looking(0.01), threading.Event(), []

    def look() -> UploadRow:
        looks.append(1)
        may_end.wait(10)
        return ROW

    assert [looking.at(uuid4(), look) for _ in range(9)] == [None] * 9
    assert len(looks) == MOST_AT_ONCE
    may_end.set()
