COPY arriving (person_key, birth_check, sealed, pin_check) FROM STDIN (FORMAT binary)
