//! The triggers of MariaDB: always of rows, never on the table of the statement itself, not fired by cascades.

pub(super) const TRIGGERS: &[&[&str]] = &[
    &["CREATE TRIGGER audit_title AFTER UPDATE ON article FOR EACH ROW BEGIN \
       IF NOT (NEW.title <=> OLD.title) THEN \
         INSERT INTO audit (subject, row_id, note) VALUES ('article', NEW.id, 'lorem'); END IF; END"],
    &["CREATE TRIGGER audit_comment AFTER INSERT ON comment FOR EACH ROW \
       INSERT INTO audit (subject, row_id, note) VALUES ('comment', NEW.article_id, 'ipsum')"],
    &[
        "CREATE TRIGGER total_up AFTER INSERT ON article FOR EACH ROW \
         UPDATE category SET total = total + 1 WHERE slug = NEW.category",
        "CREATE TRIGGER total_down AFTER DELETE ON article FOR EACH ROW \
         UPDATE category SET total = total - 1 WHERE slug = OLD.category",
    ],
    // A column that the statement does not name.
    &["CREATE TRIGGER count_edits BEFORE UPDATE ON article FOR EACH ROW BEGIN \
       IF NOT (NEW.title <=> OLD.title AND NEW.body <=> OLD.body) THEN \
         SET NEW.edits = OLD.edits + 1; END IF; END"],
    // A move between scopes of another table.
    &["CREATE TRIGGER approve AFTER UPDATE ON comment FOR EACH ROW BEGIN \
       IF NEW.approved AND NOT OLD.approved THEN \
         UPDATE article SET published = TRUE, category = 'y' WHERE id = NEW.article_id; END IF; END"],
    &["CREATE TRIGGER popular BEFORE UPDATE ON author FOR EACH ROW \
       UPDATE article SET views = views + 1 WHERE author_id = NEW.id AND NEW.score <> OLD.score"],
    &["CREATE TRIGGER unused AFTER DELETE ON article_tag FOR EACH ROW \
       UPDATE tag SET uses = uses - 1 WHERE id = OLD.tag_id"],
];
