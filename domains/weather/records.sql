-- A winter storm over the Marches: four areas in red, the others in amber and yellow.
INSERT INTO warnings (warning_id, area_code, hazard, level, starts_at, ends_at)
WITH drawn AS (
  SELECT area_code, permuted(row_number() OVER (ORDER BY area_code) - 1, 9, 'storm') AS r FROM areas
)
SELECT 'W26-' || area_code || '-1', area_code,
       CASE WHEN r IN (0, 1, 3, 5) THEN 'wind' ELSE pick('["snow", "rain"]', area_code) END,
       CASE WHEN r < 4 THEN 'red' WHEN r < 6 THEN 'amber' ELSE 'yellow' END,
       pick('["2026-02-11 06:00:00", "2026-02-11 09:00:00", "2026-02-11 12:00:00"]', area_code || ':starts'),
       pick('["2026-02-13 18:00:00", "2026-02-13 21:00:00", "2026-02-14 03:00:00"]', area_code || ':ends')
FROM drawn WHERE r < 8;

INSERT INTO warnings (warning_id, area_code, hazard, level, starts_at, ends_at)
SELECT 'W26-' || area_code || '-2', area_code, 'ice', 'yellow',
       date('2026-02-15', '+' || uniform(0, 2, area_code) || ' days') || ' 00:00:00',
       date('2026-02-15', '+' || uniform(0, 2, area_code) || ' days') || ' 11:00:00'
FROM areas WHERE chance(0.6, area_code);

INSERT INTO warnings (warning_id, area_code, hazard, level, starts_at, ends_at)
SELECT 'W26-' || area_code || '-0', area_code, pick('["wind", "rain", "snow"]', area_code),
       weighted('{"yellow": 80, "amber": 20}', area_code), '2026-02-02 03:00:00', '2026-02-03 12:00:00'
FROM areas WHERE chance(0.7, area_code);

INSERT INTO daily_forecasts (place_id, day, max_c, min_c, rain_mm, rain_pct, gust_mph, sun_hours, confidence, issued_at)
WITH days AS (SELECT n - 1 AS ahead, date(today(), '+' || (n - 1) || ' days') AS day FROM series(7)),
weather AS (
  SELECT a.area_code, a.terrain, d.ahead, d.day, weighted('{"dry": 38, "showers": 34, "wet": 28}', a.area_code || d.day) AS kind,
         (SELECT max(CASE w.level WHEN 'red' THEN 3 WHEN 'amber' THEN 2 ELSE 1 END) FROM warnings AS w
          WHERE w.area_code = a.area_code AND w.hazard = 'wind'
            AND d.day BETWEEN substr(w.starts_at, 1, 10) AND substr(w.ends_at, 1, 10)) AS gale
  FROM areas AS a, days AS d
)
SELECT p.place_id, w.day,
       uniform(3, 9, p.place_id || w.day || ':max') - p.elevation_m / 150,
       uniform(-3, 2, p.place_id || w.day || ':min') - p.elevation_m / 150,
       round(CASE w.kind WHEN 'dry' THEN uniform(0.0, 0.4, p.place_id || w.day || ':rain')
                         WHEN 'showers' THEN uniform(0.6, 6.0, p.place_id || w.day || ':rain')
                         ELSE uniform(6.0, 27.0, p.place_id || w.day || ':rain') + p.elevation_m / 60 END, 1),
       CASE w.kind WHEN 'dry' THEN uniform(0, 2, p.place_id || w.day || ':pct')
                   WHEN 'showers' THEN uniform(3, 7, p.place_id || w.day || ':pct')
                   ELSE uniform(8, 10, p.place_id || w.day || ':pct') END * 10,
       CASE w.gale WHEN 3 THEN uniform(74, 92, p.place_id || w.day || ':gust') WHEN 2 THEN uniform(60, 73, p.place_id || w.day || ':gust')
                   WHEN 1 THEN uniform(46, 59, p.place_id || w.day || ':gust')
                   ELSE uniform(12, 42, p.place_id || w.day || ':gust') END,
       round(CASE w.kind WHEN 'dry' THEN uniform(3.0, 8.5, p.place_id || w.day || ':sun') WHEN 'showers' THEN uniform(1.0, 4.5, p.place_id || w.day || ':sun')
                         ELSE uniform(0.0, 1.0, p.place_id || w.day || ':sun') END, 1),
       CASE WHEN w.ahead <= 1 THEN 'high' WHEN w.ahead <= 4 THEN 'medium' ELSE 'low' END,
       today() || ' 06:00:00'
FROM places AS p JOIN weather AS w ON w.area_code = p.area_code;

INSERT INTO sea_forecasts (place_id, day, wave_m, wind_kt, sea_state)
WITH sea AS MATERIALIZED (
  SELECT f.place_id, f.day, f.gust_mph, round(0.3 + f.gust_mph / 18.0 + uniform(0.0, 0.6, f.place_id || f.day), 1) AS wave_m
  FROM daily_forecasts AS f JOIN places AS p ON p.place_id = f.place_id WHERE p.is_port = 1
)
SELECT place_id, day, wave_m, gust_mph * 6 / 10,
       CASE WHEN wave_m < 1.3 THEN 'slight' WHEN wave_m < 2.5 THEN 'moderate' WHEN wave_m < 4 THEN 'rough' ELSE 'very rough' END
FROM sea;

-- ---- subscribers ----

INSERT INTO subscribers (subscriber_id, name, email, phone, postcode, memorable_word, tier_code, joined_on, renews_on, tier_changed_on, status)
WITH people AS MATERIALIZED (
  SELECT n,
         -- every thirty-fifth has the name of the one before, under another roof
         faker('first_name', CASE WHEN n % 35 = 0 THEN n - 1 ELSE n END) AS first_name,
         faker('last_name', CASE WHEN n % 35 = 0 THEN n - 1 ELSE n END) AS last_name,
         CASE WHEN chance(0.15, n || ':new') THEN day('2025-08-01', '2025-10-15', n) ELSE day('2012-03-01', '2025-07-31', n) END AS joined_on,
         weighted('{"basic": 32, "plus": 38, "professional": 22, "heritage": 8}', n || ':tier') AS drawn_tier,
         uniform(0.0, 1.0, n || ':changed') AS changed
  FROM series(:subscribers)
)
SELECT printf('MW-%06d', 100000 + permuted(n - 1, 800000, 'number')), first_name || ' ' || last_name,
       lower(first_name) || '.' || lower(replace(last_name, '''', '')) || n || '@' || pick('["fellmail.example", "example.org", "example.net", "post.example"]', n),
       printf('07%03d %06d', 400 + n % 500, permuted(n - 1, 1000000, 'mobile')),
       pick('["CA12", "CA10", "CA2", "CA9", "LA22", "NE46", "NE66", "NE48", "TD9", "TD6", "TD15", "DG1", "DG8", "DL12"]', n || ':out') || ' '
         || uniform(1, 9, n || ':in') || pick('["AB", "DF", "HJ", "LN", "PQ", "RS", "TW", "XY", "BD", "GH", "UZ"]', n || ':unit'),
       pick('["cumulus", "heather", "bramling", "cairn", "tarn", "peewit", "lanolin", "gannet", "sphagnum", "rowan", "puffin", "slate",
              "crofter", "bracken", "curlew", "mizzle", "haar", "ghyll", "lapwing", "cotton", "marram", "oyster", "kelpie", "drumlin"]', n || ':word'),
       CASE WHEN drawn_tier = 'heritage' AND joined_on > '2018-12-31' THEN 'plus' ELSE drawn_tier END,
       joined_on,
       day(date(today(), '+2 days'), date(today(), '+30 days'), n || ':renews'),
       CASE WHEN drawn_tier = 'heritage' THEN NULL
            WHEN changed < 0.34 THEN day('2025-11-20', '2026-02-04', n || ':when')
            WHEN changed < 0.6 AND joined_on < '2025-01-01' THEN day('2025-01-01', '2025-10-31', n || ':when') END,
       CASE WHEN n % 41 = 17 THEN 'lapsed' ELSE 'active' END
FROM people;

INSERT INTO saved_places (saved_id, subscriber_id, place_id, label, saved_on)
WITH wanted AS MATERIALIZED (
  SELECT s.subscriber_id, s.joined_on,
         CASE WHEN chance(0.34, s.subscriber_id || ':full') THEN t.places_limit
              ELSE uniform(1, t.places_limit - 1, s.subscriber_id || ':saved') END AS many
  FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code WHERE s.status = 'active'
), spots AS MATERIALIZED (
  SELECT place_id, row_number() OVER (ORDER BY place_id) - 1 AS i FROM places
), labels AS MATERIALIZED (
  SELECT key AS i, value AS label FROM json_each('["home", "work", "allotment", "cottage", "boat", "mum''s", "caravan", "stables", "school",
    "orchard", "cabin", "fishing hut", "garden", "clubhouse", "yard", "shoot"]')
)
SELECT printf('SP-%s-%02d', substr(w.subscriber_id, 4), k.n), w.subscriber_id, spots.place_id, labels.label,
       day(w.joined_on, '2026-02-08', w.subscriber_id || ':' || k.n)
FROM wanted AS w
JOIN series(10) AS k ON k.n <= w.many
JOIN spots ON spots.i = permuted(k.n - 1, (SELECT count(*) FROM spots), w.subscriber_id || ':place')
JOIN labels ON labels.i = permuted(k.n - 1, 16, w.subscriber_id || ':label');

INSERT INTO alerts (alert_id, saved_id, element, threshold, channel, quiet_from, quiet_to, paused_until)
WITH wanted AS MATERIALIZED (
  SELECT s.subscriber_id, s.tier_code, count(p.saved_id) AS places,
         min(4 * count(p.saved_id), CASE WHEN chance(0.3, s.subscriber_id || ':full') THEN t.alerts_limit
                                         ELSE uniform(1, max(1, t.alerts_limit - 1), s.subscriber_id || ':alerts') END) AS many
  FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code JOIN saved_places AS p ON p.subscriber_id = s.subscriber_id
  GROUP BY s.subscriber_id
), drawn AS MATERIALIZED (
  SELECT w.*, k.n AS k, permuted(k.n - 1, 4 * w.places, w.subscriber_id) AS pair
  FROM wanted AS w JOIN series(10) AS k ON k.n <= w.many
), made AS MATERIALIZED (
  SELECT printf('SP-%s-%02d', substr(d.subscriber_id, 4), 1 + d.pair / 4) AS saved_id, d.tier_code, d.subscriber_id, d.k,
         json_extract('["gust", "rain", "frost", "snow"]', '$[' || (d.pair % 4) || ']') AS element,
         uniform(0.0, 1.0, d.subscriber_id || ':quiet:' || d.k) AS quiet
  FROM drawn AS d
)
SELECT printf('AL-%s-%02d', substr(subscriber_id, 4), k), saved_id, element,
       CASE element WHEN 'gust' THEN uniform(8, 15, subscriber_id || k) * 5 WHEN 'rain' THEN uniform(2, 8, subscriber_id || k) * 5
                    WHEN 'frost' THEN uniform(-5, 1, subscriber_id || k) ELSE uniform(1, 6, subscriber_id || k) * 2 END,
       CASE tier_code WHEN 'plus' THEN weighted('{"email": 40, "text": 60}', subscriber_id || k)
                      WHEN 'professional' THEN weighted('{"email": 30, "text": 55, "voice": 15}', subscriber_id || k) ELSE 'email' END,
       CASE WHEN quiet < 0.55 THEN json_extract('["21:00", "22:00", "23:00"]', '$[' || (CAST(quiet * 1000 AS INTEGER) % 3) || ']') END,
       CASE WHEN quiet < 0.55 THEN json_extract('["05:00", "06:00", "07:00"]', '$[' || (CAST(quiet * 10000 AS INTEGER) % 3) || ']') END,
       CASE WHEN chance(0.06, subscriber_id || ':paused:' || k) THEN day('2026-02-14', '2026-03-05', subscriber_id || k) END
FROM made;

INSERT INTO deleted_alerts (alert_id, subscriber_id, place_id, element, threshold, channel, deleted_on)
SELECT printf('AL-%s-00', substr(s.subscriber_id, 4)), s.subscriber_id, (SELECT min(p.place_id) FROM saved_places AS p WHERE p.subscriber_id = s.subscriber_id),
       pick('["gust", "rain", "frost", "snow"]', s.subscriber_id), uniform(1, 12, s.subscriber_id) * 5, 'email', day('2026-01-14', '2026-02-08', s.subscriber_id)
FROM subscribers AS s WHERE s.status = 'active' AND chance(0.12, s.subscriber_id);

INSERT INTO data_keys (key_id, subscriber_id, purpose, issued_on, last_used_on)
WITH wanted AS MATERIALIZED (
  SELECT s.subscriber_id, s.joined_on, uniform(0, t.keys_limit, s.subscriber_id || ':keys') AS many
  FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code WHERE s.status = 'active' AND t.keys_limit > 0
), made AS MATERIALIZED (
  SELECT w.subscriber_id, k.n AS k, day(max(w.joined_on, '2024-01-01'), '2025-12-20', w.subscriber_id || k.n) AS issued_on
  FROM wanted AS w JOIN series(3) AS k ON k.n <= w.many
)
SELECT printf('DK-%s-%d', substr(subscriber_id, 4), k), subscriber_id,
       json_extract('["greenhouse controller", "club website", "drone planner", "slurry planner", "marina display"]',
                    '$[' || permuted(k - 1, 5, subscriber_id) || ']'),
       issued_on,
       CASE WHEN chance(0.45, subscriber_id || k) THEN day(max(issued_on, '2026-01-20'), today(), subscriber_id || k)
            WHEN chance(0.8, subscriber_id || k || ':used') THEN day(issued_on, '2025-12-24', subscriber_id || k) END
FROM made;

INSERT INTO data_keys (key_id, subscriber_id, purpose, issued_on, last_used_on, revoked_on)
SELECT printf('DK-%s-0', substr(subscriber_id, 4)), subscriber_id, 'trial', joined_on, NULL, date(joined_on, '+30 days')
FROM subscribers WHERE tier_code IN ('plus', 'professional') AND joined_on < '2025-12-01' AND chance(0.3, subscriber_id);

-- ---- bills and briefings: what each subscriber's winter was like ----

INSERT INTO invoices (invoice_id, subscriber_id, issued_on, due_on, paid_on)
WITH months AS (
  SELECT n, CASE n WHEN 1 THEN '2025-11' WHEN 2 THEN '2025-12' WHEN 3 THEN '2026-01' ELSE '2026-02' END AS month FROM series(4)
), billed AS MATERIALIZED (
  SELECT s.subscriber_id, m.n, m.month, m.month || '-' || printf('%02d', uniform(1, 9, s.subscriber_id || ':bill day')) AS issued_on,
         uniform(0.0, 1.0, s.subscriber_id || ':winter') AS winter
  FROM subscribers AS s, months AS m WHERE s.status = 'active'
)
SELECT printf('INV-%s%s-%s', substr(month, 3, 2), substr(month, 6, 2), substr(subscriber_id, 4)), subscriber_id, issued_on,
       date(issued_on, '+21 days'),
       CASE WHEN n <= 2 THEN day(date(issued_on, '+1 day'), date(issued_on, '+19 days'), subscriber_id || n)
            WHEN n = 3 AND winter BETWEEN 0.60 AND 0.80 THEN NULL
            WHEN n = 3 THEN day(date(issued_on, '+1 day'), date(issued_on, '+19 days'), subscriber_id || n)
            WHEN winter < 0.73 OR winter > 0.94 THEN NULL
            ELSE day(issued_on, today(), subscriber_id || n) END
FROM billed;

INSERT INTO charges (charge_id, subscriber_id, invoice_id, kind, amount_cents, incurred_on)
SELECT 'CH' || substr(i.invoice_id, 4) || '-1', i.subscriber_id, i.invoice_id, 'subscription', t.monthly_cents, i.issued_on
FROM invoices AS i JOIN subscribers AS s ON s.subscriber_id = i.subscriber_id JOIN tiers AS t ON t.tier_code = s.tier_code;

-- late fees: on the open February invoice of some, on the November invoice of others, from most of whom it was taken off
INSERT INTO charges (charge_id, subscriber_id, invoice_id, kind, amount_cents, incurred_on)
SELECT 'CH' || substr(i.invoice_id, 4) || '-2', i.subscriber_id, i.invoice_id, 'late fee', 400, i.issued_on
FROM invoices AS i
WHERE (i.invoice_id LIKE 'INV-2602-%' AND i.paid_on IS NULL
       AND NOT EXISTS (SELECT 1 FROM invoices AS o WHERE o.subscriber_id = i.subscriber_id AND o.paid_on IS NULL AND o.invoice_id <> i.invoice_id)
       AND chance(0.36, i.subscriber_id || ':late'))
   OR (i.invoice_id LIKE 'INV-2511-%' AND chance(0.5, i.subscriber_id || ':earlier'));

INSERT INTO charges (charge_id, subscriber_id, invoice_id, kind, amount_cents, incurred_on, credits_id)
SELECT replace(charge_id, '-2', '-3'), subscriber_id, invoice_id, 'credit', -amount_cents,
       date(incurred_on, '+' || uniform(2, 8, charge_id) || ' days'), charge_id
FROM charges WHERE kind = 'late fee' AND invoice_id LIKE 'INV-2511-%' AND chance(0.92, charge_id);

-- the February fee is for a January invoice that was paid late
UPDATE invoices SET paid_on = date(due_on, '+' || uniform(2, 7, invoice_id) || ' days')
WHERE invoice_id LIKE 'INV-2601-%'
  AND EXISTS (SELECT 1 FROM charges AS c WHERE c.invoice_id = 'INV-2602-' || substr(invoices.subscriber_id, 4) AND c.kind = 'late fee');

-- briefings of January and early February, billed in February
INSERT INTO briefings (briefing_id, subscriber_id, product_code, place_id, day, ordered_on, status)
WITH eligible AS MATERIALIZED (
  SELECT s.subscriber_id, p.product_code, p.line,
         row_number() OVER (PARTITION BY s.subscriber_id ORDER BY uniform(0, 1000000, s.subscriber_id || p.product_code), p.product_code) AS place
  FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code
  JOIN products AS p ON (SELECT l.level FROM tiers AS l WHERE l.tier_code = p.least_tier) <= t.level
  WHERE s.status = 'active'
), ports AS MATERIALIZED (
  SELECT place_id, row_number() OVER (ORDER BY place_id) AS i FROM places WHERE is_port = 1
), chosen AS MATERIALIZED (
  SELECT e.*, day('2026-01-12', '2026-02-01', e.subscriber_id || e.place) AS day
  FROM eligible AS e WHERE e.place <= 2 AND chance(0.62, e.subscriber_id || ':past:' || e.place)
)
SELECT printf('BR-%s-%d', substr(c.subscriber_id, 4), c.place), c.subscriber_id, c.product_code,
       CASE c.line WHEN 'marine' THEN (SELECT place_id FROM ports WHERE i = 1 + zipf(14, c.subscriber_id) % 14)
         ELSE (SELECT p.place_id FROM saved_places AS p WHERE p.subscriber_id = c.subscriber_id ORDER BY p.saved_id LIMIT 1) END,
       c.day, date(c.day, '-' || uniform(3, 9, c.subscriber_id || c.place) || ' days'),
       weighted('{"delivered": 45, "missed": 55}', c.subscriber_id || c.place)
FROM chosen AS c;

INSERT INTO charges (charge_id, subscriber_id, invoice_id, kind, amount_cents, incurred_on, briefing_id)
SELECT 'CH' || substr(b.briefing_id, 3) || '-4', b.subscriber_id, 'INV-2602-' || substr(b.subscriber_id, 4), 'briefing', p.price_cents,
       b.ordered_on, b.briefing_id
FROM briefings AS b JOIN products AS p ON p.product_code = b.product_code;

-- briefings still to come, on products that the subscriber has not ordered this winter
INSERT INTO briefings (briefing_id, subscriber_id, product_code, place_id, day, ordered_on, moves, status)
WITH eligible AS MATERIALIZED (
  SELECT s.subscriber_id, p.product_code, p.line,
         row_number() OVER (PARTITION BY s.subscriber_id ORDER BY uniform(0, 1000000, s.subscriber_id || p.product_code), p.product_code) AS place
  FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code
  JOIN products AS p ON (SELECT l.level FROM tiers AS l WHERE l.tier_code = p.least_tier) <= t.level
  WHERE s.status = 'active'
    AND NOT EXISTS (SELECT 1 FROM briefings AS b WHERE b.subscriber_id = s.subscriber_id AND b.product_code = p.product_code)
), ports AS MATERIALIZED (
  SELECT place_id, row_number() OVER (ORDER BY place_id) AS i FROM places WHERE is_port = 1
), chosen AS MATERIALIZED (
  SELECT *, subscriber_id || ':next:' || place AS k FROM eligible WHERE place <= 2 AND chance(0.48, subscriber_id || ':next:' || place)
)
SELECT printf('BR-%s-%d', substr(subscriber_id, 4), 4 + place), subscriber_id, product_code,
       CASE line WHEN 'marine' THEN (SELECT place_id FROM ports WHERE i = 1 + zipf(14, k) % 14)
         ELSE (SELECT p.place_id FROM saved_places AS p WHERE p.subscriber_id = chosen.subscriber_id ORDER BY p.saved_id LIMIT 1) END,
       CASE WHEN chance(0.26, k || ':soon') THEN day(today(), date(today(), '+1 day'), k)
            ELSE day(date(today(), '+3 days'), date(today(), '+11 days'), k) END,
       day('2026-01-28', '2026-02-08', k), chance(0.4, k || ':moved'), 'booked'
FROM chosen;

INSERT INTO charges (charge_id, subscriber_id, kind, amount_cents, incurred_on, briefing_id)
SELECT 'CH' || substr(b.briefing_id, 3) || '-4', b.subscriber_id, 'briefing', p.price_cents, b.ordered_on, b.briefing_id
FROM briefings AS b JOIN products AS p ON p.product_code = b.product_code WHERE b.status = 'booked';

INSERT INTO desk_days (line, day, places_left)
SELECT l.value, date(today(), '+' || (n - 1) || ' days'),
       CAST(weighted('{"0": 24, "1": 10, "3": 24, "5": 24, "8": 18}', l.value || n) AS INTEGER) * max(1, :subscribers / 360)
FROM json_each('["farm", "marine", "events"]') AS l, series(14);

-- ---- stations ----

INSERT INTO stations (station_id, host_id, name, place_id, installed_on, status)
WITH spots AS MATERIALIZED (
  SELECT place_id, area_code, row_number() OVER (ORDER BY place_id) - 1 AS i, count(*) OVER () AS many FROM places
), hosts AS MATERIALIZED (
  SELECT s.subscriber_id, s.joined_on, k.n AS k, row_number() OVER (ORDER BY s.subscriber_id, k.n) - 1 AS i
  FROM subscribers AS s JOIN series(2) AS k ON chance(CASE k.n WHEN 1 THEN 0.66 ELSE 0.14 END, s.subscriber_id || ':host')
  WHERE s.status = 'active'
), placed AS MATERIALIZED (
  SELECT h.*, CASE WHEN chance(0.25, h.subscriber_id || h.k) THEN zipf(30, h.subscriber_id || h.k) - 1
                   ELSE uniform(0, 63, h.subscriber_id || h.k) END AS spot
  FROM hosts AS h
)
SELECT printf('%s-%04d', sp.area_code, 1000 + permuted(p.i, 9 * :subscribers, 'plaque')), p.subscriber_id,
       json_extract('["Howgill Farm", "Beck Cottage", "Bank Top", "The Old School", "Low Moor", "Chapel House", "Crag End", "Mill Lane",
                      "Thorny Knowe", "Peel Tower"]', '$[' || permuted(p.k - 1, 10, p.subscriber_id) || ']'),
       sp.place_id, day(max(p.joined_on, '2014-01-01'), '2025-12-15', p.subscriber_id || p.k),
       weighted('{"reporting": 90, "silent": 6, "closed": 4}', p.subscriber_id || p.k)
FROM placed AS p JOIN spots AS sp ON sp.i = p.spot ORDER BY p.i;

-- care < 0.42: everything freshly calibrated; < 0.66: something falls due within weeks; else something is overdue
INSERT INTO sensors (sensor_id, station_id, kind, fitted_on, calibrated_on, due_on, certificate, condition, symptom)
WITH kinds AS (
  SELECT key AS i, value AS kind FROM json_each('["thermometer", "rain gauge", "anemometer"]')
), fitted AS MATERIALIZED (
  SELECT s.station_id, s.installed_on, k.i, k.kind, uniform(0.0, 1.0, s.station_id || ':care') AS care,
         uniform(0, 2, s.station_id || ':which') AS which
  FROM stations AS s JOIN kinds AS k ON k.i < 2 OR chance(0.6, s.station_id)
), dated AS MATERIALIZED (
  SELECT *, CASE WHEN care < 0.42 OR (care < 0.66 AND i <> which % 2) THEN day('2026-05-02', '2027-03-31', station_id || i)
                 WHEN care < 0.66 THEN day('2026-02-14', '2026-03-31', station_id || i)
                 WHEN i = which % 2 OR chance(0.4, station_id || i) THEN day('2025-10-10', '2026-02-09', station_id || i)
                 ELSE day('2026-02-20', '2026-11-30', station_id || i) END AS due_on,
            chance(0.19, station_id || i || ':fault') AS faulty
  FROM fitted
)
SELECT printf('SN-%s-%d', replace(station_id, '-', ''), i + 1), station_id, kind,
       min(installed_on, date(due_on, '-24 months')), date(due_on, '-24 months'), due_on,
       CASE WHEN chance(0.7, station_id || i) THEN printf('NPL-%05d', uniform(10000, 99999, station_id || i)) END,
       CASE WHEN faulty THEN 'faulty' ELSE 'working' END,
       CASE WHEN faulty THEN pick('["stuck", "drifting", "silent", "damaged"]', station_id || i) END
FROM dated;

INSERT INTO readings (reading_id, station_id, element, day, value, flag)
WITH elements AS (
  SELECT 'rain gauge' AS kind, 'rainfall' AS element, 'R' AS letter UNION ALL SELECT 'thermometer', 'maximum temperature', 'X'
  UNION ALL SELECT 'anemometer', 'gust', 'G'
), drawn AS MATERIALIZED (
  SELECT s.station_id, e.element, e.letter, d.n AS age, s.station_id || e.letter || d.n AS k
  FROM stations AS st JOIN sensors AS s ON s.station_id = st.station_id JOIN elements AS e ON e.kind = s.kind JOIN series(13) AS d
  WHERE st.status <> 'closed' AND NOT (st.status = 'silent' AND d.n < 4)
)
SELECT printf('RD-%s-%s%s', replace(station_id, '-', ''), letter, strftime('%m%d', date(today(), '-' || age || ' days'))), station_id, element,
       date(today(), '-' || age || ' days'),
       CASE letter
         WHEN 'R' THEN CASE WHEN chance(0.3, k) THEN 0.0 ELSE round(uniform(1.0, 24.0, k) * CASE WHEN chance(0.12, k || ':slip') THEN 2 ELSE 1 END, 1) END
         WHEN 'X' THEN round(uniform(3.0, 11.0, k), 1)
         ELSE uniform(17, 68, k) END,
       weighted('{"good": 74, "suspect": 12, "sealed": 14}', k)
FROM drawn;

INSERT INTO corrections (correction_id, reading_id, station_id, proposed, cause, filed_on, decide_by, status)
WITH wanted AS MATERIALIZED (
  SELECT station_id, CASE WHEN uniform(0.0, 1.0, station_id || ':corrections') < 0.2 THEN 3
                          WHEN uniform(0.0, 1.0, station_id || ':corrections') < 0.5 THEN uniform(1, 2, station_id) ELSE 0 END AS many
  FROM stations WHERE status <> 'closed'
), shuffled AS MATERIALIZED (
  SELECT r.*, w.many, row_number() OVER (PARTITION BY r.station_id ORDER BY uniform(0, 1000000, r.reading_id), r.reading_id) AS place
  FROM readings AS r JOIN wanted AS w ON w.station_id = r.station_id
  WHERE r.flag <> 'sealed' AND r.element IN ('rainfall', 'maximum temperature') AND r.day BETWEEN date(today(), '-9 days') AND date(today(), '-2 days')
)
SELECT 'CR' || substr(reading_id, 3), reading_id, station_id, round(value + uniform(1, 9, reading_id) / 2.0, 1),
       CASE element WHEN 'rainfall' THEN pick('["misread", "typing error", "snow in gauge", "sprinkler"]', reading_id)
                    ELSE pick('["misread", "typing error"]', reading_id) END,
       date(day, '+1 day'), date(day, '+15 days'),
       CASE WHEN place <= many THEN 'open' ELSE pick('["accepted", "rejected"]', reading_id) END
FROM shuffled WHERE place <= many OR (place = many + 1 AND chance(0.5, reading_id));

INSERT INTO spare_models (model_code, kind, stock)
WITH shelf AS (
  SELECT k.key AS i, k.value AS kind, n FROM json_each('["thermometer", "rain gauge", "anemometer"]') AS k, series(3)
)
SELECT json_extract('["TH", "RG", "AN"]', '$[' || i || ']') || '-' || json_extract('["20", "35", "48"]', '$[' || (n - 1) || ']'), kind,
       -- the shelf for one kind is bare; of another the two best stocked models are level
       CASE WHEN permuted(i, 3, 'bare') = 0 THEN 0 WHEN permuted(i, 3, 'bare') = 1 AND n < 3 THEN 8 + uniform(0, 3, 'level')
            ELSE uniform(0, 7, kind || n) END
FROM shelf;

INSERT INTO spares_sent (parcel_id, station_id, sensor_id, model_code, sent_on)
SELECT 'PC-' || substr(s.sensor_id, 4), s.station_id, s.sensor_id,
       (SELECT m.model_code FROM spare_models AS m WHERE m.kind = s.kind ORDER BY m.model_code LIMIT 1),
       CASE WHEN t.installed_on > '2024-01-15' OR chance(0.66, s.station_id) THEN day(max('2025-03-10', t.installed_on), '2026-01-28', s.station_id)
            ELSE day('2024-02-01', '2025-01-31', s.station_id) END
FROM sensors AS s JOIN stations AS t ON t.station_id = s.station_id
WHERE s.kind = 'thermometer' AND t.status <> 'closed' AND t.installed_on < '2025-08-01' AND chance(0.46, s.station_id);

-- ---- technicians and their diary: weekdays, two weeks back to five weeks ahead ----

INSERT INTO technicians (technician_id, name, area_code, drive_km)
WITH patches AS MATERIALIZED (SELECT area_code, row_number() OVER (ORDER BY area_code) - 1 AS i FROM areas)
SELECT printf('TN-%02d', n), faker('first_name', n) || ' ' || faker('last_name', n), (SELECT area_code FROM patches WHERE i = (n - 1) % 9), 4 + permuted(n - 1, 5 * :technicians, 'drive')
FROM series(:technicians);

INSERT INTO visit_slots (slot_id, technician_id, area_code, day, half, status)
WITH diary AS (SELECT date(today(), '+' || (n - 12) || ' days') AS day FROM series(45))
SELECT printf('VS-%s-%s%s', substr(t.technician_id, 4), strftime('%m%d', d.day), upper(substr(h.value, 1, 1))), t.technician_id, t.area_code,
       d.day, h.value, 'open'
FROM technicians AS t, diary AS d, json_each('["morning", "afternoon"]') AS h
WHERE strftime('%w', d.day) BETWEEN '1' AND '5' AND d.day <> today();

INSERT INTO visits (visit_id, station_id, slot_id, purpose, status)
WITH calls AS MATERIALIZED (
  SELECT s.station_id, p.area_code, uniform(0.0, 1.0, s.station_id || ':visit') AS turn
  FROM stations AS s JOIN places AS p ON p.place_id = s.place_id WHERE s.status <> 'closed'
), classed AS MATERIALIZED (
  SELECT *, CASE WHEN turn < 0.2 THEN 'soon' WHEN turn < 0.44 THEN 'later' WHEN turn < 0.66 THEN 'past' END AS class FROM calls
), queued AS MATERIALIZED (
  SELECT station_id, area_code, class, row_number() OVER (PARTITION BY area_code, class ORDER BY station_id) AS place FROM classed WHERE class IS NOT NULL
), offered AS MATERIALIZED (
  SELECT slot_id, area_code, CASE WHEN day < today() THEN 'past' WHEN day <= date(today(), '+2 days') THEN 'soon' ELSE 'later' END AS class
  FROM visit_slots WHERE day < date(today(), '+26 days')
), ordered AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY area_code, class ORDER BY uniform(0, 1000000, slot_id), slot_id) AS place FROM offered
)
SELECT 'VT-' || replace(q.station_id, '-', ''), q.station_id, o.slot_id,
       CASE WHEN EXISTS (SELECT 1 FROM sensors AS n WHERE n.station_id = q.station_id AND n.condition = 'faulty') THEN 'repair'
            WHEN EXISTS (SELECT 1 FROM sensors AS n WHERE n.station_id = q.station_id AND n.due_on < date(today(), '+60 days')) THEN 'calibration'
            ELSE 'survey' END,
       CASE q.class WHEN 'past' THEN 'done' ELSE 'booked' END
FROM queued AS q JOIN ordered AS o ON o.area_code = q.area_code AND o.class = q.class AND o.place = q.place;

INSERT INTO charges (charge_id, subscriber_id, kind, amount_cents, incurred_on)
SELECT 'CH-' || substr(v.visit_id, 4), s.host_id, 'survey', 3500, '2026-01-30'
FROM visits AS v JOIN stations AS s ON s.station_id = v.station_id WHERE v.purpose = 'survey' AND v.status = 'booked';

UPDATE visit_slots SET status = 'taken' WHERE slot_id IN (SELECT slot_id FROM visits);

UPDATE visit_slots SET status = 'leave' WHERE status = 'open' AND chance(iif(day <= date(today(), '+3 days'), 0.1, 0.25), slot_id);

INSERT INTO station_pauses (pause_id, station_id, from_day, until_day)
SELECT 'SQ-' || replace(station_id, '-', ''), station_id, '2025-07-20', day('2025-07-24', '2025-08-15', station_id)
FROM stations WHERE installed_on < '2025-07-01' AND chance(0.2, station_id);
