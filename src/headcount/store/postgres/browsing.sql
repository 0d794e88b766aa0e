-- What people page through and look for; before console.sql, at whose end nobody may read tokens. An index of those with another role than most, and of those
-- who are switched off, costs nothing for everybody else.
CREATE INDEX resource_role ON resource (org, role, id) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_role_name ON resource (org, role, name) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_inactive ON resource (org, id) WHERE kind = 1 AND active IS NOT TRUE;
CREATE INDEX resource_inactive_name ON resource (org, name)
    WHERE kind = 1 AND active IS NOT TRUE;
-- Each index of a name is for those who have one, and says so: else the planner takes it for a way to
-- everybody, and looks up an id by it.
CREATE INDEX resource_display ON resource
    (org, (left(keys ->> 'displayName', 100) COLLATE "C"), id)
    WHERE kind = 1 AND keys ->> 'displayName' IS NOT NULL;
CREATE INDEX resource_family ON resource
    (org, (left(keys #>> '{name,familyName}', 100) COLLATE "C"), id)
    WHERE kind = 1 AND keys #>> '{name,familyName}' IS NOT NULL;
CREATE INDEX resource_email ON resource
    (org, (left(keys #>> '{emails,0,value}', 400) COLLATE "C"), id)
    WHERE kind = 1 AND keys #>> '{emails,0,value}' IS NOT NULL;
