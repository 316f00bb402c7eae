-- Since when perhaps nothing names an object. Whoever deletes objects looks again; this only says
-- when. Rows are locked in the order of their digests, so that no two transactions wait for each
-- other.
CREATE FUNCTION objects_unnamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM objects WHERE digest IN (SELECT digest FROM gone)
    ORDER BY digest FOR NO KEY UPDATE;
    -- Of an object that is on its way it is a time to come.
    UPDATE objects SET unnamed_at = greatest(unnamed_at, now())
    WHERE digest IN (SELECT digest FROM gone);
    RETURN NULL;
END
$$;

CREATE TRIGGER objects_unnamed AFTER DELETE ON media
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION objects_unnamed();
CREATE TRIGGER objects_unnamed AFTER DELETE ON uploads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION objects_unnamed();
