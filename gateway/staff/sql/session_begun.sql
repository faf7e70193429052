INSERT INTO staff_session (token_digest, account_id, enrolling_secret, began_at, seen_at)
VALUES (%(token_digest)s, %(account_id)s, %(enrolling_secret)s, %(now)s, %(now)s);
