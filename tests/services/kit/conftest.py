from pathlib import Path

import pytest

from tests.services.kit.harness import Kit


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """A small mesh of the test's own."""
    return Kit(tmp_path)
