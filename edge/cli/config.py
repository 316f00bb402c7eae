"""`stellr config`: what is set, and where it comes from."""

from __future__ import annotations

import json
import os
import sys

import click

EPILOG = """\b
Examples:
  stellr config --changed
  stellr config --json | jq '.settings.STELLR_PORT'
  stellr config --example > .env.example
"""


@click.command(epilog=EPILOG)
@click.option("--changed", is_flag=True, help="Only what is not the default.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--example", is_flag=True, help="Write .env.example instead: all defaults.")
@click.pass_obj
def config(of_file: frozenset[str] | None, changed: bool, as_json: bool, example: bool) -> None:
    """Show the settings in force and where they come from; secrets are hidden.

    In force for what is started now, from this directory. The exit status is 1 where one is wrong.
    """
    from edge.config import checking, sources  # noqa: PLC0415  they import all services
    from edge.config.catalogue import settings  # noqa: PLC0415
    from edge.config.example import text  # noqa: PLC0415

    if example:
        click.echo(text(), nl=False)
        return
    found = [sources.find(each, os.environ, of_file or frozenset()) for each in settings()]
    shown = [each for each in found if not changed or each.source != sources.DEFAULT]
    wrong, strange = checking.problems(), checking.unknown(os.environ)
    if as_json:
        told = {
            "settings": {
                each.setting.name: {
                    "value": each.shown,
                    "source": each.source,
                    "about": each.setting.about,
                }
                for each in shown
            },
            "problems": wrong,
            "warnings": strange,
        }
        click.echo(json.dumps(told, indent=1))
    else:
        section = ""
        for each in shown:
            if each.setting.section != section:
                section = each.setting.section
                click.echo(f"\n{section}")
            click.echo(f"  {each.setting.name:<34} {each.source:<12} {each.shown}".rstrip())
        for line in [*strange, *wrong]:
            click.echo(line, err=True)
    sys.exit(1 if wrong else 0)
