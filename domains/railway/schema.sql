-- The network: stations, lines, the timetable and the trains that run on a day.

CREATE TABLE stations (
  crs TEXT PRIMARY KEY CHECK (length(crs) = 3),
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  region TEXT NOT NULL,
  east_km INTEGER NOT NULL,
  north_km INTEGER NOT NULL,
  staffed INTEGER NOT NULL CHECK (staffed IN (0, 1)),
  step_free INTEGER NOT NULL CHECK (step_free IN (0, 1)),
  lost_property_office INTEGER NOT NULL CHECK (lost_property_office IN (0, 1))
) STRICT;

CREATE TABLE lines (
  line_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  stock TEXT NOT NULL CHECK (stock IN ('intercity', 'regional')),
  letter TEXT NOT NULL UNIQUE,
  shift_minutes INTEGER NOT NULL
) STRICT;

CREATE TABLE line_stations (
  line_id TEXT NOT NULL REFERENCES lines (line_id),
  place INTEGER NOT NULL,
  crs TEXT NOT NULL REFERENCES stations (crs),
  minutes INTEGER NOT NULL CHECK (minutes >= 0),
  PRIMARY KEY (line_id, place)
) STRICT;

CREATE TABLE services (
  headcode TEXT PRIMARY KEY,
  ordinal INTEGER NOT NULL UNIQUE,
  line_id TEXT NOT NULL REFERENCES lines (line_id),
  stock TEXT NOT NULL CHECK (stock IN ('intercity', 'regional')),
  outward INTEGER NOT NULL CHECK (outward IN (0, 1)),
  starts_minute INTEGER NOT NULL CHECK (starts_minute BETWEEN 0 AND 1439),
  stop_count INTEGER NOT NULL CHECK (stop_count >= 2)
) STRICT;

CREATE TABLE stops (
  headcode TEXT NOT NULL REFERENCES services (headcode),
  place INTEGER NOT NULL,
  crs TEXT NOT NULL REFERENCES stations (crs),
  arrives TEXT,
  departs TEXT,
  PRIMARY KEY (headcode, place),
  CHECK (arrives IS NOT NULL OR departs IS NOT NULL),
  CHECK (arrives IS NULL OR departs IS NULL OR arrives < departs)
) STRICT;

CREATE INDEX stops_at_station ON stops (crs, headcode, place);

CREATE TABLE trains (
  train_id TEXT PRIMARY KEY,
  headcode TEXT NOT NULL REFERENCES services (headcode),
  runs_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('scheduled', 'ran', 'cancelled')),
  late_minutes INTEGER CHECK (late_minutes >= 0),
  advance_tier INTEGER NOT NULL CHECK (advance_tier BETWEEN 1 AND 3),
  advance_left INTEGER NOT NULL CHECK (advance_left >= 0),
  bikes_left INTEGER NOT NULL CHECK (bikes_left BETWEEN 0 AND 4),
  UNIQUE (headcode, runs_on)
) STRICT;

CREATE TABLE seat_map (
  coach TEXT NOT NULL,
  seat INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('standard', 'first')),
  quiet INTEGER NOT NULL CHECK (quiet IN (0, 1)),
  position TEXT NOT NULL CHECK (position IN ('window', 'aisle')),
  has_table INTEGER NOT NULL CHECK (has_table IN (0, 1)),
  facing TEXT NOT NULL CHECK (facing IN ('forwards', 'backwards')),
  PRIMARY KEY (coach, seat)
) STRICT;

CREATE TABLE fares (
  origin TEXT NOT NULL REFERENCES stations (crs),
  destination TEXT NOT NULL REFERENCES stations (crs),
  ticket_type TEXT NOT NULL CHECK (ticket_type IN ('anytime', 'off-peak', 'advance')),
  standard_cents INTEGER NOT NULL CHECK (standard_cents > 0),
  first_cents INTEGER NOT NULL,
  PRIMARY KEY (origin, destination, ticket_type),
  CHECK (first_cents > standard_cents)
) STRICT;

-- The passengers and what they hold.

CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL UNIQUE,
  postcode TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  smartcard_number TEXT NOT NULL UNIQUE,
  card_last_four TEXT NOT NULL CHECK (length(card_last_four) = 4),
  joined_on TEXT NOT NULL,
  contact_changed_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'suspended')),
  CHECK (contact_changed_on >= joined_on)
) STRICT;

CREATE INDEX customers_by_name ON customers (name);

CREATE TABLE companions (
  companion_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  name TEXT NOT NULL,
  age_band TEXT NOT NULL CHECK (age_band IN ('adult', 'child')),
  place INTEGER NOT NULL,
  UNIQUE (customer_id, name)
) STRICT;

CREATE TABLE railcard_kinds (
  kind TEXT PRIMARY KEY,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  youngest INTEGER,
  oldest INTEGER,
  adults_covered INTEGER NOT NULL,
  children_covered INTEGER NOT NULL,
  minimum_fare_cents INTEGER NOT NULL,
  not_before TEXT
) STRICT;

CREATE TABLE railcards (
  railcard_number TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  kind TEXT NOT NULL REFERENCES railcard_kinds (kind),
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'replaced')),
  replacements INTEGER NOT NULL DEFAULT 0 CHECK (replacements >= 0),
  CHECK (valid_from < valid_until)
) STRICT;

CREATE INDEX railcards_of_customer ON railcards (customer_id);

CREATE TABLE bookings (
  booking_ref TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  origin TEXT NOT NULL REFERENCES stations (crs),
  destination TEXT NOT NULL REFERENCES stations (crs),
  travel_date TEXT NOT NULL,
  departs_at TEXT NOT NULL,
  arrives_at TEXT NOT NULL,
  train_id TEXT NOT NULL REFERENCES trains (train_id),
  change_at TEXT REFERENCES stations (crs),
  second_train_id TEXT REFERENCES trains (train_id),
  ticket_type TEXT NOT NULL CHECK (ticket_type IN ('anytime', 'off-peak', 'advance')),
  class TEXT NOT NULL CHECK (class IN ('standard', 'first')),
  railcard_number TEXT REFERENCES railcards (railcard_number),
  booked_at TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'refunded')),
  total_cents INTEGER NOT NULL DEFAULT 0 CHECK (total_cents >= 0),
  voucher_cents INTEGER NOT NULL DEFAULT 0 CHECK (voucher_cents BETWEEN 0 AND total_cents),
  extras_cents INTEGER NOT NULL DEFAULT 0 CHECK (extras_cents >= 0),
  refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents BETWEEN 0 AND total_cents + extras_cents),
  times_changed INTEGER NOT NULL DEFAULT 0 CHECK (times_changed >= 0),
  revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
  CHECK (departs_at < arrives_at),
  CHECK ((change_at IS NULL) = (second_train_id IS NULL))
) STRICT;

CREATE INDEX bookings_of_customer ON bookings (customer_id, travel_date);
CREATE INDEX bookings_of_train ON bookings (train_id);

CREATE TABLE tickets (
  ticket_id TEXT PRIMARY KEY,
  booking_ref TEXT NOT NULL REFERENCES bookings (booking_ref),
  passenger TEXT NOT NULL,
  age_band TEXT NOT NULL CHECK (age_band IN ('adult', 'child')),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  status TEXT NOT NULL CHECK (status IN ('valid', 'refunded')),
  UNIQUE (booking_ref, passenger)
) STRICT;

-- A seat without a ticket of ours was sold by another retailer.
CREATE TABLE seat_reservations (
  train_id TEXT NOT NULL REFERENCES trains (train_id),
  coach TEXT NOT NULL,
  seat INTEGER NOT NULL,
  ticket_id TEXT REFERENCES tickets (ticket_id),
  PRIMARY KEY (train_id, coach, seat),
  FOREIGN KEY (coach, seat) REFERENCES seat_map (coach, seat)
) STRICT;

CREATE INDEX seats_of_ticket ON seat_reservations (ticket_id);

CREATE TABLE bike_spaces (
  booking_ref TEXT NOT NULL REFERENCES bookings (booking_ref),
  train_id TEXT NOT NULL REFERENCES trains (train_id),
  bikes INTEGER NOT NULL CHECK (bikes BETWEEN 1 AND 4),
  PRIMARY KEY (booking_ref, train_id)
) STRICT;

CREATE TABLE vouchers (
  voucher_code TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  left_cents INTEGER NOT NULL CHECK (left_cents >= 0),
  reason TEXT NOT NULL CHECK (reason IN ('delay', 'goodwill', 'refund')),
  issued_on TEXT NOT NULL,
  expires_on TEXT NOT NULL,
  extensions INTEGER NOT NULL DEFAULT 0 CHECK (extensions >= 0),
  CHECK (issued_on < expires_on)
) STRICT;

CREATE INDEX vouchers_of_customer ON vouchers (customer_id);

-- Late trains, lost things, help at stations.

CREATE TABLE delay_claims (
  claim_id TEXT PRIMARY KEY,
  booking_ref TEXT NOT NULL UNIQUE REFERENCES bookings (booking_ref),
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  claimed_on TEXT NOT NULL,
  late_minutes INTEGER NOT NULL CHECK (late_minutes >= 0),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  payout TEXT NOT NULL CHECK (payout IN ('card', 'voucher')),
  status TEXT NOT NULL CHECK (status IN ('in review', 'paid', 'rejected')),
  note TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX claims_of_customer ON delay_claims (customer_id);

CREATE TABLE found_items (
  item_id TEXT PRIMARY KEY,
  train_id TEXT NOT NULL REFERENCES trains (train_id),
  found_on TEXT NOT NULL,
  category TEXT NOT NULL,
  colour TEXT NOT NULL,
  weight_kg INTEGER NOT NULL CHECK (weight_kg > 0),
  held_at TEXT NOT NULL REFERENCES stations (crs),
  status TEXT NOT NULL CHECK (status IN ('held', 'claimed')),
  claimed_by TEXT REFERENCES customers (customer_id),
  handover TEXT CHECK (handover IN ('collection', 'courier')),
  paid_cents INTEGER NOT NULL DEFAULT 0 CHECK (paid_cents >= 0),
  CHECK ((status = 'held') = (claimed_by IS NULL))
) STRICT;

CREATE INDEX found_by_category ON found_items (category, colour, found_on);
CREATE INDEX found_on_train ON found_items (train_id);

CREATE TABLE lost_reports (
  report_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  booking_ref TEXT NOT NULL REFERENCES bookings (booking_ref),
  category TEXT NOT NULL,
  colour TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  reported_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'closed'))
) STRICT;

CREATE INDEX reports_of_customer ON lost_reports (customer_id);
CREATE INDEX reports_of_booking ON lost_reports (booking_ref);

CREATE TABLE assistance (
  assistance_id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  booking_ref TEXT NOT NULL REFERENCES bookings (booking_ref),
  crs TEXT NOT NULL REFERENCES stations (crs),
  kind TEXT NOT NULL CHECK (kind IN ('ramp', 'guide', 'luggage')),
  status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
) STRICT;

CREATE INDEX assistance_of_booking ON assistance (booking_ref);
CREATE INDEX assistance_of_customer ON assistance (customer_id);

-- What everybody at the desk looks at.

CREATE VIEW trips AS
SELECT b.*, o.name AS from_name, d.name AS to_name, substr(b.departs_at, 12, 5) AS leaves,
       CASE strftime('%w', b.travel_date) WHEN '0' THEN 'Sunday' WHEN '1' THEN 'Monday' WHEN '2' THEN 'Tuesday'
         WHEN '3' THEN 'Wednesday' WHEN '4' THEN 'Thursday' WHEN '5' THEN 'Friday' ELSE 'Saturday' END
       || ' ' || ltrim(substr(b.travel_date, 9, 2), '0') || ' '
       || CASE substr(b.travel_date, 6, 2) WHEN '10' THEN 'October' WHEN '11' THEN 'November' ELSE 'December' END AS on_day,
       strftime('%w', b.travel_date) IN ('0', '6') AS at_weekend,
       t.status AS train_status, v.stock,
       (SELECT c.status FROM customers AS c WHERE c.customer_id = b.customer_id) AS holder_status,
       (SELECT l.late_minutes FROM trains AS l WHERE l.train_id = coalesce(b.second_train_id, b.train_id)) AS late,
       (SELECT count(*) FROM tickets AS k WHERE k.booking_ref = b.booking_ref AND k.status = 'valid') AS party,
       (SELECT count(*) FROM tickets AS k WHERE k.booking_ref = b.booking_ref AND k.status = 'valid'
          AND k.age_band = 'child') AS party_children,
       (SELECT coalesce(sum(k.price_cents), 0) FROM tickets AS k
          WHERE k.booking_ref = b.booking_ref AND k.status = 'valid') AS fare_cents
FROM bookings AS b
JOIN stations AS o ON o.crs = b.origin
JOIN stations AS d ON d.crs = b.destination
JOIN trains AS t ON t.train_id = b.train_id
JOIN services AS v ON v.headcode = t.headcode;

CREATE VIEW free_seats AS
SELECT t.train_id, t.runs_on, m.*
FROM trains AS t JOIN services AS v ON v.headcode = t.headcode AND v.stock = 'intercity' JOIN seat_map AS m
WHERE NOT EXISTS (SELECT 1 FROM seat_reservations AS r
                  WHERE r.train_id = t.train_id AND r.coach = m.coach AND r.seat = m.seat);
