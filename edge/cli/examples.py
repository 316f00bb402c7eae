"""Examples of the commands that are used as they are read; they stand at the end of `--help`."""

from __future__ import annotations

from collections.abc import Mapping

import click

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "up": ("stellr up", "stellr up --state /tmp/two --port 8090 --host 0.0.0.0"),
    "serve": (
        "STELLR_DATABASE_URL=postgresql://auth@db/auth stellr serve auth --listen 0.0.0.0:50051",
    ),
    "envoy": ("stellr envoy --validate", "stellr envoy --render /etc/envoy"),
    "import": ("stellr import edge/demo/the-night-sky",),
    "demo": ("STELLR_STATE=/var/lib/stellr stellr demo",),
    "export": ("stellr export the-night-sky /tmp/bundle",),
    "journey": ("stellr journey", "stellr journey --login google --output certificate.pdf"),
    "admin": (
        "stellr admin grant ann@learner.example admin",
        "stellr admin erase ann@learner.example",
    ),
    "auth": ("stellr auth rotate-keys",),
    "certificate": ("stellr certificate keys --pem", "stellr certificate keys rotate document"),
    "jobs": ("stellr jobs --service notification", "stellr jobs retry --all"),
    "events": ("stellr events", "stellr events forget-reader NAME"),
    "mails": ("stellr mails -n 5", "stellr mails NAME"),
    "secrets": ("stellr secrets /etc/stellr --postgres db.example:5432",),
    "mcp": ("stellr mcp login", "stellr mcp serve --url https://academy.example"),
}
STATUS = "Exit status: 0 if it was done; 1 with one sentence why not; 2 for a wrong option."


def add_examples(group: click.Group) -> None:
    """Add them to the commands of a group."""
    for name, lines in EXAMPLES.items():
        shown = "\n".join(f"  {line}" for line in lines)
        group.commands[name].epilog = f"\b\nExamples:\n{shown}\n\n{STATUS}"
