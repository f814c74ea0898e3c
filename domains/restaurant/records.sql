-- Fourteen tables a house, fewer where there is no terrace or counter, and the pairs that can be pushed together.
INSERT INTO dining_tables (table_id, house_id, table_no, area, seats)
SELECT printf('%s-%02d', h.house_id, t.n), h.house_id, t.n,
       CASE WHEN t.n <= 2 THEN 'counter' WHEN t.n <= 6 THEN 'window' WHEN t.n <= 11 THEN 'main room' ELSE 'terrace' END,
       CASE WHEN t.n IN (9, 14) THEN 6 WHEN t.n IN (5, 6, 7, 8, 12, 13) THEN 4 ELSE 2 END
FROM houses AS h JOIN series(14) AS t
WHERE (t.n > 2 OR h.has_counter = 1) AND (t.n < 12 OR h.has_terrace = 1);

INSERT INTO setups (setup_id, house_id, area, seats, joined)
SELECT table_id, house_id, area, seats, 0 FROM dining_tables;

INSERT INTO setups (setup_id, house_id, area, seats, joined)
SELECT printf('%s+%02d', a.table_id, b.table_no), a.house_id, a.area, a.seats + b.seats, 1
FROM dining_tables AS a JOIN dining_tables AS b ON b.house_id = a.house_id AND b.table_no = a.table_no + 1 AND b.area = a.area
WHERE a.table_no IN (5, 7, 8, 12, 13);

INSERT INTO setup_tables (setup_id, table_id)
SELECT setup_id, substr(setup_id, 1, 7) FROM setups
UNION ALL
SELECT setup_id, substr(setup_id, 1, 5) || substr(setup_id, 9, 2) FROM setups WHERE joined = 1;

UPDATE dishes SET portions_left = CASE WHEN chance(0.06, dish_id || ':86') THEN 0 ELSE uniform(14, 60, dish_id) END;

INSERT OR IGNORE INTO closures (closure_id, house_id, day, area, reason)
SELECT printf('CL-%03d', c.n), h.house_id, date(today(), '+' || (1 + zipf(40, c.n || ':day')) || ' days'),
       CASE WHEN h.has_terrace = 1 AND chance(0.5, c.n || ':out') THEN 'terrace'
            ELSE pick('["window", "main room"]', c.n || ':in') END,
       pick('["wedding party", "heaters under repair", "filming", "staff supper", "floor being varnished"]', c.n || ':why')
FROM series(:closures) AS c JOIN houses AS h ON h.seq = uniform(1, 8, c.n || ':house');

-- Guests. Every thirtieth shares a name with somebody else.
INSERT INTO guests (guest_id, seq, name, mobile, email, birth_date, street, postcode, pass_number, tier, card_last_four,
                    card_expires_on, mobile_changed_on, joined_on, status)
SELECT printf('GU-%05d', n), n, faker('name', CASE WHEN n % 30 = 0 THEN n - 7 ELSE n END),
       '07' || (100000000 + permuted(n, 899999999, 'mobile')), faker('unique.email', n),
       faker('date_of_birth', n, '{"minimum_age": 19, "maximum_age": 84}'), replace(faker('street_address', n), char(10), ', '),
       'BS' || weighted('{"1": 10, "2": 12, "3": 14, "4": 6, "5": 12, "6": 14, "7": 12, "8": 12, "9": 6, "16": 5}', n || ':area')
            || ' ' || uniform(1, 9, n || ':sector') || substr('ABDEFGHJLNPQRSTUWXYZ', uniform(1, 20, n || ':one'), 1) || substr('ABDEFGHJLNPQRSTUWXYZ', uniform(1, 20, n || ':two'), 1),
       luhn(printf('6033%07d', permuted(n, 8999999, 'pass'))),
       weighted('{"larder": 58, "hearth": 29, "copper": 13}', n || ':tier'),
       printf('%04d', uniform(0, 9999, n || ':card')),
       CASE WHEN chance(0.05, n || ':lapsed') THEN '2026-04-30' ELSE date('2026-06-01', '+' || uniform(1, 44, n || ':months') || ' months', '-1 day') END,
       CASE WHEN chance(0.22, n || ':moved') THEN day('2026-04-18', '2026-05-14', n || ':when') ELSE day('2022-01-01', '2026-04-01', n || ':when') END,
       day('2019-03-01', '2025-05-01', n || ':joined'),
       CASE WHEN chance(0.03, n || ':dormant') THEN 'dormant' ELSE 'active' END
FROM series(:guests);

INSERT OR IGNORE INTO guest_allergens (guest_id, allergen, noted_on)
SELECT g.guest_id, weighted('{"nuts": 22, "gluten": 20, "milk": 18, "crustaceans": 9, "peanuts": 8, "sesame": 7, "eggs": 6, "soya": 4, "celery": 3, "mustard": 3, "molluscs": 3, "sulphites": 2}', g.guest_id || k.n),
       day('2024-01-01', '2026-05-10', g.guest_id || k.n)
FROM guests AS g JOIN series(2) AS k
WHERE chance(CASE k.n WHEN 1 THEN 0.42 ELSE 0.12 END, g.guest_id || ':allergy' || k.n);

INSERT INTO points_entries (entry_id, guest_id, booked_on, kind, points, source)
SELECT printf('PT-%07d', 1000000 + seq), guest_id, '2025-05-01', 'carried over', 10 * zipf(250, guest_id) + uniform(0, 60, guest_id), 'old stamp card'
FROM guests WHERE chance(0.8, guest_id || ':carried');

-- Bookings that are over.
INSERT OR IGNORE INTO bookings (booking_id, guest_id, house_id, setup_id, day, starts_at, ends_at, party_size, status)
SELECT printf('RB-%07d', 1000000 + permuted(v.n, 3999999, 'past')), printf('GU-%05d', v.guest), h.house_id, s.setup_id, v.day,
       v.day || v.sitting, datetime(v.day || v.sitting, '+' || t.minutes || ' minutes'), t.party_size,
       CASE WHEN v.guest % 7 = 4 AND v.day > '2025-06-01' THEN weighted('{"completed": 40, "no show": 50, "cancelled": 10}', v.n)
            ELSE weighted('{"completed": 83, "cancelled": 13, "no show": 4}', v.n) END
FROM (SELECT n, CASE WHEN n <= :guests THEN n ELSE min(uniform(1, :guests, n || ':a'), uniform(1, :guests, n || ':b')) END AS guest,
             day('2025-05-16', '2026-05-14', n) AS day, uniform(1, 8, n || ':house') AS house,
             pick('[" 12:30:00", " 15:00:00", " 17:30:00", " 20:00:00", " 20:00:00"]', n || ':sitting') AS sitting
      FROM series(:visits)) AS v
JOIN houses AS h ON h.seq = v.house
JOIN setups AS s ON s.setup_id = printf('%s-%02d', h.house_id, uniform(3, 11, v.n || ':table'))
JOIN turn_times AS t ON t.party_size = max(1, s.seats - zipf(2, v.n || ':party') + 1);

UPDATE bookings SET bill_cents = party_size * (2400 + 50 * uniform(0, 60, booking_id)) WHERE status = 'completed';

INSERT INTO points_entries (entry_id, guest_id, booked_on, kind, points, source)
SELECT 'PT-' || (5000000 + row_number() OVER (ORDER BY b.booking_id)), b.guest_id, b.day, 'visit',
       b.bill_cents / 100 * CASE g.tier WHEN 'larder' THEN 1 WHEN 'hearth' THEN 2 ELSE 3 END, b.booking_id
FROM bookings AS b JOIN guests AS g ON g.guest_id = b.guest_id WHERE b.status = 'completed' AND chance(0.7, b.booking_id);

-- Bookings to come: the large parties first, then the others where their tables are still free.
INSERT OR IGNORE INTO bookings (booking_id, guest_id, house_id, setup_id, day, starts_at, ends_at, party_size, status, deposit_cents, deposit_state)
SELECT printf('RB-%07d', 5000000 + permuted(v.n, 1999999, 'large')), g.guest_id, s.house_id, s.setup_id, v.day, v.day || v.sitting,
       datetime(v.day || v.sitting, '+' || t.minutes || ' minutes'), t.party_size, 'confirmed',
       t.party_size * h.deposit_per_head_cents, CASE WHEN chance(0.12, v.n || ':due') THEN 'due' ELSE 'held' END
FROM (SELECT n, uniform(1, 8, n || ':house') AS house, date(today(), '+' || zipf(46, n || ':day') || ' days') AS day,
             pick('[" 12:30:00", " 15:00:00", " 17:30:00", " 20:00:00"]', n || ':sitting') AS sitting FROM series(:large_parties)) AS v
JOIN houses AS h ON h.seq = v.house
JOIN guests AS g ON g.seq = 1 + permuted(v.n - 1, :large_parties, 'g') % :guests AND g.status = 'active'
JOIN setups AS s ON s.setup_id = h.house_id || pick('["-09", "-14", "-05+06", "-07+08", "-12+13"]', v.n || ':setup')
JOIN turn_times AS t ON t.party_size = CASE s.seats WHEN 6 THEN 6 ELSE uniform(7, 8, v.n) END
WHERE CAST(strftime('%w', v.day) AS INTEGER) <> h.closed_weekday
  AND NOT EXISTS (SELECT 1 FROM closures AS c WHERE c.house_id = s.house_id AND c.day = v.day AND c.area = s.area);

INSERT OR IGNORE INTO bookings (booking_id, guest_id, house_id, setup_id, day, starts_at, ends_at, party_size, status)
SELECT printf('RB-%07d', 7000000 + permuted(v.n, 1999999, 'next')), g.guest_id, s.house_id, s.setup_id, v.day, v.day || v.sitting,
       datetime(v.day || v.sitting, '+' || t.minutes || ' minutes'), t.party_size,
       CASE WHEN chance(0.06, v.n || ':off') THEN 'cancelled' ELSE 'confirmed' END
FROM (SELECT n, uniform(1, 8, n || ':house') AS house, min(uniform(1, :guests, n || ':a'), uniform(1, :guests, n || ':b')) AS guest,
             CASE WHEN n % 12 = 0 THEN today() ELSE date(today(), '+' || zipf(46, n || ':day') || ' days') END AS day,
             CASE WHEN n % 12 = 0 THEN pick('[" 17:30:00", " 20:00:00"]', n || ':sitting')
                  ELSE pick('[" 12:30:00", " 15:00:00", " 17:30:00", " 20:00:00", " 20:00:00"]', n || ':sitting') END AS sitting
      FROM series(:reservations)) AS v
JOIN houses AS h ON h.seq = v.house
JOIN guests AS g ON g.seq = v.guest AND g.status = 'active'
JOIN setups AS s ON s.setup_id = printf('%s-%02d', h.house_id, pick('[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13]', v.n || ':table'))
JOIN turn_times AS t ON t.party_size = max(1, s.seats - zipf(2, v.n || ':party') + 1
                                              - CASE WHEN s.seats = 4 AND chance(0.3, v.n || ':couple') THEN 2 ELSE 0 END)
WHERE CAST(strftime('%w', v.day) AS INTEGER) <> h.closed_weekday
  AND NOT EXISTS (SELECT 1 FROM claims AS k WHERE k.setup_id = s.setup_id AND k.day = v.day
                    AND k.starts_at < datetime(v.day || v.sitting, '+' || t.minutes || ' minutes') AND k.ends_at > v.day || v.sitting);

-- Tables that are turned at once: the next party sits down the moment the first one's time is up.
INSERT INTO bookings (booking_id, guest_id, house_id, setup_id, day, starts_at, ends_at, party_size, status)
SELECT printf('RB-%07d', 9000000 + n.k), n.guest_id, n.house_id, n.setup_id, n.day, n.starts_at, n.ends_at, n.party_size, 'confirmed'
FROM (SELECT g.guest_id, b.house_id, b.setup_id, b.day, b.ends_at AS starts_at, t.party_size,
             datetime(b.ends_at, '+' || t.minutes || ' minutes') AS ends_at, row_number() OVER (ORDER BY b.booking_id) AS k
      FROM bookings AS b JOIN setups AS s ON s.setup_id = b.setup_id AND s.seats <= 4
      JOIN houses AS h ON h.house_id = b.house_id
      JOIN turn_times AS t ON t.party_size = max(1, s.seats - uniform(0, 1, b.booking_id || ':then'))
      JOIN guests AS g ON g.seq = uniform(1, :guests, b.booking_id || ':next') AND g.status = 'active'
      WHERE b.status = 'confirmed' AND b.starts_at > now() AND substr(b.ends_at, 12, 5) < h.kitchen_closes AND chance(0.6, b.booking_id || ':turned')) AS n
WHERE NOT EXISTS (SELECT 1 FROM claims AS k WHERE k.setup_id = n.setup_id AND k.day = n.day AND k.starts_at < n.ends_at AND k.ends_at > n.starts_at)
  AND NOT EXISTS (SELECT 1 FROM bookings AS o WHERE o.guest_id = n.guest_id AND o.status = 'confirmed' AND o.day = n.day);

-- Waiting lists: some wait for a closed part of a house, others for one where a table may have come free by now.
INSERT INTO waits (wait_id, guest_id, house_id, day, arrival, party_size, area, status, joined_at)
SELECT printf('WL-%06d', 100000 + w.n), g.guest_id, c.house_id, c.day, pick('["18:00", "18:30", "19:00", "19:30"]', w.n),
       uniform(2, 4, w.n), c.area, CASE WHEN chance(0.06, w.n || ':gone') THEN 'left' ELSE 'waiting' END, moment('2026-05-02', '2026-05-14', w.n)
FROM (SELECT n, 1 + permuted(n - 1, :waits, 'g') % :guests AS guest, 1 + permuted(n - 1, :waits, 'c') % :closures AS closure FROM series(:waits)) AS w
JOIN guests AS g ON g.seq = w.guest AND g.status = 'active'
JOIN closures AS c ON c.closure_id = printf('CL-%03d', w.closure);

INSERT INTO waits (wait_id, guest_id, house_id, day, arrival, party_size, area, status, joined_at)
SELECT printf('WL-%06d', 500000 + w.n), g.guest_id, h.house_id, w.day, pick('["18:00", "18:30", "19:00", "19:30"]', w.n),
       uniform(2, 4, w.n), pick('["main room", "window"]', w.n || ':area'), 'waiting', moment('2026-05-02', '2026-05-14', w.n)
FROM (SELECT n, 1 + permuted(n - 1, :waits, 'g') % :guests AS guest, uniform(1, 8, n) AS house,
             date(today(), '+' || uniform(2, 30, n || ':day') || ' days') AS day FROM series(:waits)) AS w
JOIN guests AS g ON g.seq = w.guest AND g.status = 'active'
JOIN houses AS h ON h.seq = w.house
WHERE CAST(strftime('%w', w.day) AS INTEGER) <> h.closed_weekday;

-- Orders: those that are over, those to come.
INSERT INTO orders (order_id, guest_id, house_id, kind, status, due_at, drop_postcode)
SELECT printf('OR-%07d', 1000000 + permuted(o.n, 3999999, 'past')), g.guest_id, h.house_id,
       CASE WHEN z.district IS NULL OR chance(0.35, o.n || ':kind') THEN 'collection' ELSE 'delivery' END,
       CASE WHEN chance(0.07, o.n || ':off') THEN 'cancelled' ELSE 'fulfilled' END,
       CASE WHEN chance(0.45, o.n || ':new') THEN day('2026-04-17', '2026-05-13', o.n) ELSE day('2025-08-01', '2026-04-12', o.n) END
         || pick('[" 18:15:00", " 18:45:00", " 19:00:00", " 19:30:00", " 20:15:00"]', o.n || ':time'), NULL
FROM series(:past_orders) AS o
JOIN guests AS g ON g.seq = 1 + permuted(o.n - 1, :past_orders, 'g') % :guests
JOIN houses AS h ON h.seq = zipf(8, o.n || ':house')
LEFT JOIN delivery_zones AS z ON z.house_id = h.house_id AND z.district = substr(g.postcode, 1, instr(g.postcode, ' ') - 1);

INSERT INTO orders (order_id, guest_id, house_id, kind, status, due_at, drop_postcode)
SELECT printf('OR-%07d', 5000000 + permuted(o.n, 3999999, 'next')), g.guest_id, h.house_id,
       CASE WHEN z.district IS NULL OR chance(0.3, o.n || ':kind') THEN 'collection' ELSE 'delivery' END, 'placed',
       CASE WHEN chance(0.3, o.n || ':soon') THEN today() || pick('[" 17:15:00", " 17:30:00", " 18:00:00", " 18:15:00"]', o.n || ':time')
            ELSE date(today(), '+' || uniform(1, 6, o.n) || ' days') || pick('[" 18:00:00", " 18:30:00", " 19:00:00", " 19:30:00", " 20:00:00"]', o.n || ':time') END, NULL
FROM series(:preorders) AS o
JOIN guests AS g ON g.seq = 1 + permuted(o.n - 1, :preorders, 'g') % :guests AND g.status = 'active'
JOIN houses AS h ON h.seq = uniform(1, 8, o.n || ':house')
LEFT JOIN delivery_zones AS z ON z.house_id = h.house_id AND z.district = substr(g.postcode, 1, instr(g.postcode, ' ') - 1);

INSERT INTO order_lines (order_id, dish_id, quantity, substitution_id, unit_cents)
SELECT o.order_id, d.dish_id, zipf(3, o.order_id || ':q' || k.n), NULL, d.price_cents
FROM orders AS o JOIN series(4) AS k
JOIN dishes AS d ON d.house_id = o.house_id
  AND d.menu_no = CASE k.n WHEN 1 THEN 5 + uniform(0, 4, o.order_id || ':main')
                           WHEN 2 THEN 10 + uniform(0, 2, o.order_id || ':side')
                           WHEN 3 THEN 1 + uniform(0, 3, o.order_id || ':first')
                           ELSE 5 + (1 + uniform(0, 4, o.order_id || ':main') + uniform(0, 1, o.order_id)) % 5 END
WHERE (k.n <= 2 OR chance(0.6, o.order_id || ':more' || k.n)) AND d.travels = 1
  AND NOT EXISTS (SELECT 1 FROM dish_allergens AS a JOIN guest_allergens AS ga ON ga.allergen = a.allergen
                  WHERE a.dish_id = d.dish_id AND ga.guest_id = o.guest_id);

UPDATE orders SET status = 'cancelled' WHERE NOT EXISTS (SELECT 1 FROM order_lines AS l WHERE l.order_id = orders.order_id);

UPDATE orders SET subtotal_cents = coalesce((SELECT sum(quantity * unit_cents) FROM order_lines AS l WHERE l.order_id = orders.order_id), 0),
                  total_cents = coalesce((SELECT sum(quantity * unit_cents) FROM order_lines AS l WHERE l.order_id = orders.order_id), 0);

UPDATE orders SET kind = 'collection'
WHERE kind = 'delivery' AND subtotal_cents < (SELECT z.minimum_cents FROM delivery_zones AS z JOIN guests AS g ON g.guest_id = orders.guest_id
                                              WHERE z.house_id = orders.house_id AND z.district = substr(g.postcode, 1, instr(g.postcode, ' ') - 1));

UPDATE orders SET (fee_cents, total_cents, drop_postcode) =
  (SELECT z.fee_cents, orders.subtotal_cents + z.fee_cents, g.postcode FROM guests AS g
   JOIN delivery_zones AS z ON z.house_id = orders.house_id AND z.district = substr(g.postcode, 1, instr(g.postcode, ' ') - 1)
   WHERE g.guest_id = orders.guest_id)
WHERE kind = 'delivery';

UPDATE orders SET discount_cents = 500, discount_kind = 'campaign', total_cents = total_cents - 500
WHERE status = 'placed' AND subtotal_cents > 1500 AND chance(0.25, order_id || ':campaign');

UPDATE orders SET points_earned = total_cents / 100 * (SELECT CASE tier WHEN 'larder' THEN 1 WHEN 'hearth' THEN 2 ELSE 3 END FROM guests AS g WHERE g.guest_id = orders.guest_id)
WHERE status = 'fulfilled' AND chance(0.5, order_id || ':scanned');

INSERT INTO points_entries (entry_id, guest_id, booked_on, kind, points, source)
SELECT 'PT-' || (7000000 + row_number() OVER (ORDER BY order_id)), guest_id, substr(due_at, 1, 10), 'order', points_earned, order_id
FROM orders WHERE points_earned > 0;

-- Some guests have turned points into credit this month, others last winter.
INSERT INTO points_entries (entry_id, guest_id, booked_on, kind, points, source)
SELECT 'PT-' || (9000000 + seq), guest_id,
       CASE WHEN chance(0.55, guest_id || ':when') THEN day('2026-05-01', '2026-05-14', guest_id) ELSE day('2025-11-01', '2026-04-30', guest_id) END,
       'redemption', -500, 'credit'
FROM guests AS g
WHERE chance(0.65, guest_id || ':redeemed')
  AND (SELECT sum(points) FROM points_entries AS p WHERE p.guest_id = g.guest_id) >= 700;

UPDATE guests SET points = coalesce((SELECT sum(points) FROM points_entries AS p WHERE p.guest_id = guests.guest_id), 0);

-- Gift vouchers: live, spent, run out lately, run out long ago.
INSERT INTO vouchers (voucher_code, guest_id, origin, made_out_to, value_cents, balance_cents, issued_on, expires_on, extended, status)
SELECT v.code, g.guest_id, 'bought', faker('first_name', v.n), v.worth, v.worth, v.issued, date(v.issued, '+1 year'), 0, 'live'
FROM (SELECT n, 'GV-' || (10000000 + permuted(n, 89999999, 'v')) AS code, 500 * weighted('{"5": 3, "8": 2, "10": 5, "20": 4, "30": 2}', n) AS worth,
             CASE weighted('{"fresh": 50, "lately": 32, "long": 18}', n || ':age')
               WHEN 'fresh' THEN day('2025-06-01', '2026-05-10', n) WHEN 'lately' THEN day('2025-03-22', '2025-05-12', n)
               ELSE day('2024-06-01', '2025-03-01', n) END AS issued
      FROM series(:vouchers)) AS v
JOIN guests AS g ON g.seq = 1 + permuted(v.n - 1, :vouchers, 'g') % :guests;

UPDATE vouchers SET balance_cents = value_cents - 250 * uniform(1, 7, voucher_code) WHERE chance(0.3, voucher_code || ':used');
UPDATE vouchers SET balance_cents = 0, status = 'spent' WHERE chance(0.08, voucher_code || ':spent');
UPDATE vouchers SET status = 'stopped' WHERE status = 'live' AND chance(0.03, voucher_code || ':stopped');
UPDATE vouchers SET extended = 1, expires_on = date(expires_on, '+90 days')
WHERE status = 'live' AND expires_on BETWEEN '2025-12-20' AND '2026-02-05' AND chance(0.8, voucher_code || ':extended');

-- What was taken from a voucher went into the order that its owner has placed, where there is one.
UPDATE orders SET discount_cents = u.used_cents, discount_kind = 'voucher', total_cents = total_cents - u.used_cents
FROM (SELECT v.guest_id, max(v.value_cents - v.balance_cents) AS used_cents FROM vouchers AS v
      WHERE v.status <> 'stopped' AND v.balance_cents < v.value_cents GROUP BY v.guest_id HAVING count(*) = 1) AS u
WHERE u.guest_id = orders.guest_id AND status = 'placed' AND discount_cents = 0 AND subtotal_cents >= u.used_cents
  AND order_id = (SELECT min(o.order_id) FROM orders AS o WHERE o.guest_id = u.guest_id AND o.status = 'placed');

-- Private dining.
INSERT OR IGNORE INTO events (event_id, guest_id, room_id, day, session, head_count, menu_id, status, deposit_cents, held_until)
SELECT printf('EV-%06d', 100000 + permuted(e.n, 899999, 'e')), g.guest_id, r.room_id, e.day, e.session,
       max(6, r.seats - zipf(r.seats - 6, e.n || ':heads') + 1),
       CASE WHEN e.day < today() OR e.fate = 'confirmed' OR chance(0.35, e.n || ':chosen')
            THEN r.house_id || pick('["-F1", "-F2", "-F3"]', e.n || ':menu') END,
       CASE WHEN e.fate = 'off' THEN 'cancelled' WHEN e.day < today() THEN 'completed' ELSE e.fate END, 0,
       CASE WHEN e.day < today() THEN date(e.day, '-20 days') ELSE min(date(today(), '+' || uniform(1, 7, e.n || ':until') || ' days'), date(e.day, '-1 day')) END
FROM (SELECT n, CASE WHEN chance(0.25, n || ':past') THEN day('2026-01-10', '2026-05-14', n)
                     WHEN chance(0.34, n || ':soon') THEN date(today(), '+' || uniform(2, 7, n) || ' days')
                     ELSE date(today(), '+' || uniform(11, 110, n) || ' days') END AS day,
             weighted('{"dinner": 70, "lunch": 30}', n) AS session,
             weighted('{"held": 44, "confirmed": 48, "off": 8}', n || ':fate') AS fate FROM series(:events)) AS e
JOIN guests AS g ON g.seq = 1 + permuted(e.n - 1, :events, 'g') % :guests
JOIN rooms AS r ON r.seq = uniform(1, 12, e.n || ':room');

UPDATE events SET deposit_cents = (SELECT (events.head_count * m.per_head_cents + 2) / 5 FROM feast_menus AS m WHERE m.menu_id = events.menu_id)
WHERE status IN ('confirmed', 'completed');

-- Supper clubs.
INSERT OR IGNORE INTO suppers (supper_id, seq, house_id, name, day, starts, price_cents, capacity, seats_left)
SELECT printf('SC-%04d', 1000 + s.n), s.n, h.house_id,
       CASE h.house_id WHEN 'ROPE' THEN 'Oysters and Muscadet' WHEN 'QUAY' THEN 'Nose to Tail Night' WHEN 'FERN' THEN 'Foraged Supper'
                       WHEN 'MALT' THEN 'Cask Ale Pairing' WHEN 'SAFF' THEN 'Spice Route Supper' WHEN 'KILN' THEN 'Sourdough and Smoke'
                       WHEN 'BELL' THEN 'Winemaker''s Dinner' ELSE 'Sake and Skewers' END,
       date(today(), '+' || s.ahead || ' days'), pick('["18:30", "19:00", "19:30"]', s.n),
       pick('[3500, 4500, 4500, 5500, 6000]', s.n), 36, 0
FROM (SELECT n, CASE WHEN n % 4 = 0 THEN uniform(1, 2, n) ELSE uniform(4, 60, n) END AS ahead FROM series(:suppers)) AS s
JOIN houses AS h ON h.seq = uniform(1, 8, s.n || ':house');

INSERT INTO tickets (ticket_id, guest_id, supper_id, seats, paid_cents, status)
SELECT printf('TK-%06d', 100000 + permuted(t.n, 899999, 't')), g.guest_id, s.supper_id, t.seats, t.seats * s.price_cents,
       CASE WHEN chance(0.06, t.n || ':back') THEN 'refunded' ELSE 'valid' END
FROM (SELECT n, CASE WHEN chance(0.12, n) THEN 6 ELSE zipf(4, n) END AS seats FROM series(:tickets)) AS t
JOIN guests AS g ON g.seq = 1 + permuted(t.n - 1, :tickets, 'g') % :guests AND g.status = 'active'
JOIN suppers AS s ON s.seq = uniform(1, :suppers, t.n || ':supper');

UPDATE suppers SET capacity = max(24, 4 * ((3 + (SELECT coalesce(sum(seats), 0) FROM tickets AS t WHERE t.supper_id = suppers.supper_id AND t.status = 'valid')) / 4));
UPDATE suppers SET seats_left = capacity - (SELECT coalesce(sum(seats), 0) FROM tickets AS t WHERE t.supper_id = suppers.supper_id AND t.status = 'valid');
