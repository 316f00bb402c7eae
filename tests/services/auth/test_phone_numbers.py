import pytest

from services.auth.phone_numbers import normalize_phone, range_of
from services.kit.errors import InvalidFields

SERVED = frozenset({"US", "DE"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+12025550143", "+12025550143"),
        (" +12025550143\n", "+12025550143"),
        ("\u200b+4917012345678", "+4917012345678"),
    ],
)
def test_a_number_has_one_spelling(text: str, number: str) -> None:
    assert normalize_phone(text, SERVED) == number


@pytest.mark.parametrize(
    "text",
    [
        "2025550143",  # whose?
        "+15550001234",  # there is no such area
        "+16135550123",  # of Canada, which has the same country code
        "+19005551234",  # costs whoever calls
        "+18005551234",  # takes no messages
        "+1202555014",
        "+",
        "",
    ],
)
def test_what_no_message_may_go_to_is_refused_on_its_field(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        normalize_phone(text, SERVED)
    assert [violation.field for violation in refused.value.violations] == ["phone"]


def test_a_range_is_all_but_the_last_digits() -> None:
    assert range_of("+12025550143") == range_of("+12025559999") != range_of("+12025560143")
