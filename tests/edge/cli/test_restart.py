from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli.restart import restart


def run(*arguments: str) -> Result:
    return CliRunner().invoke(restart, arguments)


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    refused = run("--state", str(tmp_path))
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"Error: Stellr is not running on {tmp_path}.\n",
    )


def test_what_is_no_service_is_refused_by_its_name(tmp_path: Path) -> None:
    refused = run("postgres", "--state", str(tmp_path))
    assert refused.exit_code == 2
    assert "'postgres' is not one of 'auth'" in refused.stderr
