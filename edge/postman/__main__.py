"""`python -m edge.postman` makes the collection and walks its journey at the running stack."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options
from edge.contracts import GENERATED, PUBLISHED
from edge.openapi.publishing import OPENAPI_JSON
from edge.postman import collection


@click.command()
@stack_options
@click.option("--only-run", is_flag=True, help="Leave the collection as it is.")
def main(*, state: Path, port: int | None, only_run: bool) -> None:
    """Make the Postman collection from the contracts, and walk its journey at the running stack."""
    if not only_run:
        collection.make(GENERATED / PUBLISHED / OPENAPI_JSON)
    stack = find_stack(state, port)
    sys.exit(collection.run(stack.url, state / "outbox"))


if __name__ == "__main__":
    main()
