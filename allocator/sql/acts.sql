SELECT act_id, release_id, act, reason, done_by, proposal_id, result, done_at
FROM release_act
ORDER BY act_id DESC
LIMIT 200
