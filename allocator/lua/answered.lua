-- Send answers, then acknowledge and delete their requests: in this order, and all in one step.
-- KEYS[1] inbox, KEYS[2..] reply streams;
-- ARGV[1] group, ARGV[2] replies kept in each stream, ARGV[3] seconds that a stream is kept;
-- then for each answer: number of its stream among KEYS, handle, outcome, id of the request's entry.
local IDS_AT_ONCE = 1000
local ids = {}
for first = 4, #ARGV, 4 do
  redis.call('XADD', KEYS[tonumber(ARGV[first])], '*', 'h', ARGV[first + 1], 'o', ARGV[first + 2])
  ids[#ids + 1] = ARGV[first + 3]
end
for number = 2, #KEYS do
  redis.call('XTRIM', KEYS[number], 'MAXLEN', '~', ARGV[2])
  redis.call('EXPIRE', KEYS[number], ARGV[3])
end
for first = 1, #ids, IDS_AT_ONCE do
  local last = math.min(first + IDS_AT_ONCE - 1, #ids)
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ids, first, last))
  redis.call('XDEL', KEYS[1], unpack(ids, first, last))
end
return #ids
