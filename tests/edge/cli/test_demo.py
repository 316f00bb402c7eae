from tests.support import Stack


def test_the_demo_course_is_loaded_once(stack: Stack) -> None:
    loaded = stack.state / "demo-loaded"
    loaded.unlink()
    done = stack.command("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].endswith("nothing changed")
    assert loaded.exists()
    again = stack.command("demo")
    assert (again.returncode, again.stdout) == (0, "the demo course was loaded before\n")
