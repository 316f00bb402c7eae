import pytest

from services.gateway.processes import is_own


@pytest.mark.parametrize(
    ("address", "listen", "own"),
    [
        ("127.0.0.1:4001", "127.0.0.1:4001", True),
        ("127.0.0.1:4002", "127.0.0.1:4001", False),
        ("127.0.0.1:4001", "0.0.0.0:4001", True),
        ("192.0.2.1:4001", "0.0.0.0:4001", False),
        ("127.0.0.1:4002", "0.0.0.0:4001", False),
    ],
)
def test_a_process_knows_itself(address: str, listen: str, own: bool) -> None:
    assert is_own(address, listen) is own
