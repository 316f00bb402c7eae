"""The words of every notification: a template and its data become subject, text and HTML.

Each language is a folder of templates/ with the same files; a missing one falls back to English.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

REQUIRED: dict[str, frozenset[str]] = {
    "verification_code": frozenset({"code"}),
    "welcome": frozenset(),
    "account_exists": frozenset(),
    "new_device": frozenset({"device", "address", "time"}),
    "password_changed": frozenset(),
    "address_changed": frozenset(),
    "reminder_lesson": frozenset({"courseTitle", "lessonTitle"}),
    "reminder_quiz": frozenset({"courseTitle", "lessonTitle"}),
    "certificate_ready": frozenset({"courseTitle", "serial"}),
    "announcement": frozenset({"title", "body"}),
}
"""The data keys that each template must be given."""

OPTIONAL: dict[str, frozenset[str]] = {"verification_code": frozenset({"link"})}
"""The data keys that a template may be given besides."""

CODE_MINUTES = 10
"""How long a verification code is said to be valid."""

_MAX_LENGTH = {"code": 6, "serial": 64, "title": 150, "body": 10_000, "link": 2_000}
_DEFAULT_MAX_LENGTH = 300
_MAX_NAME = 120
_MAX_SUBJECT = 150
_CODE = re.compile(r"[0-9]{6}")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Rendered:
    """A notification in words; the subject is one line."""

    subject: str
    text: str
    html: str


class TemplateDataError(ValueError):
    """The template is unknown, or its data is not what it asks for.

    violations holds a pair for each defect: the field ("template" or "data.<key>") and the reason.
    """

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in violations))
        self.violations = tuple(violations)


def check(template: str, data: Mapping[str, str]) -> None:
    """Raise TemplateDataError, with every defect, unless the data suits the template."""
    if template not in REQUIRED:
        raise TemplateDataError([("template", f"must be one of {', '.join(REQUIRED)}")])
    violations = [*_wrong_keys(template, data), *_wrong_values(data)]
    if violations:
        raise TemplateDataError(violations)


def render(
    template: str, data: Mapping[str, str], *, name: str, locale: str, public_url: str
) -> Rendered:
    """The notification for a person called name, in the language of the locale or in English.

    public_url is the academy's address without a slash at its end. Raises TemplateDataError.
    """
    check(template, data)
    values: dict[str, object] = {key: _plain(key, value) for key, value in data.items()}
    values |= {"name": _one_line(name)[:_MAX_NAME], "public_url": public_url.rstrip("/")}
    values |= {"minutes": CODE_MINUTES, "link": values.get("link", "")}
    text, html = (_find(f"{template}.{kind}", locale) for kind in ("txt", "html"))
    subject = _one_line("".join(text.blocks["subject"](text.new_context(values))))
    values |= {"subject": subject, "language": str(text.name).split("/")[0]}
    return Rendered(subject[:_MAX_SUBJECT], text.render(values), html.render(values))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines separate."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def _wrong_keys(template: str, data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    required = REQUIRED[template]
    for key in sorted(required - data.keys()):
        yield f"data.{key}", f"is required by {template}"
    for key in sorted(data.keys() - required - OPTIONAL.get(template, frozenset())):
        yield f"data.{_one_line(key)[:50]}", f"is not a key of {template}"


def _wrong_values(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        longest = _MAX_LENGTH.get(key, _DEFAULT_MAX_LENGTH)
        if len(value) > longest:
            yield f"data.{_one_line(key)[:50]}", f"must be at most {longest} characters"
    if "code" in data and not _CODE.fullmatch(data["code"]):
        yield "data.code", "must be 6 digits"
    if "link" in data and not _LINK.fullmatch(data["link"]):
        yield "data.link", "must be an http or https address"


def _plain(key: str, value: str) -> str:
    if key != "body":
        return _one_line(value)
    return "\n".join(_one_line(line) for line in value.splitlines())


def _one_line(text: str) -> str:
    """No line ends (RFC 5322, 2.2: they would begin a header), no controls, no bidi overrides."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown = (
        " " if unicodedata.category(char) in hidden and char not in "\u200c\u200d" else char
        for char in text
    )
    return " ".join("".join(shown).split())


def _find(file: str, locale: str) -> Template:
    language = _LANGUAGE.match(locale.lower())
    folders = [language.group()] if language else []
    return _ENVIRONMENT.select_template([f"{folder}/{file}" for folder in (*folders, "en")])


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.notification"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["paragraphs"] = paragraphs
    return environment


_ENVIRONMENT = _environment()
