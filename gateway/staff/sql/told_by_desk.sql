-- Its person was rung or written to. Who said so is in the journal of looks.
UPDATE outbox SET result = 'told_by_desk'
WHERE outbox_id = %(outbox_id)s AND result IN ('no_address', 'refused', 'given_up')
RETURNING outbox_id;
