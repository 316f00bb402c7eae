from click.testing import CliRunner

from edge.cli.journey import journey


def test_no_stranger_is_texted() -> None:
    own = {"STELLR_TWILIO_ACCOUNT_SID": "AC0"}
    # Nobody listens at the URL: it is refused before.
    asked = ["--url", "http://127.0.0.1:1", "--login", "phone"]
    told = CliRunner().invoke(journey, asked, env=own)
    assert told.exit_code == 1
    assert "STELLR_TWILIO_ACCOUNT_SID is set" in told.output
