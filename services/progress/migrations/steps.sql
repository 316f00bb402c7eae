-- What a learner did in a course, with the ids that count as text.
CREATE VIEW course_states AS
    SELECT user_id, course_id, last_lesson_id, completed_at,
        ARRAY(
            SELECT lesson_id::text FROM lesson_completions done
            WHERE done.user_id = progress.user_id AND done.course_id = progress.course_id
        ) AS lessons,
        ARRAY(
            SELECT lesson_id::text FROM quiz_passes passed
            WHERE passed.user_id = progress.user_id AND passed.course_id = progress.course_id
        ) AS quizzes
    FROM course_progress progress;

-- Completes a course, unless it is, where nothing of its outline is missing, and tells of it.
--
-- Of two last steps at the same moment each would miss the other's, and nobody would complete the
-- course. So a step is written first, then the row of the learner in the course is locked, and only
-- then is it read what is done: who comes second waits, and sees both. A single statement cannot do
-- that, as it sees all as it was at its beginning; each statement of a function looks anew, and the
-- function still costs one round trip.
CREATE FUNCTION settle_course(
    learner uuid, course uuid, all_lessons text[], all_quizzes text[],
    settled_at timestamptz, event_kind text, event_payload bytea, event_request text,
    event_trace text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE course_progress progress SET completed_at = settled_at
        FROM course_states state
        WHERE progress.user_id = learner AND progress.course_id = course
            AND state.user_id = learner AND state.course_id = course
            AND progress.completed_at IS NULL
            AND cardinality(all_lessons) > 0
            AND all_lessons <@ state.lessons AND all_quizzes <@ state.quizzes;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO events (kind, payload, request_id, traceparent)
        VALUES (event_kind, event_payload, event_request, event_trace);
    RETURN true;
END
$$;

-- The log of what learners do, which nothing is ever taken from: once a day for each lesson and kind,
-- so that whoever marks and unmarks all day does not fill it.
CREATE FUNCTION log_step(learner uuid, lesson uuid, step text, at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO steps (user_id, on_day, lesson_id, kind, taken_at)
        VALUES (learner, (at AT TIME ZONE 'UTC')::date, lesson, step, at) ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION undo_lesson(learner uuid, course uuid, lesson uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM lesson_completions
        WHERE user_id = learner AND course_id = course AND lesson_id = lesson;
    IF FOUND THEN
        PERFORM log_step(learner, lesson, 'undone', now());
    END IF;
END
$$;

-- Where a video stands. What lies within a minute between two reports was spent watching.
CREATE FUNCTION keep_position(learner uuid, course uuid, lesson uuid, at_seconds integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lesson_positions AS known (user_id, course_id, lesson_id, seconds)
        VALUES (learner, course, lesson, at_seconds)
        ON CONFLICT (user_id, course_id, lesson_id) DO UPDATE SET
            seconds = EXCLUDED.seconds, updated_at = now(),
            spent_seconds = known.spent_seconds + CASE
                WHEN now() - known.updated_at <= interval '60 seconds'
                    THEN round(extract(epoch FROM now() - known.updated_at))::integer
                ELSE 0 END;
    INSERT INTO course_progress (user_id, course_id, last_lesson_id)
        VALUES (learner, course, lesson)
        ON CONFLICT (user_id, course_id) DO UPDATE SET
            last_lesson_id = EXCLUDED.last_lesson_id, last_active_at = now(), reminded_at = NULL;
END
$$;

CREATE FUNCTION complete_lesson(
    learner uuid, course uuid, lesson uuid, all_lessons text[], all_quizzes text[],
    settled_at timestamptz, event_kind text, event_payload bytea, event_request text,
    event_trace text,
    OUT last_lesson_id uuid, OUT completed_at timestamptz, OUT lessons text[], OUT quizzes text[],
    OUT newly boolean
) LANGUAGE plpgsql AS $$
BEGIN
    newly := false;
    INSERT INTO lesson_completions (user_id, course_id, lesson_id)
        VALUES (learner, course, lesson) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO course_progress AS progress (user_id, course_id, last_lesson_id)
            VALUES (learner, course, lesson)
            ON CONFLICT (user_id, course_id) DO UPDATE SET
                last_lesson_id = EXCLUDED.last_lesson_id, last_active_at = now(),
                reminded_at = NULL;
        PERFORM log_step(learner, lesson, 'completed', now());
        newly := settle_course(learner, course, all_lessons, all_quizzes,
            settled_at, event_kind, event_payload, event_request, event_trace);
    END IF;
    SELECT state.last_lesson_id, state.completed_at, state.lessons, state.quizzes
        INTO last_lesson_id, completed_at, lessons, quizzes
        FROM course_states state WHERE state.user_id = learner AND state.course_id = course;
END
$$;

CREATE FUNCTION pass_quiz(
    learner uuid, course uuid, lesson uuid, at timestamptz, all_lessons text[], all_quizzes text[],
    settled_at timestamptz, event_kind text, event_payload bytea, event_request text,
    event_trace text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO quiz_passes (user_id, course_id, lesson_id, passed_at)
        VALUES (learner, course, lesson, at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO course_progress AS progress (user_id, course_id)
        VALUES (learner, course)
        ON CONFLICT (user_id, course_id) DO UPDATE SET
            last_active_at = greatest(progress.last_active_at, at), reminded_at = NULL;
    PERFORM log_step(learner, lesson, 'passed', at);
    RETURN settle_course(learner, course, all_lessons, all_quizzes,
        settled_at, event_kind, event_payload, event_request, event_trace);
END
$$;
