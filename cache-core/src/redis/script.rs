//! What the server runs as one step.

/// Appends a record and moves the head; begins a new epoch if there is no head of this server's.
///
/// Keys: head, log. Arguments: the server's identity; the record; how many records to keep. Returns the head. An
/// epoch is named by the identity and by when it began, in microseconds, which is its first sequence number too.
///
/// The record is appended before the head moves: a head that announces a record which is not there would let
/// readers believe that they have seen it. If appending fails (out of memory), the head is dropped instead, which
/// ends everything.
pub(super) const PUBLISH: &str = r"
local head = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local epoch, seq
if head then epoch, seq = string.match(head, '^(%x+)%-(%d+)$') end
if epoch and string.sub(epoch, 1, 16) == ARGV[1] then
  seq = tonumber(seq) + 1
else
  seq = math.max(now, tonumber(seq or 0) + 1)
  epoch = ARGV[1] .. string.format('%016x', seq)
  seq = seq + 1
  redis.call('UNLINK', KEYS[2])
end
local text = string.format('%.0f', seq)
head = epoch .. '-' .. text
local done = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], text .. '-0', epoch, ARGV[2],
  'at', string.format('%.0f', now))
if type(done) ~= 'table' or not done.err then done = redis.pcall('SET', KEYS[1], head) end
if type(done) == 'table' and done.err then
  redis.call('UNLINK', KEYS[1])
  return done
end
return head
";

/// Begins a new epoch, unless the head is another one than that which was read.
///
/// Keys: head, log. Arguments: the head that was read, nothing if there was none, or [`ANY_HEAD`]; the server's
/// identity. Returns the head, and what it was before.
pub(super) const BEGIN_EPOCH: &str = r"
local before = redis.call('GET', KEYS[1])
if ARGV[1] ~= '*' and (before or '') ~= ARGV[1] then return {before or '', before or ''} end
local time = redis.call('TIME')
local seq = time[1] * 1000000 + time[2]
if before then seq = math.max(seq, tonumber(string.match(before, '%-(%d+)$') or 0) + 1) end
redis.call('UNLINK', KEYS[2])
local head = ARGV[2] .. string.format('%016x', seq) .. '-' .. string.format('%.0f', seq)
redis.call('SET', KEYS[1], head)
return {head, before or ''}
";

/// Begins a new epoch whatever the head is.
pub(super) const ANY_HEAD: &str = "*";
