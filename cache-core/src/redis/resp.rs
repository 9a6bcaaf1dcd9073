//! As much of Redis's protocol as tells where an answer ends, and what the answer of `MGET` is made of.
//!
//! Whole answers of other commands are left to the client library. What is read at each hit is read here, where it
//! was received, without a copy.

use redis::Value;

use super::failure::Failure;

/// How many arrays may stand in each other.
const MAX_DEPTH: usize = 16;

/// How long the first answer of these bytes is; none if it is not all there.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let mut rest = bytes;
    Ok(skip(&mut rest, MAX_DEPTH)?.map(|()| bytes.len() - rest.len()))
}

/// A whole answer as the client library knows it. A string, which is what every write is answered, is read here: the
/// library takes a buffer of 8 KiB for any.
pub(super) fn value(answer: &[u8]) -> Result<Value, Failure> {
    match string(answer) {
        Some(string) => Ok(Value::BulkString(string.to_vec())),
        None => redis::parse_redis_value(answer).map_err(Failure::of),
    }
}

fn string(answer: &[u8]) -> Option<&[u8]> {
    let mut rest = answer;
    let (b'$', digits) = line(&mut rest)? else { return None };
    let length = count(digits)??;
    let (string, end) = rest.split_at_checked(length)?;
    (end == b"\r\n").then_some(string)
}

/// The strings of an array, each none if there is no such key; none if it is no array.
pub(super) fn strings(answer: &[u8]) -> Option<Strings<'_>> {
    let mut rest = answer;
    match line(&mut rest)? {
        (b'*', _) => Some(Strings(rest)),
        _ => None,
    }
}

/// The strings of an array that is all there.
pub(super) struct Strings<'a>(&'a [u8]);

impl<'a> Iterator for Strings<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (b'$', digits) = line(&mut self.0)? else { return None };
        let Some(length) = count(digits)? else { return Some(None) };
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.get(2..)?;
        Some(Some(string))
    }
}

/// Adds a string of these parts to a command.
pub(super) fn write_string(parts: [&[u8]; 2], command: &mut Vec<u8>) {
    write_count(b'$', parts.iter().map(|part| part.len()).sum(), command);
    parts.iter().for_each(|part| command.extend_from_slice(part));
    command.extend_from_slice(b"\r\n");
}

/// Begins a command of this many strings.
pub(super) fn write_start(strings: usize, command: &mut Vec<u8>) {
    write_count(b'*', strings, command);
}

fn write_count(kind: u8, count: usize, command: &mut Vec<u8>) {
    command.push(kind);
    let (mut digits, mut start, mut left) = ([0; 20], 20, count);
    loop {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    command.extend_from_slice(&digits[start..]);
    command.extend_from_slice(b"\r\n");
}

fn skip(rest: &mut &[u8], depth: usize) -> Result<Option<()>, Failure> {
    let Some((kind, text)) = line(rest) else { return Ok(None) };
    let unknown = Failure::unknown_answer;
    match kind {
        b'+' | b'-' | b':' => Ok(Some(())),
        b'$' => {
            let Some(length) = count(text).ok_or_else(unknown)? else { return Ok(Some(())) };
            let left = length.checked_add(2).and_then(|length| rest.get(length..));
            Ok(left.map(|left| *rest = left))
        }
        b'*' => {
            let depth = depth.checked_sub(1).ok_or_else(unknown)?;
            for _ in 0..count(text).ok_or_else(unknown)?.unwrap_or_default() {
                if skip(rest, depth)?.is_none() {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        }
        _ => Err(unknown()),
    }
}

/// The kind and the text of the next line, if its end is there.
fn line<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, left) = rest.split_at(end + 1);
    let (kind, text) = line.strip_suffix(b"\r\n")?.split_first()?;
    *rest = left;
    Some((*kind, text))
}

/// A number of bytes or items; `Some(None)` is that of what does not exist.
fn count(digits: &[u8]) -> Option<Option<usize>> {
    if digits == b"-1" {
        return Some(None);
    }
    let digit = |count: usize, digit: &u8| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        count.checked_mul(10)?.checked_add(usize::from(digit))
    };
    (!digits.is_empty()).then_some(())?;
    digits.iter().try_fold(0, digit).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &[&[u8]] = &[
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":12\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$4\r\na\r\nb\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n+x\r\n",
    ];

    #[test]
    fn an_answer_ends_where_the_client_library_says() {
        for answer in ANSWERS {
            for cut in 0..answer.len() {
                assert_eq!(length(&answer[..cut]).unwrap(), None, "{cut} of {answer:?}");
            }
            let followed = [answer, &b"+next\r\n"[..]].concat();
            assert_eq!(length(&followed).unwrap(), Some(answer.len()), "{answer:?}");
            assert_eq!(value(answer).unwrap(), redis::parse_redis_value(answer).unwrap());
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let nested = b"*1\r\n".repeat(MAX_DEPTH + 1);
        for broken in [&b"?\r\n"[..], b"$x\r\n", b"$\r\n", b"$-2\r\n", b"*99999999999999999999\r\n", &nested]
        {
            assert!(length(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn the_strings_of_an_array_are_read_in_place() {
        let found = |answer| strings(answer).map(Iterator::collect::<Vec<_>>);
        assert_eq!(
            found(b"*3\r\n$1\r\na\r\n$-1\r\n$2\r\n\r\n\r\n"),
            Some(vec![Some(&b"a"[..]), None, Some(b"\r\n")])
        );
        assert_eq!(found(b"-NOPERM\r\n"), None);
    }

    #[test]
    fn a_command_is_packed_as_the_client_library_packs_it() {
        let mut command = Vec::new();
        write_start(2, &mut command);
        write_string([b"GET", b""], &mut command);
        write_string([b"prefix:", b"0123456789"], &mut command);
        let mut expected = redis::cmd("GET");
        assert_eq!(command, expected.arg("prefix:0123456789").get_packed_command());
    }
}
