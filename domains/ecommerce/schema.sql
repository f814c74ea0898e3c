-- The catalogue.

CREATE TABLE categories (
  category_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  return_days INTEGER NOT NULL CHECK (return_days BETWEEN 7 AND 120),
  restocking_percent INTEGER NOT NULL CHECK (restocking_percent BETWEEN 0 AND 30),
  hygiene INTEGER NOT NULL CHECK (hygiene IN (0, 1)),
  bulky INTEGER NOT NULL CHECK (bulky IN (0, 1)),
  warranty_months INTEGER NOT NULL CHECK (warranty_months > 0)
) STRICT;

CREATE TABLE products (
  product_id TEXT PRIMARY KEY,
  category_id TEXT NOT NULL REFERENCES categories (category_id),
  brand TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  rating_sum INTEGER NOT NULL DEFAULT 0,
  rating_count INTEGER NOT NULL DEFAULT 0 CHECK (rating_count >= 0)
) STRICT;
CREATE INDEX products_by_kind ON products (kind);

-- what is put into a box: one colour and size of a product
CREATE TABLE variants (
  sku TEXT PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products (product_id),
  colour TEXT NOT NULL,
  size TEXT NOT NULL,
  variant TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  stock INTEGER NOT NULL CHECK (stock >= 0),
  restock_on TEXT,
  clearance INTEGER NOT NULL CHECK (clearance IN (0, 1)),
  UNIQUE (product_id, variant)
) STRICT;

-- what other shops ask, as the price scouts last saw it
CREATE TABLE rival_offers (
  sku TEXT NOT NULL REFERENCES variants (sku),
  shop TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  available INTEGER NOT NULL CHECK (available IN (0, 1)),
  seen_on TEXT NOT NULL,
  PRIMARY KEY (sku, shop)
) STRICT, WITHOUT ROWID;

-- Delivery.

CREATE TABLE delivery_areas (
  postcode_area TEXT PRIMARY KEY,
  town TEXT NOT NULL,
  zone TEXT NOT NULL CHECK (zone IN ('mainland', 'highlands', 'offshore'))
) STRICT;

CREATE TABLE delivery_rates (
  service TEXT NOT NULL CHECK (service IN ('standard', 'nominated day', 'express', 'two-person')),
  zone TEXT NOT NULL CHECK (zone IN ('mainland', 'highlands', 'offshore')),
  fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0),
  days INTEGER NOT NULL CHECK (days > 0),
  PRIMARY KEY (service, zone)
) STRICT, WITHOUT ROWID;

-- People.

CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY,
  loyalty_number TEXT NOT NULL UNIQUE,
  mobile TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  pin TEXT NOT NULL,
  billing_postcode TEXT NOT NULL,
  membership TEXT NOT NULL CHECK (membership IN ('basic', 'plus')),
  joined_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
  payment_dispute INTEGER NOT NULL DEFAULT 0 CHECK (payment_dispute IN (0, 1)),
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  store_credit_cents INTEGER NOT NULL DEFAULT 0 CHECK (store_credit_cents >= 0)
) STRICT;
CREATE INDEX customers_by_name ON customers (name COLLATE NOCASE, billing_postcode);

CREATE TABLE addresses (
  address_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  label TEXT NOT NULL,
  street TEXT NOT NULL,
  town TEXT NOT NULL,
  postcode TEXT NOT NULL,
  zone TEXT NOT NULL CHECK (zone IN ('mainland', 'highlands', 'offshore')),
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  added_on TEXT NOT NULL,
  UNIQUE (customer_id, label)
) STRICT;

CREATE TABLE payment_cards (
  method_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  brand TEXT NOT NULL CHECK (brand IN ('Visa', 'Mastercard', 'Amex')),
  last_four TEXT NOT NULL CHECK (length(last_four) = 4),
  expires_on TEXT NOT NULL,
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  UNIQUE (customer_id, last_four)
) STRICT;

CREATE TABLE credit_entries (
  entry_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  kind TEXT NOT NULL CHECK (kind IN ('refund', 'gift card', 'goodwill', 'price match', 'points', 'order')),
  reference TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0),
  made_at TEXT NOT NULL
) STRICT;
CREATE INDEX credit_of_customer ON credit_entries (customer_id);
CREATE INDEX credit_by_reference ON credit_entries (reference, kind);

CREATE TABLE gift_cards (
  gift_card_id TEXT PRIMARY KEY,
  card_number TEXT UNIQUE,
  security_code TEXT,
  bought_by TEXT NOT NULL REFERENCES customers (customer_id),
  recipient_email TEXT NOT NULL,
  value_cents INTEGER NOT NULL CHECK (value_cents > 0),
  balance_cents INTEGER NOT NULL CHECK (balance_cents BETWEEN 0 AND value_cents),
  bought_on TEXT NOT NULL,
  expires_on TEXT NOT NULL CHECK (expires_on > bought_on),
  message TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX gift_cards_bought ON gift_cards (bought_by, bought_on);
CREATE INDEX gift_cards_received ON gift_cards (recipient_email);

-- Coupons: a percentage or an amount; those with an owner are personal.
CREATE TABLE coupons (
  code TEXT PRIMARY KEY,
  percent INTEGER CHECK (percent BETWEEN 1 AND 50),
  off_cents INTEGER CHECK (off_cents > 0),
  category_id TEXT REFERENCES categories (category_id),
  minimum_cents INTEGER NOT NULL CHECK (minimum_cents >= 0),
  starts_on TEXT NOT NULL,
  ends_on TEXT NOT NULL CHECK (ends_on >= starts_on),
  customer_id TEXT REFERENCES customers (customer_id),
  CHECK ((percent IS NULL) <> (off_cents IS NULL))
) STRICT;
CREATE INDEX coupons_of_customer ON coupons (customer_id);

-- Baskets.

CREATE TABLE basket_lines (
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  sku TEXT NOT NULL REFERENCES variants (sku),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  touched_at TEXT NOT NULL,
  PRIMARY KEY (customer_id, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE basket_coupons (
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  code TEXT NOT NULL REFERENCES coupons (code),
  applied_at TEXT NOT NULL,
  PRIMARY KEY (customer_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_alerts (
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  sku TEXT NOT NULL REFERENCES variants (sku),
  set_on TEXT NOT NULL,
  PRIMARY KEY (customer_id, sku)
) STRICT, WITHOUT ROWID;

-- Orders.

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  placed_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('placed', 'packing', 'part shipped', 'shipped', 'delivered', 'cancelled')),
  address_id TEXT NOT NULL REFERENCES addresses (address_id),
  method_id TEXT NOT NULL REFERENCES payment_cards (method_id),
  service TEXT NOT NULL,
  promised_on TEXT NOT NULL,
  redirected_on TEXT,
  goods_cents INTEGER NOT NULL DEFAULT 0,
  discount_cents INTEGER NOT NULL DEFAULT 0 CHECK (discount_cents BETWEEN 0 AND goods_cents),
  delivery_cents INTEGER NOT NULL DEFAULT 0 CHECK (delivery_cents >= 0),
  total_cents INTEGER NOT NULL DEFAULT 0,
  credit_cents INTEGER NOT NULL DEFAULT 0 CHECK (credit_cents BETWEEN 0 AND total_cents),
  CHECK (total_cents = goods_cents - discount_cents + delivery_cents)
) STRICT;
CREATE INDEX orders_of_customer ON orders (customer_id, placed_at);

CREATE TABLE parcels (
  tracking_number TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  carrier TEXT NOT NULL,
  shipped_on TEXT NOT NULL,
  expected_on TEXT NOT NULL,
  last_scan TEXT NOT NULL,
  last_scan_on TEXT NOT NULL,
  delivered_on TEXT,
  CHECK (shipped_on <= last_scan_on)
) STRICT;
CREATE INDEX parcels_of_order ON parcels (order_id);

CREATE TABLE order_items (
  item_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  line INTEGER NOT NULL CHECK (line > 0),
  sku TEXT NOT NULL REFERENCES variants (sku),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents > 0),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'packing', 'shipped', 'delivered', 'cancelled')),
  tracking_number TEXT REFERENCES parcels (tracking_number),
  UNIQUE (order_id, line)
) STRICT;
CREATE INDEX items_of_parcel ON order_items (tracking_number);

CREATE TABLE coupon_uses (
  code TEXT NOT NULL REFERENCES coupons (code),
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  PRIMARY KEY (code, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_uses_of_customer ON coupon_uses (customer_id, code);

-- money that went back to the card because something was cancelled
CREATE TABLE refunds (
  refund_id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  item_id TEXT REFERENCES order_items (item_id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
  made_at TEXT NOT NULL
) STRICT;
CREATE INDEX refunds_of_order ON refunds (order_id);

CREATE TABLE returns (
  return_id TEXT PRIMARY KEY,
  item_id TEXT NOT NULL REFERENCES order_items (item_id),
  kind TEXT NOT NULL CHECK (kind IN ('refund', 'exchange')),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  reason TEXT NOT NULL CHECK (reason IN ('changed mind', 'faulty', 'wrong item', 'other variant')),
  condition TEXT NOT NULL CHECK (condition IN ('unopened', 'opened')),
  new_sku TEXT REFERENCES variants (sku),
  fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0),
  refund_cents INTEGER NOT NULL,
  refund_to TEXT NOT NULL CHECK (refund_to IN ('card', 'store credit')),
  opened_on TEXT NOT NULL,
  send_by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('awaiting parcel', 'received', 'completed', 'cancelled')),
  CHECK ((kind = 'exchange') = (new_sku IS NOT NULL))
) STRICT;
CREATE INDEX returns_of_item ON returns (item_id);

CREATE TABLE price_matches (
  match_id TEXT PRIMARY KEY,
  item_id TEXT NOT NULL UNIQUE REFERENCES order_items (item_id),
  shop TEXT NOT NULL,
  shop_price_cents INTEGER NOT NULL CHECK (shop_price_cents > 0),
  credit_cents INTEGER NOT NULL CHECK (credit_cents > 0),
  matched_on TEXT NOT NULL
) STRICT;

CREATE TABLE claims (
  claim_id TEXT PRIMARY KEY,
  tracking_number TEXT NOT NULL UNIQUE REFERENCES parcels (tracking_number),
  remedy TEXT NOT NULL CHECK (remedy IN ('refund', 'resend')),
  opened_on TEXT NOT NULL,
  answer_by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'settled'))
) STRICT;

CREATE TABLE reviews (
  review_id TEXT PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products (product_id),
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  title TEXT NOT NULL DEFAULT '',
  posted_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('published', 'withdrawn'))
) STRICT;
CREATE INDEX reviews_of_product ON reviews (product_id, posted_on);
CREATE INDEX reviews_by_customer ON reviews (customer_id, product_id);

-- What follows is derived.

CREATE VIEW coupon_values AS
SELECT customer_id, code, eligible_cents,
       CASE WHEN percent IS NOT NULL THEN (eligible_cents * percent + 50) / 100
            ELSE min(off_cents, eligible_cents) END AS saving_cents
FROM (
  SELECT c.customer_id, k.code, k.percent, k.off_cents,
         (SELECT coalesce(sum(l.quantity * v.price_cents), 0)
          FROM basket_lines AS l JOIN variants AS v ON v.sku = l.sku JOIN products AS p ON p.product_id = v.product_id
          WHERE l.customer_id = c.customer_id AND (k.category_id IS NULL OR p.category_id = k.category_id)) AS eligible_cents
  FROM customers AS c CROSS JOIN coupons AS k
);

CREATE VIEW basket_totals AS
SELECT customer_id, goods_cents, lines, bulky, min(goods_cents, savings_cents) AS discount_cents
FROM (
  SELECT c.customer_id,
         (SELECT coalesce(sum(l.quantity * v.price_cents), 0) FROM basket_lines AS l JOIN variants AS v ON v.sku = l.sku
          WHERE l.customer_id = c.customer_id) AS goods_cents,
         (SELECT count(*) FROM basket_lines AS l WHERE l.customer_id = c.customer_id) AS lines,
         EXISTS (SELECT 1 FROM basket_lines AS l JOIN variants AS v ON v.sku = l.sku
                 JOIN products AS p ON p.product_id = v.product_id JOIN categories AS g ON g.category_id = p.category_id
                 WHERE l.customer_id = c.customer_id AND g.bulky = 1) AS bulky,
         (SELECT coalesce(sum(w.saving_cents), 0) FROM basket_coupons AS b
          JOIN coupon_values AS w ON w.customer_id = b.customer_id AND w.code = b.code
          WHERE b.customer_id = c.customer_id) AS savings_cents
  FROM customers AS c
);

CREATE VIEW purchases AS
SELECT o.customer_id, o.order_id, o.placed_at, o.state AS order_state, o.promised_on, o.goods_cents, o.discount_cents,
       o.address_id, i.item_id, i.line, i.sku, i.quantity, i.unit_price_cents, i.state AS item_state, i.tracking_number,
       x.delivered_on, x.expected_on, v.variant, v.clearance, p.product_id, p.name AS product, p.kind, p.category_id,
       i.unit_price_cents - o.discount_cents * i.unit_price_cents / o.goods_cents AS paid_unit_cents
FROM orders AS o
JOIN order_items AS i ON i.order_id = o.order_id
JOIN variants AS v ON v.sku = i.sku
JOIN products AS p ON p.product_id = v.product_id
LEFT JOIN parcels AS x ON x.tracking_number = i.tracking_number;

-- how many pieces of an item may still be sent back
CREATE VIEW returnable AS
SELECT i.item_id,
       i.quantity - coalesce((SELECT sum(r.quantity) FROM returns AS r
                              WHERE r.item_id = i.item_id AND r.state <> 'cancelled'), 0) AS pieces
FROM order_items AS i;

-- purchases that the product's name alone singles out
CREATE VIEW lone_purchases AS
SELECT u.* FROM purchases AS u
WHERE u.placed_at < today()
  AND NOT EXISTS (SELECT 1 FROM purchases AS w
                  WHERE w.customer_id = u.customer_id AND w.product_id = u.product_id AND w.item_id <> u.item_id);

-- what was delivered and can be talked of by name, with the terms of sending it back
CREATE VIEW return_terms AS
SELECT u.*, g.hygiene, g.restocking_percent, b.pieces,
       date(u.delivered_on, '+' || g.return_days || ' days') AS last_day,
       date(u.delivered_on, '+' || g.warranty_months || ' months') AS covered_until,
       (SELECT count(*) FROM returns AS r WHERE r.item_id = u.item_id) AS returns
FROM lone_purchases AS u
JOIN categories AS g ON g.category_id = u.category_id
JOIN returnable AS b ON b.item_id = u.item_id
WHERE u.item_state = 'delivered';

-- each code that a customer might name, and what stands in its way
CREATE VIEW code_standing AS
SELECT w.customer_id, w.code, w.saving_cents, k.percent, k.off_cents, k.minimum_cents, k.ends_on, k.customer_id AS owner, t.goods_cents,
       EXISTS (SELECT 1 FROM coupon_uses AS u WHERE u.customer_id = w.customer_id AND u.code = w.code) AS used,
       EXISTS (SELECT 1 FROM basket_coupons AS b WHERE b.customer_id = w.customer_id AND b.code = w.code) AS on_basket,
       (SELECT count(*) FROM basket_coupons AS b WHERE b.customer_id = w.customer_id) AS codes,
       (SELECT count(*) FROM basket_coupons AS b JOIN coupons AS q ON q.code = b.code
        WHERE b.customer_id = w.customer_id AND q.percent IS NOT NULL) AS percentages
FROM coupon_values AS w JOIN coupons AS k ON k.code = w.code JOIN basket_totals AS t ON t.customer_id = w.customer_id
WHERE k.customer_id IS NULL OR k.customer_id = w.customer_id;
