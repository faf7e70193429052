SELECT count(*) FROM roster WHERE left_why IS NULL
