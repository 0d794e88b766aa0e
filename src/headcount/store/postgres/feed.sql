-- Events carry whom they are about. Those of servers of before, which go on meanwhile, carry nobody.
ALTER TABLE event ADD COLUMN document BYTEA;    -- after the change

-- Who deals with events, and how far they have come.
CREATE TABLE follower (
    org BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    detail TEXT NOT NULL,
    due TEXT,
    holder TEXT NOT NULL DEFAULT '',            -- the process that deals with them now
    held_until TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (org, name)
);

-- Writes the role of each of the accounts as the rules want it now, with an event behind the position
-- `first` for each whose role is another then. How many events, and how many more active owners.
CREATE FUNCTION headcount_give_roles_2 (
    the_org BIGINT, accounts TEXT[], rules JSON, the_at TEXT, the_actor TEXT, first BIGINT
) RETURNS TABLE (told BIGINT, owners BIGINT)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE asked (id) AS (
        SELECT DISTINCT id COLLATE "C" FROM unnest(accounts) AS u (id)
    ), above (account, grp) AS (
        SELECT a.id, o.grp FROM asked a CROSS JOIN LATERAL (
            SELECT grp FROM member WHERE org = the_org AND member = a.id OFFSET 0) o
        UNION SELECT above.account, o.grp FROM above CROSS JOIN LATERAL (
            SELECT grp FROM member WHERE org = the_org AND member = above.grp OFFSET 0) o
    ), rule (rank, grp, role) AS (
        SELECT place, e ->> 'group', e ->> 'role'
        FROM json_array_elements(coalesce(rules, '[]')) WITH ORDINALITY AS x (e, place)
    ), given (account, grp, role) AS (
        SELECT DISTINCT ON (above.account) above.account, rule.grp, rule.role
        FROM above JOIN rule ON rule.grp = above.grp ORDER BY above.account, rule.rank
    ), target AS (
        SELECT r.id, r.active, r.role AS was, g.grp,
            CASE WHEN g.account IS NULL THEN nullif(r.own_role, '') ELSE g.role END AS role,
            CASE WHEN g.account IS NULL THEN NULL ELSE coalesce(r.own_role, r.role, '') END AS own
        FROM asked a CROSS JOIN LATERAL (
            SELECT id, active, role, own_role FROM resource
            WHERE org = the_org AND kind = 1 AND id = a.id OFFSET 0) r
        LEFT JOIN given g ON g.account = r.id
        WHERE CASE WHEN g.account IS NULL THEN r.own_role IS NOT NULL
            ELSE r.own_role IS NULL OR g.role IS DISTINCT FROM r.role END
    ), written AS (
        UPDATE resource r SET version = r.version + 1, modified = the_at, role = t.role,
            own_role = t.own, document = CASE WHEN t.role IS NOT DISTINCT FROM t.was
                THEN r.document ELSE headcount_with_role_1(r.document, t.role) END
        FROM target t WHERE r.org = the_org AND r.kind = 1 AND r.id = t.id
        RETURNING r.id, r.document
    ), changed AS (
        SELECT *, row_number() OVER (ORDER BY id) AS place
        FROM target JOIN written USING (id)
        WHERE coalesce(was, 'member') <> coalesce(role, 'member')
    ), noted AS (
        INSERT INTO event
        SELECT the_org, first + place, 'account.role_changed', the_at, the_actor, id,
            '{"before":' || to_json(coalesce(was, 'member'))::TEXT
            || ',"after":' || to_json(coalesce(role, 'member'))::TEXT
            || coalesce(',"group":' || to_json(grp)::TEXT, '') || '}', document
        FROM changed
    )
    SELECT count(*), coalesce(sum(CASE WHEN active THEN
        (coalesce(role, '') = 'owner')::INT - (coalesce(was, '') = 'owner')::INT ELSE 0 END), 0)::BIGINT
    FROM changed;
END
$$;
