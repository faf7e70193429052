-- The right code was given: the session shows that booking's contact details from now on.
-- ARGV: session digest (hex), booking (16 bytes).
-- It is a field of the session, so that it ends with it; a session that has ended is not made anew.
redis.call('DEL', 'step_up:asked:' .. ARGV[1])
if redis.call('EXISTS', 'session:' .. ARGV[1]) == 1 then
  redis.call('HSET', 'session:' .. ARGV[1], 'shows', ARGV[2])
end
return 1
