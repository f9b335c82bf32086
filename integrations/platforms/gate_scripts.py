"""What `gate.RedisGate` has Redis do, each in one atomic step."""

from integrations.platforms import breaker, limits, shared
from integrations.platforms.breaker import Outcome
from integrations.platforms.limits import Verdict

WAIT = f"{shared.LUA}{breaker.LUA} return math.ceil(breaker_wait(KEYS[1], now_micros()))"

_ENTERING = f"""{shared.LUA}{breaker.LUA}{limits.LUA}
local now, lease = now_micros(), tonumber(ARGV[5])
local function enter(token)
  local wait = breaker_wait(KEYS[1], now)
  if wait > 0 then return {{'{Verdict.OPEN}', math.ceil(wait), 0}} end
  local verdict
  verdict, wait = limits_enter(
    KEYS[2], KEYS[3], token, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), lease, now)
  local is_probe = 0
  if verdict == '{Verdict.GO}' then is_probe = breaker_take_probe(KEYS[1], token, now + lease) end
  return {{verdict, math.ceil(wait), is_probe}}
end
"""

# The token, then the wish.
ENTER = f"{_ENTERING} return enter(ARGV[1])"

# The token and the outcome, then what to count.
LEAVE = f"""{shared.LUA}{breaker.LUA}
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] ~= '{Outcome.ABANDONED}' then
  redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
  redis.call('HINCRBY', KEYS[3], ARGV[4], ARGV[5])
end
return breaker_report(KEYS[1], ARGV[1], ARGV[2], now_micros())
"""

# As `ENTER`; how many want in and how many leave; of these each one's token and outcome; then what to count.
TRADE = f"""{_ENTERING}
local turns, last = {{}}, 7 + 2 * tonumber(ARGV[7])
for at = 8, last, 2 do
  redis.call('ZREM', KEYS[2], ARGV[at])
  turns[#turns + 1] = breaker_report(KEYS[1], ARGV[at], ARGV[at + 1], now)
end
for at = last + 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[4], ARGV[at], ARGV[at + 1]) end
local entries = {{}}
for number = 1, tonumber(ARGV[6]) do
  entries[number] = enter(ARGV[1] .. ':' .. number)
  if entries[number][1] ~= '{Verdict.GO}' then break end
end
return {{turns, entries}}
"""
