import json
from pathlib import Path

from click.testing import CliRunner

from edge.cli.mails import mails


def test_mails_are_listed_and_shown(tmp_path: Path) -> None:
    box = tmp_path / "outbox"
    box.mkdir()
    text = "To: ann@learner.example\nSubject: Your code\n\nHere it is:\n\n123456\n"
    (box / "a.eml").write_text(text)
    listed = CliRunner().invoke(mails, ["--state", str(tmp_path)])
    assert "ann@learner.example  Your code  123456  a.eml" in listed.output
    shown = CliRunner().invoke(mails, ["--state", str(tmp_path), "a.eml"])
    assert shown.output.startswith("mail to ann@learner.example\nYour code\n")
    missing = CliRunner().invoke(mails, ["--state", str(tmp_path), "b.eml"])
    assert missing.exit_code == 1
    assert "There is no message b.eml" in missing.output


def test_nothing_in_a_mail_steers_the_terminal(tmp_path: Path) -> None:
    box = tmp_path / "outbox"
    box.mkdir()
    steering = "\x1b]0;x\x07 \x9b31m \u202e"
    note = {"to": "+15550100", "body": f"{steering}\nOn ἄλφα, 123456", "sentTime": ""}
    (box / "a.sms.json").write_text(json.dumps(note))
    for arguments in ([], ["a.sms.json"]):
        shown = CliRunner().invoke(mails, ["--state", str(tmp_path), *arguments]).output
        assert "On ἄλφα, 123456" in shown
        assert not set(steering) - {" ", *"]0;x31m"} & set(shown)


def test_an_empty_outbox_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(mails, ["--state", str(tmp_path)])
    assert result.output == "Nothing was sent yet.\n"


def test_an_outbox_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "outbox").touch()
    done = CliRunner().invoke(mails, ["--state", str(tmp_path)])
    assert (done.exit_code, "outbox cannot be read: Not a directory." in done.stderr) == (1, True)
