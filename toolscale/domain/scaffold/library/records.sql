INSERT INTO members (member_id, name, email, card_number, status, fees_cents)
SELECT printf('M-%04d', n), faker('name', n), faker('unique.email', n),
       luhn(printf('77%06d', permuted(n, 900000, 'card'))),
       weighted('{"active": 9, "suspended": 1}', n),
       CASE WHEN chance(0.5, n || ':fees') THEN uniform(50, 2500, n || ':amount') ELSE 0 END
FROM series(:members);

INSERT INTO books (book_id, title, copies)
SELECT printf('B-%03d', n), 'The ' || pick('["Silent", "Golden", "Lost", "Winter", "Paper", "Hidden"]', n) || ' '
       || pick('["Garden", "River", "Clock", "Island", "Letter", "Orchard"]', n || ':noun') || ' ' || n,
       uniform(0, 4, n)
FROM series(:books);

INSERT OR IGNORE INTO loans (loan_id, member_id, book_id, due_on, renewals)
SELECT printf('L-%05d', n), printf('M-%04d', 1 + n % :members), printf('B-%03d', uniform(1, :books, n)),
       day('2025-03-05', '2025-03-30', n), zipf(4, n || ':renewals') - 1
FROM series(:loans);
