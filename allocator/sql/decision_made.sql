INSERT INTO release_decision (
    proposal_id, proposed_by, decision, decided_by, reason, decided_at
)
VALUES (
    %(proposal_id)s, %(proposed_by)s, %(decision)s, %(by)s, %(reason)s, %(now)s
)
ON CONFLICT (proposal_id) DO NOTHING
RETURNING proposal_id
