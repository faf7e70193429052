-- Write one tick of a release: its state, how far it is called, what controls it. Nothing is
-- written when the line is gone (a wipe since the tick read it): the next tick restores it.
-- ARGV: release, state, campaign, serving, limit, claimed, '1' once its lobby is to be drawn,
-- the shuffle's seed (hex), how many are drawn ('': all who have joined), the beacon and its
-- source, how many may be inside before the others wait at the door (-1: any number).
-- What was drawn once stays as it is; only a seed that a wipe has taken is put back.
-- Returns {lobby_count (-1: not drawn), next_index, beacon, its source}, or nil.
local meta = key(ARGV[1], 'meta')
local known = redis.call('HMGET', meta, 'next_index', 'lobby_count', 'serving', 'seed', 'beacon',
  'beacon_source')
if not known[1] then
  return nil
end
local lobby_count, beacon, source = tonumber(known[2]), known[5] or '', known[6] or ''
if ARGV[7] == '1' and lobby_count < 0 then
  lobby_count = tonumber(ARGV[9]) or tonumber(known[1])
  beacon, source = ARGV[10], ARGV[11]
  redis.call('HSET', meta, 'lobby_count', lobby_count, 'seed', ARGV[8], 'beacon', beacon,
    'beacon_source', source)
elseif ARGV[7] == '1' and (known[4] or '') == '' then
  redis.call('HSET', meta, 'seed', ARGV[8])
end
redis.call('HSET', meta, 'state', ARGV[2], 'campaign', ARGV[3], 'limit', ARGV[5],
  'claimed', ARGV[6], 'door', ARGV[12])
if tonumber(ARGV[4]) > tonumber(known[3]) then
  redis.call('HSET', meta, 'serving', ARGV[4])
end
return {lobby_count, tonumber(known[1]), beacon, source}
