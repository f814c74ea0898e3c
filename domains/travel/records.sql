-- Harbour & Vale's books on 17 February 2026. Week 0 is the one that begins on Saturday 21 February.

-- ---- what is flown, and what it costs ----

INSERT INTO routes (route_id, origin, destination, day_offset, rotations)
SELECT o.value || '-' || d.code, o.value, d.code,
       pick('[0, 0, 1, 4, 6]', o.value || d.code),
       CASE WHEN o.value = 'LGW' AND d.code IN ('PMI', 'FAO', 'TFS', 'DXB') THEN 2 ELSE 1 END
FROM destinations AS d, json_each('["LGW", "MAN"]') AS o
WHERE o.value = 'LGW' OR d.code IN ('PMI', 'TFS', 'HER', 'AYT', 'DXB', 'MCO');

INSERT INTO flights (flight_id, airline, origin, destination, flies_on, departs_at, arrives_at)
WITH timetable AS MATERIALIZED (
  SELECT r.*, d.out_minutes, d.back_minutes, k.n AS rotation,
         row_number() OVER (ORDER BY r.route_id, k.n) AS line,
         CASE WHEN k.n = 1 AND d.out_minutes > 900 THEN uniform(72, 88, r.route_id) * 5
              WHEN k.n = 1 THEN uniform(74, 118, r.route_id) * 5
              WHEN d.out_minutes > 600 THEN uniform(144, 152, r.route_id) * 5
              ELSE uniform(170, 196, r.route_id) * 5 END AS out_at,
         CASE k.n WHEN 1 THEN uniform(158, 196, r.route_id || ':back') * 5 ELSE uniform(224, 250, r.route_id || ':back') * 5 END
           AS back_at
  FROM routes AS r JOIN destinations AS d ON d.code = r.destination, series(2) AS k
  WHERE k.n <= r.rotations
), legs AS (
  SELECT t.*, date('2026-02-21', printf('%+d days', 7 * (w.n - :weeks_back - 1) + t.day_offset)) AS flies_on,
         CASE (t.line + t.rotation) % 4 WHEN 0 THEN 'Halcyon Air' WHEN 1 THEN 'Bluefin' WHEN 2 THEN 'Northstar' ELSE 'Meridian' END
           AS airline
  FROM timetable AS t, series(:weeks_back + 1 + :weeks_ahead) AS w
)
SELECT printf('%s%d-%s', CASE airline WHEN 'Halcyon Air' THEN 'HX' WHEN 'Bluefin' THEN 'BF' WHEN 'Northstar' THEN 'NS' ELSE 'MD' END,
              400 + 2 * line + way.value, substr(replace(flies_on, '-', ''), 3)),
       airline,
       CASE way.value WHEN 0 THEN origin ELSE destination END,
       CASE way.value WHEN 0 THEN destination ELSE origin END,
       flies_on,
       datetime(flies_on, printf('+%d minutes', CASE way.value WHEN 0 THEN out_at ELSE back_at END)),
       datetime(flies_on, printf('+%d minutes', CASE way.value WHEN 0 THEN out_at + out_minutes ELSE back_at + back_minutes END))
FROM legs, json_each('[0, 1]') AS way;

INSERT INTO fares (flight_id, family, price_cents, seats_left)
WITH priced AS MATERIALIZED (
  SELECT f.flight_id, f.flies_on,
         d.base_fare_cents * CASE substr(f.flies_on, 6, 2) WHEN '02' THEN 0.9 WHEN '03' THEN 0.94 WHEN '04' THEN 1.1 WHEN '05' THEN 1.04
           WHEN '06' THEN 1.16 WHEN '07' THEN 1.34 WHEN '08' THEN 1.44 ELSE 1.0 END * uniform(0.86, 1.16, f.flight_id) AS light
  FROM flights AS f JOIN destinations AS d ON d.code IN (f.origin, f.destination)
  WHERE f.flies_on > today()
)
SELECT flight_id, family,
       CAST(round(light * CASE rank WHEN 1 THEN 1.0 WHEN 2 THEN 1.22 ELSE 1.55 END / 100.0) AS INTEGER) * 100 + (rank - 1) * 1500,
       CASE WHEN chance(0.15, flight_id || family) THEN 0 WHEN chance(0.12, flight_id || family || ':few') THEN uniform(1, 2, flight_id || family)
            ELSE uniform(4, 26, flight_id || family || ':left') - 3 * (rank - 1) + 3 END
FROM priced, fare_families;

-- ---- hotels ----

INSERT INTO rooms (room_id, hotel_id, room_type, sleeps, nightly_cents)
WITH kinds(room_type, letter, sleeps, factor) AS (
  VALUES ('standard', 'S', 2, 1.0), ('sea view', 'V', 2, 1.27), ('family', 'F', 4, 1.55), ('suite', 'U', 4, 1.98)
)
SELECT h.hotel_id || '-' || letter, h.hotel_id, room_type, sleeps,
       CAST(round((CASE h.stars WHEN 3 THEN 58 WHEN 4 THEN 96 ELSE 165 END) * factor * uniform(0.84, 1.18, h.hotel_id)) AS INTEGER) * 100
FROM hotels AS h, kinds
WHERE NOT (h.adults_only AND room_type = 'family') AND NOT (room_type = 'sea view' AND h.beach_metres > 1500);

INSERT INTO boards (hotel_id, board, supplement_cents)
SELECT hotel_id, b.value,
       CASE b.value WHEN 'room only' THEN 0 WHEN 'bed and breakfast' THEN 300 + 200 * stars
                    WHEN 'half board' THEN 1200 + 500 * stars ELSE 2400 + 900 * stars END
FROM hotels, json_each('["room only", "bed and breakfast", "half board", "all inclusive"]') AS b
WHERE CASE b.value WHEN 'room only' THEN stars = 3 OR chance(0.25, hotel_id) WHEN 'bed and breakfast' THEN 1
                   WHEN 'half board' THEN chance(0.85, hotel_id || ':hb') ELSE stars > 3 AND chance(0.62, hotel_id || ':ai') END;

-- ---- customers, companions, passports ----

INSERT INTO customers (customer_id, name, surname, email, mobile, postcode, memorable_place, club_number, tier, points,
                       card_last_four, home_airport, joined_on)
WITH people AS MATERIALIZED (
  SELECT n, permuted(n - 1, :customers, 'tier') * 1.0 / :customers AS tier_rank,
         -- now and then two customers of one name
         CASE WHEN n % 40 = 0 THEN n - 7 ELSE n END AS namesake
  FROM series(:customers)
), named AS MATERIALIZED (
  SELECT *, faker('first_name', namesake) AS given_name, faker('last_name', namesake) AS surname,
         CASE WHEN tier_rank < 0.29 THEN 'Gold' WHEN tier_rank < 0.57 THEN 'Silver' ELSE 'Blue' END AS tier
  FROM people
)
SELECT printf('TC-%04d', 1000 + n), given_name || ' ' || surname, surname,
       replace(replace(replace(lower(given_name || '.' || surname), ' ', ''), '''', ''), '-', '') || n
         || pick('["@example.com", "@example.org", "@example.net"]', n),
       printf('07%03d %06d', 400 + n % 500, 100000 + permuted(n - 1, 800000, 'mobile')), faker('postcode', n),
       pick('["Whitby", "Tobermory", "Ludlow", "Aberdovey", "Polperro", "Hexham", "Ambleside", "Rye", "Lerwick", "Saltburn",
              "Bakewell", "Tenby", "Cromer", "Ullapool", "Dartmouth", "Settle", "Broadstairs", "Kendal", "Portree", "Frome",
              "Southwold", "Conwy", "Alnmouth", "Malvern"]', n),
       luhn(printf('90%07d', permuted(n - 1, 9000000, 'club'))), tier,
       CASE tier WHEN 'Gold' THEN uniform(200, 1400, n) WHEN 'Silver' THEN uniform(40, 520, n) ELSE zipf(90, n) END * 100
         + uniform(0, 99, n || ':odd'),
       printf('%04d', uniform(0, 9999, n || ':card')), weighted('{"LGW": 64, "MAN": 36}', n),
       day('2011-01-01', '2025-06-30', n)
FROM named;

INSERT INTO travellers (traveller_id, customer_id, relation, full_name, birth_date, nationality)
WITH households AS MATERIALIZED (
  SELECT customer_id, name, surname, CAST(substr(customer_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(customer_id, 4) AS INTEGER) - 1001, :customers, 'old') < 0.13 * :customers AS is_old,
         weighted('{"single": 12, "couple": 34, "family": 34, "friends": 8, "parent": 6, "lone parent": 6}', customer_id) AS drawn,
         weighted('{"British": 56, "Irish": 7, "Polish": 8, "Indian": 10, "Nigerian": 8, "South African": 5, "American": 6}',
                  customer_id || ':nation') AS nationality
  FROM customers
), shaped AS MATERIALIZED (
  SELECT *, CASE WHEN is_old THEN CASE WHEN drawn IN ('single', 'friends') THEN 'single' ELSE 'couple' END ELSE drawn END AS household
  FROM households
), members AS MATERIALIZED (
  SELECT s.*, j.n AS place,
         CASE WHEN j.n = 1 THEN 'self'
              WHEN household IN ('couple', 'family') AND j.n = 2 THEN 'partner'
              WHEN household = 'family' AND (j.n = 3 OR j.n = 4 AND chance(0.55, customer_id || ':second')) THEN 'child'
              WHEN household = 'lone parent' AND (j.n = 2 OR j.n = 3 AND chance(0.4, customer_id || ':second')) THEN 'child'
              WHEN household = 'friends' AND (j.n = 2 OR j.n = 3 AND chance(0.5, customer_id || ':third')) THEN 'friend'
              WHEN household = 'parent' AND j.n = 2 THEN 'parent' END AS relation
  FROM shaped AS s, series(4) AS j
)
SELECT printf('TV-%d%d', n, place), customer_id, relation,
       CASE WHEN relation = 'self' THEN name
            WHEN relation = 'child' OR relation = 'parent' OR relation = 'partner' AND chance(0.7, n || ':shared')
            THEN faker('first_name', n * 10 + place) || ' ' || surname
            ELSE faker('first_name', n * 10 + place) || ' ' || faker('last_name', n * 10 + place) END,
       CASE WHEN relation = 'child' THEN day('2010-06-01', '2025-03-31', n || ':' || place)
            WHEN relation = 'parent' THEN day('1939-01-01', '1957-12-31', n || ':' || place)
            WHEN is_old AND relation = 'self' THEN day('1940-02-01', '1949-06-30', n)
            WHEN is_old THEN day('1944-01-01', '1958-12-31', n || ':' || place)
            WHEN household IN ('family', 'lone parent', 'parent') THEN day('1977-01-01', '1996-12-31', n || ':' || place)
            ELSE day('1956-01-01', '2003-12-31', n || ':' || place) END,
       CASE WHEN relation IN ('partner', 'friend') AND chance(0.35, n || ':' || place)
            THEN weighted('{"British": 60, "Polish": 10, "Indian": 10, "Nigerian": 8, "American": 12}', n || ':' || place)
            ELSE nationality END
FROM members WHERE relation IS NOT NULL;

INSERT INTO passports (number, traveller_id, issued_on, expires_on, status)
WITH holders AS MATERIALIZED (
  SELECT *, CAST(substr(traveller_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(traveller_id, 4) AS INTEGER) - 10011, 10 * :customers + 10, 'expiry') * 1.0 / (10 * :customers + 10)
           AS expiry_rank
  FROM travellers
), dated AS MATERIALIZED (
  SELECT *, CASE WHEN expiry_rank < 0.17 THEN day('2026-03-24', '2026-10-31', n) WHEN expiry_rank < 0.20 THEN day('2025-09-01', '2026-02-10', n)
                 WHEN relation = 'child' THEN day('2027-04-01', '2030-10-31', n) ELSE day('2027-04-01', '2035-09-30', n) END AS expires_on
  FROM holders
)
SELECT CASE nationality WHEN 'British' THEN printf('%09d', 500000000 + permuted(n - 10011, 90000000, 'number'))
                        ELSE upper(substr(nationality, 1, 1)) || printf('%08d', 10000000 + permuted(n - 10011, 80000000, 'other')) END,
       traveller_id,
       max(date(birth_date, '+70 days'), date(expires_on, CASE relation WHEN 'child' THEN '-5 years' ELSE '-10 years' END)),
       expires_on, 'current'
FROM dated WHERE NOT (relation = 'child' AND chance(0.03, n || ':none'));

-- the passports before, for some
INSERT INTO passports (number, traveller_id, issued_on, expires_on, status)
SELECT 'R' || printf('%08d', 20000000 + permuted(CAST(substr(traveller_id, 4) AS INTEGER) - 10011, 70000000, 'replaced')), traveller_id,
       date(issued_on, '-10 years'), date(issued_on, '+2 months'), 'replaced'
FROM passports WHERE date(issued_on, '-10 years') > (SELECT date(t.birth_date, '+1 year') FROM travellers AS t
                                                     WHERE t.traveller_id = passports.traveller_id)
                 AND chance(0.3, number);

-- ---- trips: eight stories a customer may have, each to another place ----

INSERT INTO trips (reference, customer_id, agent_id, kind, origin, destination, departs_on, returns_on, status, booked_on,
                   hold_expires_at, hold_extensions, balance_due_on, invoice_no, cancelled_on)
WITH people AS MATERIALIZED (
  SELECT c.customer_id, c.home_airport, c.joined_on, g.hold_hours, CAST(substr(c.customer_id, 4) AS INTEGER) - 1000 AS n,
         permuted(CAST(substr(c.customer_id, 4) AS INTEGER) - 1001, :customers, 'holds') * 1.0 / :customers AS hold_rank,
         permuted(CAST(substr(c.customer_id, 4) AS INTEGER) - 1001, :customers, 'far') * 1.0 / :customers AS far_rank,
         permuted(CAST(substr(c.customer_id, 4) AS INTEGER) - 1001, :customers, 'near') * 1.0 / :customers AS near_rank,
         permuted(CAST(substr(c.customer_id, 4) AS INTEGER) - 1001, :customers, 'past') * 1.0 / :customers AS past_rank
  FROM customers AS c JOIN club_tiers AS g ON g.tier = c.tier
), stories AS MATERIALIZED (
  SELECT p.*, k.n AS k, p.n || ':' || k.n AS story,
         CASE WHEN k.n <= 2 THEN 'held' WHEN k.n IN (3, 4, 5) THEN 'confirmed' WHEN k.n IN (6, 7) THEN 'completed' ELSE 'cancelled' END AS status
  FROM people AS p, series(8) AS k
  WHERE CASE k.n WHEN 1 THEN hold_rank < 0.58 WHEN 2 THEN hold_rank < 0.30 WHEN 3 THEN far_rank < 0.72 WHEN 4 THEN near_rank < 0.56
                 WHEN 5 THEN near_rank > 0.70 WHEN 6 THEN past_rank < 0.58 OR far_rank >= 0.72 WHEN 7 THEN past_rank > 0.80
                 ELSE chance(0.13, p.n) END
), routed AS MATERIALIZED (
  SELECT r.*, row_number() OVER (PARTITION BY r.origin ORDER BY r.route_id) - 1 AS place, count(*) OVER (PARTITION BY r.origin) AS places
  FROM routes AS r
), placed AS MATERIALIZED (
  SELECT s.*, r.destination, r.day_offset,
         CASE k WHEN 1 THEN CASE WHEN chance(0.66, story) THEN uniform(0, 3, story) ELSE uniform(5, 24, story) END
                WHEN 2 THEN CASE WHEN chance(0.4, story) THEN uniform(0, 4, story) ELSE uniform(3, 25, story) END WHEN 3 THEN uniform(12, 24, story)
                WHEN 4 THEN CASE WHEN chance(0.4, story) THEN 0 ELSE uniform(1, 6, story) END WHEN 5 THEN uniform(6, 13, story)
                WHEN 6 THEN uniform(-6, -3, story) WHEN 7 THEN uniform(-11, -7, story) ELSE uniform(15, 24, story) END AS week,
         CASE WHEN k <> 6 AND chance(0.3, story || ':long') THEN 14 ELSE 7 END AS nights
  FROM stories AS s JOIN routed AS r ON r.origin = s.home_airport AND r.place = (zipf(12, s.n) + 5 * s.k) % r.places
), dated AS MATERIALIZED (
  SELECT *, date('2026-02-21', printf('%+d days', 7 * week + day_offset)) AS departs_on,
         date('2026-02-21', printf('%+d days', 7 * week + day_offset + nights)) AS returns_on,
         datetime(now(), printf('%+d hours', CASE WHEN chance(0.04, story || ':late') THEN -5 ELSE uniform(3, 44, story || ':hold') END))
           AS hold_ends,
         permuted((n - 1) * 8 + k - 1, 5760000, 'locator') AS locator,
         k = 1 AND chance(0.34, story || ':extended') AS is_extended,
         row_number() OVER (PARTITION BY destination ORDER BY story) AS turn
  FROM placed
), booked AS MATERIALIZED (
  SELECT *, CASE status WHEN 'held' THEN date(hold_ends, printf('-%d hours', hold_hours + 24 * is_extended))
                        WHEN 'completed' THEN day(date(departs_on, '-150 days'), date(departs_on, '-25 days'), story)
                        WHEN 'cancelled' THEN day('2025-09-10', '2026-01-05', story)
                        ELSE day(max('2025-08-01', date(departs_on, '-220 days')), date(min(departs_on, '2026-02-14'), '-5 days'), story) END
              AS booked_on
  FROM dated
), advisers AS MATERIALIZED (
  SELECT agent_id, region, row_number() OVER (PARTITION BY region ORDER BY agent_id) AS place FROM agents
)
SELECT printf('HV-%s%s%04d', substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + locator / 240000, 1),
              substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + locator / 10000 % 24, 1), locator % 10000),
       b.customer_id, a.agent_id,
       weighted('{"package": 42, "tailor-made": 33, "flight only": 15, "hotel only": 10}', story), home_airport, b.destination,
       departs_on, returns_on, status, booked_on, CASE WHEN status = 'held' THEN hold_ends END,
       CASE WHEN status = 'held' THEN is_extended ELSE 0 END,
       CASE WHEN status <> 'held' THEN max(booked_on, date(departs_on, '-70 days')) END,
       CASE WHEN status <> 'held' THEN printf('INV-%06d', 100000 + permuted((b.n - 1) * 8 + k - 1, 890000, 'invoice')) END,
       CASE WHEN status = 'cancelled' THEN day('2026-01-15', '2026-02-13', story || ':off') END
FROM booked AS b JOIN destinations AS d ON d.code = b.destination
JOIN advisers AS a ON a.region = d.region AND a.place = CAST(weighted('{"1": 38, "2": 27, "3": 22, "4": 13}', b.story) AS INTEGER);

INSERT INTO trip_travellers (reference, traveller_id, details_sent, assistance)
WITH parties AS MATERIALIZED (
  SELECT t.reference, v.traveller_id, v.relation, t.status, t.departs_on, v.birth_date, CAST(substr(v.traveller_id, -1) AS INTEGER) AS place,
         weighted('{"4": 74, "2": 17, "1": 9}', t.reference) AS party
  FROM trips AS t JOIN travellers AS v ON v.customer_id = t.customer_id
)
SELECT reference, traveller_id,
       status = 'completed' OR status = 'confirmed' AND departs_on < date(today(), '+40 days') AND chance(0.45, reference),
       CASE WHEN relation <> 'child' AND chance(0.06, reference || traveller_id)
            THEN pick('["wheelchair", "vegetarian meal", "vegetarian meal", "gluten-free meal"]', reference || traveller_id) END
FROM parties WHERE place <= CAST(party AS INTEGER);

INSERT INTO segments (segment_id, reference, direction, flight_id, family, seats, price_cents, status)
WITH flown AS MATERIALIZED (
  SELECT t.reference, t.origin, t.destination, t.departs_on, t.returns_on,
         weighted('{"Light": 38, "Standard": 44, "Flex": 18}', t.reference) AS family, uniform(1, 2, t.reference) AS rotation,
         (SELECT count(*) FROM trip_travellers AS v WHERE v.reference = t.reference) AS seats
  FROM trips AS t WHERE t.kind <> 'hotel only'
), legs AS MATERIALIZED (
  SELECT *, 'outbound' AS direction, origin AS leaves, destination AS reaches, departs_on AS flies_on FROM flown
  UNION ALL
  SELECT *, 'inbound', destination, origin, returns_on FROM flown
), matched AS (
  SELECT l.*, f.flight_id, row_number() OVER (PARTITION BY l.reference, l.direction ORDER BY f.departs_at, f.flight_id) AS place,
         count(*) OVER (PARTITION BY l.reference, l.direction) AS places
  FROM legs AS l JOIN flights AS f ON f.origin = l.leaves AND f.destination = l.reaches AND f.flies_on = l.flies_on
)
SELECT printf('SG-%s%s', substr(reference, 4), CASE direction WHEN 'outbound' THEN 'A' ELSE 'B' END), reference, direction, m.flight_id,
       m.family, seats,
       seats * coalesce((SELECT x.price_cents FROM fares AS x WHERE x.flight_id = m.flight_id AND x.family = m.family),
                        (SELECT d.base_fare_cents FROM destinations AS d WHERE d.code IN (m.leaves, m.reaches))),
       'booked'
FROM matched AS m WHERE place = 1 + rotation % places;

INSERT INTO stays (stay_id, reference, room_id, board, check_in, check_out, guests, price_cents, status)
WITH hosted AS MATERIALIZED (
  SELECT t.reference, t.destination, t.departs_on, t.returns_on,
         (SELECT count(*) FROM trip_travellers AS v WHERE v.reference = t.reference) AS guests,
         EXISTS (SELECT 1 FROM travellers AS v WHERE v.customer_id = t.customer_id AND v.relation = 'child') AS has_child
  FROM trips AS t WHERE t.kind <> 'flight only'
), houses AS MATERIALIZED (
  SELECT h.*, row_number() OVER (PARTITION BY h.destination, h.adults_only ORDER BY h.hotel_id) AS place,
         count(*) OVER (PARTITION BY h.destination, h.adults_only) AS places
  FROM hotels AS h
), lodged AS MATERIALIZED (
  SELECT g.*, h.hotel_id
  FROM hosted AS g JOIN houses AS h ON h.destination = g.destination
   AND h.adults_only = (NOT has_child AND chance(0.25, g.reference || ':quiet')
                        AND EXISTS (SELECT 1 FROM hotels AS q WHERE q.destination = g.destination AND q.adults_only))
   AND h.place = 1 + uniform(0, 11, g.reference) % h.places
), roomed AS MATERIALIZED (
  SELECT l.*, r.room_id, r.nightly_cents,
         row_number() OVER (PARTITION BY l.reference ORDER BY
           CASE r.room_type WHEN weighted('{"standard": 62, "sea view": 28, "suite": 10}', l.reference || ':room') THEN 0
                            WHEN 'family' THEN 1 WHEN 'standard' THEN 2 ELSE 3 END, r.room_id) AS choice
  FROM lodged AS l JOIN rooms AS r ON r.hotel_id = l.hotel_id AND r.sleeps >= l.guests
), boarded AS MATERIALIZED (
  SELECT r.*, b.board, b.supplement_cents,
         row_number() OVER (PARTITION BY r.reference ORDER BY chance(0.5, r.reference || b.board), b.board) AS serving
  FROM roomed AS r JOIN boards AS b ON b.hotel_id = r.hotel_id
  WHERE r.choice = 1
)
SELECT 'ST-' || substr(reference, 4), reference, room_id, board, departs_on, returns_on, guests,
       CAST(julianday(returns_on) - julianday(departs_on) AS INTEGER) * (nightly_cents + guests * supplement_cents), 'booked'
FROM boarded WHERE serving = 1;

-- ---- extras, fees, savings ----

INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status)
WITH sized AS MATERIALIZED (
  SELECT t.reference, t.kind AS trip_kind, t.status, t.booked_on, t.departs_on, t.returns_on, c.tier,
         (SELECT count(*) FROM trip_travellers AS v WHERE v.reference = t.reference) AS party,
         (SELECT min(v.birth_date) FROM trip_travellers AS x JOIN travellers AS v ON v.traveller_id = x.traveller_id
          WHERE x.reference = t.reference) AS eldest_born
  FROM trips AS t JOIN customers AS c ON c.customer_id = t.customer_id
), taken AS MATERIALIZED (
  SELECT s.*, m.kind, m.price_cents,
         CASE m.kind WHEN 'hold bag' THEN uniform(1, party, reference || ':bags')
                     WHEN 'car hire' THEN CAST(julianday(returns_on) - julianday(departs_on) AS INTEGER) ELSE party END AS quantity
  FROM sized AS s, extras_menu AS m
  WHERE CASE m.kind WHEN 'hold bag' THEN trip_kind <> 'hotel only' AND chance(0.22, reference || m.kind)
                    WHEN 'airport transfer' THEN trip_kind IN ('package', 'tailor-made') AND chance(0.25, reference || m.kind)
                    WHEN 'lounge pass' THEN tier = 'Gold' AND trip_kind <> 'hotel only' AND chance(0.2, reference || m.kind)
                    WHEN 'car hire' THEN status <> 'held' AND chance(0.07, reference || m.kind)
                    ELSE status <> 'held' AND eldest_born > date(departs_on, '-75 years') AND chance(0.46, reference || m.kind) END
)
SELECT printf('CH-%s%s', substr(reference, 4), upper(substr(kind, 1, 1))), reference, kind, quantity, quantity * price_cents,
       CASE WHEN kind = 'travel insurance' AND status = 'confirmed' AND booked_on < date(today(), '-12 days') AND chance(0.5, reference)
            THEN day(date(today(), '-12 days'), today(), reference || ':cover') ELSE booked_on END, 'active'
FROM taken;

-- Gold members have changed their flights most often
INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status)
SELECT 'CH-' || substr(s.reference, 4) || 'F', s.reference, 'change fee', s.seats, s.seats * f.change_fee_cents,
       CASE WHEN t.booked_on < date(today(), '-36 days') AND chance(0.3, s.segment_id || ':long ago')
            THEN day(max(t.booked_on, date(today(), '-80 days')), date(today(), '-33 days'), s.segment_id)
            ELSE day(max(t.booked_on, date(today(), '-26 days')), date(today(), '-1 day'), s.segment_id) END, 'active'
FROM segments AS s JOIN trips AS t ON t.reference = s.reference JOIN fare_families AS f ON f.family = s.family
JOIN customers AS c ON c.customer_id = t.customer_id
WHERE t.status = 'confirmed' AND s.direction = 'outbound' AND t.booked_on < date(today(), '-2 days') AND s.family <> 'Light'
  AND chance(CASE c.tier WHEN 'Gold' THEN 0.85 ELSE 0.27 END, s.segment_id);
UPDATE segments SET changes = 1 WHERE direction = 'outbound'
  AND EXISTS (SELECT 1 FROM charges AS c WHERE c.charge_id = 'CH-' || substr(segments.reference, 4) || 'F');

INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status)
SELECT 'CH-' || substr(y.stay_id, 4) || 'M', y.reference, 'amendment fee', 1, g.amendment_fee_cents,
       day(max(t.booked_on, date(today(), '-70 days')), date(today(), '-1 day'), y.stay_id), 'active'
FROM stays AS y JOIN trips AS t ON t.reference = y.reference JOIN customers AS c ON c.customer_id = t.customer_id
JOIN club_tiers AS g ON g.tier = c.tier
WHERE t.status = 'confirmed' AND chance(CASE c.tier WHEN 'Gold' THEN 0.6 ELSE 0.12 END, y.stay_id);

-- fees that were let off, on trips of the past year
INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status, waived_on)
SELECT 'CH-' || substr(y.stay_id, 4) || 'W', y.reference, 'amendment fee', 1, 500, t.booked_on, 'waived',
       max(t.booked_on, day('2025-09-01', '2026-01-20', y.stay_id))
FROM stays AS y JOIN trips AS t ON t.reference = y.reference JOIN customers AS c ON c.customer_id = t.customer_id
WHERE t.status IN ('completed', 'confirmed') AND c.tier = 'Gold' AND t.booked_on < '2026-01-20' AND chance(0.42, t.customer_id);

INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status)
WITH parts AS MATERIALIZED (
  SELECT t.reference, t.booked_on,
         (SELECT sum(s.price_cents) FROM segments AS s WHERE s.reference = t.reference)
         + (SELECT y.price_cents FROM stays AS y WHERE y.reference = t.reference) AS parts_cents
  FROM trips AS t WHERE t.kind = 'package'
)
SELECT 'CH-' || substr(reference, 4) || 'S', reference, 'package saving', 1, -(parts_cents * uniform(5, 12, reference) / 10000) * 100,
       booked_on, 'active'
FROM parts;

-- ---- payments: a deposit of a fifth, the rest ten weeks before departure ----

INSERT INTO payments (payment_id, reference, kind, paid_on, amount_cents)
SELECT 'PM-' || substr(t.reference, 4) || 'A', t.reference,
       CASE WHEN t.balance_due_on = t.booked_on THEN 'balance' ELSE 'deposit' END, t.booked_on,
       CASE WHEN t.balance_due_on = t.booked_on THEN m.total_cents ELSE m.total_cents * 20 / 100 END
FROM trips AS t JOIN trip_money AS m ON m.reference = t.reference
WHERE t.status IN ('confirmed', 'completed', 'cancelled');

INSERT INTO payments (payment_id, reference, kind, paid_on, amount_cents)
WITH owing AS MATERIALIZED (
  SELECT t.reference, t.booked_on, t.balance_due_on, m.total_cents - m.paid_cents AS owed_cents,
         CASE WHEN t.status = 'completed' THEN 'all'
              WHEN t.balance_due_on < today() THEN CASE WHEN chance(0.6, t.reference) THEN 'all' ELSE 'none' END
              ELSE weighted('{"none": 58, "some": 14, "all": 28}', t.reference) END AS way
  FROM trips AS t JOIN trip_money AS m ON m.reference = t.reference
  WHERE t.status IN ('confirmed', 'completed') AND m.total_cents > m.paid_cents
)
SELECT 'PM-' || substr(reference, 4) || 'B', reference, 'balance',
       CASE WHEN balance_due_on < today() THEN day(booked_on, balance_due_on, reference)
            ELSE day(booked_on, date(today(), '-1 day'), reference) END,
       CASE way WHEN 'some' THEN (owed_cents * uniform(20, 60, reference) / 1000000 + 1) * 10000 ELSE owed_cents END
FROM owing WHERE way <> 'none' AND (way = 'all' OR owed_cents > 60000);

UPDATE trips SET instalments = uniform(3, 5, reference)
WHERE status = 'confirmed' AND departs_on >= date(today(), '+120 days') AND chance(0.16, reference)
  AND (SELECT m.total_cents - m.paid_cents FROM trip_money AS m WHERE m.reference = trips.reference) > 100000;

-- a cancelled trip keeps nothing but the charge, which was its deposit
INSERT INTO charges (charge_id, reference, kind, quantity, amount_cents, charged_on, status)
SELECT 'CH-' || substr(t.reference, 4) || 'X', t.reference, 'cancellation charge', 1, m.paid_cents, t.cancelled_on, 'active'
FROM trips AS t JOIN trip_money AS m ON m.reference = t.reference WHERE t.status = 'cancelled';
UPDATE charges SET status = 'removed'
WHERE kind <> 'cancellation charge' AND reference IN (SELECT t.reference FROM trips AS t WHERE t.status = 'cancelled');
UPDATE segments SET status = 'cancelled' WHERE reference IN (SELECT t.reference FROM trips AS t WHERE t.status = 'cancelled');
UPDATE stays SET status = 'cancelled' WHERE reference IN (SELECT t.reference FROM trips AS t WHERE t.status = 'cancelled');

-- ---- what the agency has bought in: what is left and what its customers hold ----

UPDATE fares SET allotment = seats_left + (SELECT coalesce(sum(s.seats), 0) FROM segments AS s
  WHERE s.flight_id = fares.flight_id AND s.family = fares.family AND s.status = 'booked');

UPDATE rooms SET contracted = CASE WHEN chance(0.1, room_id) THEN 0 ELSE uniform(1, 4, room_id) END
  + coalesce((SELECT max((SELECT count(*) FROM stays AS o WHERE o.room_id = y.room_id AND o.status = 'booked'
                          AND o.check_in < y.check_out AND o.check_out > y.check_in))
              FROM stays AS y WHERE y.room_id = rooms.room_id AND y.status = 'booked'), 0);

INSERT INTO packages (package_id, title, out_flight, back_flight, family, room_id, board, origin, destination, departs_on, nights, saving_pct)
WITH weeks AS MATERIALIZED (
  SELECT r.route_id, r.origin, r.destination, d.name AS place, w.n AS week, k.n AS k,
         date('2026-02-21', printf('+%d days', 7 * w.n + r.day_offset)) AS departs_on,
         CASE WHEN chance(0.25, r.route_id || w.n || ':' || k.n) THEN 14 ELSE 7 END AS nights
  FROM routes AS r JOIN destinations AS d ON d.code = r.destination, series(:weeks_ahead - 3) AS w, series(3) AS k
  WHERE w.n BETWEEN 8 AND 25 AND chance(0.34, r.route_id || w.n || ':' || k.n || ':on')
), flown AS MATERIALIZED (
  SELECT w.*,
         (SELECT f.flight_id FROM flights AS f WHERE f.origin = w.origin AND f.destination = w.destination AND f.flies_on = w.departs_on
          ORDER BY f.departs_at, f.flight_id LIMIT 1) AS out_flight,
         (SELECT f.flight_id FROM flights AS f WHERE f.origin = w.destination AND f.destination = w.origin
          AND f.flies_on = date(w.departs_on, printf('+%d days', w.nights)) ORDER BY f.departs_at, f.flight_id LIMIT 1) AS back_flight
  FROM weeks AS w
), hosted AS MATERIALIZED (
  SELECT f.*, r.room_id, r.room_type, h.name AS hotel, h.hotel_id,
         row_number() OVER (PARTITION BY f.route_id, f.week, f.k ORDER BY uniform(0, 100000, f.route_id || f.week || ':' || f.k || r.room_id), r.room_id) AS pick
  FROM flown AS f JOIN hotels AS h ON h.destination = f.destination JOIN rooms AS r ON r.hotel_id = h.hotel_id
), boarded AS MATERIALIZED (
  SELECT h.*, b.board, row_number() OVER (PARTITION BY h.route_id, h.week, h.k ORDER BY uniform(0, 999, h.route_id || h.week || ':' || h.k || b.board), b.board) AS plenty
  FROM hosted AS h JOIN boards AS b ON b.hotel_id = h.hotel_id WHERE h.pick = 1
)
SELECT printf('PK-%d', 1000 + row_number() OVER (ORDER BY departs_on, route_id, k)),
       place || ', ' || nights || ' nights at ' || hotel, out_flight, back_flight, pick('["Light", "Standard", "Standard"]', route_id || week || k),
       room_id, board, origin, destination, departs_on, nights, uniform(5, 14, route_id || week || k)
FROM boarded WHERE plenty = 1 AND out_flight IS NOT NULL AND back_flight IS NOT NULL;

-- ---- papers for those who need them ----

INSERT INTO visas (visa_id, traveller_id, country, kind, applied_on, status, valid_until)
WITH needed AS MATERIALIZED (
  SELECT DISTINCT t.reference, t.status AS trip_status, t.booked_on, t.departs_on, t.returns_on, v.traveller_id, e.country, e.requirement,
         row_number() OVER (PARTITION BY v.traveller_id, e.country ORDER BY t.departs_on) AS place
  FROM trips AS t JOIN trip_travellers AS x ON x.reference = t.reference JOIN travellers AS v ON v.traveller_id = x.traveller_id
  JOIN destinations AS d ON d.code = t.destination
  JOIN entry_rules AS e ON e.country = d.country AND e.nationality = v.nationality
  WHERE e.requirement <> 'none' AND t.status IN ('held', 'confirmed', 'completed')
), applied AS MATERIALIZED (
  SELECT *, CASE WHEN trip_status = 'completed' THEN 'granted'
                 WHEN trip_status = 'held' THEN CASE WHEN chance(0.08, reference) THEN 'granted' ELSE 'missing' END
                 WHEN departs_on < date(today(), '+12 days') THEN 'granted'
                 WHEN chance(0.55, reference) THEN 'missing'
                 ELSE weighted('{"granted": 60, "submitted": 38, "refused": 2}', reference || traveller_id) END AS state
  FROM needed WHERE place = 1
)
SELECT printf('VS-%s%s', substr(reference, 4), substr(traveller_id, 4)), traveller_id, country, requirement,
       CASE trip_status WHEN 'held' THEN day('2025-10-01', '2025-12-20', reference)
                        WHEN 'completed' THEN day(booked_on, date(departs_on, '-10 days'), reference)
                        ELSE day(booked_on, date(min(departs_on, today()), '-1 day'), reference) END,
       state, CASE WHEN state = 'granted' THEN date(returns_on, '+30 days') END
FROM applied WHERE state <> 'missing';

-- ---- claims, alerts, waiting lists, consultations ----

INSERT INTO claims (claim_id, reference, kind, amount_cents, filed_on, status, details)
SELECT 'CL-' || substr(reference, 4), reference, pick('["flight delay", "lost baggage", "room not as booked", "missed transfer"]', reference),
       uniform(4, 30, reference) * 1000, day(returns_on, min('2026-02-16', date(returns_on, '+20 days')), reference),
       weighted('{"open": 45, "paid": 40, "rejected": 15}', reference), 'Filed in writing.'
FROM trips WHERE status = 'completed' AND chance(0.15, reference);

INSERT INTO price_alerts (alert_id, customer_id, origin, destination, month, max_price_cents, set_on, status)
WITH wishes AS MATERIALIZED (
  SELECT c.customer_id, c.home_airport, k.n AS k, CAST(substr(c.customer_id, 4) AS INTEGER) AS n, c.customer_id || ':' || k.n AS wish,
         permuted(CAST(substr(c.customer_id, 4) AS INTEGER) - 1001, :customers, 'alerts') * 1.0 / :customers AS alert_rank, g.alert_limit
  FROM customers AS c JOIN club_tiers AS g ON g.tier = c.tier, series(4) AS k
), aimed AS MATERIALIZED (
  SELECT w.*, r.destination, w.home_airport AS origin,
         printf('2026-%02d', 4 + (uniform(0, 4, wish) + k) % 5) AS month
  FROM wishes AS w
  JOIN (SELECT *, row_number() OVER (PARTITION BY origin ORDER BY route_id) - 1 AS place, count(*) OVER (PARTITION BY origin) AS places
        FROM routes) AS r ON r.origin = w.home_airport AND r.place = (uniform(0, 11, w.customer_id) + w.k) % r.places
  WHERE CASE WHEN k = 4 THEN alert_rank < 0.5 AND chance(0.5, wish)
             WHEN alert_rank < 0.36 THEN k <= alert_limit WHEN alert_rank < 0.72 THEN k <= 1 ELSE 0 END
)
SELECT printf('AL-%d%d', n, k), customer_id, a.origin, a.destination, a.month,
       CAST(l.lowest_cents * uniform(0.74, 0.96, wish) / 100 AS INTEGER) * 100, day('2025-11-10', '2026-02-12', wish),
       CASE WHEN k < 4 THEN 'active' ELSE pick('["triggered", "triggered", "deleted"]', wish) END
FROM aimed AS a JOIN lowest_fares AS l ON l.origin = a.origin AND l.destination = a.destination AND l.month = a.month;

INSERT INTO waitlist (entry_id, customer_id, flight_id, family, seats, added_on, status)
WITH full_flights AS MATERIALIZED (
  SELECT x.flight_id, x.family, f.origin, row_number() OVER (PARTITION BY f.origin ORDER BY x.flight_id, x.family) - 1 AS place,
         count(*) OVER (PARTITION BY f.origin) AS places
  FROM fares AS x JOIN flights AS f ON f.flight_id = x.flight_id WHERE x.seats_left = 0 AND f.origin IN ('LGW', 'MAN')
)
SELECT 'WL-' || substr(c.customer_id, 4), c.customer_id, u.flight_id, u.family, uniform(1, 3, c.customer_id),
       day('2026-01-20', '2026-02-15', c.customer_id), CASE WHEN chance(0.12, c.customer_id) THEN 'left' ELSE 'waiting' END
FROM customers AS c JOIN full_flights AS u ON u.origin = c.home_airport AND u.place = uniform(0, 9999, c.customer_id) % u.places
WHERE chance(0.3, c.customer_id);

INSERT INTO consultations (slot_id, agent_id, starts_at, channel)
WITH hours AS MATERIALIZED (
  SELECT a.agent_id, d.n AS d, h.value AS hour,
         datetime(today(), printf('+%d days', d.n - 1 + CASE WHEN d.n > 4 THEN 2 ELSE 0 END),
                  printf('+%d minutes', h.value * 60 + 30 * uniform(0, 1, a.agent_id || ':' || d.n || ':' || h.value))) AS starts_at
  FROM agents AS a, series(7) AS d, json_each('[9, 11, 14, 16]') AS h
  WHERE a.status = 'working'
)
SELECT printf('CS-%s-%d%02d', substr(agent_id, 4), d, hour), agent_id, starts_at,
       weighted('{"telephone": 50, "video": 30, "shop": 20}', agent_id || ':' || d || ':' || hour)
FROM hours WHERE starts_at > datetime(now(), '+90 minutes');

UPDATE consultations SET
  customer_id = (SELECT printf('TC-%04d', 1001 + permuted(s.place, :customers, 'who'))
                 FROM (SELECT o.slot_id, permuted(row_number() OVER (ORDER BY o.slot_id) - 1, 400, 'taken') AS place
                       FROM consultations AS o) AS s WHERE s.slot_id = consultations.slot_id),
  about = (SELECT d.code FROM destinations AS d JOIN agents AS a ON a.region = d.region WHERE a.agent_id = consultations.agent_id
           ORDER BY (d.rowid * 7 + length(consultations.channel)) % 5, d.code LIMIT 1)
WHERE slot_id IN (SELECT s.slot_id FROM (SELECT o.slot_id, permuted(row_number() OVER (ORDER BY o.slot_id) - 1, 400, 'taken') AS place
                                         FROM consultations AS o) AS s WHERE s.place < min(160, 62 * :customers / 100));
