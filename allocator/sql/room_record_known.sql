SELECT EXISTS (SELECT FROM room_record WHERE record_id = %(record_id)s) AS known
