-- Say where the holder of a token stands; put them back if Redis has forgotten them.
-- ARGV: now (unix s), release, person key, the token's index (-1: none).
-- Returns MessagePack as sign_in.lua, for one person.
local facts = redis.call('EXISTS', 'published') == 1 and facts_of(ARGV[2])
if not facts then
  return cmsgpack.pack({'not_ready'})
end
local answer = standing(facts, ARGV[3], put_back(facts, ARGV[3], tonumber(ARGV[4])),
                        tonumber(ARGV[1]))
table.insert(answer, 1, 'standing')
return cmsgpack.pack(answer)
