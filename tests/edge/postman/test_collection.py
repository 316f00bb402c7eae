"""The Postman collection: of the operations that there are, and its journey works."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.openapi.publishing import openapi
from edge.postman import collection
from edge.postman.mailbox import newest_code
from tests.support import Stack

needs_node = pytest.mark.skipif(
    not (shutil.which(collection.NODE) and collection.MODULES.is_dir()),
    reason="Node or its packages are not here: make node",
)


def test_it_has_the_operations_of_the_contracts() -> None:
    """Otherwise it is stale: make postman."""
    assert collection.operations(collection.read()) == collection.described(openapi())


def test_it_holds_nothing_that_was_made_up() -> None:
    text = collection.COLLECTION.read_text()
    assert "<string>" not in text
    assert '"_postman_id"' not in text


def test_optional_headers_are_off() -> None:
    for request in collection.requests(collection.read()["item"]):
        on = {each["key"] for each in request["header"] if not each.get("disabled")}
        assert on <= {"Content-Type", "Accept"}


def test_of_an_unknown_address_there_is_no_code(tmp_path: Path) -> None:
    assert newest_code(tmp_path, "nobody@learner.example") == ""


@needs_node
def test_it_walks_the_journey(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    status = collection.run(stack.url, stack.state / "outbox")
    assert status == 0, capfd.readouterr().out


@needs_node
def test_it_is_made_the_same_again(tmp_path: Path) -> None:
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(openapi()))
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for target in (one, two):
        collection.make(source, target)
    assert one.read_text() == two.read_text()
