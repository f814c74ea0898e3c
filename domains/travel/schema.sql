-- Harbour & Vale. Prices and payments are pence; a trip's total is never stored: it is the sum of its parts (trip_money).

CREATE TABLE destinations (
  code       TEXT PRIMARY KEY CHECK (code GLOB '[A-Z][A-Z][A-Z]'),
  name       TEXT NOT NULL UNIQUE,
  country    TEXT NOT NULL,
  region     TEXT NOT NULL,
  out_minutes  INTEGER NOT NULL CHECK (out_minutes > 0),   -- from take-off (British time) to landing (local time)
  back_minutes INTEGER NOT NULL CHECK (back_minutes > 0),
  base_fare_cents INTEGER NOT NULL CHECK (base_fare_cents > 0)
) STRICT;
CREATE INDEX destinations_of_region ON destinations (region);

-- What nationals of a country need to enter another, as on the agency's entry sheet.
CREATE TABLE entry_rules (
  country       TEXT NOT NULL,
  nationality   TEXT NOT NULL,
  requirement   TEXT NOT NULL CHECK (requirement IN ('none', 'travel authorisation', 'visa')),
  lead_days     INTEGER NOT NULL CHECK (lead_days >= 0),
  fee_cents     INTEGER NOT NULL CHECK (fee_cents >= 0),
  max_stay_days INTEGER NOT NULL CHECK (max_stay_days > 0),
  PRIMARY KEY (country, nationality),
  CHECK ((requirement = 'none') = (lead_days = 0 AND fee_cents = 0))
) STRICT;

CREATE TABLE fare_families (
  family           TEXT PRIMARY KEY,
  rank             INTEGER NOT NULL UNIQUE,
  change_fee_cents INTEGER NOT NULL CHECK (change_fee_cents >= 0),  -- a seat
  cabin_bag_kg     INTEGER NOT NULL,
  hold_bags        INTEGER NOT NULL
) STRICT;

CREATE TABLE cancellation_bands (
  from_days  INTEGER PRIMARY KEY,             -- days before departure, both ends included
  to_days    INTEGER NOT NULL CHECK (to_days >= from_days),
  charge_pct INTEGER NOT NULL CHECK (charge_pct BETWEEN 0 AND 100)
) STRICT;

CREATE TABLE club_tiers (
  tier                TEXT PRIMARY KEY CHECK (tier IN ('Blue', 'Silver', 'Gold')),
  hold_hours          INTEGER NOT NULL,
  alert_limit         INTEGER NOT NULL,
  amendment_fee_cents INTEGER NOT NULL CHECK (amendment_fee_cents >= 0)
) STRICT;

CREATE TABLE extras_menu (
  kind        TEXT PRIMARY KEY,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  unit        TEXT NOT NULL
) STRICT;

CREATE TABLE agents (
  agent_id  TEXT PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE,
  region    TEXT NOT NULL,
  since     TEXT NOT NULL,
  languages TEXT NOT NULL,
  status    TEXT NOT NULL CHECK (status IN ('working', 'on leave'))
) STRICT;
CREATE INDEX agents_of_region ON agents (region);

CREATE TABLE routes (
  route_id    TEXT PRIMARY KEY,
  origin      TEXT NOT NULL CHECK (origin IN ('LGW', 'MAN')),
  destination TEXT NOT NULL REFERENCES destinations (code),
  day_offset  INTEGER NOT NULL CHECK (day_offset BETWEEN 0 AND 6),  -- days after Saturday
  rotations   INTEGER NOT NULL CHECK (rotations IN (1, 2)),
  UNIQUE (origin, destination)
) STRICT;

CREATE TABLE flights (
  flight_id   TEXT PRIMARY KEY,
  airline     TEXT NOT NULL,
  origin      TEXT NOT NULL,
  destination TEXT NOT NULL,
  flies_on    TEXT NOT NULL,
  departs_at  TEXT NOT NULL CHECK (substr(departs_at, 1, 10) = flies_on),
  arrives_at  TEXT NOT NULL
) STRICT;
CREATE INDEX flights_of_route ON flights (origin, destination, flies_on);

CREATE TABLE fares (
  flight_id   TEXT NOT NULL REFERENCES flights (flight_id),
  family      TEXT NOT NULL REFERENCES fare_families (family),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  allotment   INTEGER NOT NULL DEFAULT 0,
  seats_left  INTEGER NOT NULL CHECK (seats_left >= 0),
  PRIMARY KEY (flight_id, family)
) STRICT, WITHOUT ROWID;

CREATE TABLE hotels (
  hotel_id    TEXT PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  destination TEXT NOT NULL REFERENCES destinations (code),
  stars       INTEGER NOT NULL CHECK (stars BETWEEN 3 AND 5),
  guest_score REAL NOT NULL CHECK (guest_score BETWEEN 0 AND 10),
  beach_metres INTEGER NOT NULL CHECK (beach_metres >= 0),
  adults_only INTEGER NOT NULL CHECK (adults_only IN (0, 1))
) STRICT;
CREATE INDEX hotels_at ON hotels (destination);

CREATE TABLE rooms (
  room_id       TEXT PRIMARY KEY,
  hotel_id      TEXT NOT NULL REFERENCES hotels (hotel_id),
  room_type     TEXT NOT NULL CHECK (room_type IN ('standard', 'sea view', 'family', 'suite')),
  sleeps        INTEGER NOT NULL CHECK (sleeps > 0),
  nightly_cents INTEGER NOT NULL CHECK (nightly_cents > 0),
  contracted    INTEGER NOT NULL DEFAULT 0,   -- rooms that the agency may fill on any night
  UNIQUE (hotel_id, room_type)
) STRICT;

CREATE TABLE boards (
  hotel_id         TEXT NOT NULL REFERENCES hotels (hotel_id),
  board            TEXT NOT NULL CHECK (board IN ('room only', 'bed and breakfast', 'half board', 'all inclusive')),
  supplement_cents INTEGER NOT NULL CHECK (supplement_cents >= 0),  -- a person and night
  PRIMARY KEY (hotel_id, board)
) STRICT, WITHOUT ROWID;

CREATE TABLE packages (
  package_id   TEXT PRIMARY KEY,
  title        TEXT NOT NULL,
  out_flight   TEXT NOT NULL REFERENCES flights (flight_id),
  back_flight  TEXT NOT NULL REFERENCES flights (flight_id),
  family       TEXT NOT NULL REFERENCES fare_families (family),
  room_id      TEXT NOT NULL REFERENCES rooms (room_id),
  board        TEXT NOT NULL,
  origin       TEXT NOT NULL,
  destination  TEXT NOT NULL REFERENCES destinations (code),
  departs_on   TEXT NOT NULL,
  nights       INTEGER NOT NULL CHECK (nights IN (7, 14)),
  saving_pct   INTEGER NOT NULL CHECK (saving_pct BETWEEN 3 AND 20)
) STRICT;
CREATE INDEX packages_by_search ON packages (destination, origin, departs_on);

CREATE TABLE customers (
  customer_id     TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  surname         TEXT NOT NULL,
  email           TEXT NOT NULL UNIQUE,
  mobile          TEXT NOT NULL UNIQUE,
  postcode        TEXT NOT NULL,
  memorable_place TEXT NOT NULL,
  club_number     TEXT NOT NULL UNIQUE,
  tier            TEXT NOT NULL REFERENCES club_tiers (tier),
  points          INTEGER NOT NULL CHECK (points >= 0),
  card_last_four  TEXT NOT NULL CHECK (length(card_last_four) = 4),
  home_airport    TEXT NOT NULL CHECK (home_airport IN ('LGW', 'MAN')),
  joined_on       TEXT NOT NULL
) STRICT;
CREATE INDEX customers_by_surname ON customers (surname);

-- The customer ('self') and the companions on the customer's file.
CREATE TABLE travellers (
  traveller_id TEXT PRIMARY KEY,
  customer_id  TEXT NOT NULL REFERENCES customers (customer_id),
  relation     TEXT NOT NULL CHECK (relation IN ('self', 'partner', 'child', 'parent', 'friend')),
  full_name    TEXT NOT NULL,
  birth_date   TEXT NOT NULL,
  nationality  TEXT NOT NULL
) STRICT;
CREATE INDEX travellers_of_customer ON travellers (customer_id);

CREATE TABLE passports (
  number       TEXT PRIMARY KEY,
  traveller_id TEXT NOT NULL REFERENCES travellers (traveller_id),
  issued_on    TEXT NOT NULL,
  expires_on   TEXT NOT NULL CHECK (expires_on > issued_on),
  status       TEXT NOT NULL CHECK (status IN ('current', 'replaced'))
) STRICT;
CREATE INDEX passports_of_traveller ON passports (traveller_id);
CREATE UNIQUE INDEX one_current_passport ON passports (traveller_id) WHERE status = 'current';

CREATE TABLE visas (
  visa_id      TEXT PRIMARY KEY,
  traveller_id TEXT NOT NULL REFERENCES travellers (traveller_id),
  country      TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('travel authorisation', 'visa')),
  applied_on   TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('submitted', 'granted', 'refused')),
  valid_until  TEXT,
  CHECK ((status = 'granted') = (valid_until IS NOT NULL))
) STRICT;
CREATE INDEX visas_of_traveller ON visas (traveller_id);

CREATE TABLE trips (
  reference       TEXT PRIMARY KEY,
  customer_id     TEXT NOT NULL REFERENCES customers (customer_id),
  agent_id        TEXT NOT NULL REFERENCES agents (agent_id),
  kind            TEXT NOT NULL CHECK (kind IN ('package', 'tailor-made', 'flight only', 'hotel only')),
  origin          TEXT NOT NULL,
  destination     TEXT NOT NULL REFERENCES destinations (code),
  departs_on      TEXT NOT NULL,
  returns_on      TEXT NOT NULL CHECK (returns_on > departs_on),
  status          TEXT NOT NULL CHECK (status IN ('held', 'confirmed', 'completed', 'cancelled', 'released')),
  booked_on       TEXT NOT NULL CHECK (booked_on <= departs_on),
  hold_expires_at TEXT,
  hold_extensions INTEGER NOT NULL DEFAULT 0 CHECK (hold_extensions >= 0),
  balance_due_on  TEXT,
  instalments     INTEGER NOT NULL DEFAULT 0 CHECK (instalments BETWEEN 0 AND 6),
  invoice_no      TEXT UNIQUE,
  cancelled_on    TEXT,
  CHECK ((status = 'held') = (hold_expires_at IS NOT NULL)),
  CHECK ((status IN ('held', 'released')) = (invoice_no IS NULL)),
  CHECK ((status = 'cancelled') = (cancelled_on IS NOT NULL))
) STRICT;
CREATE INDEX trips_of_customer ON trips (customer_id, departs_on);
CREATE INDEX trips_of_agent ON trips (agent_id, status);

CREATE TABLE trip_travellers (
  reference    TEXT NOT NULL REFERENCES trips (reference),
  traveller_id TEXT NOT NULL REFERENCES travellers (traveller_id),
  details_sent INTEGER NOT NULL DEFAULT 0 CHECK (details_sent IN (0, 1)),
  assistance   TEXT CHECK (assistance IN ('wheelchair', 'vegetarian meal', 'gluten-free meal', 'bassinet')),
  PRIMARY KEY (reference, traveller_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX trips_of_traveller ON trip_travellers (traveller_id);

CREATE TABLE segments (
  segment_id  TEXT PRIMARY KEY,
  reference   TEXT NOT NULL REFERENCES trips (reference),
  direction   TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound')),
  flight_id   TEXT NOT NULL REFERENCES flights (flight_id),
  family      TEXT NOT NULL REFERENCES fare_families (family),
  seats       INTEGER NOT NULL CHECK (seats > 0),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  changes     INTEGER NOT NULL DEFAULT 0 CHECK (changes >= 0),
  status      TEXT NOT NULL CHECK (status IN ('booked', 'cancelled')),
  UNIQUE (reference, direction)
) STRICT;
CREATE INDEX segments_on_flight ON segments (flight_id, family);

CREATE TABLE stays (
  stay_id     TEXT PRIMARY KEY,
  reference   TEXT NOT NULL UNIQUE REFERENCES trips (reference),
  room_id     TEXT NOT NULL REFERENCES rooms (room_id),
  board       TEXT NOT NULL,
  check_in    TEXT NOT NULL,
  check_out   TEXT NOT NULL CHECK (check_out > check_in),
  guests      INTEGER NOT NULL CHECK (guests > 0),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  status      TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
) STRICT;
CREATE INDEX stays_in_room ON stays (room_id, check_in);

-- Extras and fees; negative amounts are savings. Only active ones count.
CREATE TABLE charges (
  charge_id    TEXT PRIMARY KEY,
  reference    TEXT NOT NULL REFERENCES trips (reference),
  kind         TEXT NOT NULL CHECK (kind IN ('hold bag', 'airport transfer', 'lounge pass', 'travel insurance', 'car hire',
                 'change fee', 'amendment fee', 'visa service', 'package saving', 'cancellation charge')),
  quantity     INTEGER NOT NULL CHECK (quantity > 0),
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0),
  charged_on   TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('active', 'removed', 'waived')),
  waived_on    TEXT,
  CHECK ((status = 'waived') = (waived_on IS NOT NULL)),
  CHECK ((amount_cents < 0) = (kind = 'package saving'))
) STRICT;
CREATE INDEX charges_of_trip ON charges (reference);

CREATE TABLE payments (
  payment_id   TEXT PRIMARY KEY,
  reference    TEXT NOT NULL REFERENCES trips (reference),
  kind         TEXT NOT NULL CHECK (kind IN ('deposit', 'balance', 'points', 'refund')),
  paid_on      TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK ((amount_cents < 0) = (kind = 'refund') AND amount_cents <> 0)
) STRICT;
CREATE INDEX payments_of_trip ON payments (reference);

CREATE TABLE claims (
  claim_id     TEXT PRIMARY KEY,
  reference    TEXT NOT NULL UNIQUE REFERENCES trips (reference),
  kind         TEXT NOT NULL CHECK (kind IN ('flight delay', 'lost baggage', 'room not as booked', 'missed transfer')),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  filed_on     TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('open', 'paid', 'rejected')),
  details      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE price_alerts (
  alert_id        TEXT PRIMARY KEY,
  customer_id     TEXT NOT NULL REFERENCES customers (customer_id),
  origin          TEXT NOT NULL,
  destination     TEXT NOT NULL REFERENCES destinations (code),
  month           TEXT NOT NULL CHECK (month GLOB '20[0-9][0-9]-[01][0-9]'),
  max_price_cents INTEGER NOT NULL CHECK (max_price_cents > 0),
  set_on          TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('active', 'triggered', 'deleted'))
) STRICT;
CREATE INDEX alerts_of_customer ON price_alerts (customer_id, status);

CREATE TABLE waitlist (
  entry_id    TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (customer_id),
  flight_id   TEXT NOT NULL REFERENCES flights (flight_id),
  family      TEXT NOT NULL REFERENCES fare_families (family),
  seats       INTEGER NOT NULL CHECK (seats > 0),
  added_on    TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('waiting', 'left'))
) STRICT;
CREATE INDEX waitlist_of_customer ON waitlist (customer_id, status);

CREATE TABLE consultations (
  slot_id     TEXT PRIMARY KEY,
  agent_id    TEXT NOT NULL REFERENCES agents (agent_id),
  starts_at   TEXT NOT NULL,
  channel     TEXT NOT NULL CHECK (channel IN ('telephone', 'video', 'shop')),
  customer_id TEXT REFERENCES customers (customer_id),
  about       TEXT REFERENCES destinations (code),
  CHECK ((customer_id IS NULL) = (about IS NULL))
) STRICT;
CREATE INDEX consultations_of_agent ON consultations (agent_id, starts_at);
CREATE INDEX consultations_of_customer ON consultations (customer_id, starts_at);

-- Total, paid and deposit of each trip.
CREATE VIEW trip_money AS
SELECT t.reference, t.customer_id, t.status, t.departs_on, t.balance_due_on,
       (SELECT coalesce(sum(s.price_cents), 0) FROM segments AS s WHERE s.reference = t.reference AND s.status = 'booked')
       + (SELECT coalesce(sum(y.price_cents), 0) FROM stays AS y WHERE y.reference = t.reference AND y.status = 'booked')
       + (SELECT coalesce(sum(c.amount_cents), 0) FROM charges AS c WHERE c.reference = t.reference AND c.status = 'active')
         AS total_cents,
       (SELECT coalesce(sum(p.amount_cents), 0) FROM payments AS p WHERE p.reference = t.reference) AS paid_cents
FROM trips AS t;

-- The cheapest Light seat out to a destination, by origin and month.
CREATE VIEW lowest_fares AS
SELECT f.origin, f.destination, substr(f.flies_on, 1, 7) AS month, min(x.price_cents) AS lowest_cents
FROM flights AS f JOIN fares AS x ON x.flight_id = f.flight_id
WHERE x.family = 'Light' AND x.seats_left > 0
GROUP BY f.origin, f.destination, substr(f.flies_on, 1, 7);

-- Trips that a customer can name by the destination alone: no other trip of theirs goes or went there.
CREATE VIEW clear_trips AS
SELECT t.reference, t.customer_id, t.status, t.kind, t.origin, t.destination, t.departs_on, t.returns_on, t.balance_due_on,
       t.hold_expires_at, t.hold_extensions, t.instalments, t.agent_id, d.name AS place, d.country, d.region,
       m.total_cents, m.paid_cents, m.total_cents - m.paid_cents AS open_cents,
       (SELECT count(*) FROM trip_travellers AS x WHERE x.reference = t.reference) AS party
FROM trips AS t JOIN destinations AS d ON d.code = t.destination JOIN trip_money AS m ON m.reference = t.reference
WHERE t.status NOT IN ('cancelled', 'released')
  AND NOT EXISTS (SELECT 1 FROM trips AS o WHERE o.customer_id = t.customer_id AND o.destination = t.destination
                  AND o.reference <> t.reference AND o.status NOT IN ('cancelled', 'released'));

-- Who on a trip has no passport that lasts six months beyond the return.
CREATE VIEW short_passports AS
SELECT t.reference, x.traveller_id, v.full_name, v.relation, p.expires_on
FROM trips AS t JOIN trip_travellers AS x ON x.reference = t.reference JOIN travellers AS v ON v.traveller_id = x.traveller_id
LEFT JOIN passports AS p ON p.traveller_id = x.traveller_id AND p.status = 'current'
WHERE p.expires_on IS NULL OR p.expires_on < date(t.returns_on, '+6 months');

-- Who on a trip needs a visa or travel authorisation and has neither got nor applied for one.
CREATE VIEW missing_papers AS
SELECT t.reference, t.departs_on, x.traveller_id, v.full_name, v.nationality, d.country, e.requirement, e.lead_days, e.fee_cents
FROM trips AS t JOIN trip_travellers AS x ON x.reference = t.reference JOIN travellers AS v ON v.traveller_id = x.traveller_id
JOIN destinations AS d ON d.code = t.destination JOIN entry_rules AS e ON e.country = d.country AND e.nationality = v.nationality
WHERE e.requirement <> 'none'
  AND NOT EXISTS (SELECT 1 FROM visas AS s WHERE s.traveller_id = x.traveller_id AND s.country = d.country
                  AND s.status IN ('submitted', 'granted'));

-- Rooms free for the nights of each booked stay, not counting the stay itself.
CREATE VIEW room_choices AS
SELECT y.stay_id, y.reference, y.check_in, y.check_out, y.guests, y.board, y.price_cents, y.room_id AS own_room_id,
       r.room_id, r.room_type, r.nightly_cents, r.hotel_id, o.room_type AS own_room_type, o.hotel_id AS own_hotel_id
FROM stays AS y JOIN rooms AS o ON o.room_id = y.room_id JOIN rooms AS r ON r.hotel_id = o.hotel_id
WHERE y.status = 'booked' AND r.sleeps >= y.guests
  AND r.contracted > (SELECT count(*) FROM stays AS z WHERE z.room_id = r.room_id AND z.status = 'booked' AND z.stay_id <> y.stay_id
                      AND z.check_in < y.check_out AND z.check_out > y.check_in);
