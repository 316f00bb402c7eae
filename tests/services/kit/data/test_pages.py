import base64
import json

import pytest

from services.kit.data.pages import PageTokens, page_size
from services.kit.errors import InvalidArgument
from services.kit.identity.secrets import Signer

TOKENS = PageTokens(Signer(b"s" * 32, "course:page-token"))
KEY = ["2026-11-22T10:00:00Z", "01a2040b", 7]


def test_a_token_brings_its_key_back() -> None:
    assert TOKENS.read(TOKENS.write(KEY, "courses?tag=stars"), "courses?tag=stars") == KEY
    assert TOKENS.read("", "courses") is None


def test_a_token_of_another_list_purpose_or_filter_is_refused() -> None:
    own = TOKENS.write(KEY, "courses?tag=stars")
    stranger = PageTokens(Signer(b"s" * 32, "quiz:page-token"))
    for tokens, scope in ((TOKENS, "courses?tag=moon"), (stranger, "courses?tag=stars")):
        with pytest.raises(InvalidArgument) as refused:
            tokens.read(own, scope)
        assert refused.value.violations == (("pageToken", "is not a token of this list"),)


def test_a_tampered_token_is_refused() -> None:
    body, signature = TOKENS.write(KEY, "courses").split(".")
    other = base64.urlsafe_b64encode(json.dumps([1, 2]).encode()).decode()
    for bad in (f"{other}.{signature}", f"{body}.{signature[:-1]}", body, ".", "x.y", f"é.{body}"):
        with pytest.raises(InvalidArgument):
            TOKENS.read(bad, "courses")


def test_pages_go_on_after_their_last_row_and_end() -> None:
    rows = [10, 11, 12]
    page, following = TOKENS.page(rows, 2, "numbers", lambda row: [row])
    assert (page, TOKENS.read(following, "numbers")) == ([10, 11], [11])
    assert TOKENS.page(rows, 3, "numbers", lambda row: [row]) == (rows, "")
    assert (page_size(0), page_size(7)) == (20, 7)
