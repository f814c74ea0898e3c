-- Two to four halls a cinema; the first is the grand one.
INSERT INTO halls (hall_id, cinema_id, number, rows_of_seats, hire_price_cents, hire_capacity)
SELECT c.cinema_id || '-' || n, c.cinema_id, n, 9 - n, 5000 * (9 - n + uniform(0, 2, c.cinema_id || n)), (9 - n) * 8 - uniform(0, 6, c.cinema_id || n || ':heads')
FROM cinemas AS c JOIN series(4) WHERE n <= 2 + uniform(0, 2, c.cinema_id) ORDER BY c.cinema_id, n;

-- Eight places a row: the front row's ends are for wheelchairs, the last two rows recline.
INSERT INTO seats (seat_id, hall_id, row_letter, place, kind)
SELECT h.hall_id || '-' || char(64 + r.n) || p.n, h.hall_id, char(64 + r.n), p.n,
       CASE WHEN r.n = 1 AND p.n IN (1, 8) THEN 'wheelchair' WHEN r.n > h.rows_of_seats - 2 THEN 'recliner' ELSE 'standard' END
FROM halls AS h JOIN series(8) AS r JOIN series(8) AS p WHERE r.n <= h.rows_of_seats ORDER BY h.hall_id, r.n, p.n;

-- From last week to the end of next week; two films in three run often. Late shows are dearer than matinees.
INSERT OR IGNORE INTO screenings (screening_id, film_id, hall_id, starts_at, price_cents, captions)
SELECT printf('S%05d', n), printf('FM%02d', zipf(11, n)),
       (SELECT hall_id FROM halls AS h WHERE h.rowid = uniform(1, (SELECT max(rowid) FROM halls), n || ':hall')),
       CASE WHEN n % 14 = 0 THEN '2025-10-17' ELSE day('2025-10-10', '2025-10-27', n || ':day') END || ' ' || CASE WHEN n % 28 = 0 THEN '16:45:00' ELSE pick('["11:15:00", "14:00:00", "16:45:00", "19:30:00", "20:15:00", "22:40:00"]', n || ':hour') END,
       0 + weighted('{"950": 2, "1150": 4, "1350": 3, "1500": 1}', n || ':price'), chance(0.2, n || ':captions')
FROM series(:screenings) ORDER BY n;
DELETE FROM screenings WHERE (SELECT released_on FROM films AS f WHERE f.film_id = screenings.film_id) > substr(starts_at, 1, 10);

INSERT INTO members (member_id, card_number, name, email, phone, birth_date, postcode, tier, home_cinema_id, joined_on, tier_since,
                     free_seats_left, credit_cents)
SELECT printf('LP%06d', 4000 + 7 * n), luhn(printf('66%07d', permuted(n, 9000000, 'card'))),
       CASE WHEN n % 41 = 0 THEN faker('name', n - 1) ELSE faker('name', n) END, faker('unique.email', n),
       printf('07%03d %06d', 400 + permuted(n % 500, 500, 'prefix'), permuted(n, max(900000, :members + 1), 'line')),
       CASE WHEN chance(0.14, n || ':teen') THEN faker('date_of_birth', n, '{"minimum_age": 16, "maximum_age": 17}')
            ELSE faker('date_of_birth', n, '{"minimum_age": 18, "maximum_age": 84}') END, faker('postcode', n),
       weighted('{"flicker": 5, "beam": 3, "floodlight": 2}', n),
       pick('["HARB", "MILL", "PALA", "STAT", "GREE", "DOCK"]', n || ':home'), day('2021-02-01', '2024-12-31', n),
       day('2025-01-01', '2025-10-16', n || ':tier'), 0,
       CASE WHEN chance(0.45, n || ':credit') THEN 5 * uniform(100, 900, n || ':amount') ELSE 0 END
FROM series(:members) ORDER BY n;
UPDATE members SET free_seats_left = CASE tier WHEN 'flicker' THEN 0 WHEN 'beam' THEN uniform(0, 2, member_id) ELSE uniform(0, 4, member_id) END;

-- A visit is a booking of one to four neighbouring places; those that clash are left out below.
INSERT INTO bookings (booking_code, member_id, screening_id, booked_on, paid_by, total_cents, state)
SELECT printf('%s%04d', pick('["KX", "QT", "VB", "ZN", "HD"]', n), permuted(n, max(10000, :visits + 1), 'code')),
       printf('LP%06d', 4000 + 7 * (1 + permuted(n % :members, :members, 'guest'))), s.screening_id,
       max(date(substr(s.starts_at, 1, 10), -uniform(0, 9, n || ':ahead') || ' days'), '2025-10-01'),
       'card', 0, 'paid'
FROM series(:visits) JOIN screenings AS s ON s.rowid = 1 + CASE WHEN n % 3 = 0 THEN zipf((SELECT max(rowid) FROM screenings) - 1, n || ':show')
                                                            ELSE uniform(1, (SELECT max(rowid) FROM screenings) - 1, n || ':any') END
ORDER BY n;
-- This afternoon's shows fill up.
INSERT INTO bookings (booking_code, member_id, screening_id, booked_on, paid_by, total_cents, state)
SELECT printf('WM%04d', permuted(n, max(10000, :visits + 1), 'afternoon')), printf('LP%06d', 4000 + 7 * (1 + permuted(n, :members, 'today'))),
       s.screening_id, '2025-10-15', 'card', 0, 'paid'
FROM series(:visits / 9) JOIN (SELECT screening_id, row_number() OVER (ORDER BY screening_id) AS k, count(*) OVER () AS shows
                               FROM screenings WHERE starts_at = '2025-10-17 16:45:00') AS s ON s.k = 1 + n % s.shows
ORDER BY n;
UPDATE bookings SET booked_on = min(booked_on, '2025-10-16');

INSERT OR IGNORE INTO places_taken (screening_id, seat_id, booking_code)
SELECT b.screening_id, t.seat_id, b.booking_code
FROM bookings AS b JOIN screenings AS s USING (screening_id) JOIN halls AS h USING (hall_id)
JOIN seats AS t ON t.hall_id = h.hall_id
 AND t.row_letter = char(65 + uniform(0, h.rows_of_seats - 1, b.booking_code || ':row'))
 AND t.place BETWEEN uniform(1, 5, b.booking_code || ':from') AND uniform(1, 5, b.booking_code || ':from') + zipf(4, b.booking_code || ':size') - 1
ORDER BY b.booking_code, t.seat_id;
DELETE FROM bookings WHERE booking_code NOT IN (SELECT booking_code FROM places_taken);
UPDATE bookings SET total_cents = (
  SELECT sum(s.price_cents + CASE t.kind WHEN 'recliner' THEN 300 ELSE 0 END)
  FROM places_taken AS p JOIN seats AS t USING (seat_id) JOIN screenings AS s ON s.screening_id = p.screening_id
  WHERE p.booking_code = bookings.booking_code);
UPDATE bookings SET seat_changes = uniform(1, 2, booking_code) WHERE chance(0.25, booking_code || ':moved');

-- Trays for those who eat.
INSERT INTO trays (tray_id, booking_code, total_cents, state)
SELECT printf('TR%05d', b.rowid), b.booking_code, 1, 'ordered'
FROM bookings AS b WHERE chance(0.35, b.booking_code || ':eats') ORDER BY b.rowid LIMIT :trays;
INSERT OR IGNORE INTO tray_lines (tray_id, treat_id, quantity)
SELECT tray_id, pick('["POPS", "POPL", "POPC", "NACH", "SODA", "LEMO", "TEAP", "ICEV", "ICEM"]', tray_id || n), zipf(3, tray_id || n || ':q')
FROM trays JOIN series(3) WHERE n <= uniform(1, 3, tray_id) ORDER BY tray_id, n;
UPDATE trays SET total_cents = (SELECT sum(l.quantity * t.price_cents) FROM tray_lines AS l JOIN treats AS t USING (treat_id) WHERE l.tray_id = trays.tray_id);

INSERT OR IGNORE INTO watch_entries (member_id, film_id, added_on, alert)
SELECT printf('LP%06d', 4000 + 7 * (1 + permuted(n % :members, :members, 'watcher'))), printf('FM%02d', 17 - zipf(16, n)),
       day('2025-08-01', '2025-10-15', n), chance(0.5, n || ':alert')
FROM series(:wishes) ORDER BY n;
-- A fifth of the members fill their lists; five films is all a list holds.
INSERT OR IGNORE INTO watch_entries (member_id, film_id, added_on, alert)
SELECT printf('LP%06d', 4000 + 7 * (1 + 5 * (n % (:members / 5)))), printf('FM%02d', uniform(1, 16, n || ':fan')),
       day('2025-08-01', '2025-10-15', n || ':fan'), chance(0.5, n || ':fan alert')
FROM series(:wishes) ORDER BY n;
DELETE FROM watch_entries WHERE (SELECT count(*) FROM watch_entries AS w WHERE w.member_id = watch_entries.member_id
                                 AND w.film_id < watch_entries.film_id) >= 5;

INSERT INTO hall_hires (hire_id, member_id, hall_id, hire_on, heads, heads_since, price_cents, deposit_cents, state)
SELECT printf('HH-%04d', 1000 + n), printf('LP%06d', 4000 + 7 * (1 + permuted(n, :members, 'host'))), h.hall_id,
       CASE WHEN n % 3 = 0 THEN day('2025-10-19', '2025-10-30', n) ELSE day('2025-10-31', '2025-12-20', n) END, uniform(8, h.hire_capacity, n || ':heads'),
       day('2025-09-01', date(today(), '-1 day'), n || ':since'), h.hire_price_cents, h.hire_price_cents / 5, 'agreed'
FROM series(:hires) JOIN halls AS h ON h.rowid = 1 + n % (SELECT count(*) FROM halls) ORDER BY n;

DELETE FROM hall_hires WHERE EXISTS (SELECT 1 FROM hall_hires AS x WHERE x.hall_id = hall_hires.hall_id AND x.hire_on = hall_hires.hire_on
                                     AND x.hire_id < hall_hires.hire_id);

INSERT INTO gift_vouchers (voucher_code, value_cents, sold_on, expires_on, bought_by, redeemed_by)
SELECT printf('GV-%05d', 10000 + permuted(n, max(80000, :vouchers + 1), 'voucher')), 500 * uniform(2, 16, n), day('2024-07-01', '2025-10-10', n), '2099-01-01',
       printf('LP%06d', 4000 + 7 * (1 + permuted(n % :members, :members, 'giver'))), NULL
FROM series(:vouchers) ORDER BY n;
-- Who bought one voucher often bought a second.
INSERT INTO gift_vouchers (voucher_code, value_cents, sold_on, expires_on, bought_by, redeemed_by)
SELECT printf('GC-%05d', 10000 + permuted(n, max(80000, :vouchers + 1), 'second voucher')), 500 * uniform(2, 16, n || ':second'),
       day('2024-07-01', '2025-10-10', n || ':second'), '2099-01-01',
       printf('LP%06d', 4000 + 7 * (1 + permuted(n % :members, :members, 'giver'))), NULL
FROM series(:vouchers / 3) ORDER BY n;
UPDATE gift_vouchers SET expires_on = date(sold_on, '+12 months');
