-- Make the line of a release, or raise it to what the room remembers (after a wipe, or
-- when Redis came back with older data). Numbers only grow, so nobody gains by it.
-- ARGV: release, then names and values of fields. Those in `raised` are raised to the
-- value, those in `kept` are set only where they are missing, the others are set.
-- Returns 1.
local raised = {next_index = true, lobby_count = true, serving = true, entered = true,
                booked = true}
local kept = {state = true, seed = true}
local meta = key(ARGV[1], 'meta')
for i = 2, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  local missing = redis.call('HSETNX', meta, field, value) == 1
  local raise = raised[field] and tonumber(redis.call('HGET', meta, field)) < tonumber(value)
  if not missing and (raise or not (raised[field] or kept[field])) then
    redis.call('HSET', meta, field, value)
  end
end
return 1
