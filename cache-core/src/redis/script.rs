//! What the server runs as one step.

/// Appends a record and moves the head; begins a new epoch if there is no head of this server's.
///
/// Keys: head, log. Arguments: the epoch to begin if need be, whose first half is the server's identity; the
/// record; how many records to keep. Returns the head.
///
/// The record is appended before the head moves: a head that announces a record which is not there would let
/// readers believe that they have seen it. If appending fails (out of memory), the head is dropped instead, which
/// ends everything.
pub(super) const PUBLISH: &str = r"
local head = redis.call('GET', KEYS[1])
local epoch, seq
if head then epoch, seq = string.match(head, '^(%x+)%-(%d+)$') end
if epoch and string.sub(epoch, 1, 16) == string.sub(ARGV[1], 1, 16) then
  seq = tonumber(seq) + 1
else
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  if seq and tonumber(seq) >= now then now = tonumber(seq) + 1 end
  epoch, seq = ARGV[1], now
  redis.call('UNLINK', KEYS[2])
end
local text = string.format('%.0f', seq)
head = epoch .. '-' .. text
local done = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], text .. '-0', epoch, ARGV[2])
if type(done) ~= 'table' or not done.err then done = redis.pcall('SET', KEYS[1], head) end
if type(done) == 'table' and done.err then
  redis.call('UNLINK', KEYS[1])
  return done
end
return head
";

/// Begins a new epoch, unless the head is another one than that which was read.
///
/// Keys: head, log. Arguments: the head that was read, nothing if there was none, or [`ANY_HEAD`]; the epoch to begin.
/// Returns the head.
pub(super) const BEGIN_EPOCH: &str = r"
local head = redis.call('GET', KEYS[1])
if ARGV[1] ~= '*' and (head or '') ~= ARGV[1] then return head or '' end
local time = redis.call('TIME')
local seq = time[1] * 1000000 + time[2]
if head then
  local old = string.match(head, '%-(%d+)$')
  if old and tonumber(old) >= seq then seq = tonumber(old) + 1 end
end
redis.call('UNLINK', KEYS[2])
head = ARGV[2] .. '-' .. string.format('%.0f', seq)
redis.call('SET', KEYS[1], head)
return head
";

/// Begins a new epoch whatever the head is.
pub(super) const ANY_HEAD: &str = "*";
