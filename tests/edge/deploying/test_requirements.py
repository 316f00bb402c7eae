from edge.deploying.requirements import BUILD, ELSEWHERE, ROOT, part, runtime_roots

LOCK = """\
# made by a program
a==1 \\
    --hash=sha256:1 \\
    --hash=sha256:2
    # via
    #   academy (pyproject.toml)
    #   d
b==2 ; python_version < "3.14" \\
    --hash=sha256:3
    # via a
c==3 \\
    --hash=sha256:4
    # via
    #   b
    #   d
d==4 \\
    --hash=sha256:5
    # via academy (pyproject.toml)
"""


ONE_LINE = """\
a==1 \\
    --hash=sha256:1
    # via d, academy (pyproject.toml)
b==2 \\
    --hash=sha256:3
    # via -c other.lock, a
c==3 \\
    --hash=sha256:4
    # via b, d, -c other.lock
d==4 \\
    --hash=sha256:5
    # via academy (pyproject.toml)
"""


def names(lock: str) -> set[str]:
    return {line.split("==")[0] for line in lock.splitlines() if not line.startswith((" ", "#"))}


def test_a_part_of_a_lock_is_what_its_roots_need() -> None:
    for lock in (LOCK, ONE_LINE):
        assert names(part(lock, {"b"})) == {"b", "c"}
        assert names(part(lock, {"a"})) == {"a", "b", "c"}
        assert names(part(lock, {"d"})) == {"a", "b", "c", "d"}
    assert part(LOCK, {"c"}) == LOCK[LOCK.index("c==") : LOCK.index("d==")]


def test_an_image_has_what_services_import_and_nothing_of_other_times() -> None:
    lock, project = (ROOT / "requirements.lock").read_text(), (ROOT / "pyproject.toml").read_text()
    found = names(part(lock, runtime_roots(project)))
    assert {"grpcio", "psycopg-binary", "redis", "uharfbuzz", "pydantic-core"} <= found
    assert not found & {*ELSEWHERE, *BUILD, "pytest", "mypy", "ruff", "buf-bin"}
    assert names(part(lock, BUILD)) >= {*BUILD, "protobuf"}
