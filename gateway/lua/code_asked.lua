-- Ask for a code in a session: a new challenge replaces the one before, and goes to who mails it.
-- ARGV: session digest (hex), person key, challenge and booking (16 bytes each), now (unix s),
-- a code's life (s), codes that a person may ask for in that time, name of the stream.
-- Returns 0, or the seconds until the person may ask again.
local sends, life_s = 'step_up:sends:' .. ARGV[2], tonumber(ARGV[6])
if tonumber(redis.call('GET', sends) or 0) >= tonumber(ARGV[7]) then
  return math.max(1, redis.call('TTL', sends))
end
if redis.call('INCR', sends) == 1 then
  redis.call('EXPIRE', sends, life_s)
end
local asked = 'step_up:asked:' .. ARGV[1]
redis.call('DEL', asked)
redis.call('HSET', asked, 'challenge', ARGV[3], 'booking', ARGV[4], 'tried', 0)
redis.call('EXPIRE', asked, life_s)
redis.call('XADD', ARGV[8], 'MAXLEN', '~', 10000, '*',
  'challenge', ARGV[3], 'booking', ARGV[4], 'at', ARGV[5])
return 0
