from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.addresses import normalize_email
from services.kit.errors import InvalidArgument
from services.kit.rpc.interceptors.validation import validated
from services.notification.mail import compose
from services.notification.templates import Rendered
from stellr.notification.v1.notification_internal_service_pb2 import MailAddress

ATEXT = st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~-.")
LABELS = st.sampled_from(
    ["learner", "Bücher", "straße", "例え", "xn--bcher-kva", "a-b", "-a", "a_b"]
)
ENDS = st.sampled_from(["example", "test", "com", "中国", "localhost", "42", ""])
NEAR_ADDRESSES = st.builds(
    "{}{}@{}.{}{}".format,
    st.sampled_from(["", " ", "\t", "\ufeff"]),
    st.text(ATEXT, max_size=70) | st.text(max_size=8),
    LABELS | st.text(max_size=6),
    ENDS,
    st.sampled_from(["", "\r\n", "\u00a0", "."]),
)


def normalized(text: str) -> str | None:
    try:
        return normalize_email(text)
    except InvalidArgument:
        return None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("anna.one@example.com ", "anna.one@example.com"),
        ("\ufeffanna@example.com\u200b\r\n", "anna@example.com"),
        ("Anna.Six@Example.COM", "anna.six@example.com"),
        ("anna.five@b\u00fccher.example", "anna.five@xn--bcher-kva.example"),
        ("anna.five@BU\u0308CHER.example", "anna.five@xn--bcher-kva.example"),
        ("anna.five@XN--Bcher-KVA.example", "anna.five@xn--bcher-kva.example"),
        ("ann@fa\u00df.example", "ann@xn--fa-hia.example"),
        ("o'neil+list{1}@learner.test", "o'neil+list{1}@learner.test"),
    ],
)
def test_an_address_has_one_spelling(written: str, kept: str) -> None:
    assert normalize_email(written) == kept
    assert normalize_email(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "jane..doe@example.com",
        ".jane@example.com",
        "jane.@example.com",
        "ann lee@example.com",
        '"ann lee"@example.com',
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann@bob@example.com",
        "z\u00f6e@example.com",
        "ann@localhost",
        "ann@test",
        "ann@printer.local",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "ann@example..com",
        "ann@example.com.",
        "ann@-example.com",
        "ann@exam_ple.com",
        "ann@xn--a.com",
        "ann@\u2603.example",
        "ann@example.com\r\nBcc: bob@example.com",
        f"{'a' * 65}@example.com",
        f"ann@{'a' * 64}.com",
        f"ann@{'.'.join(['a' * 60] * 5)}.com",
    ],
)
def test_what_no_mail_reaches_is_refused(written: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        normalize_email(written)
    assert [violation.field for violation in refused.value.violations] == ["email"]


@pytest.mark.parametrize("char", ["\u00ad", "\uff45", "\u200d", "\u3002"])
def test_no_sign_that_is_left_out_or_replaced_gives_an_address_more_spellings(char: str) -> None:
    assert normalized(f"ann@ex{char}ample.com") is None


@given(NEAR_ADDRESSES)
def test_every_address_that_is_taken_can_be_mailed(written: str) -> None:
    address = normalized(written)
    if address is None:
        return
    validated(MailAddress(email=address))
    message = compose(
        Rendered("Subject", "text", "<p>html</p>"),
        to=address,
        sender="Academy <academy@stellr.example>",
        message_id="<1@stellr.example>",
        sent_time=datetime(2026, 1, 1, tzinfo=UTC),
        list_unsubscribe_url=None,
    )
    assert message["To"].addresses[0].addr_spec == address
    assert address.isascii()
    assert normalize_email(address) == address
