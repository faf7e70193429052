UPDATE release
SET message = %(message)s, messages = %(messages)s
WHERE release_id = %(release_id)s
