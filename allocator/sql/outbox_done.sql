UPDATE outbox SET done_at = clock_timestamp(), result = %(result)s WHERE outbox_id = %(outbox_id)s
