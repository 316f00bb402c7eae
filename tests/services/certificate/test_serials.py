from __future__ import annotations

import re

import pytest

from services.certificate.serials import new_serial, read_serial


def test_a_serial_is_four_groups_of_letters_that_cannot_be_mistaken() -> None:
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", new_serial())


def test_serials_differ() -> None:
    assert len({new_serial() for _ in range(1000)}) == 1000


def test_all_letters_are_used() -> None:
    assert len(set("".join(new_serial() for _ in range(200)))) == 33


@pytest.mark.parametrize(
    "typed",
    [
        "7K2M-9QXD-04TB-WH61",
        "7k2m-9qxd-04tb-wh61",
        "7K2M9QXD04TBWH61",
        " 7k2m 9qxd o4tb wh6i",
        "7K2M-9QXD-O4TB-WH6L",
    ],
)
def test_what_people_type_is_understood(typed: str) -> None:
    assert read_serial(typed) == "7K2M-9QXD-04TB-WH61"


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
    ],
)
def test_what_cannot_be_a_serial_is_none(typed: str) -> None:
    assert read_serial(typed) is None


def test_a_new_serial_is_read_as_itself() -> None:
    serial = new_serial()
    assert read_serial(serial) == serial
