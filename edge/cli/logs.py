"""`stellr logs`: what all parts of a stack say, as one."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from edge.cli.options import state_option
from edge.local import log_lines
from edge.local.log_lines import LogLine
from edge.local.state import State
from edge.local.terminal import printable

POLL_SECONDS = 0.3
COLOURS = {"warning": "yellow", "error": "red", "critical": "red"}
# Told by the columns already.
SHOWN = frozenset({"time", "timestamp", "level", "service", "event"})
# Envoy's word for what a service answered (RESPONSE_CODE_DETAILS).
FROM_SERVICE = "via_upstream"
EPILOG = """\b
Examples:
  stellr logs -f
  stellr logs -n 20 auth postgres
  stellr logs -n 100000 --json | jq 'select(.request_id == "92100ffb-...")'
"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[SERVICE]...")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "-n",
    "count",
    type=click.IntRange(0, 100_000),
    default=100,
    show_default=True,
    help="Lines of before.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@state_option
def logs(names: Sequence[str], follow: bool, count: int, as_json: bool, state: Path) -> None:
    """Show the logs of all parts, or of a SERVICE or part, by time; also when nothing runs."""
    folder = State(state.absolute()).logs
    find = partial(log_lines.parts_of, folder, names)
    try:
        found = find()
    except KeyError as error:
        known = ", ".join(log_lines.parts_of(folder, [])) or "none"
        raise click.ClickException(
            f"There is no log of {error.args[0]} in {folder}. There are: {known}."
        ) from error
    if not found:
        raise click.ClickException(f"There are no logs in {folder}.")
    show = document if as_json else columns
    for line in log_lines.last(found, count):
        click.echo(show(line))
    if follow:
        with suppress(KeyboardInterrupt):
            for line in log_lines.follow(find, partial(time.sleep, POLL_SECONDS)):
                click.echo(show(line))


def document(line: LogLine) -> str:
    """A line for programs: what the part said, and which part."""
    values = line.values or {"time": line.at.isoformat(), "event": line.text}
    return json.dumps({"part": line.part, **values}, ensure_ascii=False)


def columns(line: LogLine) -> str:
    """A line for people: local time, part, what happened."""
    when = line.at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    level, text = _said(line)
    part = click.style(f"{line.part:<15}", fg="cyan")
    return f"{when} {part} {click.style(printable(text), fg=COLOURS.get(level))}"


def _request(values: dict[str, Any]) -> str:
    """What came to the door, as it tells it."""
    what = f"{values.get('method')} {values['path']} {values['status']}"
    details = values.get("details", "")
    why = "" if details == FROM_SERVICE else f" {details}"
    return f"{what}{why} ms={values.get('milliseconds')} request_id={values.get('request_id')}"


def _said(line: LogLine) -> tuple[str, str]:
    """The level of a line, and its text."""
    values = line.values
    if values is None:
        return "", log_lines.without_time(line.text)
    if "path" in values and "status" in values:
        return "", _request(values)
    level = str(values.get("level", "")).lower()
    rest = [
        f"{name}={value}" for name, value in values.items() if name not in SHOWN and value != ""
    ]
    shown = [level.upper() if level in COLOURS else "", str(values.get("event", "")), *rest]
    return level, " ".join(filter(None, shown))
