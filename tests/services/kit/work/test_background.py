from services.kit.work.background import Background


def test_what_changes_is_heard_by_its_name() -> None:
    heard: list[tuple[str, bool]] = []
    background = Background()
    jobs, mails = background.add("jobs"), background.add("mails")
    background.heard_by(lambda *told: heard.append(told))
    assert background.names == ["jobs", "mails"]
    assert background.is_well
    for tell, well in ((jobs, True), (mails, False), (mails, False), (jobs, False), (mails, True)):
        tell(well)
    assert heard == [("mails", False), ("jobs", False), ("mails", True)]
    assert not background.is_well
    jobs(True)
    assert background.is_well
