-- The place of each certificate in the status lists: the list, and 18 bits of a place in it. Numbers are
-- given in order and then scattered within their list, so that a place tells nothing of when a
-- certificate was issued (Bitstring Status List, 5.2): four rounds of a Feistel network, with a seed of
-- this database. That is a permutation, so no two certificates share a place.
CREATE SEQUENCE status_numbers MINVALUE 0 START 0;

CREATE FUNCTION scattered(number bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    list bigint := number >> 18;
    high bigint := (number >> 9) & 511;
    low bigint := number & 511;
    mixed bigint;
BEGIN
    FOR round IN 0..3 LOOP
        mixed := high # (hashint8extended((list << 11) | (round << 9) | low, {{seed}}) & 511);
        high := low;
        low := mixed;
    END LOOP;
    RETURN (list << 18) | (high << 9) | low;
END;
$$;
