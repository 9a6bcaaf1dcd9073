//! What only PostgreSQL does behind a statement's back, and what only it calls equal.

mod elsewhere;
mod invisible;
mod names;
mod narrow;
mod rebuilt;
mod sessions;
mod targets;
mod values;

use cache_tests::backend::Backend;
use cache_tests::promise::Setup;

/// A family of tables in which hardly any write stays where it is made.
pub const FAMILY: Setup = Setup {
    backend: Backend::Postgres,
    sql: "
        CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL, score int NOT NULL DEFAULT 0);
        CREATE TABLE article (id int PRIMARY KEY, category text,
            author_id int REFERENCES author ON DELETE CASCADE ON UPDATE CASCADE,
            editor_id int REFERENCES author ON DELETE SET NULL ON UPDATE SET NULL,
            owner_id int DEFAULT 2 REFERENCES author ON DELETE SET DEFAULT ON UPDATE CASCADE,
            views int NOT NULL DEFAULT 0, twice int GENERATED ALWAYS AS (views * 2) STORED,
            changed int NOT NULL DEFAULT 0);
        CREATE TABLE comment (id int PRIMARY KEY, article_id int REFERENCES article ON DELETE CASCADE ON UPDATE CASCADE,
            body text);
        CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
        CREATE TABLE log (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
        INSERT INTO author VALUES (1, 'ann'), (2, 'ben'), (3, 'eve');
        INSERT INTO article (id, category, author_id, editor_id, owner_id) VALUES
            (1, 'r', 1, 3, 3), (2, 'g', 1, 2, 2), (3, 'r', 1, 3, 1), (4, 'g', 2, NULL, 2);
        INSERT INTO comment VALUES (1, 1, 'c1'), (2, 2, 'c2'), (3, 3, 'c3');
        INSERT INTO audit (note) VALUES ('old');
        INSERT INTO log VALUES (1, 0);

        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.changed := OLD.changed + 1; RETURN NEW; END $$;
        CREATE TRIGGER stamped BEFORE UPDATE ON article FOR EACH ROW EXECUTE FUNCTION stamp();
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.name <> OLD.name THEN INSERT INTO audit (note) VALUES (OLD.name); END IF; RETURN NEW; END $$;
        CREATE TRIGGER noted AFTER UPDATE OF name ON author FOR EACH ROW EXECUTE FUNCTION note();
        CREATE FUNCTION anything() RETURNS trigger LANGUAGE plpgsql AS
            $$ DECLARE t text := 'log'; BEGIN EXECUTE 'UPDATE ' || t || ' SET n = n + 1'; RETURN NULL; END $$;
        CREATE TRIGGER counted AFTER DELETE ON comment FOR EACH STATEMENT EXECUTE FUNCTION anything();

        CREATE VIEW front AS SELECT id, category, author_id FROM article WHERE category = 'r';
        CREATE VIEW names AS SELECT id, upper(name) AS name FROM author;
        CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN UPDATE author SET name = NEW.name WHERE id = OLD.id; RETURN NEW; END $$;
        CREATE TRIGGER renamed INSTEAD OF UPDATE ON names FOR EACH ROW EXECUTE FUNCTION rename();

        CREATE TABLE ruled (id int PRIMARY KEY, n int);
        INSERT INTO ruled VALUES (1, 1);
        CREATE RULE moved AS ON UPDATE TO ruled DO INSTEAD UPDATE log SET n = NEW.n WHERE id = 1;

        CREATE TABLE event (id int, day int, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (1) TO (10);
        CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20);
        INSERT INTO event VALUES (1, 1, 'a'), (2, 11, 'b');

        CREATE TABLE animal (id int PRIMARY KEY, name text);
        CREATE TABLE dog (tricks int) INHERITS (animal);
        INSERT INTO animal VALUES (1, 'cat');
        INSERT INTO dog VALUES (2, 'rex', 3);

        CREATE MATERIALIZED VIEW sizes AS SELECT category, count(*) AS size FROM article GROUP BY category;

        CREATE FUNCTION bump() RETURNS int LANGUAGE sql AS 'UPDATE log SET n = n + 1 RETURNING n';
        CREATE PROCEDURE bumped() LANGUAGE sql AS 'UPDATE log SET n = n + 1';
        CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT sum(n) FROM log';
        CREATE FUNCTION twice() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 2 * total()';
        CREATE FUNCTION hides() RETURNS int LANGUAGE sql STABLE AS 'SELECT bump()';
        CREATE VIEW bumps AS SELECT 1 AS id, bump() AS n;
        CREATE FUNCTION watch(text) RETURNS bool LANGUAGE sql AS 'UPDATE log SET n = n + 1 RETURNING true';
        CREATE DOMAIN watched AS text CHECK (watch(VALUE));
        CREATE VIEW front_ruled AS SELECT id FROM animal;
        CREATE RULE gone AS ON DELETE TO front_ruled DO INSTEAD UPDATE log SET n = 8;
        CREATE RULE come AS ON INSERT TO front_ruled DO ALSO UPDATE log SET n = 9;
        CREATE TABLE careful (id int PRIMARY KEY, n int DEFAULT bump());
        CREATE FUNCTION loud(author) RETURNS text LANGUAGE sql STABLE AS 'SELECT upper($1.name)';
        CREATE FUNCTION bumped_by(author) RETURNS int LANGUAGE sql AS 'UPDATE log SET n = n + 1 RETURNING n';
        CREATE FUNCTION pure() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM bump(); RETURN 1; END $$;
        CREATE FUNCTION doubled(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN abs($1) * 2; END $$;",
    scopes: &[
        ("article", &[&["category"], &["author_id"]]),
        ("event", &[&["note"]]),
        ("animal", &[&["name"]]),
    ],
};

/// Triggers that fire where no row seems to die, and what else writes behind a write.
pub const HIDDEN: Setup = Setup {
    backend: Backend::Postgres,
    sql: "
        CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audit (what) VALUES (TG_OP); RETURN NULL; END $$;
        CREATE FUNCTION nop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE FUNCTION bump(int) RETURNS bool LANGUAGE sql AS
            $$ INSERT INTO audit (what) VALUES ('bump') RETURNING true $$;
        CREATE FUNCTION lies(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN PERFORM bump($1); RETURN $1; END $$;
        CREATE TABLE part (id int, region text) PARTITION BY LIST (region);
        CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a');
        CREATE TABLE part_b PARTITION OF part FOR VALUES IN ('b');
        CREATE TRIGGER gone AFTER DELETE ON part FOR EACH ROW EXECUTE FUNCTION noted();
        INSERT INTO part VALUES (1, 'a');
        CREATE TABLE half (id int, region text) PARTITION BY LIST (region);
        CREATE TABLE half_a PARTITION OF half FOR VALUES IN ('a');
        CREATE TABLE half_b PARTITION OF half FOR VALUES IN ('b');
        CREATE TRIGGER come AFTER INSERT ON half_b FOR EACH ROW EXECUTE FUNCTION noted();
        INSERT INTO half VALUES (1, 'a');
        CREATE TABLE asked (id int PRIMARY KEY, n int);
        INSERT INTO asked VALUES (1, 1);
        CREATE TRIGGER asks BEFORE UPDATE ON asked FOR EACH ROW WHEN (bump(NEW.id)) EXECUTE FUNCTION nop();
        CREATE TABLE counted (id int PRIMARY KEY, n int);
        INSERT INTO counted VALUES (1, 1);
        CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON counted FOR EACH STATEMENT
            EXECUTE FUNCTION noted();
        CREATE TABLE defaulted (id int PRIMARY KEY, n int DEFAULT lies(1));
        CREATE TABLE defaults_to (id int PRIMARY KEY, n int DEFAULT lies(1)); INSERT INTO defaults_to VALUES (1, 1);
        CREATE TABLE computed (id int PRIMARY KEY, n int GENERATED ALWAYS AS (lies(id)) STORED);
        CREATE TABLE indexed (id int PRIMARY KEY);
        CREATE INDEX ON indexed (lies(id));
        CREATE DOMAIN inner_domain AS int CHECK (bump(VALUE));
        CREATE DOMAIN outer_domain AS inner_domain;
        CREATE TYPE pair AS (a inner_domain, b int);
        CREATE TABLE nested (id int PRIMARY KEY, n outer_domain);
        CREATE TABLE listed (id int PRIMARY KEY, n inner_domain[]);
        CREATE TABLE paired (id int PRIMARY KEY, n pair);
        CREATE TABLE titled (title text, n int);
        INSERT INTO titled VALUES ('a', 1), ('b', 1);",
    scopes: &[],
};

/// Values that are equal in their own ways, or stored otherwise than they were given.
pub const KINDS: Setup = Setup {
    backend: Backend::Postgres,
    sql: "
        CREATE EXTENSION citext;
        CREATE TYPE colour AS ENUM ('red', 'blue');
        CREATE DOMAIN tiny AS varchar(2);
        CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE item (id int PRIMARY KEY, short varchar(4), fixed char(4), loose citext, tiny tiny,
            folded text COLLATE nocase, colour colour, plain text, big numeric(4, 1), n bigint);
        INSERT INTO item VALUES (1, 'rust', 'ab', 'Rust', 'x', 'Rust', 'red', 'rust', 1.5, 1),
            (2, 'go', 'cd', 'go', 'y', 'go', 'blue', 'go', 2.5, 2), (3, 'c', 'ef', 'c', 'z', 'c', NULL, 'c', 3.5, 3);
        CREATE TABLE owner (id int PRIMARY KEY, name text);
        CREATE TABLE pet (id int PRIMARY KEY, owner_id int);
        INSERT INTO owner VALUES (1, 'ann');
        INSERT INTO pet VALUES (1, 1), (2, 9);
        ALTER TABLE pet ADD FOREIGN KEY (owner_id) REFERENCES owner NOT VALID;",
    scopes: &[(
        "item",
        &[&["short"], &["fixed"], &["loose"], &["tiny"], &["folded"], &["colour"], &["plain"], &["big"], &["n"]],
    )],
};

/// Triggers and rules whose texts hold quotes, or give a column what another statement returned.
pub const SPOKEN: Setup = Setup {
    backend: Backend::Postgres,
    sql: "
        CREATE TABLE article (id int PRIMARY KEY, title text, audit_id int, \"odd\"\"name\" int);
        CREATE TABLE ruled (id int PRIMARY KEY, n int);
        CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
        CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
        INSERT INTO article VALUES (1, 'one'), (2, 'two');
        INSERT INTO ruled VALUES (1, 1);
        INSERT INTO counter VALUES (1, 0), (2, 0);
        CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audit (note) VALUES ('it''s born');
            UPDATE counter SET n = n + 1;
            INSERT INTO audit (note) VALUES ('that''s all');
            RETURN NULL; END $$;
        CREATE TRIGGER told AFTER INSERT ON article FOR EACH ROW EXECUTE FUNCTION told();
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audit (note) VALUES (NEW.title) RETURNING id INTO NEW.audit_id; RETURN NEW; END $$;
        CREATE TRIGGER noted BEFORE UPDATE OF title ON article FOR EACH ROW EXECUTE FUNCTION noted();
        CREATE FUNCTION marked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.\"odd\"\"name\" := 7; RETURN NEW; END $$;
        CREATE TRIGGER marked BEFORE UPDATE OF audit_id ON article FOR EACH ROW EXECUTE FUNCTION marked();
        CREATE RULE told AS ON UPDATE TO ruled DO ALSO (
            INSERT INTO audit (note) VALUES ('it''s changed');
            UPDATE counter SET n = 7;
            INSERT INTO audit (note) VALUES ('that''s all'););",
    scopes: &[],
};

/// Parents whose keys do not bind their children's rows, and partitions that are elsewhere.
pub const HEIRS: Setup = Setup {
    backend: Backend::Postgres,
    sql: "
        CREATE TABLE author (id int PRIMARY KEY, name text);
        CREATE TABLE work (id int PRIMARY KEY, author_id int NOT NULL REFERENCES author);
        CREATE TABLE poem (rhymes bool) INHERITS (work);
        INSERT INTO author VALUES (1, 'ann');
        INSERT INTO work VALUES (1, 1);
        INSERT INTO poem VALUES (2, 9, true);",
    scopes: &[],
};
