"""`stellr mails`: what the academy has sent, where no mail server is set."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import state_option
from edge.local.terminal import printable
from services.gateway.mailbox import outbox
from services.gateway.mailbox.outbox import OutboxMessage


@click.command()
@click.argument("name", required=False)
@state_option
@click.option("-n", "most", type=click.IntRange(1, 1000), default=20, show_default=True)
def mails(name: str | None, state: Path, most: int) -> None:
    """List the mails, SMS and push messages of the outbox, the newest first; or show one."""
    folder = state / "outbox"
    if name is None:
        try:
            lines = [line(message) for message in outbox.newest(folder, most)]
        except OSError as error:
            raise click.ClickException(f"{folder} cannot be read: {error.strerror}.") from error
        click.echo("\n".join(lines) or "Nothing was sent yet.")
        return
    message = outbox.find(folder, name)
    if message is None:
        raise click.ClickException(f"There is no message {name} in {folder}.")
    head = _shown(f"{message.kind} to {message.to}"), _shown(message.subject), ""
    click.echo("\n".join((*head, *map(_shown, message.text.split("\n")))))


def line(message: OutboxMessage) -> str:
    """A message in one line: when, what, to whom, and its file's name."""
    when = message.sent_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    subject = " ".join(message.subject.split())
    code = f"  {message.code}" if message.code else ""
    return _shown(f"{when}  {message.kind:<4}  {message.to}  {subject}{code}  {message.name}")


def _shown(text: str) -> str:
    # Strangers had some of it sent.
    return printable(text, keep="\t")
