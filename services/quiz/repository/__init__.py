"""Every SQL statement of quiz: a file for quizzes, one for attempts, one for results,
one for grading these anew."""
