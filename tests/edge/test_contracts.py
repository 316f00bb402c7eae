from edge.contracts import lint


def test_the_contracts_are_in_good_style_and_explained() -> None:
    assert lint() == 0
