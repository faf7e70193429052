-- Use up one try of the code that a session asked for, before it is looked at: of many tries at
-- one moment, no more are looked at than there are.
-- ARGV: session digest (hex), tries that a code has.
-- Returns challenge, booking and the tries left after this one; nil when there is no code to give.
local asked, tries_max = 'step_up:asked:' .. ARGV[1], tonumber(ARGV[2])
local found = redis.call('HMGET', asked, 'challenge', 'booking', 'tried')
if not found[1] or tonumber(found[3]) >= tries_max then
  return nil
end
return {found[1], found[2], tries_max - redis.call('HINCRBY', asked, 'tried', 1)}
