-- Call in the next people of the phone desk's lane, in order of their calls.
-- ARGV: release, how many, unix second until which they may come. Returns how many there were.
local called = redis.call('ZPOPMIN', key(ARGV[1], 'desk_line'), ARGV[2])
for i = 1, #called, 2 do
  redis.call('ZADD', key(ARGV[1], 'desk_called'), ARGV[3], called[i])
end
return #called / 2
