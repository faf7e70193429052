UPDATE staff_attempts SET attempts = greatest(attempts - 1, 0) WHERE bucket = %(bucket)s;
