"""Phone numbers: one spelling for each, and none that no message reaches or that costs extra."""

from __future__ import annotations

from collections.abc import Collection

from services.kit.errors import InvalidFields, Violation
from services.kit.text import trim

# All but the last digits: numbers that were given out together (what SMS pumping goes through).
RANGE_DIGITS = 4


def normalize_phone(text: str, countries: Collection[str]) -> str:
    """The number in E.164. `countries` are ISO 3166-1 codes such as US.

    InvalidFields on `phone` where there is no such number, it takes no messages, or it is of
    another country.
    """
    import phonenumbers  # noqa: PLC0415  with the data of all countries

    try:
        number = phonenumbers.parse(trim(text))
    except phonenumbers.NumberParseException:
        raise _refused("must be a phone number in E.164") from None
    if not phonenumbers.is_valid_number(number):
        raise _refused("there is no such phone number")
    if phonenumbers.region_code_for_number(number) not in countries:
        raise _refused(f"messages are sent to numbers of {', '.join(sorted(countries))} only")
    kinds = phonenumbers.PhoneNumberType
    if phonenumbers.number_type(number) not in (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE):
        raise _refused("must be a number that takes messages")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def range_of(number: str) -> str:
    """The range of numbers that a number in E.164 is of."""
    return number[:-RANGE_DIGITS]


def _refused(reason: str) -> InvalidFields:
    return InvalidFields([Violation("phone", reason)])
