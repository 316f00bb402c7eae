-- What happened in this service, for others to follow. Readers tell a transaction that is still at
-- work by its lock on this table (see kit/events), so ids must be given one by one: CACHE 1.
CREATE TABLE events (
    event_id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    -- The full name of the message in `payload`.
    kind text NOT NULL,
    payload bytea NOT NULL,
    request_id text NOT NULL,
    -- Where that request stood in its trace, as the header of this name (W3C Trace Context).
    traceparent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX events_kind ON events (kind, event_id);

-- Which service has read which kind of event of this one, up to where. What a reader has not read
-- is kept for ever: a service that will not come back is for an operator to have forgotten
-- (`stellr events forget-reader`).
CREATE TABLE event_readers (
    reader text NOT NULL,
    kind text NOT NULL,
    event_id bigint NOT NULL,
    acknowledged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reader, kind)
);

-- How far this service has dealt with the kinds of events that it consumes, mostly of others.
CREATE TABLE event_cursors (
    kind text PRIMARY KEY,
    -- Empty at the beginning.
    position text NOT NULL DEFAULT '',
    -- How often the event after that position was tried, in vain so far.
    attempts integer NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT now()
);

-- Events that this service could not deal with, and that wait for an operator.
CREATE TABLE event_failures (
    failure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    position text NOT NULL,
    payload bytea NOT NULL,
    request_id text NOT NULL,
    attempts integer NOT NULL,
    reason text NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT now(),
    -- When an operator asked to have it tried again; the consumer then does.
    retry_at timestamptz,
    UNIQUE (kind, position)
);
