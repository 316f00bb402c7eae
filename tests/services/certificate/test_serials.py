from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificate.serials import new_serial, read_serial

SERIAL = "7K2M-9QXD-04TB-WH61"
GROUPS = SERIAL.split("-")
EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]
DASHES = ["\u2212", *(char for char in EVERY_CHARACTER if unicodedata.category(char) == "Pd")]
SPACES = [char for char in EVERY_CHARACTER if unicodedata.category(char) == "Zs"]
INVISIBLE = [
    *(c for c in EVERY_CHARACTER if unicodedata.category(c) == "Cf"),
    *"\u034f\u3164\ufe0f",
]
FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
ENDS = [*".,;:)]}\"'!?", *"«»“”„\u2019\u203a。、」", "...", ".)", "”."]


def test_a_serial_is_four_groups_of_letters_that_cannot_be_mistaken() -> None:
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", new_serial())


def test_serials_differ() -> None:
    assert len({new_serial() for _ in range(1000)}) == 1000


def test_all_letters_are_used() -> None:
    assert len(set("".join(new_serial() for _ in range(200)))) == 33


@pytest.mark.parametrize(
    "typed",
    [
        SERIAL,
        SERIAL.lower(),
        SERIAL.replace("-", ""),
        " 7k2m 9qxd o4tb wh6i",
        "7K2M-9QXD-O4TB-WH6L",
        SERIAL.translate(FULL_WIDTH),
        SERIAL.lower().translate(FULL_WIDTH),
        "7K2Mー9QXDー04TBーWH61",
        "7K2M-9QXD-\r\n04TB-WH61\t\n",
        "\ufeff(7K2M\u00ad9QXD\u200b04TB\u2060WH61)\u200e",
    ],
)
def test_what_people_type_is_understood(typed: str) -> None:
    assert read_serial(typed) == SERIAL


def test_any_dash_space_or_invisible_character_may_stand_between() -> None:
    between = [*DASHES, *SPACES, *INVISIBLE]
    assert len(between) > 200
    assert [ascii(char) for char in between if read_serial(char.join(GROUPS)) != SERIAL] == []


@pytest.mark.parametrize("end", ENDS)
def test_punctuation_at_the_ends_is_not_part_of_it(end: str) -> None:
    assert read_serial(SERIAL + end) == read_serial(f"“{SERIAL}{end}") == SERIAL


@given(st.data())
def test_a_serial_is_found_whatever_it_is_pasted_with(data: st.DataObject) -> None:
    serial = new_serial()
    noise = st.text(st.sampled_from([*DASHES, *SPACES, *INVISIBLE, *".,;:«»"]), max_size=6)
    shapes = st.sampled_from((str, str.lower, lambda char: char.translate(FULL_WIDTH)))
    letters = [data.draw(shapes)(char) for char in serial.replace("-", "")]
    assert read_serial(data.draw(noise) + data.draw(noise).join(letters)) == serial


@given(st.text())
def test_any_text_is_a_serial_or_none(text: str) -> None:
    found = read_serial(text)
    assert found is None or read_serial(found) == found


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7K2M",
        "7K2M-9QXD-04TB-WH61-0",
        "7K2M-9QXD-04TB-WHU1",
        "ÄÖÜß" * 4,
        "'; DROP TABLE",
        "\0" * 16,
        "7K2M\t9QXD\n04TB\x7fWH61",
        f"{SERIAL}\0",
        f"{SERIAL}\ue000",
        "🎓" * 16,
    ],
)
def test_what_cannot_be_a_serial_is_none(typed: str) -> None:
    assert read_serial(typed) is None


def test_what_is_far_too_long_is_not_even_looked_at() -> None:
    # U+FDFA is eighteen characters in its compatibility form.
    # Of this thread alone: others may keep the machine busy.
    start = time.thread_time()
    assert read_serial("\ufdfa" * 1_000_000) is None
    assert read_serial(SERIAL + " " * 1_000_000) is None
    assert time.thread_time() - start < 0.1


def test_a_new_serial_is_read_as_itself() -> None:
    serial = new_serial()
    assert read_serial(serial) == serial
