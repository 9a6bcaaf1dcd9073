//! The catalog queries. Their columns are those of the row types, in order.
//!
//! [`SEARCH_PATH`] and [`SESSION`] are run as the session is; then [`QUALIFY`], so that definitions name everything
//! with its schema.

/// The schemas in which unqualified names are looked for, in order.
pub const SEARCH_PATH: &str = "\
SELECT p.name::text FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p(name, place) \
ORDER BY p.place";

/// What decides how the session reads names and shows values: one text.
pub const SESSION: &str = "\
SELECT pg_catalog.concat_ws(E'\\x1f', current_user, session_user, \
pg_catalog.array_to_string(pg_catalog.current_schemas(true), E'\\x1e'), \
pg_catalog.current_setting('search_path'), pg_catalog.current_setting('TimeZone'), \
pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'), \
pg_catalog.current_setting('extra_float_digits'), pg_catalog.current_setting('bytea_output'), \
pg_catalog.current_setting('xmlbinary'), pg_catalog.current_setting('lc_monetary'), \
pg_catalog.current_setting('lc_numeric'), pg_catalog.current_setting('lc_time'), \
pg_catalog.current_setting('default_text_search_config'), pg_catalog.current_setting('row_security'), \
pg_catalog.current_setting('session_replication_role'), pg_catalog.current_setting('standard_conforming_strings'), \
pg_catalog.current_setting('array_nulls'), pg_catalog.current_setting('transform_null_equals'))";

/// The number of the transaction that is open, if it has written.
pub const TRANSACTION: &str = "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text";

/// Whether what starts now sees all that a transaction did, and whether that was `committed` or `aborted`; its number
/// is the only parameter, as text.
pub const FATE: &str = "\
SELECT pg_catalog.pg_visible_in_snapshot(x.id, pg_catalog.pg_current_snapshot()), pg_catalog.pg_xact_status(x.id) \
FROM (SELECT CAST($1 AS pg_catalog.text)::pg_catalog.xid8 AS id) AS x";

/// `on` if a backslash in a text stands for itself.
pub const STANDARD_STRINGS: &str = "SELECT pg_catalog.current_setting('standard_conforming_strings')";

/// From here on definitions are shown with qualified names.
pub const QUALIFY: &str = "SET LOCAL search_path = pg_catalog";

/// Which database it is: the cluster's identity, and the database's in it.
pub const IDENTITY: &str = "\
SELECT (SELECT system_identifier::text FROM pg_catalog.pg_control_system()), \
(SELECT oid::pg_catalog.int8 FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

/// Whether the server follows another one.
pub const IS_REPLICA: &str = "SELECT pg_catalog.pg_is_in_recovery()";

/// Tables, views, materialized views, partitioned and foreign tables, as [`RelationRow`](super::RelationRow)s.
pub const RELATIONS: &str = "\
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity, \
CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END, \
has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE') \
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
AND n.nspname !~ '^pg_(toast_)?temp' ORDER BY c.oid";

/// The temporary relations of all sessions that have the name of another, as [`NameRow`](super::NameRow)s.
pub const TEMPORARY: &str = "\
SELECT DISTINCT t.relname::text FROM pg_class t \
JOIN pg_class c ON c.relname = t.relname AND c.relpersistence <> 't' WHERE t.relpersistence = 't'";

/// The columns of all of them, as [`ColumnRow`](super::ColumnRow)s. A domain counts as the type under it.
pub const COLUMNS: &str = "\
SELECT a.attrelid::int8, a.attname::text, coalesce(b.oid, t.oid)::int8, coalesce(b.typtype, t.typtype)::text, \
CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, coalesce(l.collisdeterministic, true), \
a.attnotnull, a.attgenerated <> '' \
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid \
LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype \
LEFT JOIN pg_collation l ON l.oid = a.attcollation \
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attrelid >= 16384 \
ORDER BY a.attrelid, a.attnum";

/// The columns of all unique indexes over whole columns and all rows, as [`IndexRow`](super::IndexRow)s.
pub const INDEXES: &str = "\
SELECT i.indrelid::int8, i.indexrelid::int8, i.indisprimary, a.attname::text \
FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place) \
JOIN LATERAL (SELECT 1) AS one ON true \
JOIN pg_attribute a ON a.attnum = k.number AND a.attnum > 0 \
WHERE a.attrelid = i.indrelid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL \
AND k.place <= i.indnkeyatts AND i.indrelid >= 16384 ORDER BY i.indrelid, i.indexrelid, k.place";

/// The columns of all foreign keys, as [`ForeignKeyRow`](super::ForeignKeyRow)s. Those that partitions have from
/// their parents are left out.
pub const FOREIGN_KEYS: &str = "\
SELECT f.oid::int8, f.conrelid::int8, f.confrelid::int8, a.attname::text, b.attname::text, f.confdeltype::text, \
f.confupdtype::text, to_jsonb(f) ->> 'confdelsetcols' IS NOT NULL, f.convalidated \
FROM pg_constraint f, unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(mine, theirs, place), \
pg_attribute a, pg_attribute b \
WHERE f.contype = 'f' AND f.conparentid = 0 AND a.attrelid = f.conrelid AND a.attnum = k.mine \
AND b.attrelid = f.confrelid AND b.attnum = k.theirs ORDER BY f.conrelid, f.oid, k.place";

/// Partitions and children, as [`InheritanceRow`](super::InheritanceRow)s.
pub const INHERITANCE: &str = "\
SELECT i.inhrelid::int8, i.inhparent::int8 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
WHERE c.relkind IN ('r', 'p', 'f')";

/// Triggers, as [`TriggerRow`](super::TriggerRow)s. Those that partitions have from their parents are left out.
pub const TRIGGERS: &str = "\
SELECT t.oid::int8, t.tgrelid::int8, t.tgtype::int4, l.lanname::text, p.prosrc, p.proconfig IS NULL, p.proname::text \
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang \
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0' \
ORDER BY t.tgrelid, t.tgname";

/// The columns of `UPDATE OF`, as [`TriggerColumnRow`](super::TriggerColumnRow)s.
pub const TRIGGER_COLUMNS: &str = "\
SELECT t.oid::int8, a.attname::text FROM pg_trigger t, unnest(t.tgattr) AS k(number), pg_attribute a \
WHERE NOT t.tgisinternal AND a.attrelid = t.tgrelid AND a.attnum = k.number";

/// The rules that rewrite what is written, as [`RuleRow`](super::RuleRow)s.
pub const RULES: &str = "\
SELECT r.ev_class::int8, r.ev_type::text, pg_get_ruledef(r.oid) FROM pg_rewrite r \
WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' ORDER BY r.ev_class, r.rulename";

/// Functions, procedures and aggregates by what they may do, as [`RoutineRow`](super::RoutineRow)s. An extension's
/// count as PostgreSQL's own. Domains are among them, since a cast is a call of their checks.
pub const ROUTINES: &str = "\
SELECT DISTINCT p.proname::text, p.prokind::text, p.provolatile::text, \
p.pronamespace = 'pg_catalog'::regnamespace OR EXISTS (SELECT FROM pg_depend d \
WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'), \
CASE WHEN p.oid >= 16384 AND l.lanname = 'sql' AND p.proconfig IS NULL AND p.pronargdefaults = 0 \
AND p.prorettype < 16384 AND 16384 > ALL (coalesce(p.proallargtypes, p.proargtypes::oid[])) THEN p.prosrc END, \
CASE WHEN p.oid >= 16384 AND p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend d \
WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') THEN pg_get_functiondef(p.oid) END \
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
UNION SELECT t.typname::text, 'd', CASE WHEN EXISTS (SELECT FROM pg_type b WHERE b.oid = t.typbasetype AND b.typtype = 'd') \
OR EXISTS (SELECT FROM pg_constraint c JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid \
JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND p.provolatile <> 'i' \
WHERE c.contypid = t.oid) THEN 'v' ELSE 'i' END, false, NULL, \
(SELECT string_agg(pg_get_constraintdef(c.oid), ' ') FROM pg_constraint c WHERE c.contypid = t.oid) \
FROM pg_type t WHERE t.typtype = 'd' AND t.oid >= 16384";

/// Operators that are not PostgreSQL's own, and for casts one without a name, as [`OperatorRow`](super::OperatorRow)s:
/// those that are not immutable, and those of the application, whatever it says of them.
pub const OPERATORS: &str = "\
SELECT o.name, p.provolatile::text, CASE WHEN a.is_mine THEN p.proname::text END FROM (\
SELECT oprname::text, oprcode::oid FROM pg_operator WHERE oid >= 16384 \
UNION SELECT '', castfunc FROM pg_cast WHERE oid >= 16384) AS o (name, routine) \
JOIN pg_proc p ON p.oid = o.routine JOIN LATERAL (SELECT p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) AS a (is_mine) ON true \
WHERE a.is_mine OR p.provolatile <> 'i'";

/// What is called by writes of a table, or of a query: by a default, a computed column, a check, an index, the condition
/// of a trigger, a policy or a view. As [`HazardRow`](super::HazardRow)s; event triggers, which changes of the schema
/// call, have no relation.
pub const HAZARDS: &str = "\
WITH RECURSIVE parts (whole, part) AS (\
SELECT oid, typbasetype FROM pg_type WHERE typtype = 'd' AND oid >= 16384 \
UNION ALL SELECT oid, typelem FROM pg_type WHERE typelem >= 16384 \
UNION ALL SELECT rngtypid, rngsubtype FROM pg_range WHERE rngtypid >= 16384 \
UNION ALL SELECT t.oid, a.atttypid FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid \
WHERE t.typtype = 'c' AND t.oid >= 16384 AND a.atttypid >= 16384), \
holds (type, domain) AS (\
SELECT t.oid, t.oid FROM pg_type t WHERE t.typtype = 'd' AND t.oid >= 16384 \
UNION SELECT p.whole, h.domain FROM holds h JOIN parts p ON p.part = h.type) \
SELECT DISTINCT h.relation::int8, p.proname::text, h.filled::text FROM pg_depend d \
JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND p.oid >= 16384 \
JOIN LATERAL (\
SELECT a.adrelid, (SELECT c.attname FROM pg_attribute c WHERE c.attrelid = a.adrelid AND c.attnum = a.adnum \
AND c.attgenerated = '') FROM pg_attrdef a WHERE d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid \
UNION ALL SELECT c.conrelid, NULL FROM pg_constraint c WHERE d.classid = 'pg_constraint'::regclass AND c.oid = d.objid \
UNION ALL SELECT t.attrelid, NULL FROM pg_constraint c JOIN holds ON holds.domain = c.contypid \
JOIN pg_attribute t ON t.atttypid = holds.type \
WHERE d.classid = 'pg_constraint'::regclass AND c.oid = d.objid AND c.contypid <> 0 \
UNION ALL SELECT i.indrelid, NULL FROM pg_index i WHERE d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid \
UNION ALL SELECT c.oid, NULL FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid \
AND c.relkind = 'p' \
UNION ALL SELECT t.tgrelid, NULL FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass AND t.oid = d.objid \
AND t.tgfoid <> p.oid \
UNION ALL SELECT p.polrelid, NULL FROM pg_policy p WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid \
UNION ALL SELECT r.ev_class, NULL FROM pg_rewrite r WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid\
) AS h(relation, filled) ON true WHERE h.relation <> 0 \
UNION SELECT NULL, p.proname::text, NULL FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid \
WHERE e.evtenabled <> 'D'";

/// The names of enumeration types, as [`NameRow`](super::NameRow)s.
pub const ENUMS: &str = "SELECT DISTINCT typname::text FROM pg_type WHERE typtype = 'e'";

/// A number that every change of the schema changes, whoever makes it, and whether or not the schema looks as before: of
/// all rows that the other queries read, and that somebody made, when they were written last. Of relations it is what
/// they are, since REFRESH and TRUNCATE write their rows too. Temporary tables count if they
/// hide another. So does a server change it that
/// has taken over, was restored, or has crashed, which resets its statistics: what was committed last may be gone.
pub const FINGERPRINT: &str = "\
WITH relation AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relpersistence <> 't' \
AND c.relkind IN ('r', 'p', 'v', 'm', 'f')), \
made (kind, id, version) AS (\
SELECT 1, c.oid, pg_catalog.concat_ws('.', c.relname, c.relnamespace, c.relkind, c.relpersistence, c.relrowsecurity, \
c.relowner, c.relacl) FROM relation c \
UNION ALL SELECT 100 + x.attnum, x.attrelid, x.xmin::text FROM pg_catalog.pg_attribute x \
JOIN relation c ON c.oid = x.attrelid WHERE x.attnum > 0 \
UNION ALL SELECT 2, x.oid, x.xmin::text FROM pg_catalog.pg_constraint x WHERE x.oid >= 16384 \
AND (x.conrelid = 0 OR x.conrelid IN (SELECT c.oid FROM relation c)) \
UNION ALL SELECT 3, x.oid, x.xmin::text FROM pg_catalog.pg_trigger x \
JOIN relation c ON c.oid = x.tgrelid WHERE NOT x.tgisinternal \
UNION ALL SELECT 4, x.oid, x.xmin::text FROM pg_catalog.pg_proc x WHERE x.oid >= 16384 \
UNION ALL SELECT 5, x.oid, x.xmin::text FROM pg_catalog.pg_rewrite x JOIN relation c ON c.oid = x.ev_class \
UNION ALL SELECT 6, x.indexrelid, x.xmin::text FROM pg_catalog.pg_index x \
JOIN relation c ON c.oid = x.indrelid WHERE x.indisunique \
UNION ALL SELECT 7, x.inhrelid, x.xmin::text FROM pg_catalog.pg_inherits x JOIN relation c ON c.oid = x.inhrelid \
UNION ALL SELECT 8, x.oid, x.xmin::text FROM pg_catalog.pg_policy x \
UNION ALL SELECT 9, x.oid, x.xmin::text FROM pg_catalog.pg_operator x WHERE x.oid >= 16384 \
UNION ALL SELECT 10, x.oid, x.xmin::text FROM pg_catalog.pg_cast x WHERE x.oid >= 16384 \
UNION ALL SELECT 11, x.oid, x.xmin::text FROM pg_catalog.pg_namespace x WHERE x.nspname !~ '^pg_' \
UNION ALL SELECT 12, x.oid, x.xmin::text FROM pg_catalog.pg_attrdef x JOIN relation c ON c.oid = x.adrelid \
UNION ALL SELECT 13, x.oid, x.xmin::text FROM pg_catalog.pg_extension x \
UNION ALL SELECT 14, x.oid, x.xmin::text FROM pg_catalog.pg_collation x WHERE x.oid >= 16384 \
UNION ALL SELECT 15, x.oid, x.xmin::text FROM pg_catalog.pg_enum x \
UNION ALL SELECT 16, x.oid, x.xmin::text FROM pg_catalog.pg_type x WHERE x.typtype IN ('d', 'e') AND x.oid >= 16384 \
UNION ALL SELECT 17, x.oid, x.xmin::text FROM pg_catalog.pg_event_trigger x \
UNION ALL SELECT 18, 0::pg_catalog.oid, t.relname::text FROM pg_catalog.pg_class t WHERE t.relpersistence = 't' \
AND t.relname IN (SELECT c.relname FROM relation c) GROUP BY t.relname) \
SELECT pg_catalog.concat_ws('.', pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws('.', kind, id, version), \
0)), (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) \
FROM pg_catalog.pg_control_checkpoint() c, pg_catalog.pg_control_recovery() r), \
(SELECT extract(epoch FROM b.stats_reset) FROM pg_catalog.pg_stat_bgwriter b), \
pg_catalog.pg_is_in_recovery()) FROM made";
