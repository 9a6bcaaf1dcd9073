//! The functions that MariaDB and MySQL both have built in, and those of the database.
//!
//! A name that only one of them has is left out: on the other it may be a stored function. Functions of dates and
//! times are not immutable even with arguments: a TIME that is taken for a date gets today's.

use super::catalog::{Catalog, RoutineRow};
use super::triggers::modes;
use crate::schema::{Routine, Routines};

const IMMUTABLE: &str = "\
abs acos ascii asin atan atan2 bin bit_count bit_length ceil ceiling char char_length character_length coalesce \
concat concat_ws conv cos cot crc32 degrees elt exp export_set field find_in_set floor format from_base64 greatest \
hex if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv6 isnull json_array \
json_contains json_contains_path json_depth json_extract json_insert json_keys json_length json_merge_patch \
json_merge_preserve json_object json_quote json_remove json_replace json_search json_set json_type json_unquote \
json_valid json_value lcase least left length ln locate log log10 log2 lower lpad ltrim make_set md5 mid mod nullif \
oct octet_length ord pi position pow power quote radians regexp_instr regexp_replace regexp_substr repeat replace \
reverse right round row rpad rtrim sha sha1 sha2 sign sin soundex space sqrt strcmp substr substring \
substring_index tan to_base64 trim truncate ucase unhex upper values";

const AGGREGATE: &str = "\
avg bit_and bit_or bit_xor count cume_dist dense_rank first_value group_concat json_arrayagg json_objectagg lag \
last_value lead max min nth_value ntile percent_rank rank row_number std stddev stddev_pop stddev_samp sum var_pop \
var_samp variance";

const VOLATILE: &str = "\
adddate addtime aes_decrypt aes_encrypt benchmark cast charset coercibility collation compress connection_id convert convert_tz \
curdate current_date current_role current_time current_timestamp current_user curtime database date date_add \
date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear default extract found_rows from_days \
from_unixtime get_format get_lock hour is_free_lock is_used_lock last_day last_insert_id load_file localtime \
localtimestamp makedate maketime match microsecond minute month monthname name_const now period_add period_diff \
quarter rand random_bytes release_all_locks release_lock row_count schema sec_to_time second session_user sleep \
str_to_date subdate subtime sysdate system_user time time_format time_to_sec timediff timestamp timestampadd \
timestampdiff to_days to_seconds uncompress uncompressed_length unix_timestamp user utc_date utc_time utc_timestamp \
uuid uuid_short version week weekday weekofyear weight_string year yearweek";

/// What a call may do: of those that are not here, anything.
pub(in crate::schema) fn built_in() -> Routines {
    let mut routines = Routines::default();
    let kinds =
        [(IMMUTABLE, Routine::Immutable), (AGGREGATE, Routine::Aggregate), (VOLATILE, Routine::Volatile)];
    for (names, routine) in kinds {
        names.split(' ').for_each(|name| routines.add(name, routine));
    }
    routines
}

/// Those and the stored ones, with the bodies that can be read. A stored function with the name of one that is built
/// in is only called with its database before its name, and such calls may do anything.
pub(super) fn routines(catalog: &Catalog) -> Routines {
    let mut routines = built_in();
    for row in &catalog.routines {
        match (row.kind.as_str(), body(catalog, row)) {
            ("FUNCTION", body) if !routines.has(&row.name) => {
                routines.add(&row.name, Routine::Unknown);
                if let Some(body) = body {
                    routines.add_bodies(&row.name, [body]);
                }
            }
            ("PROCEDURE", Some(body)) => routines.add_procedure(&row.name, body),
            _ => {}
        }
    }
    routines
}

/// The body as a block, whose own variables the parameters are; `None` if it cannot be seen, or reads otherwise than
/// the connection's texts.
fn body(catalog: &Catalog, row: &RoutineRow) -> Option<String> {
    if modes(&row.sql_mode) != modes(catalog.settings.named("sql_mode")) {
        return None;
    }
    let body = row.body.as_deref().filter(|body| !body.is_empty())?;
    let parameters = catalog.parameters.iter().filter(|of| of.routine == row.name && of.kind == row.kind);
    let declared = parameters.map(|of| format!("DECLARE `{}` INT; ", of.name.replace('`', "``")));
    Some(format!("BEGIN {}{body}; END", declared.collect::<String>()))
}
