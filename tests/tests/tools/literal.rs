//! SQL text.

use cache_tests::backend::Backend;
use cache_tests::literal::{Literal, Sql, Type, Values};

#[test]
fn each_dialect_has_its_placeholders() {
    let mut sql = Sql::new(Values::Bound);
    sql.push("a = ").literal(&Literal::Int(7)).push(" AND b ? ").value(&Literal::Null, Type::Bool);
    assert_eq!(sql.text(Backend::Postgres), "a = $1 AND b ? $2");
    assert_eq!(sql.text(Backend::MariaDb), "a = ? AND b ? ?");
    assert_eq!(sql.bound()[1], (Literal::Null, Type::Bool));
}
