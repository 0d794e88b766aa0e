-- What people page through and look for. An index of those with another role than most, and of those
-- who are switched off, costs nothing for everybody else.
CREATE INDEX resource_role ON resource (org, role, id) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_role_name ON resource (org, role, name) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_inactive ON resource (org, id) WHERE kind = 1 AND active IS NOT TRUE;
CREATE INDEX resource_inactive_name ON resource (org, name)
    WHERE kind = 1 AND active IS NOT TRUE;
CREATE INDEX resource_display ON resource
    (org, (left(keys ->> 'displayName', 100) COLLATE "C"), id) WHERE kind = 1;
CREATE INDEX resource_family ON resource
    (org, (left(keys #>> '{name,familyName}', 100) COLLATE "C"), id) WHERE kind = 1;
CREATE INDEX resource_email ON resource
    (org, (left(keys #>> '{emails,0,value}', 400) COLLATE "C"), id) WHERE kind = 1;
