import shutil
from pathlib import Path

from services.kit.data import migrate
from tests.support import ROOT

MIGRATIONS = ROOT / "services" / "user" / "migrations"


def test_migrations_are_found_wherever_they_lie(tmp_path: Path) -> None:
    there = tmp_path / "100%(here)s"
    shutil.copytree(MIGRATIONS, there)
    assert migrate.newest(str(there)) == migrate.newest(str(MIGRATIONS)) != ""
