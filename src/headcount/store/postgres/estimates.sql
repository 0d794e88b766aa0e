-- What the planner shall think of the tables, from the first row on and for good: an organisation may
-- hold everything, an id or a name leads to one row. Else it takes any index for as good as another
-- while tables are small or have just been filled, and look-ups read an organisation whole.
-- What is told here is only believed once there was something to count, so a few rows come and go.
DO $$
DECLARE leaf REGCLASS;
BEGIN
    FOR leaf IN
        SELECT c.oid::REGCLASS FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND (
            c.oid IN ('resource'::REGCLASS, 'member'::REGCLASS, 'event'::REGCLASS)
            OR i.inhparent IN ('resource'::REGCLASS, 'member'::REGCLASS, 'event'::REGCLASS))
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN org SET (n_distinct = 1)', leaf);
        IF leaf::TEXT LIKE 'resource%' THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN kind SET (n_distinct = 2),
                ALTER COLUMN id SET (n_distinct = -1), ALTER COLUMN name SET (n_distinct = -1),
                ALTER COLUMN external_id SET (n_distinct = -1)', leaf);
        ELSIF leaf::TEXT LIKE 'member%' THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN grp SET (n_distinct = -0.01),
                ALTER COLUMN member SET (n_distinct = -0.5)', leaf);
        ELSE
            EXECUTE format('ALTER TABLE %s ALTER COLUMN position SET (n_distinct = -1),
                ALTER COLUMN subject SET (n_distinct = -0.2)', leaf);
        END IF;
    END LOOP;
END
$$;
INSERT INTO resource (org, kind, id, version, created, modified, name, external_id, title, keys, document)
    SELECT -n, 1 + n % 2, n, 1, '', '', n, n, '', '{}', '' FROM generate_series(1, {rows}) AS n;
INSERT INTO member (org, grp, member, kind) SELECT -n, n / 100, n, 1 FROM generate_series(1, {rows}) AS n;
INSERT INTO event SELECT -n, n, '', '', '', n, '' FROM generate_series(1, {rows}) AS n;
ANALYZE resource;
ANALYZE member;
ANALYZE event;
DELETE FROM resource;
DELETE FROM member;
DELETE FROM event;
