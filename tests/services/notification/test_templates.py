import re
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any

import pytest
from google.protobuf.message import Message

from services.kit.pages import look
from services.notification.channels import CHANNELS
from services.notification.templates import (
    TEMPLATES,
    Rendered,
    from_json,
    has_brief,
    has_text,
    paragraphs,
    render,
    render_brief,
    render_text,
    to_json,
)
from stellr.notification.v1.template_pb2 import VerificationCode

URL = "http://127.0.0.1:8080"
LINK = f"{URL}/verify-email?verificationId=019a1234-5678-7000-8000-123456789012&code=483920"
DATA: dict[str, Any] = {
    "code": "483920",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "time": datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
    "course_title": "IoT & <Things>",
    "lesson_title": "Deeper <dive>",
    "serial": "STLR-7K2M",
    "change": "added",
    "method": "phone",
    "issuer": "https://id.example",
    "title": "New courses",
    "reason": "It was a mistake.",
    "body": "First paragraph.\n\nSecond <b>paragraph</b>.",
}


def example(template: str, **more: Any) -> Message:
    kind = TEMPLATES[template]
    own = {field.name: DATA[field.name] for field in kind.DESCRIPTOR.fields if field.name in DATA}
    return kind(**own | more)


def seen(html: str) -> str:
    """What is read of it."""
    return unescape(re.sub(r"<[^>]+>", "", html.partition("</head>")[2]))


def rendered(template: str, name: str = "Zoë", locale: str = "en", **more: Any) -> Rendered:
    return render(example(template, **more), name=name, locale=locale, public_url=URL)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_renders_its_data(template: str) -> None:
    mail = rendered(template)
    assert mail.subject
    assert mail.html.startswith("<!doctype html>")
    for field, value in example(template).ListFields():
        told = "22 November 2026, 10:05 UTC" if field.name == "time" else value
        assert told in mail.text, field.name
    assert "<b>" not in mail.html
    assert "<Things>" not in mail.html
    assert "{{" not in mail.text + mail.html


@pytest.mark.parametrize("template", TEMPLATES)
def test_html_loads_nothing_and_runs_nothing(template: str) -> None:
    assert not re.search(r"<script|<img|<link|src=|url\(|@import", rendered(template).html)


@pytest.mark.parametrize("template", TEMPLATES)
def test_html_has_the_look_of_the_pages(template: str) -> None:
    html = rendered(template).html
    ours = {scheme for colour in look.colours().values() for scheme in colour}
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", html)) <= ours
    assert look.font() in html
    # Not every mail program reads a style sheet: the light look stands in the elements.
    body = html.partition("</head>")[2]
    for name in ("page", "card", "ink", "brand", "line", "quiet"):
        assert look.colours()[name].light in body, name
    assert "prefers-color-scheme: dark" in html


def test_lines_stay_lines_where_a_mail_program_knows_no_white_space() -> None:
    assert "Device: Firefox on Linux<br>" in rendered("new_device").html
    assert "&lt;br&gt;" not in rendered("new_device").html


@pytest.mark.parametrize("locale", ["en", "es", "de"])
def test_the_end_of_a_mail_leads_out_of_its_kind(locale: str) -> None:
    end = f"{URL}/notify/unsubscribe?token=x&y"
    mail = render(
        example("certificate_ready"), name="", locale=locale, public_url=URL, unsubscribe_url=end
    )
    assert end in mail.text.splitlines()
    foot = mail.html.partition('class="foot"')[2]
    assert f'href="{escape(end)}"' in foot
    assert "unsubscribe" not in rendered("certificate_ready", locale=locale).html


def test_only_the_welcome_mail_says_welcome_in_its_subject() -> None:
    subjects = {template: rendered(template).subject for template in TEMPLATES}
    subjects["announcement"] = rendered("announcement", title="WELCOME back").subject
    assert [name for name, subject in subjects.items() if "welcome" in subject.lower()] == [
        "welcome"
    ]


def test_code_is_on_a_line_of_its_own_and_is_the_only_number_of_six_digits() -> None:
    mail = rendered("verification_code", name="654321")
    assert re.findall(r"\d{6}", mail.text) == ["483920"]
    assert "483920" in mail.text.splitlines()
    assert "10 minutes" in mail.text
    assert "483920" not in mail.subject
    assert set(re.findall(r"\b\d{6}\b", seen(mail.html))) == {"483920"}


def test_code_mail_carries_the_link_if_there_is_one() -> None:
    mail = rendered("verification_code", link=LINK)
    assert LINK in mail.text.splitlines()
    assert f'href="{LINK.replace("&", "&amp;")}"' in mail.html
    assert set(re.findall(r"\b\d{6}\b", mail.text)) == {"483920"}
    assert "link" not in rendered("verification_code").text


def test_code_mail_does_not_carry_a_name_that_a_stranger_chose() -> None:
    assert "evil.example" not in rendered("verification_code", name="http://evil.example").text


@pytest.mark.parametrize("locale", ["en-GB", "xx-YY", "", "../../etc", "en/../de", "EN"])
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


@pytest.mark.parametrize(
    ("method", "said"),
    [("password", "the password"), ("openid", "an account elsewhere"), ("phone", "a phone number")],
)
def test_each_way_to_sign_in_has_its_words(method: str, said: str) -> None:
    mail = rendered("credentials_changed", method=method, change="removed", issuer="")
    for words in (mail.text, mail.html):
        assert f"was removed: {said}." in words
        assert ("ask for a new password with this mail address" in words) == (method == "openid")
        assert "Of:" not in words


def test_subject_is_short() -> None:
    assert len(rendered("announcement", title="x" * 150).subject) == 150


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_was_kept_says_the_same(template: str) -> None:
    assert from_json(template, to_json(example(template))) == example(template)


def test_what_a_newer_service_kept_besides_is_left_out() -> None:
    kept = {"code": "483920", "later": "x"}
    assert from_json("verification_code", kept) == VerificationCode(code="483920")


def test_paragraphs() -> None:
    assert paragraphs("a\nb\n \n\nc\n") == ["a\nb", "c"]


# GSM 03.38: one SMS has 160 of these, or 70 of any others. { } [ ] ~ \\ | ^ and the euro take two.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
IN_TEXTS = [template for template in TEMPLATES if has_text(template)]


def text_of(template: str, locale: str = "en") -> str:
    return render_text(example(template), locale=locale)


def test_there_are_words_for_an_sms_about_what_is_urgent_for_the_account() -> None:
    assert set(IN_TEXTS) == {
        "verification_code",
        "new_device",
        "password_changed",
        "address_changed",
        "credentials_changed",
    }


@pytest.mark.parametrize("template", IN_TEXTS)
def test_an_sms_is_one_message_of_one_line_without_a_link(template: str) -> None:
    text = text_of(template)
    assert set(text) <= set(GSM)
    assert "\n" not in text
    assert 40 < len(text) <= 160
    assert "Stellr Academy" in text
    assert not re.search(r"https?:|www\.|\w\.\w", text)
    assert text == text_of(template, "pt-BR")


def test_the_code_of_an_sms_stands_alone_and_once() -> None:
    assert re.findall(r"(?<![\w-])(\d{6})(?![\w-])", text_of("verification_code")) == ["483920"]
    assert "10 minutes" in text_of("verification_code")


def test_a_link_is_in_no_sms() -> None:
    code = VerificationCode(code="483920", link=LINK)
    assert render_text(code, locale="en") == text_of("verification_code")


def test_the_name_that_a_device_gives_itself_is_in_no_sms() -> None:
    shown = render_text(example("new_device", device="call +1 900 555"), locale="en")
    assert "900" not in shown
    assert "22 November 2026, 10:05 UTC" in shown


LANGUAGES = ["en", "es", "de"]
LISTED = [template for template in TEMPLATES if has_brief(template)]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_language_has_every_template(template: str, locale: str) -> None:
    mail = render(example(template), name="Zoë", locale=locale, public_url=URL)
    assert mail.language == locale
    assert f'<html lang="{locale}">' in mail.html
    if locale != "en" and template != "announcement":
        assert mail.subject != rendered(template).subject
    for field, value in example(template).ListFields():
        if field.name in ("course_title", "lesson_title", "code", "serial", "device", "body"):
            assert value in mail.text, field.name
    assert "<Things>" not in mail.html
    if has_text(template):
        text = text_of(template, locale)
        assert set(text) <= set(GSM)
        assert len(text) <= 160
    assert not has_brief(template) or render_brief(example(template), locale=locale).body


def test_a_template_says_the_same_as_text_and_as_html() -> None:
    mail = rendered("certificate_ready")
    for line in mail.text.splitlines():
        said = line.strip().rstrip(":")
        assert not said or said in seen(mail.html) or said in unescape(mail.html), line


def test_times_are_in_the_words_of_the_language() -> None:
    said = [text_of("new_device", locale) for locale in LANGUAGES]
    told = ["22 November 2026", "22 de noviembre de 2026", "22. November 2026"]
    assert all(day in text for day, text in zip(told, said, strict=True))


def test_codes_are_in_no_list() -> None:
    assert set(LISTED) == {name for name, where in CHANNELS.items() if len(where) > 1}
    with pytest.raises(LookupError):
        render_brief(example("verification_code"), locale="en")


@pytest.mark.parametrize("template", LISTED)
def test_a_list_shows_one_line_that_leads_somewhere(template: str) -> None:
    brief = render_brief(example(template), locale="en")
    assert brief.title == rendered(template).subject
    assert "\n" not in brief.body
    assert brief.path.startswith("/")


def test_words_in_the_data_are_words_and_no_template() -> None:
    title = "{{ 7 * 7 }} {% raw %} {{ ''.__class__ }}"
    mail = rendered("announcement", title=title, body="{{ public_url }}")
    assert title in mail.text
    assert "{{ public_url }}" in mail.text
