import re
from typing import Any

import pytest

from edge.envoy.cors import allow_preflight, cors_mutations, expression
from edge.envoy.settings import DoorSettings


def door(*origins: str, credentials: bool = False) -> DoorSettings:
    return DoorSettings(cors_origins=origins, cors_credentials=credentials)


def added(settings: DoorSettings) -> dict[str, str]:
    headers = [each["append"]["header"] for each in cors_mutations(settings)]
    return {header["key"]: header["value"] for header in headers}


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("http://localhost", True),
        ("http://localhost:5173", True),
        ("https://localhost:5173", False),
        ("http://localhost.evil.example", False),
        ("http://localhost:5173.evil.example", False),
        ("https://a.school.example", True),
        ("https://a.b.school.example", True),
        ("https://school.example", False),
        ("https://evilschool.example", False),
        ("https://aXschool.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_origins_as_an_expression(origin: str, fits: bool) -> None:
    pattern = expression(["http://localhost:*", "https://*.school.example"])
    assert bool(re.fullmatch(pattern, origin)) is fits


def test_no_origin_fits_an_empty_list() -> None:
    assert not re.fullmatch(expression([]), "http://localhost")
    assert not re.fullmatch(expression([]), "")


def test_an_answer_names_the_origin_and_differs_by_it() -> None:
    headers = added(door("https://app.example"))
    assert "request.headers['origin']" in headers["access-control-allow-origin"]
    assert headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in headers


def test_credentials_are_let_by_setting() -> None:
    headers = added(door("https://app.example", credentials=True))
    assert "'true'" in headers["access-control-allow-credentials"]


def test_any_origin_needs_no_look_at_it() -> None:
    headers = added(door("*"))
    assert headers["access-control-allow-origin"] == "*"
    assert "vary" not in headers


def test_preflights_of_others_are_not_answered() -> None:
    route: dict[str, Any] = {"match": {"headers": []}}
    allow_preflight(route, door("*"))
    assert route["match"]["headers"] == []
    allow_preflight(route, door("https://app.example"))
    (header,) = route["match"]["headers"]
    assert header["string_match"]["safe_regex"]["regex"] == r"https://app\.example"
