-- Marchlands Weather. Dates are ISO text, moments 'YYYY-MM-DD HH:MM:SS', clock times 'HH:MM', money integer pence, flags 0 or 1.

-- ---- the country ----

CREATE TABLE areas (
  area_code TEXT PRIMARY KEY CHECK (length(area_code) = 3),
  name      TEXT NOT NULL UNIQUE,
  terrain   TEXT NOT NULL CHECK (terrain IN ('coast', 'lowland', 'upland'))
) STRICT;

CREATE TABLE places (
  place_id    TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  area_code   TEXT NOT NULL REFERENCES areas (area_code),
  county      TEXT NOT NULL,
  latitude    REAL NOT NULL CHECK (latitude BETWEEN 54 AND 56),
  longitude   REAL NOT NULL CHECK (longitude BETWEEN -6 AND -1),
  elevation_m INTEGER NOT NULL CHECK (elevation_m >= 0),
  is_port     INTEGER NOT NULL CHECK (is_port IN (0, 1)),
  UNIQUE (name, county)
) STRICT;
CREATE INDEX places_by_area ON places (area_code);

CREATE TABLE warnings (
  warning_id TEXT PRIMARY KEY,
  area_code  TEXT NOT NULL REFERENCES areas (area_code),
  hazard     TEXT NOT NULL CHECK (hazard IN ('wind', 'rain', 'snow', 'ice')),
  level      TEXT NOT NULL CHECK (level IN ('yellow', 'amber', 'red')),
  starts_at  TEXT NOT NULL,
  ends_at    TEXT NOT NULL CHECK (ends_at > starts_at)
) STRICT;
CREATE INDEX warnings_by_area ON warnings (area_code, level);

CREATE TABLE daily_forecasts (
  place_id   TEXT NOT NULL REFERENCES places (place_id),
  day        TEXT NOT NULL,
  max_c      INTEGER NOT NULL,
  min_c      INTEGER NOT NULL,
  rain_mm    REAL NOT NULL CHECK (rain_mm >= 0),
  rain_pct   INTEGER NOT NULL CHECK (rain_pct BETWEEN 0 AND 100),
  gust_mph   INTEGER NOT NULL CHECK (gust_mph > 0),
  sun_hours  REAL NOT NULL CHECK (sun_hours BETWEEN 0 AND 12),
  confidence TEXT NOT NULL CHECK (confidence IN ('high', 'medium', 'low')),
  issued_at  TEXT NOT NULL,
  PRIMARY KEY (place_id, day),
  CHECK (min_c <= max_c),
  CHECK (issued_at <= day || ' 23:59:59')
) STRICT;

CREATE TABLE sea_forecasts (
  place_id  TEXT NOT NULL REFERENCES places (place_id),
  day       TEXT NOT NULL,
  wave_m    REAL NOT NULL CHECK (wave_m > 0),
  wind_kt   INTEGER NOT NULL CHECK (wind_kt >= 0),
  sea_state TEXT NOT NULL CHECK (sea_state IN ('slight', 'moderate', 'rough', 'very rough')),
  PRIMARY KEY (place_id, day)
) STRICT;

-- ---- subscribers and what they keep ----

CREATE TABLE tiers (
  tier_code     TEXT PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  level         INTEGER NOT NULL,
  monthly_cents INTEGER NOT NULL CHECK (monthly_cents > 0),
  places_limit  INTEGER NOT NULL CHECK (places_limit > 0),
  alerts_limit  INTEGER NOT NULL CHECK (alerts_limit > 0),
  history_days  INTEGER NOT NULL CHECK (history_days > 0),
  keys_limit    INTEGER NOT NULL CHECK (keys_limit >= 0),
  channels      TEXT NOT NULL CHECK (json_valid(channels)),
  on_sale       INTEGER NOT NULL CHECK (on_sale IN (0, 1))
) STRICT;

CREATE TABLE subscribers (
  subscriber_id   TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  email           TEXT NOT NULL UNIQUE,
  phone           TEXT NOT NULL UNIQUE,
  postcode        TEXT NOT NULL,
  memorable_word  TEXT NOT NULL,
  tier_code       TEXT NOT NULL REFERENCES tiers (tier_code),
  joined_on       TEXT NOT NULL,
  renews_on       TEXT NOT NULL,
  tier_changed_on TEXT CHECK (tier_changed_on >= joined_on),
  status          TEXT NOT NULL CHECK (status IN ('active', 'lapsed'))
) STRICT;
CREATE INDEX subscribers_by_name ON subscribers (name);

CREATE TABLE saved_places (
  saved_id      TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  place_id      TEXT NOT NULL REFERENCES places (place_id),
  label         TEXT NOT NULL CHECK (label = lower(label)),
  saved_on      TEXT NOT NULL,
  UNIQUE (subscriber_id, label),
  UNIQUE (subscriber_id, place_id)
) STRICT;

CREATE TABLE alerts (
  alert_id     TEXT PRIMARY KEY,
  saved_id     TEXT NOT NULL REFERENCES saved_places (saved_id),
  element      TEXT NOT NULL CHECK (element IN ('gust', 'rain', 'frost', 'snow')),
  threshold    REAL NOT NULL,
  channel      TEXT NOT NULL CHECK (channel IN ('email', 'text', 'voice')),
  quiet_from   TEXT CHECK (quiet_from GLOB '[0-2][0-9]:[0-5][0-9]'),
  quiet_to     TEXT CHECK (quiet_to GLOB '[0-2][0-9]:[0-5][0-9]'),
  paused_until TEXT,
  changed_on   TEXT,                       -- when the threshold was last changed
  memo         TEXT NOT NULL DEFAULT '',
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
  UNIQUE (saved_id, element)
) STRICT;

-- What was deleted can be looked up for a while.
CREATE TABLE deleted_alerts (
  alert_id      TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  place_id      TEXT NOT NULL REFERENCES places (place_id),
  element       TEXT NOT NULL CHECK (element IN ('gust', 'rain', 'frost', 'snow')),
  threshold     REAL NOT NULL,
  channel       TEXT NOT NULL CHECK (channel IN ('email', 'text', 'voice')),
  quiet_from    TEXT,
  quiet_to      TEXT,
  paused_until  TEXT,
  deleted_on    TEXT NOT NULL
) STRICT;

CREATE TABLE data_keys (
  key_id        TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  purpose       TEXT NOT NULL,
  issued_on     TEXT NOT NULL,
  last_used_on  TEXT CHECK (last_used_on >= issued_on),
  revoked_on    TEXT CHECK (revoked_on >= issued_on)
) STRICT;
CREATE INDEX data_keys_in_force ON data_keys (subscriber_id) WHERE revoked_on IS NULL;
CREATE INDEX data_keys_by_subscriber ON data_keys (subscriber_id);

-- ---- briefings, the forecasters' desk, the bills ----

CREATE TABLE products (
  product_code TEXT PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  line         TEXT NOT NULL CHECK (line IN ('farm', 'marine', 'events')),
  price_cents  INTEGER NOT NULL CHECK (price_cents > 0),
  least_tier   TEXT NOT NULL REFERENCES tiers (tier_code),
  lead_days    INTEGER NOT NULL CHECK (lead_days >= 1),
  about        TEXT NOT NULL
) STRICT;

CREATE TABLE desk_days (
  line        TEXT NOT NULL CHECK (line IN ('farm', 'marine', 'events')),
  day         TEXT NOT NULL,
  places_left INTEGER NOT NULL CHECK (places_left >= 0),
  PRIMARY KEY (line, day)
) STRICT;

CREATE TABLE briefings (
  briefing_id   TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  product_code  TEXT NOT NULL REFERENCES products (product_code),
  place_id      TEXT NOT NULL REFERENCES places (place_id),
  day           TEXT NOT NULL,
  ordered_on    TEXT NOT NULL CHECK (ordered_on <= day),
  moves         INTEGER NOT NULL DEFAULT 0 CHECK (moves >= 0),
  status        TEXT NOT NULL CHECK (status IN ('booked', 'delivered', 'missed', 'cancelled'))
) STRICT;
CREATE INDEX briefings_by_subscriber ON briefings (subscriber_id, status);

CREATE TABLE invoices (
  invoice_id    TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  issued_on     TEXT NOT NULL,
  due_on        TEXT NOT NULL CHECK (due_on > issued_on),
  paid_on       TEXT CHECK (paid_on >= issued_on)
) STRICT;
CREATE INDEX invoices_by_subscriber ON invoices (subscriber_id, issued_on);
CREATE INDEX invoices_open ON invoices (subscriber_id, due_on) WHERE paid_on IS NULL;

-- An invoice is the sum of its charges; a charge without an invoice goes on the next one.
CREATE TABLE charges (
  charge_id     TEXT PRIMARY KEY,
  subscriber_id TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  invoice_id    TEXT REFERENCES invoices (invoice_id),
  kind          TEXT NOT NULL CHECK (kind IN ('subscription', 'late fee', 'briefing', 'survey', 'refund', 'credit')),
  amount_cents  INTEGER NOT NULL CHECK (amount_cents <> 0),
  incurred_on   TEXT NOT NULL,
  briefing_id   TEXT REFERENCES briefings (briefing_id),
  credits_id    TEXT UNIQUE REFERENCES charges (charge_id),
  CHECK ((kind IN ('refund', 'credit')) = (amount_cents < 0)),
  CHECK ((kind = 'credit') = (credits_id IS NOT NULL))
) STRICT;
CREATE INDEX charges_by_invoice ON charges (invoice_id);
CREATE INDEX charges_by_subscriber ON charges (subscriber_id, kind);
CREATE INDEX charges_by_briefing ON charges (briefing_id);

-- ---- the volunteers' stations ----

CREATE TABLE stations (
  station_id   TEXT PRIMARY KEY,          -- as on the plaque, such as LAK-2041
  host_id      TEXT NOT NULL REFERENCES subscribers (subscriber_id),
  name         TEXT NOT NULL,
  place_id     TEXT NOT NULL REFERENCES places (place_id),
  installed_on TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('reporting', 'silent', 'closed')),
  UNIQUE (host_id, name)
) STRICT;
CREATE INDEX stations_by_place ON stations (place_id);

CREATE TABLE sensors (
  sensor_id     TEXT PRIMARY KEY,
  station_id    TEXT NOT NULL REFERENCES stations (station_id),
  kind          TEXT NOT NULL CHECK (kind IN ('thermometer', 'rain gauge', 'anemometer')),
  fitted_on     TEXT NOT NULL,
  calibrated_on TEXT NOT NULL CHECK (calibrated_on >= fitted_on),
  due_on        TEXT NOT NULL CHECK (due_on > calibrated_on),
  certificate   TEXT,
  condition     TEXT NOT NULL CHECK (condition IN ('working', 'faulty')),
  symptom       TEXT CHECK (symptom IN ('stuck', 'drifting', 'silent', 'damaged')),
  CHECK ((condition = 'faulty') = (symptom IS NOT NULL)),
  UNIQUE (station_id, kind)
) STRICT;

CREATE TABLE readings (
  reading_id TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES stations (station_id),
  element    TEXT NOT NULL CHECK (element IN ('rainfall', 'maximum temperature', 'gust')),
  day        TEXT NOT NULL,
  value      REAL NOT NULL,
  flag       TEXT NOT NULL CHECK (flag IN ('good', 'suspect', 'sealed')),
  UNIQUE (station_id, element, day)
) STRICT;

CREATE TABLE corrections (
  correction_id TEXT PRIMARY KEY,
  reading_id    TEXT NOT NULL REFERENCES readings (reading_id),
  station_id    TEXT NOT NULL REFERENCES stations (station_id),
  proposed      REAL NOT NULL,
  cause         TEXT NOT NULL CHECK (cause IN ('misread', 'typing error', 'snow in gauge', 'sprinkler')),
  filed_on      TEXT NOT NULL,
  decide_by     TEXT NOT NULL CHECK (decide_by > filed_on),
  status        TEXT NOT NULL CHECK (status IN ('open', 'accepted', 'rejected', 'withdrawn')),
  remark        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX corrections_by_station ON corrections (station_id, status);
CREATE UNIQUE INDEX corrections_open ON corrections (reading_id) WHERE status = 'open';

CREATE TABLE spare_models (
  model_code TEXT PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('thermometer', 'rain gauge', 'anemometer')),
  stock      INTEGER NOT NULL CHECK (stock >= 0)
) STRICT;
CREATE INDEX spare_models_by_kind ON spare_models (kind);

CREATE TABLE spares_sent (
  parcel_id  TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES stations (station_id),
  sensor_id  TEXT NOT NULL REFERENCES sensors (sensor_id),
  model_code TEXT NOT NULL REFERENCES spare_models (model_code),
  sent_on    TEXT NOT NULL
) STRICT;
CREATE INDEX spares_sent_by_station ON spares_sent (station_id, sent_on);

CREATE TABLE technicians (
  technician_id TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  area_code     TEXT NOT NULL REFERENCES areas (area_code),
  drive_km      INTEGER NOT NULL CHECK (drive_km > 0)
) STRICT;

CREATE TABLE visit_slots (
  slot_id       TEXT PRIMARY KEY,
  technician_id TEXT NOT NULL REFERENCES technicians (technician_id),
  area_code     TEXT NOT NULL REFERENCES areas (area_code),
  day           TEXT NOT NULL,
  half          TEXT NOT NULL CHECK (half IN ('morning', 'afternoon')),
  status        TEXT NOT NULL CHECK (status IN ('open', 'taken', 'leave')),
  UNIQUE (technician_id, day, half)
) STRICT;
CREATE INDEX visit_slots_by_area ON visit_slots (area_code, status, day);

CREATE TABLE visits (
  visit_id   TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES stations (station_id),
  slot_id    TEXT NOT NULL REFERENCES visit_slots (slot_id),
  purpose    TEXT NOT NULL CHECK (purpose IN ('calibration', 'repair', 'survey')),
  status     TEXT NOT NULL CHECK (status IN ('booked', 'done', 'cancelled'))
) STRICT;
CREATE INDEX visits_by_station ON visits (station_id, status);
CREATE UNIQUE INDEX visits_by_slot ON visits (slot_id) WHERE status <> 'cancelled';

CREATE TABLE station_pauses (
  pause_id   TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES stations (station_id),
  from_day   TEXT NOT NULL,
  until_day  TEXT NOT NULL CHECK (until_day >= from_day)
) STRICT;
CREATE INDEX station_pauses_by_station ON station_pauses (station_id, until_day);

-- ---- what is asked again and again ----

CREATE VIEW invoice_totals AS
SELECT i.invoice_id, i.subscriber_id, i.issued_on, i.due_on, i.paid_on,
       (SELECT coalesce(sum(c.amount_cents), 0) FROM charges AS c WHERE c.invoice_id = i.invoice_id) AS total_cents
FROM invoices AS i;

-- What a subscriber uses of what the tier allows, and what is overdue.
CREATE VIEW allowances AS
SELECT s.subscriber_id, s.tier_code, t.level, s.tier_changed_on, s.renews_on, t.monthly_cents, t.channels, t.history_days,
       t.places_limit, t.alerts_limit, t.keys_limit,
       (SELECT count(*) FROM saved_places AS p WHERE p.subscriber_id = s.subscriber_id) AS places_used,
       (SELECT count(*) FROM saved_places AS p JOIN alerts AS a ON a.saved_id = p.saved_id
        WHERE p.subscriber_id = s.subscriber_id) AS alerts_used,
       (SELECT count(*) FROM data_keys AS k WHERE k.subscriber_id = s.subscriber_id AND k.revoked_on IS NULL) AS keys_used,
       (SELECT coalesce(sum(c.amount_cents), 0) FROM invoices AS i JOIN charges AS c ON c.invoice_id = i.invoice_id
        WHERE i.subscriber_id = s.subscriber_id AND i.paid_on IS NULL AND i.due_on < today()) AS overdue_cents
FROM subscribers AS s JOIN tiers AS t ON t.tier_code = s.tier_code
WHERE s.status = 'active';

CREATE VIEW booked_visits AS
SELECT v.visit_id, v.station_id, v.purpose, v.slot_id, l.day, l.half, l.area_code, l.technician_id
FROM visits AS v JOIN visit_slots AS l ON l.slot_id = v.slot_id
WHERE v.status = 'booked';
