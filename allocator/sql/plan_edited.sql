INSERT INTO plan_edit (plan_id, follows, content, reason, edited_by, edited_at)
VALUES (%(plan_id)s, %(follows)s, %(text)s, %(reason)s, %(by)s, %(now)s)
ON CONFLICT (plan_id, coalesce(follows, 0)) DO NOTHING
RETURNING edit_id
