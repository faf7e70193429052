INSERT INTO release_proposal (
    release_id, act, content, message, reason, proposed_by, proposed_at
)
VALUES (
    %(release_id)s, %(act)s, %(text)s, %(message)s, %(reason)s, %(by)s, %(now)s
)
RETURNING proposal_id
