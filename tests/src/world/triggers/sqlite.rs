//! The triggers of SQLite.

pub(super) const TRIGGERS: &[&[&str]] = &[
    &["CREATE TRIGGER audit_title AFTER UPDATE OF title ON article BEGIN \
       INSERT INTO audit (subject, row_id, note) VALUES ('article', NEW.id, 'lorem'); END"],
    &["CREATE TRIGGER audit_comment AFTER INSERT ON comment BEGIN \
       INSERT INTO audit (subject, row_id, note) VALUES ('comment', NEW.article_id, 'ipsum'); END"],
    &[
        "CREATE TRIGGER total_up AFTER INSERT ON article BEGIN \
         UPDATE category SET total = total + 1 WHERE slug = NEW.category; END",
        "CREATE TRIGGER total_down AFTER DELETE ON article BEGIN \
         UPDATE category SET total = total - 1 WHERE slug = OLD.category; END",
    ],
    // The statement's own table, and a column that the statement does not name.
    &["CREATE TRIGGER count_edits AFTER UPDATE OF title, body ON article BEGIN \
       UPDATE article SET edits = edits + 1 WHERE id = NEW.id; END"],
    // A move between scopes of another table.
    &["CREATE TRIGGER approve AFTER UPDATE OF approved ON comment WHEN NEW.approved BEGIN \
       UPDATE article SET published = TRUE, category = 'y' WHERE id = NEW.article_id; END"],
    &["CREATE TRIGGER popular BEFORE UPDATE OF score ON author BEGIN \
       UPDATE article SET views = views + 1 WHERE author_id = NEW.id; END"],
    // Two levels: this one fires others.
    &["CREATE TRIGGER unused AFTER DELETE ON article_tag BEGIN \
       DELETE FROM tag WHERE id = OLD.tag_id AND uses = 1; END"],
    &[
        "CREATE TRIGGER front_update INSTEAD OF UPDATE ON front BEGIN \
         UPDATE article SET title = NEW.title, views = NEW.views WHERE id = OLD.id; END",
        "CREATE TRIGGER front_delete INSTEAD OF DELETE ON front BEGIN \
         UPDATE article SET published = FALSE WHERE id = OLD.id; END",
        "CREATE TRIGGER front_insert INSTEAD OF INSERT ON front BEGIN \
         INSERT INTO article (title, category, published) VALUES (NEW.title, NEW.category, TRUE); END",
    ],
];
