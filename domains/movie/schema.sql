CREATE TABLE cinemas (
  cinema_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  city TEXT NOT NULL,
  last_food TEXT NOT NULL CHECK (last_food GLOB '[0-2][0-9]:[0-5][0-9]')
) STRICT;

CREATE TABLE halls (
  hall_id TEXT PRIMARY KEY,
  cinema_id TEXT NOT NULL REFERENCES cinemas (cinema_id),
  number INTEGER NOT NULL,
  rows_of_seats INTEGER NOT NULL CHECK (rows_of_seats BETWEEN 5 AND 8),
  hire_price_cents INTEGER NOT NULL CHECK (hire_price_cents > 0),
  hire_capacity INTEGER NOT NULL CHECK (hire_capacity > 0),
  UNIQUE (cinema_id, number)
) STRICT;

CREATE TABLE seats (
  seat_id TEXT PRIMARY KEY,
  hall_id TEXT NOT NULL REFERENCES halls (hall_id),
  row_letter TEXT NOT NULL,
  place INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('standard', 'recliner', 'wheelchair')),
  UNIQUE (hall_id, row_letter, place)
) STRICT;

CREATE TABLE films (
  film_id TEXT PRIMARY KEY,
  title TEXT NOT NULL UNIQUE,
  genre TEXT NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes > 60),
  rating TEXT NOT NULL CHECK (rating IN ('U', 'PG', '12A', '15', '18')),
  released_on TEXT NOT NULL
) STRICT;

CREATE TABLE screenings (
  screening_id TEXT PRIMARY KEY,
  film_id TEXT NOT NULL REFERENCES films (film_id),
  hall_id TEXT NOT NULL REFERENCES halls (hall_id),
  starts_at TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  captions INTEGER NOT NULL CHECK (captions IN (0, 1)),
  UNIQUE (hall_id, starts_at)
) STRICT;
CREATE INDEX screenings_of_film ON screenings (film_id, starts_at);

CREATE TABLE members (
  member_id TEXT PRIMARY KEY,
  card_number TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL UNIQUE,
  birth_date TEXT NOT NULL,
  postcode TEXT NOT NULL,
  tier TEXT NOT NULL CHECK (tier IN ('flicker', 'beam', 'floodlight')),
  home_cinema_id TEXT NOT NULL REFERENCES cinemas (cinema_id),
  joined_on TEXT NOT NULL,
  tier_since TEXT NOT NULL CHECK (tier_since >= joined_on),
  free_seats_left INTEGER NOT NULL CHECK (free_seats_left BETWEEN 0 AND 4),
  credit_cents INTEGER NOT NULL CHECK (credit_cents >= 0)
) STRICT;

CREATE TABLE bookings (
  booking_code TEXT PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES members (member_id),
  screening_id TEXT NOT NULL REFERENCES screenings (screening_id),
  booked_on TEXT NOT NULL,
  paid_by TEXT NOT NULL CHECK (paid_by IN ('card', 'credit', 'free seats')),
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  seat_changes INTEGER NOT NULL DEFAULT 0 CHECK (seat_changes >= 0),
  moved_to TEXT REFERENCES seats (seat_id),
  state TEXT NOT NULL CHECK (state IN ('paid', 'cancelled')),
  refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents <= total_cents),
  cancel_note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX bookings_of_member ON bookings (member_id, screening_id);
CREATE INDEX bookings_of_screening ON bookings (screening_id);

CREATE TABLE places_taken (
  screening_id TEXT NOT NULL REFERENCES screenings (screening_id),
  seat_id TEXT NOT NULL REFERENCES seats (seat_id),
  booking_code TEXT NOT NULL REFERENCES bookings (booking_code),
  PRIMARY KEY (screening_id, seat_id)
) STRICT;
CREATE INDEX places_of_booking ON places_taken (booking_code);

CREATE TABLE treats (
  treat_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  shelf TEXT NOT NULL CHECK (shelf IN ('popcorn', 'kitchen', 'drinks', 'bar', 'ices')),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  hot INTEGER NOT NULL CHECK (hot IN (0, 1))
) STRICT;

CREATE TABLE trays (
  tray_id TEXT PRIMARY KEY,
  booking_code TEXT NOT NULL UNIQUE REFERENCES bookings (booking_code),
  total_cents INTEGER NOT NULL CHECK (total_cents > 0),
  state TEXT NOT NULL CHECK (state IN ('ordered', 'withdrawn'))
) STRICT;

CREATE TABLE tray_lines (
  tray_id TEXT NOT NULL REFERENCES trays (tray_id),
  treat_id TEXT NOT NULL REFERENCES treats (treat_id),
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 12),
  PRIMARY KEY (tray_id, treat_id)
) STRICT;

CREATE TABLE watch_entries (
  member_id TEXT NOT NULL REFERENCES members (member_id),
  film_id TEXT NOT NULL REFERENCES films (film_id),
  added_on TEXT NOT NULL,
  alert INTEGER NOT NULL CHECK (alert IN (0, 1)),
  PRIMARY KEY (member_id, film_id)
) STRICT;

CREATE TABLE hall_hires (
  hire_id TEXT PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES members (member_id),
  hall_id TEXT NOT NULL REFERENCES halls (hall_id),
  hire_on TEXT NOT NULL,
  heads INTEGER NOT NULL CHECK (heads > 0),
  heads_since TEXT NOT NULL,  -- the day on which this number was given
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  deposit_cents INTEGER NOT NULL CHECK (deposit_cents <= price_cents),
  state TEXT NOT NULL CHECK (state IN ('agreed', 'called off')),
  remark TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX hires_of_member ON hall_hires (member_id);
CREATE INDEX hires_of_hall ON hall_hires (hall_id, hire_on);

CREATE TABLE gift_vouchers (
  voucher_code TEXT PRIMARY KEY,
  value_cents INTEGER NOT NULL CHECK (value_cents > 0),
  sold_on TEXT NOT NULL,
  expires_on TEXT NOT NULL CHECK (expires_on > sold_on),
  bought_by TEXT NOT NULL REFERENCES members (member_id),
  redeemed_by TEXT REFERENCES members (member_id)
) STRICT;
CREATE INDEX vouchers_bought ON gift_vouchers (bought_by);
