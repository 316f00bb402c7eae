import json
from email.message import EmailMessage
from pathlib import Path

from edge.journey.outbox import code_of, mails_to, texted_code


def put(outbox: Path, name: str, to: str, text: str = "x") -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = to, name
    mail.set_content(text)
    (outbox / f"{name}.eml").write_bytes(mail.as_bytes())


def test_finds_the_mails_of_one_address_newest_first(tmp_path: Path) -> None:
    put(tmp_path, "1", "Ada <ada@x.example>")
    put(tmp_path, "2", "notada@x.example")
    put(tmp_path, "3", "Ada@X.example")
    (tmp_path / ".4.tmp").write_bytes(b"To: ada@x.example")
    assert [mail["Subject"] for mail in mails_to(tmp_path, "ada@x.example")] == ["3", "1"]
    assert mails_to(tmp_path / "none", "ada@x.example") == []


def test_the_code_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, "1", "a@x.example", "Call 555555 now.\n\n  123456\n\nhttp://x/?code=654321\n")
    put(tmp_path, "2", "a@x.example", "no code: 123456.")
    none, one = mails_to(tmp_path, "a@x.example")
    assert (code_of(one), code_of(none)) == ("123456", "")


def test_the_newest_text_message_to_a_number_has_the_code(tmp_path: Path) -> None:
    for name, to, body in (
        ("1", "+1", "111111 is it"),
        ("2", "+1", "222222"),
        ("3", "+2", "333333"),
    ):
        (tmp_path / f"{name}.sms.json").write_text(json.dumps({"to": to, "body": body}))
    assert texted_code(tmp_path, "+1") == "222222"
    assert texted_code(tmp_path, "+3") == ""
