"""`python -m edge.openapi FOLDER` writes what the door publishes of itself to a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.openapi.publishing import publish

if __name__ == "__main__":
    publish(Path(sys.argv[1]))
