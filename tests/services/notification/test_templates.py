import re

import pytest

from services.notification.templates import (
    OPTIONAL,
    REQUIRED,
    Rendered,
    TemplateDataError,
    check,
    paragraphs,
    render,
)

URL = "http://127.0.0.1:8080"
LINK = f"{URL}/verify-email?verificationId=019a1234-5678-7000-8000-123456789012&code=483920"
DATA = {
    "code": "483920",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "time": "22 November 2026, 10:05 UTC",
    "courseTitle": "IoT & <Things>",
    "lessonTitle": "Deeper <dive>",
    "serial": "STLR-7K2M",
    "title": "New courses",
    "body": "First paragraph.\n\nSecond <b>paragraph</b>.",
}


def data_of(template: str) -> dict[str, str]:
    return {key: DATA[key] for key in REQUIRED[template]}


def rendered(template: str, name: str = "Zoë", locale: str = "en", **more: str) -> Rendered:
    return render(template, data_of(template) | more, name=name, locale=locale, public_url=URL)


@pytest.mark.parametrize("template", REQUIRED)
def test_every_template_renders_its_data(template: str) -> None:
    mail = rendered(template)
    assert mail.subject
    assert mail.html.startswith("<!doctype html>")
    for key, value in data_of(template).items():
        assert value in mail.text, key
    assert "<b>" not in mail.html
    assert "<Things>" not in mail.html
    assert "{{" not in mail.text + mail.html


@pytest.mark.parametrize("template", REQUIRED)
def test_html_loads_nothing_and_runs_nothing(template: str) -> None:
    assert not re.search(r"<script|<img|<link|src=|url\(|@import", rendered(template).html)


def test_only_the_welcome_mail_says_welcome_in_its_subject() -> None:
    subjects = {template: rendered(template).subject for template in REQUIRED}
    subjects["announcement"] = rendered("announcement", title="WELCOME back").subject
    assert [name for name, subject in subjects.items() if "welcome" in subject.lower()] == [
        "welcome"
    ]


def test_code_is_on_a_line_of_its_own_and_is_the_only_number_of_six_digits() -> None:
    mail = render(
        "verification_code", {"code": "483920"}, name="654321", locale="en", public_url=URL
    )
    assert re.findall(r"\d{6}", mail.text) == ["483920"]
    assert "483920" in mail.text.splitlines()
    assert "10 minutes" in mail.text
    assert "483920" not in mail.subject
    assert set(re.findall(r"\b\d{6}\b", mail.html)) == {"483920"}


def test_code_mail_carries_the_link_if_there_is_one() -> None:
    mail = rendered("verification_code", link=LINK)
    assert LINK in mail.text.splitlines()
    assert f'href="{LINK.replace("&", "&amp;")}"' in mail.html
    assert set(re.findall(r"\b\d{6}\b", mail.text)) == {"483920"}
    assert "link" not in rendered("verification_code").text


def test_code_mail_does_not_carry_a_name_that_a_stranger_chose() -> None:
    assert "evil.example" not in rendered("verification_code", name="http://evil.example").text


@pytest.mark.parametrize("locale", ["en-GB", "de", "xx-YY", "", "../../etc", "en/../de", "EN"])
def test_any_locale_gives_a_mail(locale: str) -> None:
    assert rendered("welcome", locale=locale) == rendered("welcome")


def test_greets_by_name_or_without() -> None:
    assert rendered("welcome").text.startswith("Hello Zoë,\n")
    assert rendered("welcome", name="").text.startswith("Hello,\n")
    assert "Hello A &lt;b&gt;," in rendered("welcome", name="A\r\n<b>").html


def test_line_ends_in_the_data_make_no_lines_of_their_own() -> None:
    mail = rendered("announcement", title="Hi\r\nBcc: a@b.example\u2028x")
    assert mail.subject == "Hi Bcc: a@b.example x"
    device = rendered("new_device", device="X\n\nTime: never").text
    assert "Device: X Time: never\n" in device


def test_subject_is_short() -> None:
    assert len(rendered("announcement", title="x" * 150).subject) == 150


@pytest.mark.parametrize(
    ("template", "data", "field"),
    [
        ("nonsense", {}, "template"),
        ("verification_code", {}, "data.code"),
        ("verification_code", {"code": "12345"}, "data.code"),
        ("verification_code", {"code": "١٢٣٤٥٦"}, "data.code"),
        ("verification_code", {"code": "123456", "link": "javascript:alert(1)"}, "data.link"),
        ("welcome", {"extra": "x"}, "data.extra"),
        ("announcement", {"title": "x" * 151, "body": "y"}, "data.title"),
        ("announcement", {"title": "x", "body": "y" * 10_001}, "data.body"),
    ],
)
def test_wrong_data_is_named(template: str, data: dict[str, str], field: str) -> None:
    with pytest.raises(TemplateDataError) as caught:
        check(template, data)
    assert [name for name, _ in caught.value.violations] == [field]
    with pytest.raises(TemplateDataError):
        render(template, data, name="", locale="en", public_url=URL)


def test_all_defects_come_at_once() -> None:
    with pytest.raises(TemplateDataError) as caught:
        check("announcement", {"title": "x" * 200, "nope": ""})
    assert {name for name, _ in caught.value.violations} == {"data.body", "data.nope", "data.title"}


def test_optional_keys_belong_to_known_templates() -> None:
    assert OPTIONAL.keys() <= REQUIRED.keys()


def test_paragraphs() -> None:
    assert paragraphs("a\nb\n \n\nc\n") == ["a\nb", "c"]
