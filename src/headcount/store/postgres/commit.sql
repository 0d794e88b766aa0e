-- Writes the changes of one organisation, in order, each whole or not at all: what could refuse a
-- change is looked at before anything of it is written, which the lock on `tally` makes possible.
-- A change that is refused gets the reason, and the others go on.
CREATE FUNCTION headcount_commit_3 (
    the_org BIGINT, ids TEXT[], kinds SMALLINT[], acts SMALLINT[], expects BIGINT[], actors TEXT[],
    ats TEXT[], names TEXT[], long_names TEXT[], externals TEXT[], long_externals TEXT[],
    actives BOOLEAN[], roles TEXT[], titles TEXT[], all_keys TEXT[], documents BYTEA[],
    joins TEXT[], leaves TEXT[], onlys BOOLEAN[], types TEXT[], datas TEXT[], others TEXT[],
    own_roles TEXT[]
) RETURNS TABLE (
    refusal TEXT, detail TEXT, number BIGINT, version BIGINT, created TEXT, modified TEXT,
    document BYTEA, member_count BIGINT, changed BOOLEAN
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    t tally%ROWTYPE;         -- the counters, moved as we go
    c RECORD;                -- the change
    s resource%ROWTYPE;      -- what stands
    seats BIGINT; rules JSON;
    was BOOLEAN; will BOOLEAN;                 -- active
    owned BOOLEAN; owns BOOLEAN;               -- an active owner
    joining TEXT[]; shown TEXT[]; folded TEXT[]; leaving TEXT[];
    came BIGINT; went BIGINT; more_owners BIGINT; nested BIGINT; told BIGINT; first BIGINT;
    moved BOOLEAN := FALSE;
    reached TEXT[];                            -- accounts whose role may be another by the change
    stands BYTEA;                              -- the document after the change, or the last one
BEGIN
    SELECT * INTO t FROM tally WHERE org = the_org FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no organisation %', the_org;
    END IF;
    SELECT o.seats, nullif(o.role_rules, '[]')::json INTO seats, rules
    FROM organisation o WHERE o.id = the_org;
    FOR c IN
        SELECT * FROM unnest(ids, kinds, acts, expects, actors, ats, names, long_names, externals,
            long_externals, actives, roles, titles, all_keys, documents, joins, leaves, onlys,
            types, datas, others, own_roles)
        AS u (id, kind, act, expected, actor, at, name, long_name, external_id, long_external_id,
            active, role, title, keys, document, joined, gone, only_these, type, data, more, own_role)
    LOOP
        refusal := NULL; detail := NULL; number := NULL; changed := TRUE; came := 0; went := 0;
        created := c.at; modified := c.at; version := 1; document := NULL; member_count := 0;
        was := FALSE; owned := FALSE; nested := 0; first := t.position; s := NULL; reached := NULL;

        IF c.act > 1 THEN
            SELECT r.* INTO s FROM resource r
            WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
            IF NOT FOUND THEN
                refusal := 'missing'; RETURN NEXT; CONTINUE;
            END IF;
            IF s.version <> c.expected THEN
                refusal := 'version'; number := s.version; RETURN NEXT; CONTINUE;
            END IF;
            created := s.created;
            was := coalesce(s.active, FALSE);
            owned := was AND coalesce(s.role = 'owner', FALSE);
        END IF;

        -- What could refuse it.
        IF c.act < 3 AND c.name IS NOT NULL AND (c.act = 1 OR c.name <> s.name) AND EXISTS (
            SELECT 1 FROM resource r
            WHERE r.org = the_org AND r.kind = c.kind AND r.name = c.name
        ) THEN
            refusal := 'taken'; RETURN NEXT; CONTINUE;
        END IF;
        will := CASE WHEN c.act = 3 THEN FALSE WHEN c.document IS NULL THEN was
            ELSE coalesce(c.active, FALSE) END;
        owns := CASE WHEN c.act = 3 THEN FALSE WHEN c.document IS NULL THEN owned
            ELSE will AND coalesce(c.role = 'owner', FALSE) END;
        IF will AND NOT was AND t.active >= seats THEN
            refusal := 'seats'; detail := seats; number := t.active; RETURN NEXT; CONTINUE;
        END IF;
        IF owned AND NOT owns AND t.owners = 1 THEN
            refusal := 'owner'; RETURN NEXT; CONTINUE;
        END IF;
        joining := '{}'; leaving := NULL;
        IF c.joined IS NOT NULL THEN
            SELECT coalesce(array_agg(e ->> 0 ORDER BY o), '{}'), array_agg(e ->> 1 ORDER BY o),
                array_agg(e ->> 2 ORDER BY o) INTO joining, shown, folded
            FROM json_array_elements(c.joined::json) WITH ORDINALITY AS x (e, o);
            IF c.id = ANY (joining) THEN
                refusal := 'itself'; RETURN NEXT; CONTINUE;
            END IF;
            SELECT j.id INTO detail FROM unnest(joining) WITH ORDINALITY AS j (id, o)
            WHERE NOT EXISTS (SELECT 1 FROM resource r
                WHERE r.org = the_org AND r.kind IN (1, 2) AND r.id = j.id)
            ORDER BY j.o LIMIT 1;
            IF FOUND THEN
                refusal := 'member'; RETURN NEXT; CONTINUE;
            END IF;
            detail := NULL;
        END IF;

        -- A resource that goes leaves its groups first, each of which is a new version of itself.
        IF c.act = 3 THEN
            IF rules IS NOT NULL AND c.kind = 2 AND headcount_leads_1(the_org, c.id, rules) THEN
                SELECT array_agg(m.member) INTO reached
                FROM member m WHERE m.org = the_org AND m.grp = c.id;
                reached := headcount_below_1(the_org, reached);
            END IF;
            WITH gone AS (
                DELETE FROM member m WHERE m.org = the_org AND m.member = c.id
                RETURNING m.grp, m.kind
            ), bumped AS (
                UPDATE resource r SET version = r.version + 1, modified = c.at,
                    member_count = r.member_count - 1
                FROM gone WHERE r.org = the_org AND r.kind = 2 AND r.id = gone.grp
                RETURNING r.id, r.document
            ), told AS (
                INSERT INTO event SELECT the_org, t.position + row_number() OVER (ORDER BY grp),
                    'group.member_removed', c.at, c.actor, grp,
                    headcount_membership_2(c.id, kind, s.title), b.document
                FROM gone LEFT JOIN bumped b ON b.id = gone.grp
            )
            SELECT count(*), count(*) FILTER (WHERE kind = 2) INTO told, nested FROM gone;
            t.position := t.position + told;
            t.nested := t.nested - nested;
            IF c.kind = 2 THEN
                WITH gone AS (
                    DELETE FROM member m WHERE m.org = the_org AND m.grp = c.id RETURNING m.kind
                )
                SELECT count(*) FILTER (WHERE kind = 2) INTO nested FROM gone;
                t.nested := t.nested - nested;
            END IF;
            DELETE FROM resource r
            WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
            version := s.version; modified := s.modified; document := s.document;
        ELSIF c.act = 1 THEN
            INSERT INTO resource (org, kind, id, version, created, modified, name, long_name,
                external_id, long_external_id, active, role, title, keys, document)
            VALUES (the_org, c.kind, c.id, 1, c.at, c.at, c.name, c.long_name, c.external_id,
                c.long_external_id, c.active, c.role, c.title, c.keys::jsonb, c.document);
        END IF;

        stands := coalesce(c.document, s.document);

        -- What it announces, then who joins and leaves: who is in or out already makes no event.
        IF c.type IS NOT NULL THEN
            t.position := t.position + 1;
            INSERT INTO event
            VALUES (the_org, t.position, c.type, c.at, c.actor, c.id, c.data, stands);
        END IF;
        IF c.more IS NOT NULL THEN
            INSERT INTO event
            SELECT the_org, t.position + o, e ->> 0, c.at, c.actor, c.id, e ->> 1, stands
            FROM json_array_elements(c.more::json) WITH ORDINALITY AS x (e, o);
            GET DIAGNOSTICS told = ROW_COUNT;
            t.position := t.position + told;
        END IF;
        IF c.gone IS NOT NULL OR c.only_these THEN
            SELECT coalesce(array_agg(e), '{}') INTO leaving
            FROM json_array_elements_text(coalesce(c.gone, '[]')::json) AS x (e);
            IF c.only_these THEN
                SELECT coalesce(array_agg(m.member), '{}') INTO leaving FROM (
                    SELECT member FROM member WHERE org = the_org AND grp = c.id
                    EXCEPT SELECT unnest(joining)
                ) AS m;
            END IF;
            WITH gone AS (
                DELETE FROM member m USING unnest(leaving) AS l (id)
                WHERE m.org = the_org AND m.grp = c.id AND m.member = l.id
                RETURNING m.member, m.kind
            ), told AS (
                INSERT INTO event SELECT the_org, t.position + row_number() OVER (ORDER BY member),
                    'group.member_removed', c.at, c.actor, c.id,
                    headcount_membership_2(member, gone.kind, r.title), stands
                FROM gone LEFT JOIN LATERAL (SELECT title FROM resource
                    WHERE org = the_org AND kind = gone.kind AND id = gone.member OFFSET 0) AS r
                ON TRUE
            )
            SELECT count(*), count(*) FILTER (WHERE kind = 2) INTO went, nested FROM gone;
            t.position := t.position + went;
            t.nested := t.nested - nested;
        END IF;
        IF cardinality(joining) > 0 THEN
            WITH came AS (
                INSERT INTO member (org, grp, member, kind, display, display_key)
                SELECT the_org, c.id, j.id, r.kind, j.shown, j.folded
                FROM unnest(joining, shown, folded) AS j (id, shown, folded)
                CROSS JOIN LATERAL (SELECT kind FROM resource
                    WHERE org = the_org AND kind IN (1, 2) AND id = j.id OFFSET 0) AS r
                ON CONFLICT DO NOTHING RETURNING member, kind
            ), told AS (
                INSERT INTO event SELECT the_org, t.position + row_number() OVER (ORDER BY j.o),
                    'group.member_added', c.at, c.actor, c.id,
                    headcount_membership_2(member, came.kind, r.title), stands
                FROM came JOIN unnest(joining) WITH ORDINALITY AS j (id, o) ON j.id = came.member
                LEFT JOIN LATERAL (SELECT title FROM resource
                    WHERE org = the_org AND kind = came.kind AND id = came.member OFFSET 0) AS r
                ON TRUE
            )
            SELECT count(*), count(*) FILTER (WHERE kind = 2) INTO came, nested FROM came;
            t.position := t.position + came;
            t.nested := t.nested + nested;
        END IF;
        IF rules IS NOT NULL AND came + went > 0 AND headcount_leads_1(the_org, c.id, rules) THEN
            reached := headcount_below_1(the_org, joining || coalesce(leaving, '{}'));
        END IF;
        IF reached IS NOT NULL THEN
            SELECT g.told, g.owners INTO told, more_owners
            FROM headcount_give_roles_2(the_org, reached, rules, c.at, c.actor, t.position) g;
            t.position := t.position + told;
            t.owners := t.owners + more_owners;
            IF more_owners < 0 AND t.owners = 0 THEN
                RAISE EXCEPTION 'nobody would own the organisation' USING ERRCODE = 'HC001';
            END IF;
        END IF;

        IF c.act = 2 THEN
            changed := c.document IS NOT NULL OR t.position > first;
            version := s.version + changed::INT;
            modified := CASE WHEN changed THEN c.at ELSE s.modified END;
            member_count := s.member_count + came - went;
            IF c.keys IS NOT NULL THEN
                UPDATE resource r SET version = s.version + 1, modified = c.at, name = c.name,
                    long_name = c.long_name, external_id = c.external_id,
                    long_external_id = c.long_external_id, active = c.active, role = c.role,
                    own_role = coalesce(c.own_role, s.own_role),
                    title = c.title, keys = c.keys::jsonb, document = c.document,
                    member_count = s.member_count + came - went
                WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
            ELSIF c.document IS NOT NULL THEN
                UPDATE resource r SET version = s.version + 1, modified = c.at, active = c.active,
                    role = c.role, own_role = coalesce(c.own_role, s.own_role),
                    document = c.document,
                    member_count = s.member_count + came - went
                WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
            ELSIF changed THEN
                UPDATE resource r SET version = s.version + 1, modified = c.at,
                    member_count = s.member_count + came - went
                WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
            END IF;
            IF c.document IS NULL THEN
                document := s.document;
            END IF;
        ELSIF c.act = 1 AND came > 0 THEN
            member_count := came;
            UPDATE resource r SET member_count = came
            WHERE r.org = the_org AND r.kind = c.kind AND r.id = c.id;
        END IF;

        t.active := t.active + will::INT - was::INT;
        t.owners := t.owners + owns::INT - owned::INT;
        IF c.act <> 2 AND c.kind = 1 THEN
            t.users := t.users + CASE c.act WHEN 1 THEN 1 ELSE -1 END;
            t.users_gone := t.users_gone + (c.act = 3)::INT;
        ELSIF c.act <> 2 THEN
            t.groups := t.groups + CASE c.act WHEN 1 THEN 1 ELSE -1 END;
            t.groups_gone := t.groups_gone + (c.act = 3)::INT;
        END IF;
        moved := moved OR changed;
        RETURN NEXT;
    END LOOP;
    IF moved THEN
        UPDATE tally SET users = t.users, active = t.active, owners = t.owners, groups = t.groups,
            nested = t.nested, users_gone = t.users_gone, groups_gone = t.groups_gone,
            position = t.position
        WHERE org = the_org;
    END IF;
END
$$;

-- What the event of a membership carries.
CREATE FUNCTION headcount_membership_2 (member TEXT, kind SMALLINT, name TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE AS $$
    SELECT '{"member":' || to_json(member)::TEXT || ',"type":"'
        || CASE kind WHEN 1 THEN 'User' ELSE 'Group' END || '","display":'
        || to_json(coalesce(name, ''))::TEXT || '}'
$$;
