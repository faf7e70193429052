-- End a session. The seat inside is free when it was the person's last one.
-- ARGV: session digest (hex). Returns 1, or 0 without a session.
local name = 'session:' .. ARGV[1]
local s = redis.call('HMGET', name, 'person', 'release')
redis.call('DEL', name)
if not s[1] then
  return 0
end
local sessions = 'sessions:' .. s[1]
redis.call('LREM', sessions, 0, ARGV[1])
for _, digest in ipairs(redis.call('LRANGE', sessions, 0, -1)) do
  if redis.call('EXISTS', 'session:' .. digest) == 0 then
    redis.call('LREM', sessions, 0, digest)
  end
end
if redis.call('LLEN', sessions) == 0 then
  redis.call('ZREM', key(s[2], 'inside'), s[1])
  redis.call('ZREM', key(s[2], 'desk_called'), s[1])
  redis.call('ZREM', key(s[2], 'active'), s[1])
end
return 1
