-- End all sessions of a person; the seats inside that they held are free, the places stay.
-- ARGV: person key. Returns how many sessions were alive.
local sessions, ended = 'sessions:' .. ARGV[1], 0
for _, digest in ipairs(redis.call('LRANGE', sessions, 0, -1)) do
  local release = redis.call('HGET', 'session:' .. digest, 'release')
  ended = ended + redis.call('DEL', 'session:' .. digest)
  if release then
    redis.call('ZREM', key(release, 'inside'), ARGV[1])
    redis.call('ZREM', key(release, 'desk_called'), ARGV[1])
    redis.call('ZREM', key(release, 'active'), ARGV[1])
  end
end
redis.call('DEL', sessions)
return ended
