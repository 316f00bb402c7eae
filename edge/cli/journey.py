"""`stellr journey`: the product in one picture, walked by a new learner."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options

DEMO = "the-night-sky"
TWILIO = "STELLR_TWILIO_ACCOUNT_SID"


@click.command()
@stack_options
@click.option("--url", metavar="URL", help="The public door, instead of that of the running stack.")
@click.option(
    "--course", default=DEMO, show_default=True, metavar="SLUG", help="The course to take."
)
@click.option(
    "--login",
    type=click.Choice(["email", "phone", "google"]),
    default="email",
    show_default=True,
    help="How the learner signs up.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the certificate goes; certificate-<slug>.pdf if not told.",
)
def journey(
    *,
    state: Path,
    port: int | None,
    url: str | None,
    course: str,
    login: str,
    output: Path | None,
) -> None:
    """Walk the whole journey of a new learner over REST, from registering to the certificate.

    The academy must be on this machine: mails and text messages are read from the state directory,
    or with --url from its mailbox (/mailbox.json at the next port), as where it runs in containers;
    the key of the OpenID provider lies in the state directory. By phone only where text messages go
    to the outbox.
    """
    from edge.journey.browser import Browser, JourneyError  # noqa: PLC0415  heavy
    from edge.journey.inbox import inbox_of  # noqa: PLC0415
    from edge.journey.steps import Steps  # noqa: PLC0415
    from edge.journey.walk import Journey  # noqa: PLC0415

    if login == "phone" and os.environ.get(TWILIO):
        raise click.ClickException(
            f"{TWILIO} is set: the code would go to a stranger's phone. Take another --login."
        )
    public_url = os.environ.get("STELLR_PUBLIC_URL", "")
    browser = Browser(url or find_stack(state, port).url, public_url)
    target = output or Path(f"certificate-{Path(course).name}.pdf")
    began = time.monotonic()
    try:
        inbox = inbox_of(url, state)
        Journey(browser, state, course, target, Steps(tell), login, inbox).walk()
    except JourneyError as error:
        raise click.ClickException(f"The journey ended at: {error}") from error
    finally:
        browser.close()
    click.echo(f"\nThe whole journey took {time.monotonic() - began:.1f} s.")


def tell(name: str, found: str, seconds: float) -> None:
    """A step in a line: its time in ms, its name, and what it found."""
    click.echo(f"{seconds * 1000:7.0f} ms  {name:<24} {found}".rstrip())
