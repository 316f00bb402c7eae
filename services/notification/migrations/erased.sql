-- Whose data were erased. Of a person nothing is kept but a hash of an id that cannot be guessed: it
-- tells nobody anything who does not know the id, and keeps out what comes late.
CREATE TABLE erased_contacts (
    -- SHA-256 of the id's 16 bytes.
    person bytea PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- Shared by who writes anything of a person, held alone by who erases it.
CREATE FUNCTION contact_lock(user_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN hashtextextended('contact:' || user_id::text, 0);

-- Whoever keeps anything of a person writes to the card first. Of who was erased there is no card,
-- and none is made: the statement silently writes nothing.
--
-- The lock is held to the end of the transaction: who erases waits for those who write, and deletes
-- that too; who writes meanwhile waits for that, and then sees it.
CREATE FUNCTION keep_out_erased_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(contact_lock(NEW.user_id));
    IF EXISTS (SELECT FROM erased_contacts WHERE person = sha256(uuid_send(NEW.user_id))) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER keep_out_erased_contacts BEFORE INSERT ON contacts
    FOR EACH ROW EXECUTE FUNCTION keep_out_erased_contacts();
