//! The functions that MariaDB and MySQL both have built in, and those of the database.
//!
//! A name that only some servers have may be a stored function on others, which then counts. What is on no list, and is
//! no stored function, may be a loaded one that does anything. Functions of dates and times are not immutable even with
//! arguments: a TIME that is taken for a date gets today's.

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

/// Of some servers or versions only; none writes rows that a result could show. What sequences hold is never cached.
const ON_SOME: &str = "\
add_months any_value area asbinary astext bin_to_uuid binlog_gtid_pos centroid chr column_add column_check \
column_create column_delete column_exists column_get column_json column_list concat_operator_oracle crc32c decode \
decode_histogram decode_oracle des_decrypt des_encrypt dimension encode encrypt endpoint envelope exteriorring \
extractvalue format_bytes format_pico_time from_vector geometrycollection geometryn geometrytype geomfromtext \
geomfromwkb glength grouping gtid_subset gtid_subtract icu_version interiorringn is_ipv4_compat is_ipv4_mapped is_uuid \
isclosed isempty json_array_append json_array_insert json_array_intersect json_compact json_detailed json_equals \
json_exists json_key_value json_loose json_merge json_normalize json_object_filter_keys json_object_to_array \
json_overlaps json_pretty json_query json_schema_valid json_schema_validation_report json_storage_free \
json_storage_size json_table kdf lastval lengthb linestring lpad_oracle ltrim_oracle master_gtid_wait master_pos_wait \
mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequal mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin \
median member multilinestring multipoint multipolygon natural_sort_key nextval numgeometries numinteriorrings \
numpoints nvl nvl2 old_password password percentile_cont percentile_disc point pointfromtext pointn polyfromtext \
polygon ps_current_thread_id ps_thread_id regexp_like replace_oracle roles_graphml rownum rpad_oracle rtrim_oracle schemas \
setval sformat source_pos_wait srid st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_boundary st_buffer \
st_buffer_strategy st_centroid st_collect st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint \
st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_frechetdistance st_geohash \
st_geomcollfromtext st_geomcollfromwkb st_geometrycollectionfromtext st_geometrycollectionfromwkb st_geometryfromtext \
st_geometryfromwkb st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb st_hausdorffdistance \
st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple st_isvalid \
st_latfromgeohash st_latitude st_length st_linefromtext st_linefromwkb st_lineinterpolatepoint \
st_lineinterpolatepoints st_linestringfromtext st_linestringfromwkb st_longfromgeohash st_longitude st_makeenvelope \
st_mlinefromtext st_mlinefromwkb st_mpointfromtext st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb \
st_multilinestringfromtext st_multilinestringfromwkb st_multipointfromtext st_multipointfromwkb \
st_multipolygonfromtext st_multipolygonfromwkb st_numgeometries st_numinteriorring st_numinteriorrings st_numpoints \
st_overlaps st_pointatdistance st_pointfromgeohash st_pointfromtext st_pointfromwkb st_pointn st_pointonsurface \
st_polyfromtext st_polyfromwkb st_polygonfromtext st_polygonfromwkb st_relate st_simplify st_srid st_startpoint \
st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y startpoint \
statement_digest statement_digest_text string_to_vector substr_oracle sys_guid to_char to_number to_vector trim_oracle \
trt_begin_ts trt_commit_ts trt_iso_level trt_trx_id trt_trx_sees trt_trx_sees_eq updatexml uuid_to_bin uuid_v4 uuid_v7 \
validate_password_strength vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext vector_dim \
vector_to_string wait_for_executed_gtid_set wsrep_last_seen_gtid wsrep_last_written_gtid wsrep_sync_wait_upto_gtid x y";

/// Whether only some servers have a function of this name built in, so that one which nobody shows may have it. A
/// statement cannot call such a function, but what runs with the rights of others can: views, triggers, routines.
pub(crate) fn is_on_some(name: &str) -> bool {
    ON_SOME.split(' ').any(|known| known.eq_ignore_ascii_case(name))
}

/// What a call may do: of those that are not here, anything.
pub(in crate::schema) fn built_in() -> Routines {
    let mut routines = common();
    ON_SOME.split(' ').for_each(|name| routines.add(name, Routine::Volatile));
    routines
}

fn common() -> Routines {
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
    let (mut routines, everywhere) = (built_in(), common());
    for row in &catalog.routines {
        match (row.kind.as_str(), body(catalog, row)) {
            ("FUNCTION", body) if !everywhere.has(&row.name) => {
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
