DELETE FROM staff_session WHERE seen_at <= %(seen_after)s OR began_at <= %(began_after)s;
