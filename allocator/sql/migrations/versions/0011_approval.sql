-- Every text of a plan that was ever saved (allocator/plan_store.py). The newest is the plan.
CREATE TABLE plan_edit (
    edit_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    plan_id text NOT NULL,
    follows bigint,
    content text NOT NULL,
    reason text NOT NULL,
    edited_by text NOT NULL REFERENCES staff_account (login),
    edited_at timestamptz NOT NULL,
    CONSTRAINT plan_edit_is_of_its_plan UNIQUE (plan_id, edit_id),
    CONSTRAINT plan_edit_follows_one_of_its_plan
        FOREIGN KEY (plan_id, follows) REFERENCES plan_edit (plan_id, edit_id),
    CONSTRAINT plan_edit_content_is_at_most_1_mib CHECK (octet_length(content) <= 1048576)
);
-- Of two people who edit the same text at once one is told, and nobody's work is overwritten.
CREATE UNIQUE INDEX plan_edit_is_followed_once ON plan_edit (plan_id, coalesce(follows, 0));

-- An act upon a release that waits for a second person (allocator/approval.py).
CREATE TABLE release_proposal (
    proposal_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    release_id text NOT NULL,
    act text NOT NULL,
    content text NOT NULL,
    message text NOT NULL,
    reason text NOT NULL,
    proposed_by text NOT NULL REFERENCES staff_account (login),
    proposed_at timestamptz NOT NULL,
    CONSTRAINT release_proposal_is_by_one UNIQUE (proposal_id, proposed_by),
    CONSTRAINT release_proposal_act_is_known
        CHECK (act IN ('load', 'open', 'pause', 'resume', 'close')),
    CONSTRAINT release_proposal_has_a_reason CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT release_proposal_content_is_at_most_1_mib CHECK (octet_length(content) <= 1048576)
);

-- A proposal is decided once; who approves is not who proposed.
CREATE TABLE release_decision (
    proposal_id bigint PRIMARY KEY,
    proposed_by text NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL REFERENCES staff_account (login),
    reason text NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT release_decision_is_of_a_proposal
        FOREIGN KEY (proposal_id, proposed_by)
        REFERENCES release_proposal (proposal_id, proposed_by),
    CONSTRAINT release_decision_is_known CHECK (decision IN ('approved', 'rejected')),
    CONSTRAINT release_decision_is_by_two
        CHECK (decision = 'rejected' OR decided_by <> proposed_by)
);

-- What was done to releases: by whom, why. done_by is null where a command named nobody.
CREATE TABLE release_act (
    act_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    release_id text NOT NULL,
    act text NOT NULL,
    reason text NOT NULL,
    done_by text REFERENCES staff_account (login),
    proposal_id bigint REFERENCES release_proposal (proposal_id),
    result text NOT NULL,
    done_at timestamptz NOT NULL,
    CONSTRAINT release_act_result_is_known CHECK (result IN ('done', 'refused'))
);
CREATE INDEX release_act_of_proposal ON release_act (proposal_id);

-- Lines are added and read. Nobody but the owner can change or delete one.
GRANT SELECT, INSERT ON plan_edit, release_proposal, release_decision, release_act
TO seiriken_staff;
-- The release desk carries out what two people approved, and shows the demand.
GRANT SELECT ON product, venue, release, slot, seats, catalogue TO seiriken_staff;
GRANT INSERT, UPDATE ON product, venue, release TO seiriken_staff;
GRANT INSERT, DELETE ON slot, seats TO seiriken_staff;
GRANT UPDATE (capacity) ON seats TO seiriken_staff;
GRANT UPDATE (ends_at) ON slot TO seiriken_staff;
GRANT UPDATE (version) ON catalogue TO seiriken_staff;
