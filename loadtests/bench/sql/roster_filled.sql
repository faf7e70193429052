COPY roster (person_key, birth_check, sealed) FROM STDIN (FORMAT binary)
