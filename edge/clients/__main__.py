"""`python -m edge.clients [FOLDER]` makes the typed clients, by default in build/clients."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.clients.making import PYTHON, TYPESCRIPT, make_python, make_typescript
from edge.contracts import GENERATED, PUBLISHED, ROOT
from edge.openapi.publishing import OPENAPI_JSON


def main() -> None:
    """Make both."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    openapi = GENERATED / PUBLISHED / OPENAPI_JSON
    make_python(openapi, folder / PYTHON)
    make_typescript(openapi, folder / TYPESCRIPT)


if __name__ == "__main__":
    main()
