SELECT chain_hash FROM room_record ORDER BY record_seq DESC LIMIT 1
