INSERT INTO data_key (key_id, master_id, wrapped)
VALUES (%(key_id)s, %(master_id)s, %(wrapped)s)
