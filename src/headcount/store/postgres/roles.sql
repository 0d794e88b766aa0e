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
