DELETE FROM staff_attempts
