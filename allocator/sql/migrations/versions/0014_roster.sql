-- Who left stays in the roster with the reason: records of doses name them, and an old file of
-- people must not bring them back. `reissued_as` is the key of the ticket that came after.
ALTER TABLE roster ADD COLUMN left_why text;
ALTER TABLE roster ADD COLUMN reissued_as bytea;
ALTER TABLE roster ADD CONSTRAINT roster_left_why_is_known
    CHECK (left_why IN ('moved_out', 'died', 'reissued'));
ALTER TABLE roster ADD CONSTRAINT roster_reissued_is_as_another
    CHECK ((left_why IS NOT DISTINCT FROM 'reissued') = (reissued_as IS NOT NULL));

-- The staff's page foresees a closed day as the allocator would decide it, which asks who left.
GRANT SELECT (left_why) ON roster TO seiriken_staff;
