//! The catalog queries. Their columns are those of the row types, in order.
//!
//! All of them read `information_schema` alone, which MariaDB and MySQL share, and cast what the two type
//! differently.

/// Those whose answers make a [`Catalog`](super::Catalog), in order.
pub const CATALOG: [&str; 13] = [
    PLACE,
    MAY_SEE_TRIGGERS,
    GRANTS,
    SETTINGS,
    TABLES,
    COLUMNS,
    INDEXES,
    FOREIGN_KEYS,
    FOLLOWERS,
    TRIGGERS,
    VIEWS,
    ROUTINES,
    PARAMETERS,
];

/// Those whose answers make an [`Origin`](super::Origin), in order.
pub const ORIGIN: [&str; 5] = [PLACE, SERVER, USER, SESSION, SETTINGS];

/// The tables, views and sequences of the connection's database, as [`TableRow`](super::TableRow)s.
pub const TABLES: &str = "\
SELECT CAST(table_name AS CHAR), CAST(table_type AS CHAR), CAST(IFNULL(engine, '') AS CHAR) \
FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name";

/// Their columns, as [`ColumnRow`](super::ColumnRow)s.
pub const COLUMNS: &str = "\
SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(column_type AS CHAR), \
CAST(IFNULL(character_maximum_length, 0) AS SIGNED), CAST(IFNULL(collation_name, '') AS CHAR), \
CAST(is_nullable AS CHAR), CAST(extra AS CHAR), CAST(IFNULL(generation_expression, '') AS CHAR) \
FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position";

/// The columns of all unique indexes, as [`IndexRow`](super::IndexRow)s. One of which only the beginning counts is none.
pub const INDEXES: &str = "\
SELECT CAST(table_name AS CHAR), CAST(index_name AS CHAR), CAST(IF(sub_part IS NULL, column_name, NULL) AS CHAR) \
FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0 \
ORDER BY table_name, index_name, seq_in_index";

/// The columns of all foreign keys, as [`ForeignKeyRow`](super::ForeignKeyRow)s.
pub const FOREIGN_KEYS: &str = "\
SELECT CAST(k.table_name AS CHAR), CAST(k.constraint_name AS CHAR), CAST(k.column_name AS CHAR), \
CAST(k.referenced_table_schema = DATABASE() AS SIGNED), CAST(k.referenced_table_name AS CHAR), \
CAST(k.referenced_column_name AS CHAR), CAST(r.delete_rule AS CHAR), CAST(r.update_rule AS CHAR) \
FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r \
ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
AND r.table_name = k.table_name \
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL \
ORDER BY k.table_name, k.constraint_name, k.ordinal_position";

/// What foreign keys of other databases reference, as [`FollowerRow`](super::FollowerRow)s.
pub const FOLLOWERS: &str = "\
SELECT CAST(k.referenced_table_name AS CHAR), CAST(k.referenced_column_name AS CHAR), CAST(r.delete_rule AS CHAR), \
CAST(r.update_rule AS CHAR) \
FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r \
ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
AND r.table_name = k.table_name \
WHERE k.referenced_table_schema = DATABASE() AND k.table_schema <> DATABASE() \
ORDER BY k.referenced_table_name, k.table_schema, k.table_name, k.constraint_name, k.ordinal_position";

/// The triggers, as [`TriggerRow`](super::TriggerRow)s.
pub const TRIGGERS: &str = "\
SELECT CAST(event_object_table AS CHAR), CAST(action_timing AS CHAR), CAST(event_manipulation AS CHAR), \
CAST(action_statement AS CHAR), CAST(sql_mode AS CHAR) \
FROM information_schema.triggers WHERE event_object_schema = DATABASE() \
ORDER BY event_object_table, trigger_name";

/// The views, as [`ViewRow`](super::ViewRow)s.
pub const VIEWS: &str = "\
SELECT CAST(table_name AS CHAR), CAST(IFNULL(view_definition, '') AS CHAR) \
FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY table_name";

/// The stored functions and procedures, as [`RoutineRow`](super::RoutineRow)s.
pub const ROUTINES: &str = "\
SELECT CAST(routine_name AS CHAR), CAST(routine_type AS CHAR), CAST(routine_definition AS CHAR), \
CAST(sql_mode AS CHAR) \
FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY routine_type, routine_name";

/// Their parameters, as [`ParameterRow`](super::ParameterRow)s.
pub const PARAMETERS: &str = "\
SELECT CAST(specific_name AS CHAR), CAST(routine_type AS CHAR), CAST(parameter_name AS CHAR) \
FROM information_schema.parameters WHERE specific_schema = DATABASE() AND parameter_name IS NOT NULL \
ORDER BY routine_type, specific_name, ordinal_position";

/// The connection's database, empty if it has none, and the server's version.
pub const PLACE: &str = "SELECT CAST(IFNULL(DATABASE(), '') AS CHAR), CAST(VERSION() AS CHAR)";

/// How often MySQL's user is granted to see the triggers of the connection's database: who may not is shown none,
/// where MariaDB shows that there are some.
pub const MAY_SEE_TRIGGERS: &str = "\
SELECT CAST((SELECT COUNT(*) FROM information_schema.user_privileges \
WHERE privilege_type = 'TRIGGER' AND grantee = me.grantee) + \
(SELECT COUNT(*) FROM information_schema.schema_privileges \
WHERE privilege_type = 'TRIGGER' AND grantee = me.grantee AND DATABASE() LIKE table_schema) AS SIGNED) \
FROM (SELECT CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AS grantee) AS me";

/// What the connection's user is granted; on MariaDB its role too. Who is granted nothing of a whole database is shown
/// only some of its tables.
pub const GRANTS: &str = "SHOW GRANTS";

/// What decides what statements mean, as name and value: [`Settings`](super::Settings). Another connection may be set
/// otherwise, and is judged by itself.
pub const SETTINGS: &str = "\
SHOW VARIABLES WHERE Variable_name IN ('sql_mode', 'lower_case_table_names', 'foreign_key_checks', 'autocommit', \
'sql_auto_is_null', 'tx_isolation', 'transaction_isolation', 'completion_type')";

/// A checksum of all that the other queries read, and of when each table was made or rewritten, in whole seconds: rows may
/// be others although the schema looks as before. Plain writes of others, TRUNCATE among them, do not change it. What
/// other databases reference here is not in it: the server would have to open all of their tables.
pub const FINGERPRINT: &str = "\
SELECT CAST(COUNT(*) AS SIGNED), CAST(IFNULL(BIT_XOR(CAST(CONV(LEFT(MD5(x), 16), 16, 10) AS UNSIGNED)), 0) AS UNSIGNED) \
FROM (\
SELECT CONCAT_WS('|', 't', table_name, table_type, engine, IFNULL(create_time, '')) AS x \
FROM information_schema.tables WHERE table_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'c', table_name, ordinal_position, column_name, column_type, \
IFNULL(collation_name, ''), is_nullable, extra, IFNULL(generation_expression, ''), IFNULL(column_default, '')) \
FROM information_schema.columns WHERE table_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'i', table_name, index_name, seq_in_index, IFNULL(column_name, ''), IFNULL(sub_part, '')) \
FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0 \
UNION ALL SELECT CONCAT_WS('|', 'k', table_name, constraint_name, ordinal_position, column_name, \
referenced_table_schema, referenced_table_name, referenced_column_name) \
FROM information_schema.key_column_usage \
WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL \
UNION ALL SELECT CONCAT_WS('|', 'r', table_name, constraint_name, delete_rule, update_rule) \
FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'g', event_object_table, trigger_name, action_timing, event_manipulation, \
action_statement, sql_mode) \
FROM information_schema.triggers WHERE event_object_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'v', table_name, view_definition) \
FROM information_schema.views WHERE table_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'f', routine_name, routine_type, IFNULL(routine_definition, ''), sql_mode) \
FROM information_schema.routines WHERE routine_schema = DATABASE() \
UNION ALL SELECT CONCAT_WS('|', 'p', specific_name, routine_type, ordinal_position, parameter_name) \
FROM information_schema.parameters WHERE specific_schema = DATABASE() AND parameter_name IS NOT NULL\
) AS catalog";

/// What tells one server from another, by the names of its variables: MySQL has an identity of its own,
/// MariaDB is told by where its data is.
pub const SERVER: &str = "\
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port', 'datadir')";

/// Who the connection is.
pub const USER: &str = "SELECT CAST(CURRENT_USER() AS CHAR)";

/// What decides which values a text finds and how they are shown, as name and value.
pub const SESSION: &str = "\
SHOW VARIABLES WHERE Variable_name IN ('time_zone', 'sql_mode', 'collation_connection', 'character_set_results', \
'group_concat_max_len', 'div_precision_increment', 'lc_time_names', 'default_week_format', 'sql_select_limit', \
'default_regex_flags', 'max_recursive_iterations', 'cte_max_recursion_depth', 'max_sort_length')";
