-- Of one, or (null) the newest. A proposal that is carried out again keeps its last result.
SELECT
    proposed.proposal_id,
    proposed.release_id,
    proposed.act,
    proposed.content,
    proposed.message,
    proposed.reason,
    proposed.proposed_by,
    proposed.proposed_at,
    decided.decision,
    decided.decided_by,
    decided.decided_at,
    (
        SELECT done.result
        FROM release_act AS done
        WHERE done.proposal_id = proposed.proposal_id
        ORDER BY done.act_id DESC
        LIMIT 1
    ) AS result
FROM release_proposal AS proposed
LEFT JOIN release_decision AS decided USING (proposal_id)
WHERE %(proposal_id)s::bigint IS NULL OR proposed.proposal_id = %(proposal_id)s
ORDER BY proposed.proposal_id DESC
LIMIT 200
