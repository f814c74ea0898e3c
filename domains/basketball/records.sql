-- A club's shape is its place in a shuffle of all clubs: roster full, two or three places open; under or over the cap;
-- nobody to three players on the injured list. So every seed has clubs of every kind.

UPDATE clubs SET draft_order = 1 + (SELECT permuted(count(*), 24, 'shape') FROM clubs AS o WHERE o.club_id < clubs.club_id);

INSERT INTO representatives (rep_id, club_id, name, role, email, badge_number, countersign, telephone_pin, allowance_cents,
                             accredited_on, status)
WITH numbered AS MATERIALIZED (
  SELECT club_id, row_number() OVER (ORDER BY club_id) - 1 AS i FROM clubs
), people AS MATERIALIZED (
  SELECT s.n, c.club_id, (s.n - 1) / 24 AS seat,
         faker('first_name', CASE WHEN s.n % 60 = 0 THEN s.n - 1 ELSE s.n END) AS given,
         faker('last_name', CASE WHEN s.n % 60 = 0 THEN s.n - 1 ELSE s.n END) AS family
  FROM series(:representatives) AS s JOIN numbered AS c ON c.i = (s.n - 1) % 24
)
SELECT printf('RP%04d', 1000 + n), club_id, given || ' ' || family,
       CASE WHEN seat % 16 IN (0, 1, 3, 5, 7, 8, 10, 12, 14) THEN 'basketball operations' WHEN seat % 16 IN (2, 6, 9, 13) THEN 'team services'
            ELSE 'guest relations' END,
       lower(substr(given, 1, 1)) || lower(replace(family, ' ', '')) || n || '@' || lower(club_id) || '.grbl.example',
       printf('GR26-%s-%05d', club_id, permuted(n, 90000, 'badge') + 10000),
       pick('["backboard", "crossover", "fadeaway", "hardwood", "alleyoop", "pivot", "shotclock", "baseline", "turnstile",
              "sixthman", "layup", "jumpball", "downtown", "paintjob", "fullcourt", "tipdrill", "swish", "outlet"]', n || ':sign'),
       printf('%05d', uniform(10000, 99999, n || ':pin')),
       pick('[60000, 80000, 80000, 100000, 120000, 150000, 200000]', n || ':allowance'),
       day('2023-08-01', '2025-10-10', n || ':accredited'),
       CASE WHEN n % 41 = 17 THEN 'suspended' ELSE 'accredited' END
FROM people ORDER BY n;

INSERT INTO players (player_id, name, birth_date, position, height_cm, club_id, depth, scoring_tenths)
WITH shape AS MATERIALIZED (
  SELECT c.club_id, row_number() OVER (ORDER BY c.club_id) AS c, d.roster_max, c.draft_order - 1 AS q
  FROM clubs AS c JOIN divisions AS d ON d.division_id = c.division_id
), places AS MATERIALIZED (
  SELECT shape.*, s.n AS depth, c * 40 + s.n AS k,
         json_extract('["guard","forward","center","guard","forward"]', '$[' || ((s.n + c) % 5) || ']') AS position
  FROM shape, series(18) AS s
  WHERE s.n <= roster_max - json_extract('[0, 2, 3]', '$[' || (q % 3) || ']') + (q / 3) % 4
)
SELECT printf('PL%05d', 20000 + permuted(k, 70000, 'player')),
       faker('first_name_male', CASE WHEN k % 70 = 13 THEN k - 40 ELSE k END) || ' ' || faker('last_name', CASE WHEN k % 70 = 13 THEN k - 40 ELSE k END),
       day('1990-01-15', '2005-06-30', k || ':born'), position,
       CAST(gauss(CASE position WHEN 'guard' THEN 190 WHEN 'forward' THEN 202 ELSE 210 END, 4, k || ':height') AS INTEGER),
       club_id, depth,
       CAST(max(4, gauss(185 - depth * 11, 22, k || ':scoring')) AS INTEGER)
FROM places;

INSERT INTO players (player_id, name, birth_date, position, height_cm, scoring_tenths, asking_cents)
SELECT printf('PF%05d', 10000 + permuted(n, 80000, 'agent')), faker('first_name_male', n || ':fa') || ' ' || faker('last_name', n || ':fa'),
       day('1989-03-01', '2004-12-31', n || ':fa born'), json_extract('["guard","forward","center"]', '$[' || (n % 3) || ']'),
       CAST(gauss(json_extract('[190, 202, 210]', '$[' || (n % 3) || ']'), 4, n || ':fa height') AS INTEGER),
       uniform(8, 60, n || ':fa scoring') + CASE WHEN n % 4 = 0 THEN 80 ELSE uniform(0, 60, n || ':more') END,
       12000000 + 1000000 * CASE WHEN n % 7 = 0 THEN uniform(60, 180, n || ':star') ELSE uniform(0, 24, n || ':asks') END
FROM series(:free_agents);

-- two pairs of free agents in three are level on last season's scoring
UPDATE players SET scoring_tenths = 10 * ((scoring_tenths + 9) / 10) WHERE club_id IS NULL;

INSERT INTO contracts (contract_id, player_id, club_id, salary_cents, signed_on, final_season, no_trade, status)
WITH shape AS MATERIALIZED (
  SELECT c.club_id, d.salary_cap_cents, d.minimum_salary_cents, c.draft_order - 1 AS q
  FROM clubs AS c JOIN divisions AS d ON d.division_id = c.division_id
), worth AS MATERIALIZED (
  SELECT p.player_id, p.depth, s.*, uniform(0.88, 1.12, p.player_id) / (p.depth + 2.5) AS share,
         CASE WHEN q < 14 THEN uniform(0.82, 0.92, s.club_id || ':payroll') ELSE uniform(1.02, 1.09, s.club_id || ':payroll') END AS target
  FROM players AS p JOIN shape AS s ON s.club_id = p.club_id
), paid AS MATERIALIZED (
  SELECT *, sum(share) OVER (PARTITION BY club_id) AS shares FROM worth
)
SELECT 'K' || substr(player_id, 3) || '-1', player_id, club_id,
       max(minimum_salary_cents, 500000 * CAST(salary_cap_cents * target * share / shares / 500000 AS INTEGER)),
       CASE WHEN depth = 11 THEN day('2025-12-20', '2026-01-26', player_id) ELSE day('2023-07-05', '2025-09-20', player_id) END,
       CASE WHEN depth = 11 THEN 2026 ELSE CAST(weighted('{"2026": 42, "2027": 30, "2028": 18, "2029": 10}', player_id) AS INTEGER) END,
       CASE WHEN depth = 1 AND q % 2 = 0 OR depth = 2 AND q % 5 = 1 THEN 1 ELSE 0 END, 'active'
FROM paid;

-- contracts that were waived this season; their players are free agents now
INSERT INTO contracts (contract_id, player_id, club_id, salary_cents, signed_on, final_season, status, waived_on)
WITH agents AS MATERIALIZED (
  SELECT player_id, asking_cents, row_number() OVER (ORDER BY player_id) AS i FROM players WHERE club_id IS NULL
), numbered AS MATERIALIZED (
  SELECT club_id, row_number() OVER (ORDER BY club_id) - 1 AS i FROM clubs
)
SELECT 'K' || substr(a.player_id, 3) || '-0', a.player_id, c.club_id, a.asking_cents + 2000000, day('2024-07-05', '2025-09-20', a.player_id),
       2026, 'waived', day(date(today(), '-27 days'), date(today(), '-3 days'), a.player_id)
FROM agents AS a JOIN numbered AS c ON c.i = a.i % 24 WHERE a.i <= 48;

INSERT INTO injuries (injury_id, player_id, body_part, listed_on, eligible_on, cleared_on)
WITH shape AS MATERIALIZED (
  SELECT club_id, draft_order - 1 AS q FROM clubs
), hurt AS MATERIALIZED (
  SELECT p.player_id, s.q, s.n AS k, (s.q / 3) % 4 AS many,
         CASE WHEN s.n = 2 AND (s.q / 3) % 4 = 2 THEN day(date(today(), '-7 days'), date(today(), '-2 days'), p.player_id)
              ELSE day(date(today(), '-38 days'), date(today(), '-13 days'), p.player_id) END AS listed_on
  FROM (SELECT shape.*, x.n FROM shape, series(3) AS x) AS s
  JOIN players AS p ON p.club_id = s.club_id AND p.depth = json_extract('[0, 5, 8, 12]', '$[' || s.n || ']')
  WHERE s.n <= (s.q / 3) % 4
)
SELECT 'IL' || substr(player_id, 3), player_id,
       pick('["ankle", "ankle", "knee", "hamstring", "shoulder", "wrist", "back", "calf", "groin"]', player_id),
       listed_on, date(listed_on, '+10 days'),
       CASE WHEN k = 3 THEN NULL WHEN k = 2 AND many = 2 THEN date(today(), '-1 day') ELSE day(date(today(), '-3 days'), today(), player_id || ':ok') END
FROM hurt;

INSERT INTO injuries (injury_id, player_id, body_part, listed_on, eligible_on, cleared_on, ended_on)
SELECT 'IL0' || substr(player_id, 3), player_id, pick('["ankle", "calf", "back", "wrist"]', player_id), listed_on,
       date(listed_on, '+10 days'), date(listed_on, '+14 days'), date(listed_on, '+' || uniform(14, 20, player_id) || ' days')
FROM (SELECT player_id, day('2025-10-20', '2025-12-05', player_id || ':past') AS listed_on FROM players
      WHERE depth BETWEEN 2 AND 10 AND chance(0.16, player_id || ':hurt'));

-- three cycles of a round robin by the circle method; three rounds a fortnight: Saturday, Wednesday, Saturday
INSERT INTO games (game_id, round, home_club, away_club, tipoff, status, home_score, away_score)
WITH numbered AS MATERIALIZED (
  SELECT club_id, division_id, permuted(row_number() OVER (PARTITION BY division_id ORDER BY club_id) - 1, 12, division_id) AS i FROM clubs
), pairs AS MATERIALIZED (
  SELECT r.n AS round, (r.n - 1) % 11 AS turn, p.n - 1 AS pair, (r.n - 1) / 11 AS cycle,
         date('2025-10-18', '+' || ((r.n - 1) / 3 * 14 + json_extract('[0, 4, 7]', '$[' || ((r.n - 1) % 3) || ']')) || ' days') AS played_on
  FROM series(33) AS r, series(6) AS p
), drawn AS MATERIALIZED (
  SELECT *, CASE WHEN pair = 0 THEN 11 ELSE (pair + turn) % 11 END AS a,
         CASE WHEN pair = 0 THEN turn ELSE (turn - pair + 11) % 11 END AS b
  FROM pairs
), hosted AS MATERIALIZED (
  SELECT d.*, x.club_id AS home, y.club_id AS away, x.club_id || d.round AS k
  FROM drawn AS d
  JOIN numbered AS x ON x.i = CASE WHEN (pair + turn + cycle) % 2 = 0 THEN a ELSE b END
  JOIN numbered AS y ON y.i = CASE WHEN (pair + turn + cycle) % 2 = 0 THEN b ELSE a END AND y.division_id = x.division_id
)
SELECT printf('G%02d-%s-%s', round, home, away), round, home, away,
       played_on || CASE WHEN strftime('%w', played_on) = '3' THEN ' 19:30:00' ELSE pick('[" 18:00:00", " 20:00:00"]', k) END,
       CASE WHEN played_on < today() THEN 'final' ELSE 'scheduled' END,
       CASE WHEN played_on < today() THEN uniform(72, 104, k || ':score') END,
       CASE WHEN played_on < today() THEN uniform(72, 104, k || ':score') + CASE WHEN chance(0.56, k || ':home') THEN -uniform(1, 19, k || ':margin') ELSE uniform(1, 15, k || ':margin') END END
FROM hosted;

-- box scores of the last ten rounds
INSERT INTO box_scores (game_id, player_id, club_id, minutes, twos, threes, free_throws, points, rebounds, assists, fouls)
WITH lines AS MATERIALIZED (
  SELECT g.game_id, p.player_id, p.club_id, p.depth, p.position, g.game_id || p.player_id AS k
  FROM games AS g JOIN players AS p ON p.club_id IN (g.home_club, g.away_club) AND p.depth <= 10
  WHERE g.status = 'final' AND g.round >= 15
    AND NOT EXISTS (SELECT 1 FROM injuries AS i WHERE i.player_id = p.player_id AND i.ended_on IS NULL AND i.listed_on <= substr(g.tipoff, 1, 10))
), shots AS MATERIALIZED (
  SELECT *, CAST(max(0, gauss(5.1 - 0.38 * depth, 1.5, k || ':two')) AS INTEGER) AS twos,
         CAST(max(0, gauss(CASE position WHEN 'center' THEN 0.9 ELSE 2.6 END - 0.17 * depth, 1.0, k || ':three')) AS INTEGER) AS threes,
         uniform(0, 6 - depth / 2, k || ':free') AS free_throws
  FROM lines
)
SELECT game_id, player_id, club_id,
       json_extract('[34, 32, 30, 26, 22, 18, 14, 11, 8, 5]', '$[' || (depth - 1) || ']')
         + CASE WHEN depth % 2 = 1 THEN 1 ELSE -1 END * uniform(-3, 3, game_id || club_id || ((depth + 1) / 2)),
       twos, threes, free_throws, 2 * twos + 3 * threes + free_throws,
       CAST(max(0, gauss(CASE position WHEN 'center' THEN 8 WHEN 'forward' THEN 6 ELSE 4 END - 0.35 * depth, 2, k || ':rebounds')) AS INTEGER),
       CAST(max(0, gauss(CASE position WHEN 'guard' THEN 6 ELSE 3 END - 0.3 * depth, 1.5, k || ':assists')) AS INTEGER),
       zipf(6, k || ':fouls') - 1
FROM shots;

UPDATE games SET
  home_score = (SELECT sum(b.points) FROM box_scores AS b WHERE b.game_id = games.game_id AND b.club_id = games.home_club),
  away_score = (SELECT sum(b.points) + CASE WHEN sum(b.points) = (SELECT sum(h.points) FROM box_scores AS h WHERE h.game_id = games.game_id AND h.club_id = games.home_club) THEN 1 ELSE 0 END
                FROM box_scores AS b WHERE b.game_id = games.game_id AND b.club_id = games.away_club)
WHERE status = 'final' AND round >= 15;

-- the one point that decided a game that was level: a free throw of the visitors' first player
UPDATE box_scores SET free_throws = free_throws + 1, points = points + 1
WHERE (game_id, player_id) IN (
  SELECT g.game_id, (SELECT b.player_id FROM box_scores AS b JOIN players AS p ON p.player_id = b.player_id
                     WHERE b.game_id = g.game_id AND b.club_id = g.away_club ORDER BY p.depth LIMIT 1)
  FROM games AS g WHERE g.status = 'final' AND g.round >= 15
    AND g.away_score > (SELECT sum(b.points) FROM box_scores AS b WHERE b.game_id = g.game_id AND b.club_id = g.away_club));

-- referees of one rating never have the same number of games
INSERT INTO referees (referee_id, name, city, rating, season_games)
SELECT printf('RF%03d', 100 + n), faker('first_name', n || ':ref') || ' ' || faker('last_name', n || ':ref') || CASE WHEN n > 60 THEN ' Jr.' ELSE '' END,
       json_extract('["Omaha","Tulsa","Albany","Boise","Toledo","Madison","Peoria","Mobile","Fargo","Spokane","St. Louis","Buffalo","Denver","Louisville","Columbus","Kansas City","Raleigh","Syracuse","Lansing","Topeka","Akron","Flint"]', '$[' || (n % 22) || ']'),
       70 + 2 * (permuted(n - 1, :referees, 'rating') % 13), 6 + 3 * (permuted(n - 1, :referees, 'rating') / 13) + uniform(0, 2, n)
FROM series(:referees);

INSERT INTO assignments (game_id, duty, referee_id)
WITH tonight AS MATERIALIZED (
  SELECT game_id, round, row_number() OVER (PARTITION BY round ORDER BY game_id) - 1 AS i FROM games WHERE round BETWEEN 24 AND 30
)
SELECT t.game_id, json_extract('["crew chief","first umpire","second umpire"]', '$[' || (d.n - 1) || ']'),
       printf('RF%03d', 101 + permuted(t.i * 3 + d.n - 1, :referees, 'round ' || t.round))
FROM tonight AS t, series(3) AS d;

-- a third of the clubs have used both challenges, a third one
INSERT INTO referee_challenges (challenge_id, club_id, game_id, removed_id, filed_on)
WITH shape AS MATERIALIZED (
  SELECT club_id, permuted(row_number() OVER (ORDER BY club_id) - 1, 24, 'challenge') AS q FROM clubs
), hosted AS (
  SELECT s.club_id, s.q, g.game_id, g.tipoff, row_number() OVER (PARTITION BY s.club_id ORDER BY chance(0.5, g.game_id), g.tipoff) AS i
  FROM shape AS s JOIN games AS g ON g.home_club = s.club_id AND g.round BETWEEN 4 AND 22
)
SELECT 'RC-' || club_id || i, club_id, game_id, printf('RF%03d', uniform(101, 100 + :referees, club_id || i)), date(tipoff, '-5 days')
FROM hosted WHERE i <= q % 3;

INSERT INTO arena_bookings (venue_id, booked_on, event)
SELECT DISTINCT venue_id, booked_on, pick('["rock concert", "ice revue", "trade fair", "graduation", "comedy night", "wrestling"]', venue_id || booked_on)
FROM (SELECT v.venue_id, date('2026-02-08', '+' || s.n || ' days') AS booked_on FROM venues AS v, series(42) AS s
      WHERE chance(0.22, v.venue_id || s.n)) AS free
WHERE NOT EXISTS (SELECT 1 FROM games AS g JOIN clubs AS c ON c.club_id = g.home_club
                  WHERE c.venue_id = free.venue_id AND substr(g.tipoff, 1, 10) = booked_on);

-- half the clubs have asked to move a game ahead (pending); some others have moved one already
INSERT INTO postponements (request_id, game_id, club_id, new_date, reason, filed_on, status)
WITH shape AS MATERIALIZED (
  SELECT club_id, permuted(row_number() OVER (ORDER BY club_id) - 1, 24, 'postpone') AS q FROM clubs
), ahead AS MATERIALIZED (
  SELECT s.club_id, s.q, g.game_id, row_number() OVER (PARTITION BY s.club_id ORDER BY chance(0.5, s.club_id || g.game_id), g.tipoff) AS i
  FROM shape AS s JOIN games AS g ON s.club_id IN (g.home_club, g.away_club) WHERE g.round BETWEEN 28 AND 31 AND s.q < 12
), first AS (
  SELECT *, row_number() OVER (PARTITION BY game_id ORDER BY club_id) AS j FROM ahead WHERE i = 1
)
SELECT 'PP-' || club_id || '-1', game_id, club_id, date('2026-03-15', '+' || uniform(1, 9, club_id || ':new') || ' days'),
       pick('["illness", "travel", "weather"]', club_id), day(date(today(), '-5 days'), date(today(), '-1 day'), club_id), 'pending'
FROM first WHERE j = 1;

INSERT INTO postponements (request_id, game_id, club_id, new_date, reason, filed_on, status)
WITH shape AS MATERIALIZED (
  SELECT club_id, permuted(row_number() OVER (ORDER BY club_id) - 1, 24, 'postpone') AS q FROM clubs
), past AS MATERIALIZED (
  SELECT s.club_id, s.q, g.game_id, g.tipoff, row_number() OVER (PARTITION BY s.club_id ORDER BY g.tipoff, g.game_id) AS i
  FROM shape AS s JOIN games AS g ON g.home_club = s.club_id AND g.round BETWEEN 10 AND 20 WHERE s.q BETWEEN 12 AND 18
)
SELECT 'PP-' || club_id || '-0', game_id, club_id, date(tipoff), pick('["illness", "weather"]', club_id), date(tipoff, '-20 days'),
       CASE WHEN q < 17 THEN 'agreed' ELSE 'declined' END
FROM past WHERE i = 1;
UPDATE games SET moved_from = datetime(tipoff, '-3 days') WHERE game_id IN (SELECT game_id FROM postponements WHERE status = 'agreed');

-- one-for-one offers among the Premier clubs; each club has three out and three in, and who is over the cap is offered, third,
-- a rotation player's salary for the last man on the bench
INSERT INTO trades (trade_id, club_id, other_club_id, offered_on, status, settled_on)
WITH numbered AS MATERIALIZED (
  SELECT club_id, division_id, row_number() OVER (PARTITION BY division_id ORDER BY club_id) - 1 AS i FROM clubs
)
SELECT 'TR-' || a.club_id || b.club_id, a.club_id, b.club_id,
       CASE WHEN a.division_id = 'PREM' THEN day(date(today(), '-9 days'), date(today(), '-1 day'), a.club_id || k.n) ELSE day('2026-01-12', '2026-01-27', a.club_id || k.n) END,
       CASE WHEN a.division_id = 'PREM' THEN 'pending' ELSE pick('["declined", "withdrawn", "lapsed"]', a.club_id || k.n) END,
       CASE WHEN a.division_id <> 'PREM' THEN '2026-01-29' END
FROM numbered AS a JOIN series(3) AS k JOIN numbered AS b
  ON b.division_id = a.division_id AND b.i = (a.i + json_extract('[0, 1, 4, 7]', '$[' || k.n || ']')) % 12;

INSERT INTO trade_players (trade_id, player_id, from_club)
SELECT t.trade_id, p.player_id, p.club_id
FROM (SELECT d.*, row_number() OVER (PARTITION BY d.club_id ORDER BY d.trade_id) AS k, o.draft_order > 14 AS over_cap,
             (SELECT max(b.depth) FROM players AS b WHERE b.club_id = d.other_club_id) AS last_man
      FROM trades AS d JOIN clubs AS o ON o.club_id = d.other_club_id) AS t
JOIN players AS p ON p.club_id = t.club_id AND p.depth = json_extract('[0, 3, 4, 7]', '$[' || t.k || ']') - (t.k = 3 AND t.over_cap)
                  OR p.club_id = t.other_club_id AND p.depth = CASE WHEN t.k = 3 AND t.over_cap THEN t.last_man
                       ELSE json_extract('[0, 3, 4, 7]', '$[' || t.k || ']') - (uniform(0, 1, t.trade_id) * 2 - 1) * (t.k = 3) END;

INSERT INTO sections (section_id, venue_id, name, capacity)
SELECT substr(v.venue_id, 2) || '-' || json_extract('["CS","LB","UB","BL","FS","VB"]', '$[' || (s.n - 1) || ']'), v.venue_id,
       json_extract('["Courtside","Lower Bowl","Upper Bowl","Baseline","Family Stand","Visitors Block"]', '$[' || (s.n - 1) || ']'),
       json_extract('[80, 1800, 2600, 700, 500, 240]', '$[' || (s.n - 1) || ']') + 10 * uniform(0, 9, v.venue_id || s.n)
FROM venues AS v, series(6) AS s;

INSERT INTO game_seats (game_id, section_id, price_cents, seats_left)
WITH base AS MATERIALIZED (
  SELECT g.game_id, s.section_id, s.name, s.capacity, v.venue_id, 100 * uniform(21, 34, v.venue_id) AS upper,
         permuted(row_number() OVER (PARTITION BY s.name ORDER BY g.game_id) % 3, 3, s.venue_id) AS level, g.game_id || s.name AS k
  FROM games AS g JOIN clubs AS c ON c.club_id = g.home_club JOIN venues AS v ON v.venue_id = c.venue_id
  JOIN sections AS s ON s.venue_id = v.venue_id
  WHERE g.status = 'scheduled'
)
SELECT game_id, section_id,
       CASE name WHEN 'Courtside' THEN 1000 * uniform(18, 26, venue_id || ':cs') WHEN 'Lower Bowl' THEN 500 * uniform(12, 19, venue_id || ':lb')
                 WHEN 'Baseline' THEN 500 * uniform(9, 11, venue_id || ':bl') WHEN 'Upper Bowl' THEN upper
                 WHEN 'Family Stand' THEN upper + CASE WHEN level = 0 THEN 300 ELSE 0 END ELSE upper + 600 END,
       CASE WHEN chance(0.14, k || ':sold out') AND name <> 'Visitors Block' THEN 0
            WHEN chance(0.12, k || ':few') THEN uniform(1, 5, k) ELSE uniform(9, capacity / 6, k) END
FROM base;

-- guest tickets: the orders of each representative for games of the own club, one order a game
INSERT INTO ticket_orders (order_id, rep_id, game_id, section_id, seats, price_cents, bought_on, payment, source, status)
WITH wanted AS MATERIALIZED (
  SELECT r.rep_id, r.club_id, g.game_id, g.round, g.home_club, c.venue_id, r.rep_id || g.round AS k
  FROM representatives AS r JOIN games AS g ON r.club_id IN (g.home_club, g.away_club) AND g.round BETWEEN 22 AND 33
  JOIN clubs AS c ON c.club_id = g.home_club
  WHERE r.status = 'accredited'
    AND chance(CASE WHEN g.round = 25 THEN 0.42 WHEN g.round < 25 THEN 0.2 ELSE 0.3 END, r.rep_id || ':goes' || g.round)
), placed AS MATERIALIZED (
  SELECT *, CASE WHEN home_club <> club_id AND chance(0.6, k || ':block') THEN 'Visitors Block'
                 ELSE weighted('{"Lower Bowl": 34, "Upper Bowl": 30, "Family Stand": 15, "Baseline": 15, "Courtside": 6}', k) END AS name
  FROM wanted
)
SELECT printf('TO%05d%02d', 10000 + permuted(CAST(substr(rep_id, 3) AS INTEGER), 80000, 'order'), round), rep_id, p.game_id, s.section_id,
       json_extract('[1, 2, 2, 3, 4, 4, 5, 6, 7]', '$[' || uniform(0, CASE WHEN p.name = 'Courtside' THEN 2 ELSE 8 END, k || ':seats') || ']'),
       coalesce(q.price_cents, 100 * uniform(28, 80, k || ':old')),
       CASE WHEN p.round >= 25 THEN day('2025-12-28', date(today(), '-1 day'), k || ':bought') ELSE day('2025-11-10', '2026-01-20', k || ':bought') END,
       weighted('{"card on file": 60, "club account": 40}', k || ':payment'),
       CASE WHEN p.round >= 25 AND chance(0.14, k || ':resale') THEN 'resale' ELSE 'box office' END, 'valid'
FROM placed AS p JOIN sections AS s ON s.venue_id = p.venue_id AND s.name = p.name
LEFT JOIN game_seats AS q ON q.game_id = p.game_id AND q.section_id = s.section_id;

INSERT INTO resale_listings (listing_id, order_id, game_id, seats, price_cents, listed_on, status)
SELECT 'RL' || substr(order_id, 3), order_id, game_id, min(seats, 1 + uniform(0, 3, order_id || ':listed')),
       price_cents - 100 * uniform(0, 6, order_id || ':cheaper'), day(max(bought_on, '2026-01-20'), today(), order_id || ':on'), 'open'
FROM ticket_orders
WHERE game_id IN (SELECT game_id FROM games WHERE round BETWEEN 26 AND 33) AND payment = 'card on file' AND chance(0.3, order_id || ':offers');

INSERT INTO season_passes (pass_id, rep_id, holder, section_id, price_cents, bought_on, payment, transferred_on, status)
WITH wanted AS MATERIALIZED (
  SELECT r.rep_id, c.venue_id, x.n AS k, r.rep_id || ':pass' || x.n AS key,
         day(max('2025-06-15', date(r.accredited_on)), '2025-11-20', r.rep_id || x.n) AS bought_on
  FROM representatives AS r JOIN clubs AS c ON c.club_id = r.club_id, series(3) AS x
  WHERE r.status = 'accredited' AND x.n <= json_extract('[0, 1, 1, 2, 2, 3]', '$[' || uniform(0, 5, r.rep_id || ':passes') || ']')
)
SELECT printf('SP%06d', 100000 + permuted(CAST(substr(rep_id, 3) AS INTEGER) * 3 + k, 800000, 'pass')), rep_id,
       faker('first_name', key) || ' ' || faker('last_name', key), s.section_id,
       10000 * uniform(4, 9, w.venue_id) + json_extract('{"Lower Bowl": 60000, "Baseline": 42000, "Upper Bowl": 15000, "Family Stand": 12000}', '$."' || s.name || '"'),
       bought_on, 'card on file',
       CASE WHEN chance(0.3, key || ':moved') THEN day(max(bought_on, '2025-11-25'), '2026-01-25', key) END,
       CASE WHEN chance(0.06, key || ':suspended') THEN 'suspended' ELSE 'active' END
FROM wanted AS w JOIN sections AS s ON s.venue_id = w.venue_id
  AND s.name = weighted('{"Upper Bowl": 40, "Family Stand": 20, "Baseline": 20, "Lower Bowl": 20}', key || ':where');
