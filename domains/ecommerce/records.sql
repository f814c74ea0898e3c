-- 31 kinds of things, four makers each. Price levels are coarse, so that prices of rivals meet.
INSERT INTO products (product_id, category_id, brand, kind, name)
WITH kinds(place, kind, category_id, makers) AS (VALUES
  (0, 'kettle', 'KIT', 'home'), (1, 'studio headset', 'AUD', 'tech'), (2, 'duvet', 'BED', 'home'), (3, 'tablet', 'CMP', 'tech'),
  (4, 'table lamp', 'LGT', 'home'), (5, 'earbud set', 'EAR', 'tech'), (6, 'armchair', 'FUR', 'home'), (7, 'frying pan', 'COO', 'home'),
  (8, 'television', 'TVS', 'tech'), (9, 'rug', 'TEX', 'home'), (10, 'robot vacuum', 'SMT', 'tech'), (11, 'toaster', 'KIT', 'home'),
  (12, 'pillow pair', 'BED', 'home'), (13, 'laptop', 'CMP', 'tech'), (14, 'bookcase', 'FUR', 'home'), (15, 'soundbar', 'AUD', 'tech'),
  (16, 'stand mixer', 'KIT', 'home'), (17, 'video doorbell', 'SMT', 'tech'), (18, 'sheet set', 'BED', 'home'),
  (19, 'casserole dish', 'COO', 'home'), (20, 'floor lamp', 'LGT', 'home'), (21, 'monitor', 'CMP', 'tech'),
  (22, 'curtain pair', 'TEX', 'home'), (23, 'air fryer', 'KIT', 'home'), (24, 'wireless speaker', 'AUD', 'tech'),
  (25, 'sideboard', 'FUR', 'home'), (26, 'mattress topper', 'BED', 'home'), (27, 'coffee machine', 'KIT', 'home'),
  (28, 'smart thermostat', 'SMT', 'tech'), (29, 'writing desk', 'FUR', 'home'), (30, 'sports earpiece', 'EAR', 'tech')
), made AS (
  SELECT s.n, k.category_id, k.kind,
         CASE k.makers
           WHEN 'home' THEN json_extract('["Hartwell", "Ostara", "Dunmore", "Wrenfield", "Tamsin", "Skelby", "Moorgate", "Penhallow"]',
                                         '$[' || (((s.n - 1) / 31 * 3 + k.place) % 8) || ']')
           ELSE json_extract('["Kesto", "Velling", "Auvio", "Norrix", "Quilla", "Ferrant", "Lumeo", "Brightec"]',
                             '$[' || (((s.n - 1) / 31 * 3 + k.place) % 8) || ']') END AS brand
  FROM series(:products) AS s JOIN kinds AS k ON k.place = (s.n - 1) % 31
)
SELECT printf('P%04d', 1000 + 13 * n), category_id, brand, kind,
       brand || ' ' || pick('["Alder", "Solstice", "Juno", "Harbour", "Linden", "Meridian", "Clover", "Orbit", "Tarn", "Echo", "Fable",
                              "Summit", "Pebble", "Aster", "Drift", "Ember"]', n) || ' ' || kind
FROM made;

INSERT INTO variants (sku, product_id, colour, size, variant, price_cents, stock, restock_on, clearance)
WITH looks(kind, colours, sizes, base, step) AS (VALUES
  ('kettle', '["cream", "black", "sage", "red"]', '["one size"]', 35, 5),
  ('studio headset', '["black", "silver", "navy"]', '["one size"]', 80, 20),
  ('duvet', '["white", "grey"]', '["single", "double", "king"]', 40, 10),
  ('tablet', '["black", "silver"]', '["128 GB", "256 GB"]', 220, 40),
  ('table lamp', '["brass", "black", "white"]', '["one size"]', 30, 5),
  ('earbud set', '["black", "white", "mint"]', '["one size"]', 50, 15),
  ('armchair', '["olive", "grey", "rust"]', '["one size"]', 260, 60),
  ('frying pan', '["black", "copper"]', '["small", "large"]', 25, 5),
  ('television', '["black", "white"]', '["43 inch", "55 inch", "65 inch"]', 340, 60),
  ('rug', '["ivory", "navy", "rust"]', '["small", "large"]', 60, 20),
  ('robot vacuum', '["black", "white"]', '["one size"]', 190, 40),
  ('toaster', '["cream", "black", "sage"]', '["two slots", "four slots"]', 30, 5),
  ('pillow pair', '["white", "grey"]', '["soft", "firm"]', 25, 5),
  ('laptop', '["silver", "graphite"]', '["256 GB", "512 GB"]', 480, 80),
  ('bookcase', '["oak", "walnut", "white"]', '["low", "tall"]', 130, 30),
  ('soundbar', '["black", "white"]', '["one size"]', 140, 30),
  ('stand mixer', '["cream", "red", "graphite"]', '["one size"]', 180, 40),
  ('video doorbell', '["black", "silver"]', '["one size"]', 70, 20),
  ('sheet set', '["white", "sage", "navy"]', '["single", "double", "king"]', 35, 10),
  ('casserole dish', '["red", "cream", "teal"]', '["small", "large"]', 45, 10),
  ('floor lamp', '["brass", "black", "white"]', '["one size"]', 60, 15),
  ('monitor', '["black", "silver"]', '["24 inch", "27 inch"]', 150, 30),
  ('curtain pair', '["ivory", "grey", "teal"]', '["short", "long"]', 40, 10),
  ('air fryer', '["black", "cream"]', '["compact", "family"]', 70, 15),
  ('wireless speaker', '["black", "navy", "coral"]', '["one size"]', 45, 15),
  ('sideboard', '["oak", "walnut", "white"]', '["one size"]', 240, 50),
  ('mattress topper', '["white"]', '["single", "double", "king"]', 60, 15),
  ('coffee machine', '["black", "cream", "red"]', '["one size"]', 160, 40),
  ('smart thermostat', '["white", "black"]', '["one size"]', 110, 20),
  ('writing desk', '["oak", "walnut", "white"]', '["one size"]', 170, 40),
  ('sports earpiece', '["black", "silver"]', '["one size"]', 90, 30)
), spread AS MATERIALIZED (
  SELECT p.product_id, c.value AS colour, z.value AS size, z.key AS step_up,
         k.base + k.step * uniform(0, 4, p.product_id) AS pounds,
         row_number() OVER (PARTITION BY p.product_id ORDER BY c.key, z.key) AS place
  FROM products AS p JOIN looks AS k ON k.kind = p.kind
  JOIN json_each(k.colours) AS c JOIN json_each(k.sizes) AS z
), shelved AS MATERIALIZED (
  SELECT substr(product_id, 2) || printf('-%02d', place) AS sku, product_id, colour, size, step_up, pounds FROM spread
), counted AS MATERIALIZED (
  SELECT *, CAST(weighted('{"0": 19, "1": 3, "2": 5, "3": 5, "7": 12, "12": 14, "18": 16, "27": 14, "41": 8, "66": 4}', sku) AS INTEGER) AS stock
  FROM shelved
)
SELECT sku, product_id, colour, size, colour || CASE size WHEN 'one size' THEN '' ELSE ', ' || size END,
       (pounds + pounds * step_up * 3 / 10) * 100 - 1, stock,
       CASE WHEN stock = 0 THEN day('2025-10-24', '2025-12-12', sku) END, chance(0.17, sku)
FROM counted;

INSERT INTO rival_offers (sku, shop, price_cents, available, seen_on)
SELECT v.sku, r.value, max(199, (v.price_cents * uniform(78, 112, v.sku || r.value) / 10000) * 100 - 5),
       chance(0.74, v.sku || r.value), day('2025-10-16', '2025-10-20', v.sku || r.value)
FROM variants AS v JOIN json_each('["Brightway", "Castle Row", "Homebarn"]') AS r
WHERE chance(0.7, v.sku || r.value || ':seen');

-- every forty-fifth customer is called like the one before
INSERT INTO customers (customer_id, name, email, mobile, loyalty_number, pin, billing_postcode, membership, joined_on, status,
                       payment_dispute, points)
WITH people AS MATERIALIZED (
  SELECT n, faker('first_name', n - (n % 45 = 0)) AS given, faker('last_name', n - (n % 45 = 0)) AS family,
         day('2016-02-01', '2024-09-30', n || ':joined') AS joined_on
  FROM series(:customers)
)
SELECT printf('LK%05d', 10000 + 7 * n), given || ' ' || family,
       lower(given) || pick('[".", "_", ""]', n) || replace(replace(lower(family), '''', ''), ' ', '') || n
         || pick('["@mail.example", "@example.com", "@example.org", "@postbox.example"]', n || ':host'),
       printf('07%03d %06d', 400 + n % 500, 100000 + permuted(n - 1, 800000, 'mobile')),
       luhn(printf('6337%07d', 1000000 + permuted(n - 1, 8000000, 'loyalty'))), printf('%04d', uniform(1000, 9999, n)),
       '', weighted('{"basic": 72, "plus": 28}', n), joined_on,
       CASE WHEN n % 53 = 20 THEN 'closed' ELSE 'active' END, permuted(n - 1, :customers, 'dispute') * 100 < 24 * :customers,
       CASE WHEN chance(0.15, n) THEN uniform(0, 480, n) ELSE 250 * zipf(40, n) + uniform(0, 1200, n) END
FROM people;

-- home, then for some work, parents, and a place that was noted during the last days
INSERT INTO addresses (address_id, customer_id, label, street, town, postcode, zone, is_default, added_on)
WITH wanted AS MATERIALIZED (
  SELECT c.customer_id, c.joined_on, k.value AS label, k.key AS place, c.customer_id || k.value AS seed
  FROM customers AS c JOIN json_each('["home", "office", "parents", "new flat"]') AS k
  WHERE k.value = 'home' OR (k.value = 'office' AND chance(0.62, c.customer_id || ':office'))
     OR (k.value = 'parents' AND chance(0.5, c.customer_id || ':parents'))
     OR (k.value = 'new flat' AND chance(0.62, c.customer_id || ':flat'))
), placed AS MATERIALIZED (
  SELECT *, pick('["LS", "YO", "BS", "NR", "EX", "CF", "SA", "EH", "NE", "DE", "CB", "BN", "PL", "PR", "GL", "IP", "LS", "BS", "NE", "EH",
                   "IV", "KW", "HS", "ZE"]', seed) AS postcode_area
  FROM wanted
)
SELECT printf('AD-%06d', 400000 + 4 * CAST(substr(p.customer_id, 3) AS INTEGER) + p.place), p.customer_id, p.label,
       uniform(1, 148, p.seed || 'no') || ' ' || faker('street_name', p.seed), a.town,
       p.postcode_area || uniform(1, 29, p.seed) || ' ' || uniform(1, 9, p.seed || 'in')
         || pick('["AA", "BD", "DF", "EH", "GJ", "HN", "JL", "LQ", "NP", "PR", "QT", "RW", "TX", "UY", "WZ", "XE"]', p.seed),
       a.zone, p.place = 0,
       CASE p.label WHEN 'home' THEN p.joined_on WHEN 'new flat' THEN day('2025-10-19', '2025-10-21', p.seed)
         ELSE day(p.joined_on, '2025-03-31', p.seed) END
FROM placed AS p JOIN delivery_areas AS a ON a.postcode_area = p.postcode_area;

UPDATE customers SET billing_postcode =
  (SELECT postcode FROM addresses AS a WHERE a.customer_id = customers.customer_id AND a.is_default = 1);

INSERT INTO payment_cards (method_id, customer_id, brand, last_four, expires_on, is_default)
WITH slots AS MATERIALIZED (
  SELECT c.customer_id, s.n AS place, (CAST(substr(c.customer_id, 3) AS INTEGER) - 10000) / 7 AS person
  FROM customers AS c JOIN series(2) AS s WHERE s.n = 1 OR chance(0.55, c.customer_id)
)
SELECT printf('PM-%05d', 20000 + 2 * person + place), customer_id,
       pick('["Visa", "Visa", "Mastercard", "Mastercard", "Amex"]', customer_id || place),
       printf('%04d', 1000 + (permuted(person, 4 * :customers + 4, 'card') * 2 + place) % 9000),
       date(day('2025-11-15', '2029-09-30', customer_id || place), 'start of month', '+1 month', '-1 day'), place = 1
FROM slots;

-- Orders come in eight sorts: 1 delivered lately, 2 on the way or waiting, 3 long ago, 4 delivered late, 5 overdue,
-- 6 cancelled, 7 another one waiting, 8 years ago, sent to the first address. The number of an order tells customer and sort apart, scrambled.
INSERT INTO orders (order_id, customer_id, placed_at, state, address_id, method_id, service, promised_on)
WITH slots AS MATERIALIZED (
  SELECT c.customer_id, s.n AS sort, (CAST(substr(c.customer_id, 3) AS INTEGER) - 10000) / 7 AS person,
         c.customer_id || ':' || s.n AS seed, date(c.joined_on, '+10 days') AS earliest
  FROM customers AS c JOIN series(8) AS s
  WHERE (c.status = 'active' OR s.n = 3) AND CASE s.n WHEN 1 THEN chance(0.84, c.customer_id || '1') WHEN 2 THEN chance(0.78, c.customer_id || '2')
          WHEN 3 THEN chance(0.7, c.customer_id || '3') OR c.status = 'closed' OR NOT chance(0.84, c.customer_id || '1')
          WHEN 4 THEN chance(0.5, c.customer_id || '4') WHEN 5 THEN chance(0.55, c.customer_id || '5')
          WHEN 6 THEN chance(0.15, c.customer_id || '6') WHEN 7 THEN chance(0.4, c.customer_id || '7')
          ELSE c.joined_on < '2022-06-01' AND chance(0.6, c.customer_id || '8') END
), dated AS MATERIALIZED (
  SELECT *, CASE sort WHEN 1 THEN day('2025-10-09', '2025-10-20', seed) WHEN 2 THEN day('2025-10-22', '2025-10-26', seed)
              WHEN 3 THEN day(day('2024-12-20', '2025-07-30', seed), '2025-09-26', seed) WHEN 4 THEN day('2025-09-28', '2025-10-11', seed)
              WHEN 5 THEN day('2025-10-04', '2025-10-20', seed) WHEN 6 THEN day('2025-07-15', '2025-10-15', seed)
              WHEN 7 THEN day('2025-10-23', '2025-10-27', seed) ELSE day(max(earliest, '2020-03-02'), '2023-06-30', seed) END AS promised_on
  FROM slots
)
SELECT printf('OR-%07d', 1000003 + (person * 10 + sort) * 48271 % 8999993), customer_id,
       CASE WHEN sort IN (2, 7) THEN moment('2025-10-18', '2025-10-20', seed)
            ELSE moment(date(promised_on, '-5 days'), date(promised_on, '-4 days'), seed) END,
       CASE sort WHEN 2 THEN weighted('{"placed": 38, "packing": 22, "part shipped": 34, "shipped": 6}', seed)
            WHEN 5 THEN 'shipped' WHEN 6 THEN 'cancelled' WHEN 7 THEN weighted('{"placed": 60, "packing": 40}', seed)
            ELSE 'delivered' END,
       (SELECT a.address_id FROM addresses AS a WHERE a.customer_id = dated.customer_id AND a.label <> 'new flat'
        ORDER BY CASE WHEN sort = 8 OR chance(0.8, seed) THEN a.is_default ELSE 0 END DESC, a.address_id LIMIT 1),
       (SELECT m.method_id FROM payment_cards AS m WHERE m.customer_id = dated.customer_id ORDER BY m.method_id LIMIT 1),
       weighted('{"standard": 78, "express": 22}', seed), promised_on
FROM dated;

-- a customer never buys the same product twice
INSERT INTO order_items (item_id, order_id, line, sku, quantity, unit_price_cents, state)
WITH wanted AS MATERIALIZED (
  SELECT o.order_id, o.customer_id, o.state, o.placed_at, o.order_id || ':' || s.n AS seed,
         CASE WHEN chance(0.35, o.order_id || s.n) THEN zipf(:products, o.order_id || s.n)
              ELSE uniform(1, :products, o.order_id || s.n) END AS product
  FROM orders AS o JOIN series(4) AS s ON s.n <= CAST(weighted('{"1": 34, "2": 34, "3": 20, "4": 12}', o.order_id) AS INTEGER) OR (o.state = 'part shipped' AND s.n <= 3)
), once AS MATERIALIZED (
  SELECT *, printf('P%04d', 1000 + 13 * product) AS product_id,
         row_number() OVER (PARTITION BY customer_id, product ORDER BY placed_at DESC, seed) AS time
  FROM wanted
), chosen AS MATERIALIZED (
  SELECT *, (SELECT v.sku FROM variants AS v WHERE v.product_id = once.product_id
          ORDER BY uniform(0, 999999, seed || v.sku), v.sku LIMIT 1) AS sku,
         row_number() OVER (PARTITION BY order_id ORDER BY seed) AS line
  FROM once WHERE time = 1
)
SELECT c.order_id || '/' || c.line, c.order_id, c.line, c.sku, CAST(weighted('{"1": 78, "2": 17, "3": 4, "4": 1}', c.seed) AS INTEGER),
       CASE WHEN c.placed_at > '2025-09-20' THEN v.price_cents
            ELSE v.price_cents * pick('[92, 95, 100, 100, 100, 104]', c.seed) / 100 END,
       'waiting'
FROM chosen AS c JOIN variants AS v ON v.sku = c.sku;

DELETE FROM orders WHERE NOT EXISTS (SELECT 1 FROM order_items AS i WHERE i.order_id = orders.order_id);

UPDATE orders SET state = 'shipped'
WHERE state = 'part shipped' AND (SELECT count(*) FROM order_items AS i WHERE i.order_id = orders.order_id) < 3;

UPDATE orders SET service = 'two-person'
WHERE EXISTS (SELECT 1 FROM order_items AS i JOIN variants AS v ON v.sku = i.sku JOIN products AS p ON p.product_id = v.product_id
              WHERE i.order_id = orders.order_id AND p.category_id = 'FUR');

-- one parcel an order; of what was delivered in threes and more, a second one now and then
INSERT INTO parcels (tracking_number, order_id, carrier, shipped_on, expected_on, last_scan, last_scan_on, delivered_on)
WITH sent AS MATERIALIZED (
  SELECT o.*, s.n AS part, CAST(substr(o.order_id, 4) AS INTEGER) * 10 + s.n AS number
  FROM orders AS o JOIN series(2) AS s
  WHERE o.state IN ('part shipped', 'shipped', 'delivered')
    AND (s.n = 1 OR (o.state = 'delivered' AND chance(0.4, o.order_id)
                     AND EXISTS (SELECT 1 FROM order_items AS i WHERE i.order_id = o.order_id AND i.line = 3)))
), scanned AS MATERIALIZED (
  SELECT *, CASE WHEN promised_on > today() THEN '2025-10-20' ELSE date(promised_on, '-3 days') END AS shipped_on,
         CASE WHEN state <> 'delivered' THEN NULL
              WHEN promised_on BETWEEN '2025-09-28' AND '2025-10-11' AND (chance(0.74, order_id) OR promised_on < '2025-10-09')
                THEN date(promised_on, '+' || uniform(1, 9, order_id) || ' days')
              ELSE date(promised_on, '-' || uniform(0, 1, order_id || part) || ' days') END AS delivered_on
  FROM sent
)
SELECT printf('LM%09dGB', 100000000 + number * 48271 % 899999963), order_id,
       CASE WHEN service = 'two-person' THEN 'Twohands' ELSE pick('["Parcelway", "Parcelway", "Norda Post", "Swiftline"]', order_id) END,
       shipped_on, promised_on,
       CASE WHEN delivered_on IS NOT NULL THEN 'delivered'
            WHEN promised_on > today() THEN 'left the warehouse'
            ELSE pick('["arrived at the depot", "left the warehouse", "with the driver"]', order_id) END,
       CASE WHEN delivered_on IS NOT NULL THEN delivered_on WHEN promised_on > today() THEN shipped_on
            ELSE date(promised_on, '-1 day') END,
       delivered_on
FROM scanned;

UPDATE order_items SET
  state = (SELECT CASE o.state WHEN 'placed' THEN 'waiting'
                  WHEN 'part shipped' THEN CASE WHEN order_items.line = 1 THEN 'shipped' ELSE 'waiting' END ELSE o.state END
           FROM orders AS o WHERE o.order_id = order_items.order_id),
  tracking_number = (
    SELECT x.tracking_number FROM parcels AS x JOIN orders AS o ON o.order_id = x.order_id
    WHERE x.order_id = order_items.order_id AND (o.state <> 'part shipped' OR order_items.line = 1)
    ORDER BY (order_items.line >= 3) = (x.tracking_number = (
        SELECT printf('LM%09dGB', 100000000 + (CAST(substr(o.order_id, 4) AS INTEGER) * 10 + 2) * 48271 % 899999963))) DESC,
      x.tracking_number LIMIT 1);

-- a quarter of the orders came with a code, each code once a customer
UPDATE orders SET goods_cents = g.goods, discount_cents = g.discount, delivery_cents = g.delivery,
                  total_cents = g.goods - g.discount + g.delivery
FROM (
  SELECT order_id, goods, discount,
         CASE WHEN service = 'standard' AND (membership = 'plus' OR goods - discount >= 5000) THEN 0 ELSE fee_cents END AS delivery
  FROM (
    SELECT *, CASE WHEN code IS NULL OR row_number() OVER (PARTITION BY customer_id, code ORDER BY placed_at, order_id) > 1 THEN 0
                   WHEN code = 'NEWSLETTER5' THEN 500 WHEN code = 'SUMMER20' THEN (goods * 20 + 50) / 100
                   ELSE (goods * 10 + 50) / 100 END AS discount
    FROM (
      SELECT o.order_id, o.customer_id, o.placed_at, o.service, c.membership, t.goods, r.fee_cents,
             CASE WHEN t.goods < 4000 OR o.placed_at < '2024-12-01' OR NOT chance(0.3, o.order_id) THEN NULL
                  WHEN date(o.placed_at) BETWEEN '2025-06-15' AND '2025-08-31' THEN 'SUMMER20'
                  WHEN date(o.placed_at) <= '2025-06-14' THEN 'SPRING10'
                  WHEN date(o.placed_at) >= '2025-09-10' THEN iif(chance(0.4, o.order_id || ':five'), 'NEWSLETTER5', 'AUTUMN10')
             END AS code
      FROM orders AS o
      JOIN (SELECT order_id, sum(quantity * unit_price_cents) AS goods FROM order_items GROUP BY order_id) AS t ON t.order_id = o.order_id
      JOIN customers AS c ON c.customer_id = o.customer_id
      JOIN addresses AS a ON a.address_id = o.address_id
      JOIN delivery_rates AS r ON r.service = o.service AND r.zone = a.zone
    )
  )
) AS g WHERE g.order_id = orders.order_id;

INSERT INTO coupon_uses (code, order_id, customer_id)
SELECT CASE WHEN discount_cents = 500 THEN 'NEWSLETTER5' WHEN date(placed_at) <= '2025-06-14' THEN 'SPRING10'
            WHEN date(placed_at) <= '2025-08-31' THEN 'SUMMER20' ELSE 'AUTUMN10' END, order_id, customer_id
FROM orders WHERE discount_cents > 0;

INSERT INTO refunds (refund_id, order_id, amount_cents, made_at)
SELECT 'RF-' || substr(order_id, 4), order_id, total_cents, datetime(placed_at, '+' || uniform(40, 600, order_id) || ' minutes')
FROM orders WHERE state = 'cancelled';

INSERT INTO returns (return_id, item_id, kind, quantity, reason, condition, new_sku, fee_cents, refund_cents, refund_to,
                     opened_on, send_by, state)
WITH back AS MATERIALIZED (
  SELECT u.*, date(u.delivered_on, '+' || uniform(1, 9, u.item_id) || ' days') AS asked_on
  FROM purchases AS u WHERE u.item_state = 'delivered' AND chance(0.3, u.item_id)
), sorted AS MATERIALIZED (
  SELECT b.*, weighted('{"changed mind": 6, "faulty": 3, "wrong item": 1}', item_id) AS reason,
         weighted('{"card": 2, "store credit": 1}', item_id || ':to') AS refund_to,
         (SELECT v.sku FROM variants AS v WHERE v.product_id = b.product_id AND v.sku <> b.sku AND chance(0.3, b.item_id || v.sku)
          ORDER BY v.sku LIMIT 1) AS new_sku
  FROM back AS b WHERE asked_on <= today()
)
SELECT 'RT-' || substr(order_id, 4) || line, item_id, CASE WHEN new_sku IS NULL THEN 'refund' ELSE 'exchange' END, 1,
       CASE WHEN new_sku IS NULL THEN reason ELSE 'other variant' END, 'unopened', new_sku, 0,
       CASE WHEN new_sku IS NULL THEN paid_unit_cents
            ELSE unit_price_cents - (SELECT v.price_cents FROM variants AS v WHERE v.sku = new_sku) END,
       refund_to, asked_on, date(asked_on, '+14 days'),
       CASE WHEN asked_on >= date(today(), '-12 days') THEN weighted('{"awaiting parcel": 8, "received": 2}', item_id)
            ELSE weighted('{"completed": 9, "cancelled": 1}', item_id) END
FROM sorted;

INSERT INTO price_matches (match_id, item_id, shop, shop_price_cents, credit_cents, matched_on)
SELECT 'MT-' || substr(u.order_id, 4) || u.line, u.item_id, r.shop, r.price_cents, (u.unit_price_cents - r.price_cents) * u.quantity,
       date(u.placed_at, '+1 day')
FROM purchases AS u JOIN rival_offers AS r ON r.sku = u.sku
WHERE u.order_state = 'delivered' AND u.discount_cents = 0 AND r.price_cents < u.unit_price_cents AND chance(0.05, u.item_id)
  AND r.shop = (SELECT min(q.shop) FROM rival_offers AS q WHERE q.sku = u.sku AND q.price_cents < u.unit_price_cents);

INSERT INTO claims (claim_id, tracking_number, remedy, opened_on, answer_by, state)
SELECT 'CM-' || substr(tracking_number, 3, 9), tracking_number, pick('["refund", "resend"]', tracking_number),
       date(expected_on, '+8 days'), date(expected_on, '+13 days'), 'open'
FROM parcels WHERE delivered_on IS NULL AND expected_on <= '2025-10-13' AND chance(0.12, tracking_number);

INSERT INTO reviews (review_id, product_id, customer_id, stars, title, posted_on, state)
SELECT 'RV-' || substr(order_id, 4) || line, product_id, customer_id,
       CAST(weighted('{"1": 7, "2": 8, "3": 15, "4": 34, "5": 36}', item_id) AS INTEGER),
       pick('["Does what it should", "Very happy", "Looks lovely", "Could be better", "Good value", "Not for me"]', item_id),
       date(delivered_on, '+' || uniform(0, 1, item_id) || ' days'), CASE WHEN chance(0.06, item_id) THEN 'withdrawn' ELSE 'published' END
FROM purchases WHERE item_state = 'delivered' AND chance(0.33, item_id) AND delivered_on < '2025-10-20';

UPDATE products SET
  rating_sum = (SELECT coalesce(sum(stars), 0) FROM reviews AS r WHERE r.product_id = products.product_id AND r.state = 'published'),
  rating_count = (SELECT count(*) FROM reviews AS r WHERE r.product_id = products.product_id AND r.state = 'published');

-- gift cards come from other customers; a quarter of them have run out of time
INSERT INTO gift_cards (gift_card_id, card_number, security_code, bought_by, recipient_email, value_cents, balance_cents,
                        bought_on, expires_on)
WITH given AS MATERIALIZED (
  SELECT c.customer_id, c.email, c.customer_id || ':' || s.n AS seed, s.n AS place,
         (CAST(substr(c.customer_id, 3) AS INTEGER) - 10000) / 7 AS person
  FROM customers AS c JOIN series(2) AS s WHERE c.status = 'active' AND chance(CASE s.n WHEN 1 THEN 0.72 ELSE 0.45 END, c.customer_id || s.n)
), bought AS MATERIALIZED (
  SELECT *, 2 * person + place AS number, pick('[1000, 2000, 2500, 2500, 5000, 5000, 7500, 10000]', seed) AS value_cents,
         CASE WHEN chance(0.3, seed) THEN day('2023-04-01', '2023-09-25', seed)
              WHEN chance(0.3, seed || ':new') THEN day('2025-09-25', '2025-10-20', seed)
              ELSE day('2023-11-01', '2025-09-20', seed) END AS bought_on
  FROM given
)
SELECT printf('GC-%05d', 30000 + number), luhn(printf('600947%09d', 100000000 + permuted(number, 3 * :customers + 3, 'gift') * 211)),
       printf('%04d', uniform(1000, 9999, seed)),
       printf('LK%05d', 10000 + 7 * (1 + (person + uniform(0, :customers - 2, seed)) % :customers)),
       email, value_cents,
       CASE WHEN chance(0.18, seed || ':spent') THEN 0 WHEN chance(0.3, seed || ':part') THEN value_cents * uniform(10, 90, seed) / 100
            ELSE value_cents END,
       bought_on, date(bought_on, '+24 months')
FROM bought;

-- some customers have bought several gift cards during the last weeks
INSERT INTO gift_cards (gift_card_id, card_number, security_code, bought_by, recipient_email, value_cents, balance_cents,
                        bought_on, expires_on)
WITH many AS MATERIALIZED (
  SELECT c.customer_id, s.n AS place, (CAST(substr(c.customer_id, 3) AS INTEGER) - 10000) / 7 * 3 + s.n AS number,
         pick('[5000, 7500, 10000]', c.customer_id || s.n) AS value_cents,
         day('2025-09-26', '2025-10-20', c.customer_id || s.n) AS bought_on
  FROM customers AS c JOIN series(3) AS s
  WHERE c.status = 'active' AND chance(0.4, c.customer_id) AND s.n <= uniform(1, 3, c.customer_id)
)
SELECT printf('GC-%05d', 60000 + number), luhn(printf('600948%09d', 100000000 + number * 317)),
       printf('%04d', uniform(1000, 9999, number)), customer_id,
       lower(faker('first_name', number)) || number || '@family.example', value_cents, value_cents, bought_on,
       date(bought_on, '+24 months')
FROM many;

-- a personal code for those who had trouble
INSERT INTO coupons (code, percent, off_cents, category_id, minimum_cents, starts_on, ends_on, customer_id)
SELECT printf('SORRY%05d', 20000 + permuted((CAST(substr(customer_id, 3) AS INTEGER) - 10000) / 7, 9 * :customers, 'sorry')), NULL,
       pick('[500, 750, 1000, 1500]', customer_id), NULL, 0, '2025-08-01', day('2025-10-28', '2026-01-31', customer_id), customer_id
FROM customers WHERE chance(0.45, customer_id);

INSERT OR IGNORE INTO basket_lines (customer_id, sku, quantity, touched_at)
WITH wanted AS MATERIALIZED (
  SELECT c.customer_id, c.customer_id || ':' || s.n AS seed, printf('P%04d', 1000 + 13 * uniform(1, :products, c.customer_id || s.n)) AS product_id
  FROM customers AS c JOIN series(4) AS s
  WHERE c.status = 'active' AND chance(0.76, c.customer_id) AND s.n <= CAST(weighted('{"1": 22, "2": 36, "3": 26, "4": 16}', c.customer_id) AS INTEGER)
), once AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY customer_id, product_id ORDER BY seed) AS time,
         chance(0.22, customer_id || ':sold out') AS sold_out
  FROM wanted
)
SELECT customer_id,
       (SELECT v.sku FROM variants AS v WHERE v.product_id = once.product_id
        ORDER BY CASE WHEN sold_out THEN v.stock = 0 ELSE v.stock >= 7 END DESC, v.sku LIMIT 1),
       CAST(weighted('{"1": 70, "2": 20, "3": 8, "4": 2}', seed) AS INTEGER), moment('2025-10-14', '2025-10-20', seed)
FROM once WHERE time = 1;

INSERT INTO basket_coupons (customer_id, code, applied_at)
SELECT b.customer_id, CASE WHEN chance(0.7, b.customer_id) THEN 'FIRESIDE7' ELSE 'EIGHTLESS' END,
       moment('2025-10-16', '2025-10-20', b.customer_id)
FROM basket_totals AS b WHERE b.goods_cents >= 6000 AND chance(0.36, b.customer_id || ':has');

INSERT INTO stock_alerts (customer_id, sku, set_on)
SELECT c.customer_id, v.sku, day('2025-10-01', '2025-10-20', c.customer_id || v.sku)
FROM customers AS c JOIN variants AS v ON v.stock = 0 AND chance(0.004, c.customer_id || v.sku);

-- store credit: old refunds and gift cards, goodwill for late orders, price matches
INSERT INTO credit_entries (entry_id, customer_id, kind, reference, amount_cents, made_at)
SELECT 'CE-' || substr(c.customer_id, 3) || s.n, c.customer_id,
       CASE WHEN chance(0.5, c.customer_id || s.n) THEN 'refund' ELSE 'gift card' END, 'carried over', 50 * uniform(10, 260, c.customer_id || s.n),
       moment(c.joined_on, '2025-09-15', c.customer_id || s.n)
FROM customers AS c JOIN series(3) AS s WHERE s.n <= uniform(0, 3, c.customer_id);

INSERT INTO credit_entries (entry_id, customer_id, kind, reference, amount_cents, made_at)
SELECT 'CE-' || substr(o.order_id, 4), o.customer_id, 'goodwill', o.order_id, min(2500, (o.goods_cents + 5) / 10),
       date(max(x.delivered_on), '+1 day') || ' 10:15:00'
FROM orders AS o JOIN parcels AS x ON x.order_id = o.order_id
WHERE x.delivered_on >= date(o.promised_on, '+3 days') AND chance(0.36, o.order_id)
GROUP BY o.order_id HAVING max(x.delivered_on) < '2025-10-20';

INSERT INTO credit_entries (entry_id, customer_id, kind, reference, amount_cents, made_at)
SELECT 'CE-P' || substr(m.match_id, 4), o.customer_id, 'price match', m.item_id, m.credit_cents, m.matched_on || ' 12:00:00'
FROM price_matches AS m JOIN order_items AS i ON i.item_id = m.item_id JOIN orders AS o ON o.order_id = i.order_id;

UPDATE customers SET store_credit_cents =
  (SELECT coalesce(sum(e.amount_cents), 0) FROM credit_entries AS e WHERE e.customer_id = customers.customer_id);
