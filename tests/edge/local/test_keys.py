import json
import stat
from pathlib import Path

import pytest

from edge.local.errors import StartError
from edge.local.keys import make_keys
from edge.local.state import open_state


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    make_keys(state, ["auth", "course"])
    first = {path.name: path.read_bytes() for path in state.keys.iterdir()}
    make_keys(state, ["auth", "course"])
    assert {path.name: path.read_bytes() for path in state.keys.iterdir()} == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in state.keys.iterdir()} == {0o600}


def test_the_mesh_knows_everybody_by_public_key_only(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    make_keys(state, ["auth", "course"])
    keys = json.loads((state.keys / "mesh.json").read_bytes())["keys"]
    assert [key["kid"] for key in keys] == ["auth", "course", "operator"]
    assert not any("d" in key for key in keys)


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    (state.keys / "auth.pem").write_text("garbage")
    with pytest.raises(StartError, match=r"auth\.pem cannot be read"):
        make_keys(state, ["auth"])
