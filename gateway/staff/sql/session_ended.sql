DELETE FROM staff_session WHERE token_digest = %(token_digest)s;
