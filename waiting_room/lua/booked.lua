-- The person of a session has booked: all their sessions are a holder's now, and their
-- seat inside is free. ARGV: session digest (hex). Returns 1, or 0 without a session.
local s = redis.call('HMGET', 'session:' .. ARGV[1], 'person', 'release')
if not s[1] then
  return 0
end
for _, digest in ipairs(redis.call('LRANGE', 'sessions:' .. s[1], 0, -1)) do
  if redis.call('EXISTS', 'session:' .. digest) == 1 then
    redis.call('HSET', 'session:' .. digest, 'kind', 'booked')
  end
end
redis.call('ZREM', key(s[2], 'desk_called'), s[1])
redis.call('ZREM', key(s[2], 'active'), s[1])
local meta = key(s[2], 'meta')
if redis.call('ZREM', key(s[2], 'inside'), s[1]) == 1 and redis.call('EXISTS', meta) == 1 then
  redis.call('HINCRBY', meta, 'booked', 1)
end
return 1
