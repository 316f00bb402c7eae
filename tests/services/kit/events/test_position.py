import pytest

from services.kit.errors import InvalidFields
from services.kit.events.position import BEGINNING, Position, read_position


def test_a_position_is_read_as_it_was_written() -> None:
    for position in (BEGINNING, Position(7, 1_800_000_000_000_000)):
        assert read_position(str(position)) == position
    assert str(BEGINNING) == ""


@pytest.mark.parametrize("text", ["7", "x.1", "1.-1", "1.2.3", "1.", "٣.٤", "9" * 19 + ".1"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(InvalidFields):
        read_position(text)
