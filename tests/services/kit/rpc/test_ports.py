from services.kit.rpc.ports import PORTS, http_address, stream_address


def test_the_ports_of_a_process_are_in_a_row() -> None:
    assert stream_address("user:50051") == "user:50052"
    assert http_address("10.0.0.1:50051") == "10.0.0.1:50053"
    assert PORTS == 3
