DELETE FROM staff_session
