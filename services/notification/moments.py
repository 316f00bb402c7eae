"""Points in time, in words."""

from __future__ import annotations

from datetime import datetime

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio"
    " julio agosto septiembre octubre noviembre diciembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_DAYS = {
    "en": "{day} {month} {year}",
    "es": "{day} de {month} de {year}",
    "de": "{day}. {month} {year}",
}


def moment(time: datetime, language: str) -> str:
    """A time in UTC: "22 November 2026, 10:05 UTC"; in English where a language is not known."""
    known = language if language in _MONTHS else "en"
    month = _MONTHS[known].split()[time.month - 1]
    day = _DAYS[known].format(day=time.day, month=month, year=time.year)
    return f"{day}, {time:%H:%M} UTC"
