-- What the journal and older backups hold sealed cannot be opened any more.
DELETE FROM data_key
