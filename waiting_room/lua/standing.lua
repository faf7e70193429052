-- Say where the holders of tokens stand; put those back whom Redis has forgotten.
-- ARGV: now (unix s), person keys (16 bytes each), MessagePack: for each of them their release
-- and the token's index (-1: none).
-- Returns MessagePack as sign_in.lua.
local PERSON_BYTES = 16
local now = tonumber(ARGV[1])
local published = redis.call('EXISTS', 'published') == 1
local facts_known = {}
local answers = {}
for i, asked in ipairs(cmsgpack.unpack(ARGV[3])) do
  local release, held = asked[1], asked[2]
  facts_known[release] = facts_known[release] or facts_of(release)
  local facts = published and facts_known[release]
  if facts then
    local person = string.sub(ARGV[2], PERSON_BYTES * (i - 1) + 1, PERSON_BYTES * i)
    answers[i] = standing(facts, person, put_back(facts, person, held), now)
    table.insert(answers[i], 1, 'standing')
  else
    answers[i] = {'not_ready'}
  end
end
return cmsgpack.pack(answers)
