"""A course of a given length, to measure with."""

from __future__ import annotations

from pathlib import Path

import yaml

A_SECTION = 4


def write_course(folder: Path, lessons: int) -> Path:
    """Write a bundle with so many lessons; the folder."""
    (folder / "lessons").mkdir(parents=True)
    names = [f"lessons/{number:02}.md" for number in range(1, lessons + 1)]
    for number, name in enumerate(names, 1):
        head = {"title": f"Lesson {number}: something worth an evening", "minutes": 25}
        text = "A paragraph that says a little about the matter. " * 40
        (folder / name).write_text(f"---\n{yaml.safe_dump(head)}---\n\n{text}\n")
    course = {
        "slug": "bench-course",
        "title": "A course to measure with",
        "summary": "As many lessons as a real one has.",
        "language": "en",
        "category": "Measures",
        "tags": ["bench"],
        "authors": ["Stellr Academy"],
        "license": "CC0-1.0",
        "sections": [
            {"title": f"Part {at // A_SECTION + 1}", "lessons": names[at : at + A_SECTION]}
            for at in range(0, lessons, A_SECTION)
        ],
    }
    (folder / "course.yaml").write_text(yaml.safe_dump(course, sort_keys=False))
    return folder
