from __future__ import annotations

import pytest

from services.course import names
from services.course.languages import dictionary


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Internet of Things", "internet-of-things"),
        ("  C / D_E ", "c-d-e"),
        ("Ästhetik", "ästhetik"),
        ("日本語", "日本語"),
    ],
)
def test_a_slug_keeps_letters_of_any_script(name: str, slug: str) -> None:
    assert names.slug(name) == slug


def test_a_name_without_letters_has_a_slug_all_the_same() -> None:
    assert names.slug("++") == names.slug("++") != names.slug("--")
    assert names.marked_slug("C++").startswith("c-")
    assert names.marked_slug("C++") != names.marked_slug("C#")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["IoT", " Big  Data", "iot", "big data"], ["IoT", "Big Data"]),
        (["\u00c4", "a\u0308", "A\u0308"], ["\u00c4"]),
    ],
)
def test_names_that_differ_in_case_or_space_or_normal_form_are_one(
    given: list[str], kept: list[str]
) -> None:
    assert names.distinct(given) == kept


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "english"), ("pt-BR", "portuguese"), ("ja", "simple")]
)
def test_each_language_has_its_dictionary(language: str, expected: str) -> None:
    assert dictionary(language) == expected
