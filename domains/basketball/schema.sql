-- Great Rivers Basketball League. A season is the year in which it ends; salaries are whole-season amounts.

CREATE TABLE divisions (
  division_id          TEXT PRIMARY KEY,
  name                 TEXT NOT NULL UNIQUE,
  salary_cap_cents     INTEGER NOT NULL CHECK (salary_cap_cents > 0),
  minimum_salary_cents INTEGER NOT NULL CHECK (minimum_salary_cents > 0),
  roster_max           INTEGER NOT NULL,
  roster_min           INTEGER NOT NULL CHECK (roster_min BETWEEN 8 AND roster_max),
  trade_deadline       TEXT NOT NULL,
  makeup_until         TEXT NOT NULL CHECK (makeup_until > trade_deadline)
) STRICT;

CREATE TABLE venues (
  venue_id TEXT PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  city     TEXT NOT NULL
) STRICT;

CREATE TABLE clubs (
  club_id     TEXT PRIMARY KEY CHECK (length(club_id) = 3),
  name        TEXT NOT NULL UNIQUE,
  city        TEXT NOT NULL,
  division_id TEXT NOT NULL REFERENCES divisions (division_id),
  venue_id    TEXT NOT NULL UNIQUE REFERENCES venues (venue_id),
  draft_order INTEGER CHECK (draft_order BETWEEN 1 AND 24)
) STRICT;
CREATE INDEX clubs_in_division ON clubs (division_id);

CREATE TABLE representatives (
  rep_id          TEXT PRIMARY KEY,
  club_id         TEXT NOT NULL REFERENCES clubs (club_id),
  name            TEXT NOT NULL,
  role            TEXT NOT NULL CHECK (role IN ('basketball operations', 'team services', 'guest relations')),
  email           TEXT NOT NULL UNIQUE,
  badge_number    TEXT NOT NULL UNIQUE,
  countersign     TEXT NOT NULL,
  telephone_pin   TEXT NOT NULL CHECK (length(telephone_pin) = 5),
  allowance_cents INTEGER NOT NULL CHECK (allowance_cents >= 0),  -- a month, on the club account
  accredited_on   TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('accredited', 'suspended'))
) STRICT;
CREATE INDEX representatives_by_name ON representatives (club_id, name);

CREATE TABLE players (
  player_id      TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  birth_date     TEXT NOT NULL,
  position       TEXT NOT NULL CHECK (position IN ('guard', 'forward', 'center')),
  height_cm      INTEGER NOT NULL CHECK (height_cm BETWEEN 165 AND 230),
  club_id        TEXT REFERENCES clubs (club_id),
  depth          INTEGER CHECK (depth > 0),               -- place on the depth chart
  scoring_tenths INTEGER NOT NULL CHECK (scoring_tenths >= 0),  -- points a game last season, in tenths
  asking_cents   INTEGER CHECK (asking_cents > 0),        -- what a free agent asks for
  CHECK ((club_id IS NULL) = (asking_cents IS NOT NULL))
) STRICT;
CREATE INDEX players_of_club ON players (club_id);
CREATE INDEX players_by_name ON players (name);
CREATE INDEX free_agents ON players (position, scoring_tenths) WHERE club_id IS NULL;

CREATE TABLE contracts (
  contract_id       TEXT PRIMARY KEY,
  player_id         TEXT NOT NULL REFERENCES players (player_id),
  club_id           TEXT NOT NULL REFERENCES clubs (club_id),
  salary_cents      INTEGER NOT NULL CHECK (salary_cents > 0),
  signed_on         TEXT NOT NULL,
  final_season      INTEGER NOT NULL CHECK (final_season BETWEEN 2026 AND 2035),
  no_trade          INTEGER NOT NULL DEFAULT 0 CHECK (no_trade IN (0, 1)),
  next_salary_cents INTEGER CHECK (next_salary_cents > 0),  -- agreed by an extension
  extended_on       TEXT,
  status            TEXT NOT NULL CHECK (status IN ('active', 'waived')),
  waived_on         TEXT,
  CHECK ((status = 'waived') = (waived_on IS NOT NULL)),
  CHECK ((extended_on IS NULL) = (next_salary_cents IS NULL))
) STRICT;
CREATE INDEX contracts_of_club ON contracts (club_id, status);
CREATE INDEX contracts_of_player ON contracts (player_id, status);

CREATE TABLE injuries (
  injury_id   TEXT PRIMARY KEY,
  player_id   TEXT NOT NULL REFERENCES players (player_id),
  body_part   TEXT NOT NULL CHECK (body_part IN ('ankle', 'knee', 'hamstring', 'shoulder', 'wrist', 'back', 'calf', 'groin')),
  listed_on   TEXT NOT NULL,
  eligible_on TEXT NOT NULL CHECK (eligible_on > listed_on),
  cleared_on  TEXT CHECK (cleared_on >= listed_on),        -- by the league's physician
  ended_on    TEXT CHECK (ended_on >= listed_on)
) STRICT;
CREATE INDEX injuries_of_player ON injuries (player_id, ended_on);

CREATE TABLE trades (
  trade_id      TEXT PRIMARY KEY,
  club_id       TEXT NOT NULL REFERENCES clubs (club_id),
  other_club_id TEXT NOT NULL REFERENCES clubs (club_id) CHECK (other_club_id <> club_id),
  offered_on    TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('pending', 'completed', 'declined', 'withdrawn', 'lapsed')),
  settled_on    TEXT CHECK (settled_on >= offered_on),
  message       TEXT NOT NULL DEFAULT '',
  CHECK ((status = 'pending') = (settled_on IS NULL))
) STRICT;
CREATE INDEX trades_offered ON trades (club_id, status);
CREATE INDEX trades_received ON trades (other_club_id, status);

CREATE TABLE trade_players (
  trade_id  TEXT NOT NULL REFERENCES trades (trade_id),
  player_id TEXT NOT NULL REFERENCES players (player_id),
  from_club TEXT NOT NULL REFERENCES clubs (club_id),
  PRIMARY KEY (trade_id, player_id)
) STRICT;
CREATE INDEX trades_of_player ON trade_players (player_id);

CREATE TABLE games (
  game_id    TEXT PRIMARY KEY,
  round      INTEGER NOT NULL CHECK (round BETWEEN 1 AND 33),
  home_club  TEXT NOT NULL REFERENCES clubs (club_id),
  away_club  TEXT NOT NULL REFERENCES clubs (club_id) CHECK (away_club <> home_club),
  tipoff     TEXT NOT NULL,
  moved_from TEXT,
  status     TEXT NOT NULL CHECK (status IN ('scheduled', 'final')),
  home_score INTEGER,
  away_score INTEGER,
  CHECK ((status = 'final') = (home_score IS NOT NULL AND away_score IS NOT NULL)),
  CHECK (home_score <> away_score)
) STRICT;
CREATE INDEX games_at_home ON games (home_club, tipoff);
CREATE INDEX games_away ON games (away_club, tipoff);
CREATE INDEX games_by_tipoff ON games (tipoff);

CREATE TABLE box_scores (
  game_id     TEXT NOT NULL REFERENCES games (game_id),
  player_id   TEXT NOT NULL REFERENCES players (player_id),
  club_id     TEXT NOT NULL REFERENCES clubs (club_id),
  minutes     INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 40),
  twos        INTEGER NOT NULL CHECK (twos >= 0),
  threes      INTEGER NOT NULL CHECK (threes >= 0),
  free_throws INTEGER NOT NULL CHECK (free_throws >= 0),
  points      INTEGER NOT NULL CHECK (points = 2 * twos + 3 * threes + free_throws),
  rebounds    INTEGER NOT NULL CHECK (rebounds >= 0),
  assists     INTEGER NOT NULL CHECK (assists >= 0),
  fouls       INTEGER NOT NULL CHECK (fouls BETWEEN 0 AND 5),
  PRIMARY KEY (game_id, player_id)
) STRICT;
CREATE INDEX box_scores_of_player ON box_scores (player_id);

CREATE TABLE referees (
  referee_id TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  city       TEXT NOT NULL,
  rating     INTEGER NOT NULL CHECK (rating BETWEEN 60 AND 100),
  season_games INTEGER NOT NULL CHECK (season_games >= 0)
) STRICT;

CREATE TABLE assignments (
  game_id    TEXT NOT NULL REFERENCES games (game_id),
  duty       TEXT NOT NULL CHECK (duty IN ('crew chief', 'first umpire', 'second umpire')),
  referee_id TEXT NOT NULL REFERENCES referees (referee_id),
  PRIMARY KEY (game_id, duty)
) STRICT;
CREATE INDEX assignments_of_referee ON assignments (referee_id);

CREATE TABLE referee_challenges (
  challenge_id  TEXT PRIMARY KEY,
  club_id       TEXT NOT NULL REFERENCES clubs (club_id),
  game_id       TEXT NOT NULL REFERENCES games (game_id),
  removed_id    TEXT NOT NULL REFERENCES referees (referee_id),
  filed_on      TEXT NOT NULL
) STRICT;
CREATE INDEX challenges_of_club ON referee_challenges (club_id);

CREATE TABLE arena_bookings (
  venue_id  TEXT NOT NULL REFERENCES venues (venue_id),
  booked_on TEXT NOT NULL,
  event     TEXT NOT NULL,
  PRIMARY KEY (venue_id, booked_on)
) STRICT;

CREATE TABLE postponements (
  request_id TEXT PRIMARY KEY,
  game_id    TEXT NOT NULL REFERENCES games (game_id),
  club_id    TEXT NOT NULL REFERENCES clubs (club_id),
  new_date   TEXT NOT NULL,
  reason     TEXT NOT NULL CHECK (reason IN ('illness', 'travel', 'arena', 'weather')),
  filed_on   TEXT NOT NULL,
  status     TEXT NOT NULL CHECK (status IN ('pending', 'agreed', 'declined', 'withdrawn')),
  remark     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX postponements_of_game ON postponements (game_id);
CREATE INDEX postponements_of_club ON postponements (club_id);

CREATE TABLE sections (
  section_id TEXT PRIMARY KEY,
  venue_id   TEXT NOT NULL REFERENCES venues (venue_id),
  name       TEXT NOT NULL CHECK (name IN ('Courtside', 'Lower Bowl', 'Upper Bowl', 'Baseline', 'Family Stand', 'Visitors Block')),
  capacity   INTEGER NOT NULL CHECK (capacity > 0),
  UNIQUE (venue_id, name)
) STRICT;

CREATE TABLE game_seats (
  game_id     TEXT NOT NULL REFERENCES games (game_id),
  section_id  TEXT NOT NULL REFERENCES sections (section_id),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  seats_left  INTEGER NOT NULL CHECK (seats_left >= 0),
  PRIMARY KEY (game_id, section_id)
) STRICT;
CREATE INDEX game_seats_of_section ON game_seats (section_id);

CREATE TABLE ticket_orders (
  order_id    TEXT PRIMARY KEY,
  rep_id      TEXT NOT NULL REFERENCES representatives (rep_id),
  game_id     TEXT NOT NULL REFERENCES games (game_id),
  section_id  TEXT NOT NULL REFERENCES sections (section_id),
  seats       INTEGER NOT NULL CHECK (seats >= 0),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  bought_on   TEXT NOT NULL,
  payment     TEXT NOT NULL CHECK (payment IN ('club account', 'card on file')),
  source      TEXT NOT NULL CHECK (source IN ('box office', 'resale')),
  status      TEXT NOT NULL CHECK (status IN ('valid', 'returned', 'sold')),
  CHECK ((status = 'valid') = (seats > 0))
) STRICT;
CREATE INDEX ticket_orders_of_rep ON ticket_orders (rep_id, game_id);
CREATE INDEX ticket_orders_for_game ON ticket_orders (game_id);

CREATE TABLE resale_listings (
  listing_id  TEXT PRIMARY KEY,
  order_id    TEXT NOT NULL REFERENCES ticket_orders (order_id),
  game_id     TEXT NOT NULL REFERENCES games (game_id),
  seats       INTEGER NOT NULL CHECK (seats > 0),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),  -- a seat
  listed_on   TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('open', 'sold', 'withdrawn'))
) STRICT;
CREATE INDEX listings_of_order ON resale_listings (order_id, status);
CREATE INDEX listings_for_game ON resale_listings (game_id, status);

CREATE TABLE season_passes (
  pass_id        TEXT PRIMARY KEY,
  rep_id         TEXT NOT NULL REFERENCES representatives (rep_id),
  holder         TEXT NOT NULL,
  section_id     TEXT NOT NULL REFERENCES sections (section_id),
  price_cents    INTEGER NOT NULL CHECK (price_cents > 0),
  bought_on      TEXT NOT NULL,
  payment        TEXT NOT NULL CHECK (payment IN ('club account', 'card on file')),
  transferred_on TEXT CHECK (transferred_on >= bought_on),
  status         TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'ended'))
) STRICT;
CREATE INDEX season_passes_of_rep ON season_passes (rep_id, status);

-- what a club pays and whom it counts: injured players count against the cap but not against the roster limit
CREATE VIEW club_caps AS
SELECT club_id, division_id, salary_cap_cents, roster_max, roster_min, payroll_cents,
       salary_cap_cents - payroll_cents AS room_cents, contracts - injured AS roster, injured
FROM (SELECT c.club_id, d.division_id, d.salary_cap_cents, d.roster_max, d.roster_min,
             (SELECT coalesce(sum(k.salary_cents), 0) FROM contracts AS k WHERE k.club_id = c.club_id AND k.status = 'active') AS payroll_cents,
             (SELECT count(*) FROM contracts AS k WHERE k.club_id = c.club_id AND k.status = 'active') AS contracts,
             (SELECT count(*) FROM players AS p JOIN injuries AS i ON i.player_id = p.player_id AND i.ended_on IS NULL
              WHERE p.club_id = c.club_id) AS injured
      FROM clubs AS c JOIN divisions AS d ON d.division_id = c.division_id);

CREATE VIEW trade_terms AS
SELECT t.trade_id, t.club_id, t.other_club_id, t.offered_on, t.status,
       (SELECT sum(k.salary_cents) FROM trade_players AS x JOIN contracts AS k ON k.player_id = x.player_id AND k.status = 'active'
        WHERE x.trade_id = t.trade_id AND x.from_club = t.club_id) AS offered_cents,
       (SELECT sum(k.salary_cents) FROM trade_players AS x JOIN contracts AS k ON k.player_id = x.player_id AND k.status = 'active'
        WHERE x.trade_id = t.trade_id AND x.from_club = t.other_club_id) AS wanted_cents,
       (SELECT count(*) FROM trade_players AS x JOIN players AS p ON p.player_id = x.player_id
        WHERE x.trade_id = t.trade_id AND (p.club_id IS NOT x.from_club
              OR EXISTS (SELECT 1 FROM injuries AS i WHERE i.player_id = p.player_id AND i.ended_on IS NULL))) AS obstacles
FROM trades AS t;

-- what stands on the club account, by representative and day
CREATE VIEW account_charges AS
SELECT rep_id, bought_on AS charged_on, seats * price_cents AS amount_cents FROM ticket_orders WHERE payment = 'club account'
UNION ALL
SELECT rep_id, bought_on, price_cents FROM season_passes WHERE payment = 'club account';
