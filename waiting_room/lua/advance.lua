-- Write one tick of a release: its state, how far it is called, what controls it. Nothing is
-- written when the line is gone (a wipe since the tick read it): the next tick restores it.
-- ARGV: release, state, campaign, serving, limit, claimed, '1' once its lobby is to be drawn,
-- the draw's seed (hex).
-- Returns {lobby_count (-1: not drawn), next_index}, or nil.
local meta = key(ARGV[1], 'meta')
local known = redis.call('HMGET', meta, 'next_index', 'lobby_count', 'serving')
if not known[1] then
  return nil
end
local lobby_count = tonumber(known[2])
if ARGV[7] == '1' then
  if lobby_count < 0 then
    lobby_count = tonumber(known[1])
  end
  redis.call('HSET', meta, 'lobby_count', lobby_count, 'seed', ARGV[8])
end
redis.call('HSET', meta, 'state', ARGV[2], 'campaign', ARGV[3], 'limit', ARGV[5],
  'claimed', ARGV[6])
if tonumber(ARGV[4]) > tonumber(known[3]) then
  redis.call('HSET', meta, 'serving', ARGV[4])
end
return {lobby_count, tonumber(known[1])}
