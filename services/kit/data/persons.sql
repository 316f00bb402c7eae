-- Who was erased. Of a person nothing is kept but a hash of an id that cannot be guessed: it tells
-- nobody anything who does not know the id, and keeps out what comes late.
CREATE TABLE erased_persons (
    -- SHA-256 of the id's 16 bytes.
    person bytea PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- What writers of a person's rows share, and who erases the person has alone.
CREATE FUNCTION person_lock(user_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN hashtextextended('person:' || user_id::text, 0);

-- Before each row of a person: silently none once the person was erased, so that an event or a job
-- that comes late is dealt with like any other, and leaves nothing.
--
-- The lock is held to the end of the transaction. So whoever erases waits for the rows that are being
-- written, and deletes them; whoever writes meanwhile waits for that, and then sees it: each statement
-- of this function looks anew.
CREATE FUNCTION keep_out_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(person_lock(NEW.user_id));
    IF EXISTS (SELECT FROM erased_persons WHERE person = sha256(uuid_send(NEW.user_id))) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
