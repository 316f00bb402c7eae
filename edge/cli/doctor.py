"""`stellr doctor`: whether all that Stellr needs is there, and how to mend what is not."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.options import HostType, stack_options
from edge.local.ports import DEFAULT_PORT, HOST

if TYPE_CHECKING:
    from edge.doctor.finding import Finding

COLOURS = {"ok": "green", "warning": "yellow", "bad": "red"}
EPILOG = """\b
Examples:
  stellr doctor
  stellr doctor --json | jq '.[] | select(.grade != "ok")'

\b
Exit status: 0 if Stellr can run, also with warnings; 1 if something must be mended first.
"""


@click.command(epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--host", type=HostType(), default=HOST, envvar="STELLR_HOST", show_envvar=True)
@stack_options
def doctor(as_json: bool, host: str, state: Path, port: int | None) -> None:
    """Look at Python, programs, disk, ports, clock, settings, state, databases and mail server."""
    found = look(state, port or DEFAULT_PORT, host)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=1))
    else:
        for each in found:
            grade = click.style(f"{each.grade:<8}", fg=COLOURS[each.grade])
            click.echo(f"{grade} {each.name:<11} {each.text}")
            if each.mend:
                click.echo(f"{'':<8} {'':<11} -> {each.mend}")
    sys.exit(1 if any(each.grade == "bad" for each in found) else 0)


def look(state: Path, port: int, host: str) -> list[Finding]:
    """All that there is to find."""
    from edge.doctor import academy, machine  # noqa: PLC0415  they import much

    return [
        machine.python(),
        *machine.programs(),
        machine.contracts(),
        machine.disk(state.absolute()),
        machine.clock(),
        *academy.settings(os.environ),
        *academy.state(state),
        academy.stack(state),
        *([] if academy.is_running(state) else _ports(port, host)),
        *academy.databases(os.environ),
        *academy.mail_server(os.environ),
    ]


def _ports(port: int, host: str) -> list[Finding]:
    from edge.doctor import academy, machine  # noqa: PLC0415  as above

    tls = academy.tls_port()
    return [machine.ports(port, host), *([machine.tls_port(tls, host)] if tls else [])]
