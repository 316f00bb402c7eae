"""Gathers what the public door publishes of itself: made from the contracts, or kept beside."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from edge.envoy import render
from edge.openapi.contracts import Contracts
from edge.openapi.document import document
from services.kit.pages import look

EDGE = Path(__file__).resolve().parents[1]
DOCS = EDGE / "docs"
COLLECTION = EDGE / "postman" / "stellr.postman_collection.json"
OPENAPI_JSON = "openapi.json"
POSTMAN_JSON = "postman.json"
# Of the files of DOCS.
TEMPLATES = ("index.html", "errors.html", "docs.css")


def openapi() -> dict[str, Any]:
    """The OpenAPI document of what Envoy offers to the public, from the built contracts."""
    services = render.transcoded_services(render.load(), "public")
    return document(Contracts.of(render.contracts()), services)


def publish(folder: Path) -> None:
    """Write openapi.json, postman.json and docs/ to `folder`, which need not exist."""
    made = openapi()
    shutil.copytree(DOCS, folder / "docs", dirs_exist_ok=True)
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    (folder / OPENAPI_JSON).write_text(text)
    shutil.copyfile(COLLECTION, folder / POSTMAN_JSON)
    templates = look.templates(DOCS)
    templates.filters["sentence"] = sentence
    for name in TEMPLATES:
        text = templates.get_template(name).render(reasons=made["x-error-reasons"])
        (folder / "docs" / name).write_text(text)


def sentence(text: str) -> Markup:
    """A comment as HTML: it begins with a capital, and what is quoted in it is code."""
    html = re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text[:1].upper() + text[1:])))
    return Markup(html)  # noqa: S704 - escaped above
