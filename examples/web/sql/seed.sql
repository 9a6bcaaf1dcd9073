INSERT INTO author (name)
SELECT first || ' ' || last
FROM unnest(ARRAY['Ada', 'Ben', 'Chiara', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro']) AS first,
     unnest(ARRAY['Abe', 'Bauer', 'Costa', 'Diallo', 'Evans', 'Fischer', 'Garcia', 'Hansen']) AS last;

INSERT INTO tag (label)
SELECT unnest(ARRAY['async', 'beginners', 'benchmarks', 'books', 'career', 'case study', 'compilers', 'debugging',
    'design', 'history', 'interview', 'licences', 'migration', 'news', 'opinion', 'performance', 'release', 'safety',
    'testing', 'tutorial']);

INSERT INTO article (author_id, category, title, body, published, published_at)
SELECT
    1 + n * 29 % 64,
    (ARRAY['databases', 'hardware', 'languages', 'networks', 'operations', 'science', 'security', 'web'])[1 + n * 13 / 5 % 8],
    (ARRAY['Notes on', 'Against', 'In praise of', 'A history of', 'The limits of', 'Living with', 'What we learnt from',
        'The cost of', 'Ten years of', 'A field guide to', 'Rethinking'])[1 + n * 7 % 11] || ' ' ||
    (ARRAY['indexes', 'small services', 'type systems', 'slow queries', 'clock skew', 'write-ahead logs', 'garbage collection',
        'flaky tests', 'long migrations', 'cold caches', 'retries', 'feature flags', 'queues'])[1 + n * 5 % 13],
    repeat('The report arrived on a quiet morning, and for an hour nobody could say what it meant. '
        || 'Every graph was green and every answer was wrong. ', 4 + n % 9),
    true,
    now() - (5000 - n) * interval '41 minutes'
FROM generate_series(1, 5000) AS n
ORDER BY n;

INSERT INTO article_tag (article_id, tag_id)
SELECT DISTINCT n, 1 + (n * 7 + place * (3 + n % 5)) % 20
FROM generate_series(1, 5000) AS n, generate_series(0, 2) AS place;

INSERT INTO comment (article_id, name, text, created_at)
SELECT
    n,
    (ARRAY['mira', 'otto', 'pavel', 'quinn', 'rosa', 'sven', 'tess'])[1 + (n + place) % 7],
    (ARRAY['This matches what we have seen.', 'I am not convinced.', 'Thank you, the second half saved my week.',
        'Is there a version of this for beginners?', 'We tried it and went back.'])[1 + (n * 3 + place) % 5],
    now() - (5000 - n) * interval '41 minutes' + place * interval '7 minutes'
FROM generate_series(1, 5000) AS n, generate_series(1, 6) AS place
WHERE place <= n % 7
ORDER BY n, place;

ANALYZE;
