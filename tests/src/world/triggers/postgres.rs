//! The triggers of PostgreSQL: of rows, of statements, in place of what a view cannot do.

pub(super) const TRIGGERS: &[&[&str]] = &[
    &[
        "CREATE FUNCTION audit_title() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO audit (subject, row_id, note) VALUES ('article', NEW.id, 'lorem'); RETURN NULL; END $$",
        "CREATE TRIGGER audit_title AFTER UPDATE OF title ON article FOR EACH ROW \
         EXECUTE FUNCTION audit_title()",
    ],
    // Of a statement, whatever rows it has.
    &[
        "CREATE FUNCTION audit_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO audit (subject, row_id) SELECT 'comment', article_id FROM born; RETURN NULL; END $$",
        "CREATE TRIGGER audit_comment AFTER INSERT ON comment REFERENCING NEW TABLE AS born \
         FOR EACH STATEMENT EXECUTE FUNCTION audit_comment()",
    ],
    &[
        "CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF TG_OP = 'INSERT' THEN UPDATE category SET total = total + 1 WHERE slug = NEW.category; \
         ELSE UPDATE category SET total = total - 1 WHERE slug = OLD.category; END IF; RETURN NULL; END $$",
        "CREATE TRIGGER total AFTER INSERT OR DELETE ON article FOR EACH ROW EXECUTE FUNCTION total()",
    ],
    // The statement's own row, and a column that the statement does not name.
    &[
        "CREATE FUNCTION count_edits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         NEW.edits := OLD.edits + 1; RETURN NEW; END $$",
        "CREATE TRIGGER count_edits BEFORE UPDATE OF title, body ON article FOR EACH ROW \
         EXECUTE FUNCTION count_edits()",
    ],
    // A move between scopes of another table.
    &[
        "CREATE FUNCTION approve() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         UPDATE article SET published = TRUE, category = 'y' WHERE id = NEW.article_id; RETURN NULL; END $$",
        "CREATE TRIGGER approve AFTER UPDATE OF approved ON comment FOR EACH ROW WHEN (NEW.approved) \
         EXECUTE FUNCTION approve()",
    ],
    &[
        "CREATE FUNCTION popular() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         UPDATE article SET views = views + 1 WHERE author_id = NEW.id; RETURN NEW; END $$",
        "CREATE TRIGGER popular BEFORE UPDATE OF score ON author FOR EACH ROW EXECUTE FUNCTION popular()",
    ],
    // Two levels: this one fires others.
    &[
        "CREATE FUNCTION unused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         DELETE FROM tag WHERE id = OLD.tag_id AND uses = 1; RETURN NULL; END $$",
        "CREATE TRIGGER unused AFTER DELETE ON article_tag FOR EACH ROW EXECUTE FUNCTION unused()",
    ],
    // At COMMIT.
    &[
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         UPDATE tag SET uses = uses + 1 WHERE id = NEW.tag_id; RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER stamp AFTER INSERT ON article_tag DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION stamp()",
    ],
    &[
        "CREATE FUNCTION front_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF TG_OP = 'INSERT' THEN \
           INSERT INTO article (title, category, published) VALUES (NEW.title, NEW.category, TRUE); \
         ELSIF TG_OP = 'UPDATE' THEN \
           UPDATE article SET title = NEW.title, views = NEW.views WHERE id = OLD.id; \
         ELSE UPDATE article SET published = FALSE WHERE id = OLD.id; RETURN OLD; END IF; \
         RETURN NEW; END $$",
        "CREATE TRIGGER front_change INSTEAD OF INSERT OR UPDATE OR DELETE ON front FOR EACH ROW \
         EXECUTE FUNCTION front_change()",
    ],
];
