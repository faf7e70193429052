DELETE FROM staff_session WHERE account_id = %(account_id)s;
