"""Words for people at a terminal."""


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 lesson", "4 PDFs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
