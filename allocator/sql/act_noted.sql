INSERT INTO release_act (release_id, act, reason, done_by, proposal_id, result, done_at)
VALUES (
    %(release_id)s, %(act)s, %(reason)s, %(by)s, %(proposal_id)s, %(result)s, %(now)s
)
