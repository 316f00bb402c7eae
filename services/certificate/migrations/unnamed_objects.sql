-- A PDF in the object store goes with the document that named it, whatever ends that: another version of
-- the renderer, the learner's erasure, or that the object is lost.
CREATE FUNCTION unname_object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unnamed_objects (digest, delete_at) VALUES (OLD.digest, now()) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;

CREATE TRIGGER unname_deleted AFTER DELETE ON certificate_documents
FOR EACH ROW WHEN (OLD.digest IS NOT NULL) EXECUTE FUNCTION unname_object();

CREATE TRIGGER unname_replaced AFTER UPDATE ON certificate_documents
FOR EACH ROW WHEN (OLD.digest IS NOT NULL AND OLD.digest IS DISTINCT FROM NEW.digest)
EXECUTE FUNCTION unname_object();
