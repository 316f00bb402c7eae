import pytest

from services.kit.data.spans import summary

CLAIM = """
    WITH chosen AS (SELECT id FROM unnest($1) AS asked (id) JOIN jobs USING (id) FOR UPDATE)
    UPDATE ONLY "jobs" SET secret = 'x' FROM chosen RETURNING id
"""


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("SELECT title FROM lessons WHERE lesson_id = $1", "SELECT lessons"),
        ("select id from t for update skip locked", "SELECT t"),
        ("\n    INSERT INTO a (b) VALUES ($1) ON CONFLICT DO UPDATE SET b = 1", "INSERT a"),
        ('DELETE FROM "drafts" WHERE true', "DELETE drafts"),
        (CLAIM, "UPDATE jobs"),
        ("WITH known AS (SELECT 1 FROM marks) SELECT * FROM known", "SELECT marks"),
        ("SELECT x FROM unnest($1::text[]) AS a JOIN quizzes ON true", "SELECT quizzes"),
        ("SELECT settle_course($1, $2)", "SELECT settle_course"),
        ("SELECT state FROM complete_lesson($1)", "SELECT complete_lesson"),
        ("COMMIT", "COMMIT"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_named_by_what_it_does_to_which_table(statement: str, name: str) -> None:
    told, attributes = summary(statement)
    assert told == name
    operation, _, table = name.partition(" ")
    assert attributes["db.operation.name"] == operation
    assert attributes.get("db.collection.name", "") == table
