INSERT INTO patrons (patron_id, name, email, card_number, status, fines_cents)
SELECT printf('P-%04d', n), faker('name', n), faker('unique.email', n), luhn(printf('23%06d', permuted(n, 900000, 'card'))),
       weighted('{"active": 12, "blocked": 1}', n || ':status'),
       CASE WHEN chance(0.55, n || ':owes') THEN 5 * uniform(40, 600, n || ':fines') ELSE 0 END
FROM series(:patrons);

INSERT INTO titles (title_id, title, author, shelf, copies)
SELECT printf('T-%03d', n),
       json_extract('["Salt and", "A Map of", "The Last", "Under the", "Seven", "Letters to", "The House of", "Beyond"]',
                    '$[' || ((n - 1) / 10) || ']') || ' ' ||
       json_extract('["Lanterns", "Harbour", "Orchards", "Snow", "Bridges", "Swallows", "Glass", "Thunder", "Gardens", "Clocks"]',
                    '$[' || ((n - 1) % 10) || ']'),
       faker('name', n), printf('%s %d', pick('["Fiction", "History", "Travel", "Crime"]', n), 1 + n % 9),
       CASE WHEN chance(0.6, n || ':out') THEN 0 ELSE uniform(1, 4, n || ':copies') END
FROM series(:titles);

INSERT OR IGNORE INTO loans (loan_id, patron_id, title_id, due_on, renewals)
SELECT printf('L-%05d', n), printf('P-%04d', 1 + n % :patrons), printf('T-%03d', uniform(1, :titles, n)),
       CASE WHEN chance(0.22, n || ':late') THEN day('2025-08-05', '2025-08-29', n) ELSE day('2025-09-08', '2025-10-05', n) END,
       zipf(4, n || ':renewals') - 1
FROM series(:loans);

INSERT OR IGNORE INTO holds (hold_id, patron_id, title_id, placed_at)
SELECT printf('H-%05d', n), printf('P-%04d', uniform(1, :patrons, n || ':who')), t.title_id, moment('2025-08-20', '2025-09-14', n)
FROM series(:holds) JOIN titles AS t ON t.title_id = printf('T-%03d', uniform(1, :titles, n || ':what'))
WHERE t.copies = 0
  AND NOT EXISTS (SELECT 1 FROM loans AS l WHERE l.title_id = t.title_id AND l.patron_id = printf('P-%04d', uniform(1, :patrons, n || ':who')));
