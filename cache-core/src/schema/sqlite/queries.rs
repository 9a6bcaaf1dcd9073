//! The catalog queries. Their columns are those of the row types, in order.

/// Every object of the main and the temporary database, as [`Object`](super::Object)s.
///
/// Automatic indexes have no text and tell nothing that [`INDEXES`] does not.
pub const OBJECTS: &str = "\
SELECT 'main' AS place, type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL \
UNION ALL \
SELECT 'temp', type, name, tbl_name, sql FROM sqlite_temp_master WHERE sql IS NOT NULL";

/// The columns of all base tables, as [`ColumnRow`](super::ColumnRow)s.
///
/// Virtual tables have no root page. They are left out because the columns of one whose module is not
/// loaded cannot be read, which would fail the whole query; views for the same reason ([`VIEW_COLUMNS`]).
pub const COLUMNS: &str = "\
SELECT t.name AS \"table\", c.name, c.type, c.\"notnull\", c.pk, c.hidden \
FROM main.sqlite_master AS t, pragma_table_xinfo(t.name, 'main') AS c \
WHERE t.type = 'table' AND t.rootpage > 0 ORDER BY t.rowid, c.cid";

/// The columns of the view whose name is bound to `?`, as [`ColumnRow`](super::ColumnRow)s. Fails for a view
/// that cannot be read (it may name a dropped table): such a view is unknown.
pub const VIEW_COLUMNS: &str = "\
SELECT ?1 AS \"table\", name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid";

/// The columns of all unique indexes, as [`IndexRow`](super::IndexRow)s.
pub const INDEXES: &str = "\
SELECT t.name AS \"table\", l.name AS \"index\", l.origin, l.partial, i.name AS \"column\", i.coll \
FROM main.sqlite_master AS t, pragma_index_list(t.name, 'main') AS l, pragma_index_xinfo(l.name, 'main') AS i \
WHERE t.type = 'table' AND t.rootpage > 0 AND l.\"unique\" AND i.key ORDER BY t.rowid, l.seq, i.seqno";

/// The columns of all foreign keys, as [`ForeignKeyRow`](super::ForeignKeyRow)s.
pub const FOREIGN_KEYS: &str = "\
SELECT t.name AS \"table\", f.id, f.\"table\" AS parent, f.\"from\", f.\"to\", f.on_update, f.on_delete \
FROM main.sqlite_master AS t, pragma_foreign_key_list(t.name, 'main') AS f \
WHERE t.type = 'table' AND t.rootpage > 0 ORDER BY t.rowid, f.id, f.seq";

/// A number that every change of the schema increases, whoever makes it.
pub const SCHEMA_VERSION: &str = "PRAGMA main.schema_version";

/// What decides what a connection sees, as [`seen_by`](super::seen_by) reads it.
pub const SESSION: &str = "\
SELECT 'a' LIKE 'A', (SELECT reverse_unordered_selects FROM pragma_reverse_unordered_selects), \
(SELECT read_uncommitted FROM pragma_read_uncommitted), \
(SELECT group_concat(type || name || COALESCE(sql, ''), ';') FROM sqlite_temp_master)";

/// The file of the main database; empty for one in memory.
pub const FILE: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

/// 1 if the connection enforces foreign keys.
pub const ENFORCES_FOREIGN_KEYS: &str = "PRAGMA foreign_keys";
