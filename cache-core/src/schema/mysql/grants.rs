//! What a user is granted, as far as it decides what the catalog shows of it.

use super::catalog::Sight;

/// Whether all tables of a database are shown to who has these grants, as `SHOW GRANTS` says them.
pub(super) fn sight(grants: &[String], database: &str) -> Sight {
    // MySQL may take back for one database what is granted for all.
    let is_taken_back = grants.iter().any(|grant| grant.starts_with("REVOKE "));
    let shows_all = grants.iter().any(|grant| shows_all(grant, database));
    if shows_all && !is_taken_back { Sight::All } else { Sight::Some }
}

/// Whether it is ``GRANT SELECT, .. ON `database`.* TO ..`` or of all databases.
fn shows_all(grant: &str, database: &str) -> bool {
    let granted = grant.strip_prefix("GRANT ").and_then(|grant| grant.split_once(" ON "));
    let Some((privileges, rest)) = granted else { return false };
    let Some((place, _)) = rest.split_once(" TO ") else { return false };
    let reads = privileges.split(", ").any(|privilege| matches!(privilege, "SELECT" | "ALL PRIVILEGES"));
    let is_of_it = |pattern: &str| pattern == "*" || is_like(pattern.trim_matches(['`', '"']), database);
    reads && place.strip_suffix(".*").is_some_and(is_of_it)
}

/// Whether a name is like a pattern of SQL.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    let next = |name: &str| name.chars().next().map(char::len_utf8);
    match rest.next() {
        None => name.is_empty(),
        Some('%') => {
            is_like(rest.as_str(), name) || next(name).is_some_and(|at| is_like(pattern, &name[at..]))
        }
        Some('_') => next(name).is_some_and(|at| is_like(rest.as_str(), &name[at..])),
        Some('\\') => {
            let literal = rest.next().unwrap_or('\\');
            name.strip_prefix(literal).is_some_and(|name| is_like(rest.as_str(), name))
        }
        Some(literal) => name.strip_prefix(literal).is_some_and(|name| is_like(rest.as_str(), name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_granted_to_read_the_whole_database_is_shown_all_of_it() {
        let of =
            |grants: &[&str]| sight(&grants.iter().map(ToString::to_string).collect::<Vec<_>>(), "shop_a");
        let usage = "GRANT USAGE ON *.* TO `ann`@`%` IDENTIFIED BY PASSWORD '*1'";
        for grant in [
            "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION",
            "GRANT INSERT, SELECT ON `shop\\_a`.* TO `ann`@`%`",
            "GRANT SELECT ON `sh%`.* TO `ann`@`%`",
            "GRANT SELECT ON \"shop_a\".* TO \"role\"",
        ] {
            assert_eq!(of(&[usage, grant]), Sight::All, "{grant}");
        }
        for grant in [
            "GRANT SELECT, DELETE ON `shop_a`.`parent` TO `ann`@`%`",
            "GRANT SELECT (`id`), DELETE ON `shop_a`.* TO `ann`@`%`",
            "GRANT ALL PRIVILEGES ON `shop\\_b`.* TO `ann`@`%`",
            "GRANT ALL PRIVILEGES ON `shop`.* TO `ann`@`%`",
            "GRANT EXECUTE ON FUNCTION `shop_a`.`f` TO `ann`@`%`",
            "GRANT `role` TO `ann`@`%`",
        ] {
            assert_eq!(of(&[usage, grant]), Sight::Some, "{grant}");
        }
        let by_role = [
            "GRANT `app_rw` TO `ann`@`%`",
            usage,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON `shop\\_a`.* TO `app_rw`",
            "SET DEFAULT ROLE `app_rw` FOR `ann`@`%`",
        ];
        assert_eq!(of(&by_role), Sight::All);
        assert_eq!(of(&[usage, "SET DEFAULT ROLE `app_rw` FOR `ann`@`%`"]), Sight::Some);
        let all = "GRANT SELECT ON *.* TO `ann`@`%`";
        assert_eq!(of(&[all, "REVOKE SELECT ON `shop_a`.* FROM `ann`@`%`"]), Sight::Some);
    }
}
