-- The houses, and how a room full of tables is seated.

CREATE TABLE houses (
  house_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  cuisine TEXT NOT NULL,
  district TEXT NOT NULL,
  opens TEXT NOT NULL,
  kitchen_closes TEXT NOT NULL CHECK (kitchen_closes > opens),
  closed_weekday INTEGER NOT NULL CHECK (closed_weekday BETWEEN 0 AND 6),
  deposit_per_head_cents INTEGER NOT NULL CHECK (deposit_per_head_cents > 0),
  cancel_hours INTEGER NOT NULL CHECK (cancel_hours IN (24, 48, 72)),
  has_terrace INTEGER NOT NULL CHECK (has_terrace IN (0, 1)),
  has_counter INTEGER NOT NULL CHECK (has_counter IN (0, 1))
) STRICT;

CREATE TABLE turn_times (
  party_size INTEGER PRIMARY KEY CHECK (party_size BETWEEN 1 AND 10),
  minutes INTEGER NOT NULL
) STRICT;

CREATE TABLE dining_tables (
  table_id TEXT PRIMARY KEY,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  table_no INTEGER NOT NULL,
  area TEXT NOT NULL CHECK (area IN ('main room', 'window', 'terrace', 'counter')),
  seats INTEGER NOT NULL CHECK (seats IN (2, 4, 6)),
  UNIQUE (house_id, table_no)
) STRICT;

-- A setup is what a party gets: one table, or two that stand side by side and are pushed together.
CREATE TABLE setups (
  setup_id TEXT PRIMARY KEY,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  area TEXT NOT NULL,
  seats INTEGER NOT NULL,
  joined INTEGER NOT NULL CHECK (joined IN (0, 1))
) STRICT;
CREATE INDEX setups_by_house ON setups (house_id, area, seats, setup_id);

CREATE TABLE setup_tables (
  setup_id TEXT NOT NULL REFERENCES setups (setup_id),
  table_id TEXT NOT NULL REFERENCES dining_tables (table_id),
  PRIMARY KEY (setup_id, table_id)
) STRICT;
CREATE INDEX setups_of_table ON setup_tables (table_id);

CREATE TABLE closures (
  closure_id TEXT PRIMARY KEY,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  day TEXT NOT NULL,
  area TEXT NOT NULL CHECK (area IN ('main room', 'window', 'terrace', 'counter')),
  reason TEXT NOT NULL,
  UNIQUE (house_id, day, area)
) STRICT;

-- The guests.

CREATE TABLE guests (
  guest_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL,
  mobile TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE,
  birth_date TEXT NOT NULL,
  street TEXT NOT NULL,
  postcode TEXT NOT NULL,
  pass_number TEXT NOT NULL UNIQUE,
  tier TEXT NOT NULL CHECK (tier IN ('larder', 'hearth', 'copper')),
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  card_last_four TEXT NOT NULL,
  card_expires_on TEXT NOT NULL,
  mobile_changed_on TEXT NOT NULL,
  joined_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'dormant'))
) STRICT;

CREATE TABLE guest_allergens (
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  allergen TEXT NOT NULL CHECK (allergen IN ('celery', 'crustaceans', 'eggs', 'fish', 'gluten', 'lupin', 'milk', 'molluscs',
                                             'mustard', 'nuts', 'peanuts', 'sesame', 'soya', 'sulphites')),
  noted_on TEXT NOT NULL,
  PRIMARY KEY (guest_id, allergen)
) STRICT;

CREATE TABLE points_entries (
  entry_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  booked_on TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('carried over', 'visit', 'order', 'redemption', 'correction')),
  points INTEGER NOT NULL CHECK (points <> 0),
  source TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX points_of_guest ON points_entries (guest_id, booked_on);

-- Tables booked and tables waited for.

CREATE TABLE bookings (
  booking_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  setup_id TEXT NOT NULL REFERENCES setups (setup_id),
  day TEXT NOT NULL,
  starts_at TEXT NOT NULL CHECK (substr(starts_at, 1, 10) = day),
  ends_at TEXT NOT NULL CHECK (ends_at > starts_at),
  party_size INTEGER NOT NULL REFERENCES turn_times (party_size),
  status TEXT NOT NULL CHECK (status IN ('confirmed', 'completed', 'cancelled', 'no show')),
  deposit_cents INTEGER NOT NULL DEFAULT 0 CHECK (deposit_cents >= 0),
  deposit_state TEXT NOT NULL DEFAULT 'none' CHECK (deposit_state IN ('none', 'due', 'held', 'returned', 'kept', 'used')),
  bill_cents INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX bookings_of_guest ON bookings (guest_id, status, starts_at);
CREATE INDEX bookings_on_setup ON bookings (setup_id, day);
CREATE UNIQUE INDEX one_party_a_sitting ON bookings (setup_id, starts_at) WHERE status IN ('confirmed', 'completed');

CREATE VIEW claims AS
  SELECT mine.setup_id AS setup_id, b.booking_id AS claim_id, b.day AS day, b.starts_at AS starts_at, b.ends_at AS ends_at
  FROM setup_tables AS mine
  JOIN setup_tables AS theirs ON theirs.table_id = mine.table_id
  JOIN bookings AS b ON b.setup_id = theirs.setup_id
  WHERE b.status = 'confirmed'
  UNION ALL
  SELECT s.setup_id, c.closure_id, c.day, c.day || ' 00:00:00', c.day || ' 23:59:00'
  FROM setups AS s JOIN closures AS c ON c.house_id = s.house_id AND c.area = s.area;

CREATE TABLE waits (
  wait_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  day TEXT NOT NULL,
  arrival TEXT NOT NULL,
  party_size INTEGER NOT NULL REFERENCES turn_times (party_size),
  area TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('waiting', 'left', 'lapsed')),
  joined_at TEXT NOT NULL
) STRICT;
CREATE INDEX waits_of_guest ON waits (guest_id, status, day);
CREATE INDEX waits_of_house ON waits (house_id, day, area, status);

-- The menu.

CREATE TABLE dishes (
  dish_id TEXT PRIMARY KEY,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  menu_no INTEGER NOT NULL,
  course TEXT NOT NULL CHECK (course IN ('starter', 'main', 'side', 'dessert')),
  name TEXT NOT NULL UNIQUE,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  diet TEXT NOT NULL CHECK (diet IN ('vegan', 'vegetarian', 'neither')),
  travels INTEGER NOT NULL CHECK (travels IN (0, 1)),
  portions_left INTEGER NOT NULL DEFAULT 40 CHECK (portions_left >= 0),
  UNIQUE (house_id, menu_no)
) STRICT;

CREATE TABLE dish_allergens (
  dish_id TEXT NOT NULL REFERENCES dishes (dish_id),
  allergen TEXT NOT NULL,
  PRIMARY KEY (dish_id, allergen)
) STRICT;

CREATE TABLE substitutions (
  substitution_id TEXT PRIMARY KEY,
  dish_id TEXT NOT NULL REFERENCES dishes (dish_id),
  name TEXT NOT NULL,
  takes_out TEXT NOT NULL,
  surcharge_cents INTEGER NOT NULL CHECK (surcharge_cents >= 0),
  UNIQUE (dish_id, takes_out)
) STRICT;

-- Food that leaves the house.

CREATE TABLE delivery_zones (
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  district TEXT NOT NULL,
  fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0),
  minimum_cents INTEGER NOT NULL,
  PRIMARY KEY (house_id, district)
) STRICT;

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  kind TEXT NOT NULL CHECK (kind IN ('delivery', 'collection')),
  status TEXT NOT NULL CHECK (status IN ('placed', 'fulfilled', 'cancelled')),
  due_at TEXT NOT NULL,
  drop_postcode TEXT,
  subtotal_cents INTEGER NOT NULL DEFAULT 0 CHECK (subtotal_cents >= 0),
  fee_cents INTEGER NOT NULL DEFAULT 0,
  discount_cents INTEGER NOT NULL DEFAULT 0,
  discount_kind TEXT NOT NULL DEFAULT 'none' CHECK (discount_kind IN ('none', 'voucher', 'campaign')),
  total_cents INTEGER NOT NULL DEFAULT 0 CHECK (total_cents = subtotal_cents + fee_cents - discount_cents AND total_cents >= 0),
  points_earned INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX orders_of_guest ON orders (guest_id, status, due_at);

CREATE TABLE order_lines (
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  dish_id TEXT NOT NULL REFERENCES dishes (dish_id),
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 12),
  substitution_id TEXT REFERENCES substitutions (substitution_id),
  unit_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, dish_id)
) STRICT;

CREATE TABLE vouchers (
  voucher_code TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  origin TEXT NOT NULL CHECK (origin IN ('bought', 'points')),
  made_out_to TEXT NOT NULL,
  value_cents INTEGER NOT NULL CHECK (value_cents > 0),
  balance_cents INTEGER NOT NULL CHECK (balance_cents BETWEEN 0 AND value_cents),
  issued_on TEXT NOT NULL,
  expires_on TEXT NOT NULL CHECK (expires_on > issued_on),
  extended INTEGER NOT NULL DEFAULT 0 CHECK (extended IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('live', 'spent', 'stopped'))
) STRICT;
CREATE INDEX vouchers_of_guest ON vouchers (guest_id, status);

-- Parties of one's own, and suppers for all.

CREATE TABLE rooms (
  room_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  name TEXT NOT NULL UNIQUE,
  seats INTEGER NOT NULL,
  minimum_spend_cents INTEGER NOT NULL
) STRICT;

CREATE TABLE feast_menus (
  menu_id TEXT PRIMARY KEY,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  name TEXT NOT NULL UNIQUE,
  courses INTEGER NOT NULL,
  per_head_cents INTEGER NOT NULL
) STRICT;
CREATE INDEX feasts_of_house ON feast_menus (house_id, per_head_cents);

CREATE TABLE events (
  event_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  room_id TEXT NOT NULL REFERENCES rooms (room_id),
  day TEXT NOT NULL,
  session TEXT NOT NULL CHECK (session IN ('lunch', 'dinner')),
  head_count INTEGER NOT NULL CHECK (head_count > 0),
  menu_id TEXT REFERENCES feast_menus (menu_id),
  status TEXT NOT NULL CHECK (status IN ('held', 'confirmed', 'completed', 'cancelled')),
  deposit_cents INTEGER NOT NULL DEFAULT 0,
  held_until TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX events_of_guest ON events (guest_id, status, day);
CREATE UNIQUE INDEX one_event_a_room ON events (room_id, day, session) WHERE status IN ('held', 'confirmed');

CREATE TABLE suppers (
  supper_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  house_id TEXT NOT NULL REFERENCES houses (house_id),
  name TEXT NOT NULL,
  day TEXT NOT NULL,
  starts TEXT NOT NULL,
  price_cents INTEGER NOT NULL,
  capacity INTEGER NOT NULL,
  seats_left INTEGER NOT NULL CHECK (seats_left BETWEEN 0 AND capacity),
  UNIQUE (house_id, day)
) STRICT;
CREATE INDEX suppers_by_day ON suppers (day, supper_id);

CREATE TABLE tickets (
  ticket_id TEXT PRIMARY KEY,
  guest_id TEXT NOT NULL REFERENCES guests (guest_id),
  supper_id TEXT NOT NULL REFERENCES suppers (supper_id),
  seats INTEGER NOT NULL CHECK (seats > 0),
  paid_cents INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('valid', 'refunded'))
) STRICT;
CREATE INDEX tickets_of_guest ON tickets (guest_id, status);
CREATE INDEX tickets_of_supper ON tickets (supper_id, guest_id, status);
