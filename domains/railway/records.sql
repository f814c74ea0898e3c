-- Timetable: five trains a day and direction on intercity lines, four on regional ones. Odd numbers run out, even ones back.

INSERT INTO services (headcode, ordinal, line_id, stock, outward, starts_minute, stop_count)
SELECT (CASE l.stock WHEN 'intercity' THEN '1' ELSE '2' END) || l.letter || printf('%02d', 2 * run.n + way.n - 2),
       row_number() OVER (ORDER BY l.stock, l.line_id, run.n, way.n), l.line_id, l.stock, way.n % 2,
       CASE l.stock WHEN 'intercity' THEN 385 + (run.n - 1) * 170 ELSE 440 + (run.n - 1) * 195 END
         + l.shift_minutes + (way.n - 1) * 20,
       (SELECT count(*) FROM line_stations AS s WHERE s.line_id = l.line_id)
FROM lines AS l JOIN series(5) AS run JOIN series(2) AS way
WHERE run.n <= CASE l.stock WHEN 'intercity' THEN 5 ELSE 4 END;

INSERT INTO stops (headcode, place, crs, arrives, departs)
SELECT headcode, place, crs,
       CASE WHEN place > 1 THEN printf('%02d:%02d', minute / 60, minute % 60) END,
       CASE WHEN place < stop_count
            THEN printf('%02d:%02d', (minute + wait) / 60, (minute + wait) % 60) END
FROM (SELECT v.headcode, v.stop_count, s.crs,
             CASE v.outward WHEN 1 THEN s.place ELSE v.stop_count + 1 - s.place END AS place,
             v.starts_minute + CASE v.outward WHEN 1 THEN s.minutes ELSE terminus.minutes - s.minutes END AS minute,
             CASE WHEN s.place IN (1, v.stop_count) THEN 0 WHEN v.stock = 'intercity' THEN 3 ELSE 2 END AS wait
      FROM services AS v
      JOIN line_stations AS s ON s.line_id = v.line_id
      JOIN line_stations AS terminus ON terminus.line_id = v.line_id AND terminus.place = v.stop_count);

INSERT INTO trains (train_id, headcode, runs_on, status, late_minutes, advance_tier, advance_left, bikes_left)
SELECT headcode || '-' || substr(runs_on, 6, 2) || substr(runs_on, 9, 2), headcode, runs_on,
       CASE WHEN cancelled THEN 'cancelled' WHEN runs_on < today() THEN 'ran' ELSE 'scheduled' END,
       CASE WHEN runs_on > today() THEN NULL
            WHEN cancelled THEN uniform(50, 135, key)
            ELSE CASE weighted('{"on time": 53, "slight": 18, "quarter": 13, "half": 9, "hour": 5, "two": 2}', key)
                 WHEN 'on time' THEN uniform(0, 4, key) WHEN 'slight' THEN uniform(5, 14, key)
                 WHEN 'quarter' THEN uniform(15, 29, key) WHEN 'half' THEN uniform(30, 59, key)
                 WHEN 'hour' THEN uniform(60, 119, key) ELSE uniform(120, 170, key) END END,
       CAST(weighted('{"1": 5, "2": 3, "3": 2}', key || 'tier') AS INTEGER),
       CASE WHEN chance(0.08, key || 'sold out') THEN 0 ELSE uniform(2, 14, key || 'left') END,
       CASE WHEN stock = 'regional' THEN 0 ELSE CAST(weighted('{"4": 5, "3": 3, "2": 3, "1": 1, "0": 2}', key || 'bike') AS INTEGER) END
FROM (SELECT v.headcode, v.stock, d.runs_on, v.headcode || d.runs_on AS key,
             CASE WHEN d.runs_on = today() THEN 0 ELSE chance(CASE WHEN d.runs_on > today() THEN 0.08 ELSE 0.03 END,
                                                              v.headcode || d.runs_on || 'off') END AS cancelled
      FROM services AS v
      JOIN (SELECT date(today(), (n - 37) || ' days') AS runs_on FROM series(50)) AS d);

-- Intercity trains: coach A first class, B quiet, C and D ordinary. Regional trains take no reservations.
INSERT INTO seat_map (coach, seat, ordinal, class, quiet, position, has_table, facing)
SELECT coach, seat, row_number() OVER (PARTITION BY coach = 'A' ORDER BY coach, seat),
       iif(coach = 'A', 'first', 'standard'), coach = 'B', iif(seat % 2, 'window', 'aisle'),
       seat <= 4 OR coach = 'A', iif((seat - 1) / 2 % 2, 'backwards', 'forwards')
FROM (SELECT c.value ->> 0 AS coach, s.n AS seat
      FROM json_each('[["A", 8], ["B", 12], ["C", 14], ["D", 10]]') AS c JOIN series(14) AS s ON s.n <= c.value ->> 1);

INSERT INTO fares (origin, destination, ticket_type, standard_cents, first_cents)
SELECT origin, destination, ticket_type, cents / 10 * 10, cents * 155 / 1000 * 10
FROM (SELECT a.crs AS origin, b.crs AS destination, k.value ->> 0 AS ticket_type,
             (560 + 43 * CAST(sqrt((a.east_km - b.east_km) * (a.east_km - b.east_km)
                                   + (a.north_km - b.north_km) * (a.north_km - b.north_km)) AS INTEGER))
             * CAST(k.value ->> 1 AS INTEGER) / 100 AS cents
      FROM stations AS a JOIN stations AS b ON a.crs <> b.crs
      JOIN json_each('[["anytime", 100], ["off-peak", 64], ["advance", 36]]') AS k);

-- Passengers. Every thirtieth shares the name of the one before.

INSERT INTO customers (customer_id, name, email, phone, postcode, birth_date, smartcard_number, card_last_four, joined_on,
                       contact_changed_on, status)
SELECT printf('P%06d', 100000 + n), faker('first_name', iif(n % 30 = 0, n - 1, n)) || ' ' || faker('last_name', iif(n % 30 = 0, n - 1, n)),
       faker('unique.email', n), printf('077%02d %06d', line / 1000000, line % 1000000), faker('postcode', n),
       CASE weighted('{"young": 36, "middle": 38, "older": 26}', n)
         WHEN 'young' THEN faker('date_of_birth', n, '{"minimum_age": 17, "maximum_age": 29}')
         WHEN 'middle' THEN faker('date_of_birth', n, '{"minimum_age": 30, "maximum_age": 59}')
         ELSE faker('date_of_birth', n, '{"minimum_age": 60, "maximum_age": 84}') END,
       luhn('633597' || printf('%08d', permuted(n, 90000000, 'smartcard') + 1)), printf('%04d', permuted(n % 9000, 9000, 'bank card') + 500),
       joined_on, CASE WHEN chance(0.14, n || 'moved') THEN date(today(), -uniform(1, 12, n) || ' days')
                       ELSE day(joined_on, '2025-10-20', n || 'contact') END,
       CASE WHEN chance(0.03, n || 'suspended') THEN 'suspended' ELSE 'open' END
FROM (SELECT n, permuted(n, 99000000, 'telephone') AS line, day('2017-03-01', '2025-08-31', n || 'joined') AS joined_on
      FROM series(:customers));

INSERT OR IGNORE INTO companions (companion_id, customer_id, name, age_band, place)
SELECT c.customer_id || '/' || s.n, c.customer_id,
       faker('first_name', c.customer_id || s.n) || ' ' || substr(c.name, instr(c.name, ' ') + 1),
       iif(s.n = 1, weighted('{"adult": 7, "child": 3}', c.customer_id || s.n), weighted('{"adult": 3, "child": 7}', c.customer_id || s.n)),
       s.n
FROM customers AS c JOIN series(3) AS s
WHERE s.n <= CAST(weighted('{"0": 30, "1": 30, "2": 24, "3": 16}', c.customer_id || 'how many') AS INTEGER);

DELETE FROM companions WHERE EXISTS (SELECT 1 FROM customers AS c WHERE c.customer_id = companions.customer_id AND c.name = companions.name);

INSERT INTO railcards (railcard_number, customer_id, kind, valid_from, valid_until, status, replacements)
SELECT printf('RC-%08d', 20000000 + permuted(row_number() OVER (ORDER BY customer_id, place), 60000000, 'railcard')), customer_id, kind,
       date(valid_until, '-1 year', '+1 day'), valid_until, 'active', chance(0.3, customer_id || kind || 'lost before')
FROM (SELECT c.customer_id, s.n AS place,
             CASE s.n WHEN 1 THEN CASE WHEN c.birth_date > '1999-11-25' THEN '16-25' WHEN c.birth_date > '1994-11-25' THEN '26-30'
                                       WHEN c.birth_date < '1965-11-01' THEN 'Senior'
                                       ELSE 'Disabled Persons' END
               ELSE iif((SELECT count(*) FROM companions AS m WHERE m.customer_id = c.customer_id AND m.age_band = 'child'),
                        'Family & Friends', 'Two Together') END AS kind,
             CASE weighted('{"expired": 8, "soon": 22, "month": 15, "later": 55}', c.customer_id || s.n)
               WHEN 'expired' THEN day('2025-09-10', '2025-11-16', c.customer_id || s.n)
               WHEN 'soon' THEN day('2025-11-20', '2025-11-27', c.customer_id || s.n)
               WHEN 'month' THEN day('2025-11-28', '2025-12-18', c.customer_id || s.n)
               ELSE day('2025-12-26', '2026-10-30', c.customer_id || s.n) END AS valid_until
      FROM customers AS c JOIN series(2) AS s
      WHERE chance(CASE s.n WHEN 1 THEN 0.6 ELSE 0.55 END, c.customer_id || s.n || 'has')
        AND (s.n = 1 OR EXISTS (SELECT 1 FROM companions AS m WHERE m.customer_id = c.customer_id)));

-- Trips. A customer's slots lie in weeks of their own, so that nobody travels twice on a day: 1 to 4 ahead, 5 today, the rest past.

INSERT INTO bookings (booking_ref, customer_id, origin, destination, travel_date, departs_at, arrives_at, train_id, ticket_type, class,
                      booked_at, status)
SELECT 'NB-' || letters || printf('%03d', x % 1000), customer_id, origin, destination, travel_date,
       travel_date || ' ' || departs || ':00', travel_date || ' ' || arrives || ':00', train_id,
       CASE WHEN kind = 'off-peak' AND departs < '09:30' AND strftime('%w', travel_date) NOT IN ('0', '6') THEN 'anytime' ELSE kind END,
       iif(stock = 'intercity', weighted('{"standard": 88, "first": 12}', key), 'standard'),
       moment(date(travel_date, '-40 days'), min(date(travel_date, '-2 days'), date(today(), '-1 day')), key), 'active'
FROM (
  SELECT w.*, a.crs AS origin, a.departs, b.crs AS destination, b.arrives,
         v.headcode || '-' || substr(w.travel_date, 6, 2) || substr(w.travel_date, 9, 2) AS train_id, v.stock,
         weighted('{"advance": 46, "off-peak": 34, "anytime": 20}', w.key) AS kind,
         substr('BCDFGHJKLM', 1 + w.x / 1000 % 10, 1) || substr('NPQRSTVWXZ', 1 + w.x / 10000 % 10, 1)
         || substr('ACEFHJKMPT', 1 + w.x / 100000 % 10, 1) || iif(w.x >= 1000000, w.x / 1000000, '') AS letters
  FROM (
    SELECT c.customer_id, s.n AS slot, c.customer_id || s.n AS key,
           permuted(s.n + 12 * CAST(substr(c.customer_id, 2) AS INTEGER) - 1200000, 2 * 24 * :customers + 990000, 'reference') AS x,
           CASE WHEN s.n <= 4 THEN date(today(), (1 + 3 * (s.n - 1) + uniform(0, 2, c.customer_id || s.n)) || ' days')
                WHEN s.n = 5 THEN today()
                ELSE date(today(), -(1 + 5 * (s.n - 6) + uniform(0, 4, c.customer_id || s.n)) || ' days') END AS travel_date,
           iif(chance(0.5, c.customer_id || s.n || 'main'), zipf(40, c.customer_id || s.n), uniform(1, 72, c.customer_id || s.n)) AS ordinal
    FROM customers AS c JOIN series(12) AS s
    WHERE chance(CASE WHEN s.n <= 4 THEN 0.56 WHEN s.n = 5 THEN 0.8 ELSE 0.6 END, c.customer_id || s.n || 'travels')
      AND (CAST(substr(c.customer_id, 2) AS INTEGER) + s.n) % 7 > 0) AS w
  JOIN services AS v ON v.ordinal = w.ordinal
  JOIN stops AS a ON a.headcode = v.headcode AND a.place = uniform(1, v.stop_count - 1, w.key)
  JOIN stops AS b ON b.headcode = v.headcode AND b.place = uniform(a.place + 1, v.stop_count, w.key || 'to'));

-- One trip in seven has a change of train, between stations that no train joins directly.
INSERT INTO bookings (booking_ref, customer_id, origin, destination, travel_date, departs_at, arrives_at, train_id, change_at,
                      second_train_id, ticket_type, class, booked_at, status)
WITH ways AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY a.headcode, a.place, b.place, c.headcode, d.place) AS number, count(*) OVER () AS ways,
         a.headcode AS first_code, c.headcode AS second_code, a.crs AS origin, a.departs, b.crs AS change_at, d.crs AS destination, d.arrives
  FROM stops AS a JOIN stops AS b ON b.headcode = a.headcode AND b.place > a.place
  JOIN stops AS c ON c.crs = b.crs AND c.departs BETWEEN substr(datetime('2025-01-01 ' || b.arrives, '+10 minutes'), 12, 5)
                                                 AND substr(datetime('2025-01-01 ' || b.arrives, '+50 minutes'), 12, 5)
  JOIN stops AS d ON d.headcode = c.headcode AND d.place > c.place
  WHERE b.arrives < '21:00'
    AND NOT EXISTS (SELECT 1 FROM line_stations AS p JOIN line_stations AS q ON q.line_id = p.line_id
                    WHERE p.crs = a.crs AND q.crs = d.crs)),
slots AS MATERIALIZED (
  SELECT c.customer_id, s.n AS slot, c.customer_id || s.n AS key,
         permuted(s.n + 12 * CAST(substr(c.customer_id, 2) AS INTEGER) - 1200000, 2 * 24 * :customers + 990000, 'reference') AS x,
         CASE WHEN s.n <= 4 THEN date(today(), (1 + 3 * (s.n - 1) + uniform(0, 2, c.customer_id || s.n)) || ' days')
              WHEN s.n = 5 THEN today()
              ELSE date(today(), -(1 + 5 * (s.n - 6) + uniform(0, 4, c.customer_id || s.n)) || ' days') END AS travel_date,
         uniform(1, (SELECT max(ways) FROM ways), c.customer_id || s.n) AS way
  FROM customers AS c JOIN series(12) AS s
  WHERE chance(0.7, c.customer_id || s.n || 'travels') AND (CAST(substr(c.customer_id, 2) AS INTEGER) + s.n) % 7 = 0)
SELECT 'NC-' || substr('BCDFGHJKLM', 1 + x / 1000 % 10, 1) || substr('NPQRSTVWXZ', 1 + x / 10000 % 10, 1)
       || substr('ACEFHJKMPT', 1 + x / 100000 % 10, 1) || iif(x >= 1000000, x / 1000000, '') || printf('%03d', x % 1000),
       customer_id, origin, destination, travel_date, travel_date || ' ' || departs || ':00', travel_date || ' ' || arrives || ':00',
       first_code || '-' || substr(travel_date, 6, 2) || substr(travel_date, 9, 2), change_at,
       second_code || '-' || substr(travel_date, 6, 2) || substr(travel_date, 9, 2),
       iif(departs < '09:30', weighted('{"advance": 60, "anytime": 40}', key), weighted('{"advance": 50, "off-peak": 50}', key)), 'standard',
       moment(date(travel_date, '-40 days'), min(date(travel_date, '-2 days'), date(today(), '-1 day')), key), 'active'
FROM slots JOIN ways ON ways.number = slots.way;

-- A railcard for one person takes a third off where it covers the day and the price stays above the minimum fare.
UPDATE bookings SET railcard_number = (
  SELECT r.railcard_number FROM railcards AS r JOIN railcard_kinds AS k ON k.kind = r.kind
  WHERE r.customer_id = bookings.customer_id AND k.adults_covered = 1
    AND bookings.travel_date BETWEEN r.valid_from AND r.valid_until ORDER BY r.railcard_number LIMIT 1)
WHERE chance(0.5, booking_ref || 'railcard');

INSERT INTO tickets (ticket_id, booking_ref, passenger, age_band, price_cents, status)
SELECT booking_ref || '-' || row_number() OVER (PARTITION BY booking_ref ORDER BY name), booking_ref, name, age_band,
       CASE WHEN age_band = 'child' THEN unit / 2 / 5 * 5
            WHEN place = 0 AND railcard_number IS NOT NULL THEN max(unit * 2 / 3 / 5 * 5, min(unit, minimum_fare)) ELSE unit END,
       'valid'
FROM (SELECT b.booking_ref, b.railcard_number, m.name, m.age_band, m.place,
             CASE b.class WHEN 'first' THEN f.first_cents ELSE f.standard_cents END
             * CASE b.ticket_type WHEN 'advance' THEN 75 + 25 * t.advance_tier ELSE 100 END / 1000 * 10 AS unit,
             (SELECT k.minimum_fare_cents FROM railcards AS r JOIN railcard_kinds AS k ON k.kind = r.kind
              WHERE r.railcard_number = b.railcard_number) AS minimum_fare
      FROM bookings AS b
      JOIN fares AS f ON f.origin = b.origin AND f.destination = b.destination AND f.ticket_type = b.ticket_type
      JOIN trains AS t ON t.train_id = b.train_id
      JOIN (SELECT customer_id, name, 'adult' AS age_band, 0 AS place FROM customers
            UNION ALL SELECT customer_id, name, age_band, place FROM companions) AS m
        ON m.customer_id = b.customer_id
       AND m.place <= CAST(weighted('{"0": 52, "1": 26, "2": 13, "3": 9}', b.booking_ref) AS INTEGER));

UPDATE bookings SET total_cents = (SELECT sum(price_cents) FROM tickets WHERE tickets.booking_ref = bookings.booking_ref);

-- Some gave their tickets back, less ten pounds each; children's tickets may be worth less than that.
UPDATE bookings SET status = 'refunded',
  refunded_cents = (SELECT sum(max(price_cents - 1000, 0)) FROM tickets WHERE tickets.booking_ref = bookings.booking_ref)
WHERE ticket_type <> 'advance' AND chance(0.06, booking_ref || 'given back');
UPDATE tickets SET status = 'refunded' WHERE booking_ref IN (SELECT booking_ref FROM bookings WHERE status = 'refunded');

UPDATE bookings SET times_changed = 1, extras_cents = 1000 * (SELECT count(*) FROM tickets WHERE tickets.booking_ref = bookings.booking_ref)
WHERE ticket_type = 'advance' AND status = 'active' AND change_at IS NULL AND chance(0.22, booking_ref || 'changed');

-- Seats from today on: ours first (Advance always, others often), the rest partly sold elsewhere.

INSERT OR IGNORE INTO seat_reservations (train_id, coach, seat, ticket_id)
SELECT p.train_id, m.coach, m.seat, p.ticket_id
FROM (SELECT leg.train_id, k.ticket_id, b.class,
             row_number() OVER (PARTITION BY leg.train_id, b.class ORDER BY b.booked_at, k.ticket_id) - 1 AS place
      FROM (SELECT booking_ref, train_id FROM bookings UNION ALL
            SELECT booking_ref, second_train_id FROM bookings WHERE second_train_id IS NOT NULL) AS leg
      JOIN bookings AS b ON b.booking_ref = leg.booking_ref
      JOIN tickets AS k ON k.booking_ref = b.booking_ref
      JOIN trains AS t ON t.train_id = leg.train_id
      JOIN services AS v ON v.headcode = t.headcode
      WHERE v.stock = 'intercity' AND b.status = 'active' AND b.travel_date >= today()
        AND (b.ticket_type = 'advance' OR chance(0.6, b.booking_ref || 'seat'))) AS p
JOIN seat_map AS m ON m.class = p.class
  AND m.ordinal = iif(p.class = 'first', 1 + p.place * 3 % 8, 1 + p.place * 7 % 36)
WHERE p.place < iif(p.class = 'first', 8, 36);

INSERT OR IGNORE INTO seat_reservations (train_id, coach, seat, ticket_id)
SELECT t.train_id, m.coach, m.seat, NULL
FROM (SELECT t.train_id, CASE WHEN chance(0.07, t.train_id || 'full') THEN 1.0 ELSE uniform(0.15, 0.85, t.train_id) END AS load
      FROM trains AS t JOIN services AS v ON v.headcode = t.headcode
      WHERE v.stock = 'intercity' AND t.runs_on >= today() AND t.status <> 'cancelled') AS t
JOIN seat_map AS m WHERE chance(t.load, t.train_id || m.coach || m.seat);

UPDATE trains SET advance_left = min(advance_left, (SELECT count(*) FROM free_seats AS f WHERE f.train_id = trains.train_id AND f.class = 'standard'))
WHERE runs_on >= today() AND headcode IN (SELECT headcode FROM services WHERE stock = 'intercity');

INSERT INTO bike_spaces (booking_ref, train_id, bikes)
SELECT booking_ref, train_id, 1
FROM (SELECT b.booking_ref, b.train_id, row_number() OVER (PARTITION BY b.train_id ORDER BY b.booking_ref) AS place, t.bikes_left
      FROM bookings AS b JOIN trains AS t ON t.train_id = b.train_id JOIN services AS v ON v.headcode = t.headcode
      WHERE v.stock = 'intercity' AND b.status = 'active' AND b.change_at IS NULL AND b.travel_date > today() AND chance(0.32, b.booking_ref || 'bike'))
WHERE place + bikes_left <= 4;

-- Delay Repay: late trains are claimed half of the time, and hopeful people claim for punctual ones.

INSERT INTO delay_claims (claim_id, booking_ref, customer_id, claimed_on, late_minutes, amount_cents, payout, status)
SELECT printf('DR-%06d', 300000 + permuted(row_number() OVER (ORDER BY booking_ref), 600000, 'claim')), booking_ref, customer_id,
       claimed_on, late, CASE WHEN late >= 60 THEN fare_cents WHEN late >= 30 THEN (fare_cents + 1) / 2 ELSE (fare_cents + 2) / 4 END,
       weighted('{"card": 6, "voucher": 4}', booking_ref || 'payout'),
       CASE WHEN late < 15 THEN 'rejected' WHEN claimed_on > date(today(), '-14 days') THEN 'in review' ELSE 'paid' END
FROM (SELECT booking_ref, customer_id, late, fare_cents,
             min(date(today(), '-1 day'), date(travel_date, uniform(1, 9, booking_ref) || ' days')) AS claimed_on
      FROM trips WHERE travel_date < date(today(), '-1 day') AND status = 'active'
        AND chance(iif(late >= 15, 0.34, 0.1), booking_ref || 'claims'));

INSERT INTO vouchers (voucher_code, customer_id, left_cents, reason, issued_on, expires_on, extensions)
SELECT printf('TV%07d', 1000000 + permuted(row_number() OVER (ORDER BY customer_id, place), 8000000, 'voucher')), customer_id,
       500 * (1 + zipf(12, key)), weighted('{"delay": 6, "goodwill": 3, "refund": 1}', key),
       date(expires_on, '-1 year'), expires_on, chance(0.3, key || 'extended')
FROM (SELECT c.customer_id, s.n AS place, c.customer_id || s.n AS key,
             CASE weighted('{"gone": 14, "lately": 27, "soon": 31, "later": 28}', c.customer_id || s.n || 'when')
               WHEN 'gone' THEN day('2025-08-20', '2025-10-14', c.customer_id || s.n)
               WHEN 'lately' THEN day('2025-10-24', '2025-11-17', c.customer_id || s.n)
               WHEN 'soon' THEN day('2025-12-05', '2025-12-31', c.customer_id || s.n)
               ELSE day('2026-01-01', '2026-10-15', c.customer_id || s.n) END AS expires_on
      FROM customers AS c JOIN series(2) AS s WHERE chance(iif(s.n = 1, 0.62, 0.58), c.customer_id || s.n || 'voucher'));

-- What stays behind on trains, some of it of our passengers.

INSERT INTO found_items (item_id, train_id, found_on, category, colour, weight_kg, held_at, status)
SELECT printf('LP-%05d', 10000 + permuted(row_number() OVER (ORDER BY train_id, key), 80000 + 20 * :customers, 'item')), train_id, runs_on, category, colour,
       CASE category WHEN 'suitcase' THEN uniform(4, 16, key) WHEN 'rucksack' THEN uniform(2, 9, key) ELSE 1 END,
       coalesce((SELECT s.crs FROM stops AS p JOIN stations AS s ON s.crs = p.crs
                 WHERE p.headcode = found.headcode AND s.lost_property_office ORDER BY p.place DESC LIMIT 1), 'YRK'), 'held'
FROM (SELECT t.train_id, t.runs_on, t.headcode, b.key,
             weighted('{"umbrella": 20, "coat": 16, "rucksack": 22, "suitcase": 9, "book": 8, "headphones": 9, "phone": 14, "wallet": 10, "laptop": 7}', b.key) AS category,
             pick('["black", "navy", "grey", "red", "green", "brown"]', b.key || 'colour') AS colour
      FROM (SELECT coalesce(second_train_id, train_id) AS train_id, booking_ref AS key FROM bookings
            WHERE travel_date < today() AND status = 'active' AND chance(0.26, booking_ref || 'left behind')
            UNION ALL
            SELECT train_id, train_id FROM trains WHERE runs_on < today() AND chance(0.02, train_id || 'left behind')) AS b
      JOIN trains AS t ON t.train_id = b.train_id WHERE t.status = 'ran') AS found;

INSERT INTO lost_reports (report_id, customer_id, booking_ref, category, colour, reported_on, status)
SELECT printf('LR-%05d', 10000 + permuted(row_number() OVER (ORDER BY booking_ref), 80000 + 20 * :customers, 'report')), customer_id, booking_ref,
       weighted('{"umbrella": 20, "coat": 16, "rucksack": 22, "suitcase": 9, "book": 8, "headphones": 9, "glasses": 14}', booking_ref),
       pick('["black", "navy", "grey", "red", "green", "brown"]', booking_ref || 'colour'),
       min(today(), date(travel_date, uniform(1, 6, booking_ref) || ' days')), weighted('{"open": 7, "closed": 3}', booking_ref)
FROM bookings WHERE travel_date < today() AND status = 'active' AND chance(0.12, booking_ref || 'reports');

INSERT INTO assistance (assistance_id, customer_id, booking_ref, crs, kind, status)
SELECT printf('PA-%05d', 10000 + permuted(row_number() OVER (ORDER BY b.booking_ref, e.n), 80000 + 20 * :customers, 'assist')), b.customer_id, b.booking_ref,
       s.crs, weighted('{"ramp": 4, "guide": 2, "luggage": 4}', b.booking_ref || 'help'), 'booked'
FROM bookings AS b JOIN series(2) AS e JOIN stations AS s ON s.crs = iif(e.n = 1, b.origin, b.destination)
WHERE b.status = 'active' AND b.travel_date > today() AND s.step_free AND chance(0.13, b.booking_ref || 'assisted');
