SELECT edit_id, plan_id, follows, content, reason, edited_by, edited_at
FROM plan_edit
WHERE plan_id = %(plan_id)s
ORDER BY edit_id DESC
LIMIT %(most)s
