-- Roles by group: what a rule gives an account, and what its role is without. Each way from a group to its
-- members, or back, is a look-up by itself, whatever the server thinks of joins.
ALTER TABLE organisation ADD COLUMN role_rules TEXT NOT NULL DEFAULT '[]'; -- JSON list, in order
ALTER TABLE resource ADD COLUMN own_role TEXT COLLATE "C"; -- where a rule gives the role: the other
CREATE INDEX resource_ruled ON resource (org, id) WHERE own_role IS NOT NULL;

-- Whether a rule names the group, or one that it is in.
CREATE FUNCTION headcount_leads_1 (the_org BIGINT, the_group TEXT, rules JSON) RETURNS BOOLEAN
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN rules IS NOT NULL AND EXISTS (
        WITH RECURSIVE above (grp) AS (
            SELECT the_group COLLATE "C"
            UNION SELECT o.grp FROM above CROSS JOIN LATERAL (
                SELECT grp FROM member WHERE org = the_org AND member = above.grp OFFSET 0) o
        )
        SELECT FROM above JOIN json_array_elements(rules) AS x (e) ON e ->> 'group' = above.grp
    );
END
$$;

-- The ids, and those of everybody who is in one of them, directly or through others.
CREATE FUNCTION headcount_below_1 (the_org BIGINT, ids TEXT[]) RETURNS TEXT[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below (id) AS (
        SELECT id COLLATE "C" FROM unnest(ids) AS u (id)
        UNION SELECT o.member FROM below CROSS JOIN LATERAL (
            SELECT member FROM member WHERE org = the_org AND grp = below.id OFFSET 0) o
    )
    SELECT array_agg(id) FROM below
$$;

-- A document with another role, or none. The order of its attributes stays.
CREATE FUNCTION headcount_with_role_1 (document BYTEA, the_role TEXT) RETURNS BYTEA
LANGUAGE sql STABLE AS $$
    SELECT convert_to('{' || string_agg(to_json(key)::TEXT || ':' || value, ',' ORDER BY place)
        || '}', 'UTF8')
    FROM (
        SELECT place, key,
            CASE key WHEN 'role' THEN to_json(the_role)::TEXT ELSE value::TEXT END AS value
        FROM json_each(convert_from(document, 'UTF8')::json) WITH ORDINALITY AS e (key, value, place)
        WHERE key <> 'role'
            OR the_role IS NOT NULL
        UNION ALL
        SELECT 1000000, 'role', to_json(the_role)::TEXT
        WHERE the_role IS NOT NULL AND NOT EXISTS (
            SELECT FROM json_object_keys(convert_from(document, 'UTF8')::json) AS k (key)
            WHERE key = 'role')
    ) AS parts
$$;

-- Writes the role of each of the accounts as the rules want it now, with an event behind the position
-- `first` for each whose role is another then. How many events, and how many more active owners.
CREATE FUNCTION headcount_give_roles_1 (
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
    ), changed AS (
        SELECT *, row_number() OVER (ORDER BY id) AS place
        FROM target WHERE coalesce(was, 'member') <> coalesce(role, 'member')
    ), noted AS (
        INSERT INTO event
        SELECT the_org, first + place, 'account.role_changed', the_at, the_actor, id,
            '{"before":' || to_json(coalesce(was, 'member'))::TEXT
            || ',"after":' || to_json(coalesce(role, 'member'))::TEXT
            || coalesce(',"group":' || to_json(grp)::TEXT, '') || '}'
        FROM changed
    )
    SELECT count(*), coalesce(sum(CASE WHEN active THEN
        (coalesce(role, '') = 'owner')::INT - (coalesce(was, '') = 'owner')::INT ELSE 0 END), 0)::BIGINT
    FROM changed;
END
$$;
