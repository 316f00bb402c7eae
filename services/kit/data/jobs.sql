-- What the kit adds to procrastinate's tables.

-- Jobs that were given up, until an operator sends them again.
CREATE TABLE dead_jobs (
    job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs ON DELETE CASCADE,
    reason text NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now()
);

-- For how long a job waits, and for how long it has been failing: since its first failure.
ALTER TABLE procrastinate_jobs
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN failing_since timestamptz;

-- For a worker that asks when the next job is due, and whether a dead worker left any.
CREATE INDEX procrastinate_jobs_due ON procrastinate_jobs (scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;
-- For a worker that claims the next job of a queue, among however many.
CREATE INDEX procrastinate_jobs_ready ON procrastinate_jobs (queue_name, id)
    WHERE status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX procrastinate_jobs_due_in_queue ON procrastinate_jobs (queue_name, scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;
-- For whoever asks whether something fails again and again.
CREATE INDEX procrastinate_jobs_failing ON procrastinate_jobs (queue_name, failing_since)
    WHERE status = 'todo' AND failing_since IS NOT NULL;
CREATE INDEX procrastinate_jobs_at_work ON procrastinate_jobs (worker_id)
    WHERE status = 'doing';
