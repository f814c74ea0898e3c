-- Ranks come from permuted(): a fixed share of the clients has each peculiarity, in every seed and at every size.

INSERT INTO clients (client_id, name, email, phone, birth_date, security_word, street, city, segment, branch_id,
                     joined_on, status, contact_changed_on)
WITH base AS MATERIALIZED (
  SELECT n,
         -- every fortieth client is the namesake of the one before
         CASE WHEN n % 40 = 0 THEN n - 1 ELSE n END AS name_key,
         day('1941-01-01', '2005-12-31', n || ':birth') AS birth_date,
         permuted(n - 1, :clients, 'newcomer') * 1.0 / :clients AS newcomer_rank,
         permuted(n - 1, :clients, 'contact') * 1.0 / :clients AS contact_rank,
         printf('BR-%02d', 1 + (zipf(14, n || ':branch') + n) % 12) AS branch_id
  FROM series(:clients)
), named AS MATERIALIZED (
  SELECT *, faker('first_name', name_key) AS first_name, faker('last_name', name_key) AS last_name,
         CASE WHEN newcomer_rank < 0.12 THEN day('2024-12-20', '2025-05-15', n || ':joined')
              ELSE day(max('2009-01-05', date(birth_date, '+18 years')), '2024-11-29', n || ':joined') END AS joined_on
  FROM base
)
SELECT printf('CL-%05d', n),
       first_name || ' ' || last_name,
       lower(first_name) || '.' || replace(lower(last_name), '''', '') || n || '@'
         || pick('["example.com", "example.net", "example.org", "mail.example", "post.example"]', n),
       printf('%s-%03d-%04d', pick('["614", "740", "937", "330", "419"]', n || ':area'), 200 + (n * 37 + n / 70000) % 700,
              permuted(n % 10000, 10000, 'phone')),
       birth_date,
       pick('["lantern", "juniper", "cobalt", "marigold", "tundra", "saffron", "pelican", "walnut", "pebble", "meadow",
              "compass", "velvet", "oriole", "falcon", "ginger", "thimble", "quarry", "raven", "sundial", "trellis",
              "umbra", "wicker", "yonder", "zephyr", "anchor", "bramble", "cinder", "dapple", "ember", "fable"]', n || ':word'),
       faker('street_address', n),
       (SELECT city FROM branches WHERE branches.branch_id = named.branch_id),
       weighted('{"standard": 78, "premium": 22}', n || ':segment'),
       branch_id,
       joined_on,
       CASE WHEN n % 47 = 11 THEN 'closed' ELSE 'active' END,
       CASE WHEN contact_rank < 0.16 THEN day(date(today(), '-6 days'), date(today(), '-1 day'), n || ':contact')
            WHEN contact_rank < 0.50 THEN day(max(joined_on, '2022-01-01'), date(today(), '-25 days'), n || ':contact') END
FROM named;

INSERT INTO accounts (account_id, client_id, kind, nickname, status, opened_on, closed_on, overdraft_limit_cents)
WITH base AS MATERIALIZED (
  SELECT client_id, joined_on, status AS client_status, CAST(substr(client_id, 4) AS INTEGER) AS n,
         weighted('{"0": 50, "20000": 22, "40000": 18, "80000": 10}', client_id || ':overdraft') AS overdraft,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'frozen') * 1.0 / :clients AS frozen_rank
  FROM clients
)
SELECT printf('AC-%06d', 100000 + permuted(n - 1, 3 * :clients, 'account')), client_id, 'checking', 'Everyday',
       CASE WHEN client_status = 'closed' THEN 'closed' WHEN frozen_rank > 0.97 THEN 'frozen'
            WHEN frozen_rank > 0.95 THEN 'dormant' ELSE 'active' END,
       joined_on,
       CASE WHEN client_status = 'closed' THEN day('2025-05-20', '2025-06-10', n || ':closed') END,
       CASE WHEN client_status = 'closed' OR joined_on > date(today(), '-6 months') THEN 0
            ELSE CAST(overdraft AS INTEGER) END
FROM base;

INSERT INTO accounts (account_id, client_id, kind, nickname, status, opened_on, closed_on)
WITH base AS MATERIALIZED (
  SELECT client_id, joined_on, status AS client_status, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'savings') * 1.0 / :clients AS savings_rank,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'frozen') * 1.0 / :clients AS frozen_rank
  FROM clients
)
SELECT printf('AC-%06d', 100000 + 3 * :clients + permuted(n - 1, 3 * :clients, 'account')), client_id, 'savings',
       pick('["Rainy Day", "Holiday", "House", "Nest Egg"]', n),
       CASE WHEN client_status = 'closed' OR frozen_rank BETWEEN 0.80 AND 0.84 THEN 'closed'
            WHEN frozen_rank < 0.16 THEN 'frozen' WHEN frozen_rank BETWEEN 0.84 AND 0.86 THEN 'dormant' ELSE 'active' END,
       day(max(joined_on, '2012-01-01'), '2025-05-18', n || ':opened'),
       CASE WHEN client_status = 'closed' OR frozen_rank BETWEEN 0.80 AND 0.84
            THEN day('2025-05-20', '2025-06-10', n || ':closed') END
FROM base WHERE savings_rank < 0.86;

-- a second savings account for some
INSERT INTO accounts (account_id, client_id, kind, nickname, status, opened_on)
SELECT printf('AC-%06d', 100000 + 6 * :clients + permuted(CAST(substr(s.client_id, 4) AS INTEGER) - 1, 3 * :clients, 'account')),
       s.client_id, 'savings', pick('["Wedding", "New Car", "College", "Boat"]', s.client_id), 'active',
       day(s.opened_on, '2025-05-18', s.client_id)
FROM accounts AS s
WHERE s.kind = 'savings' AND s.status = 'active'
  AND permuted(CAST(substr(s.client_id, 4) AS INTEGER) - 1, :clients, 'second') < 0.24 * :clients;

INSERT INTO holds (hold_id, account_id, amount_cents, reason, placed_on, releases_on, status)
SELECT 'HD-' || substr(account_id, 4), account_id, uniform(8, 60, account_id) * 1000,
       pick('["check deposit", "hotel deposit", "fuel authorization"]', account_id),
       day(date(today(), '-4 days'), date(today(), '-1 day'), account_id),
       day(date(today(), '+1 day'), date(today(), '+6 days'), account_id || ':until'), 'active'
FROM accounts WHERE kind = 'checking' AND status = 'active' AND chance(0.12, account_id);

INSERT INTO holds (hold_id, account_id, amount_cents, reason, placed_on, releases_on, status)
SELECT 'HD-0' || substr(account_id, 4), account_id, uniform(8, 60, account_id) * 1000,
       pick('["check deposit", "hotel deposit", "fuel authorization"]', account_id),
       '2025-05-20', day('2025-05-22', '2025-05-28', account_id || ':until'), 'released'
FROM accounts WHERE kind = 'checking' AND status = 'active' AND opened_on < '2025-05-20' AND chance(0.15, account_id);

-- the first card of every checking account, then a second one for some
INSERT INTO cards (card_id, client_id, account_id, card_number, last_four, status, blocked_reason, blocked_on, issued_on,
                   expires_on, daily_limit_cents)
WITH base AS MATERIALIZED (
  SELECT account_id, client_id, opened_on, status AS account_status, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'card') * 1.0 / :clients AS card_rank
  FROM accounts WHERE kind = 'checking'
), printed AS MATERIALIZED (
  SELECT *, luhn(printf('4532%06d%05d', n * 2, uniform(0, 99999, n))) AS card_number,
         CASE WHEN account_status = 'closed' THEN 'cancelled' WHEN card_rank < 0.26 THEN 'blocked'
              WHEN card_rank < 0.31 AND opened_on < '2021-01-01' THEN 'expired' ELSE 'active' END AS status,
         date(CASE WHEN card_rank BETWEEN 0.26 AND 0.31 AND opened_on < '2021-01-01' THEN day('2025-03-01', '2025-05-20', n || ':end')
                   WHEN card_rank < 0.55 THEN day('2025-06-20', '2025-08-20', n || ':end')
                   ELSE day('2025-09-01', '2028-12-31', n || ':end') END, 'start of month', '+1 month', '-1 day') AS expires_on
  FROM base
)
SELECT printf('CD-%06d', 200000 + permuted(n - 1, 2 * :clients, 'card id')), client_id, account_id, card_number,
       substr(card_number, -4), status,
       CASE WHEN status = 'blocked' THEN
         CASE WHEN card_rank < 0.13 THEN 'suspicious activity' ELSE pick('["lost", "stolen", "compromised"]', n) END END,
       CASE WHEN status = 'blocked' THEN day('2025-06-06', '2025-06-15', n || ':blocked') END,
       max(opened_on, date(expires_on, '-4 years')), expires_on,
       pick('[300, 400, 450, 550, 600, 800, 900, 1100, 1200, 1500]', n || ':limit') * 100
FROM printed;

INSERT INTO cards (card_id, client_id, account_id, card_number, last_four, status, blocked_reason, blocked_on, issued_on,
                   expires_on, daily_limit_cents)
WITH base AS MATERIALIZED (
  SELECT account_id, client_id, opened_on, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'second card') * 1.0 / :clients AS card_rank
  FROM accounts WHERE kind = 'checking' AND status = 'active'
), printed AS MATERIALIZED (
  SELECT *, luhn(printf('4532%06d%05d', n * 2 + 1, uniform(0, 99999, n))) AS card_number,
         CASE WHEN card_rank < 0.06 THEN 'blocked' ELSE 'active' END AS status,
         date(CASE WHEN card_rank BETWEEN 0.06 AND 0.16 THEN day('2025-06-20', '2025-08-20', n || ':end')
                   ELSE day('2025-09-01', '2028-12-31', n || ':end') END, 'start of month', '+1 month', '-1 day') AS expires_on
  FROM base WHERE card_rank < 0.42
)
SELECT printf('CD-%06d', 200000 + 2 * :clients + permuted(n - 1, 2 * :clients, 'card id')), client_id, account_id, card_number,
       substr(card_number, -4), status,
       CASE WHEN status = 'blocked' THEN pick('["lost", "stolen", "suspicious activity"]', n) END,
       CASE WHEN status = 'blocked' THEN day('2025-06-06', '2025-06-15', n || ':blocked') END,
       max(opened_on, date(expires_on, '-4 years')), expires_on, pick('[200, 300, 450, 700]', n || ':limit') * 100
FROM printed
WHERE substr(card_number, -4) <> (SELECT o.last_four FROM cards AS o WHERE o.account_id = printed.account_id);

INSERT INTO travel_notices (notice_id, card_id, country, starts_on, ends_on)
SELECT 'TN-' || substr(card_id, 4), card_id, pick('["Canada", "Mexico", "Spain", "Germany"]', card_id), '2025-04-02',
       day('2025-04-05', '2025-04-20', card_id)
FROM cards WHERE status = 'active' AND issued_on < '2025-04-01' AND chance(0.06, card_id);

-- two to four payees a client, each with another name; some were added within the last day
INSERT INTO payees (payee_id, client_id, name, account_number, routing_number, added_at)
WITH base AS MATERIALIZED (
  SELECT client_id, joined_on, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'new payee') * 1.0 / :clients AS new_rank
  FROM clients WHERE status = 'active'
)
SELECT printf('PY-%05d%d', base.n, k.n), client_id,
       json_extract('["Maple Court Apartments", "Greenfield Electric", "Harlow Water Works", "Rosa Whitfield", "Ironside Gym",
         "Bright Start Nursery", "Callahan Plumbing", "Tidewater Insurance", "Owen Prescott", "Summit Property Care",
         "Blue Heron Piano School", "Delgado Landscaping", "Northway Garage", "Hazel Thornbury", "Evergreen Storage",
         "Parkside Dental", "Sunbeam Cleaning", "Felix Marchetti", "Copperline Internet", "Willow Dance Studio",
         "Stonebridge Roofing", "Amelia Fairbanks", "Lakeshore Sailing Club", "Quill Tax Services"]',
         '$[' || ((base.n * 5 + k.n * 7) % 24) || ']'),
       printf('%010d', uniform(1000000000, 9999999999, client_id || ':' || k.n)),
       pick('["041215537", "072403473", "044002161", "083002342", "241070417", "042000398"]', client_id || ':' || k.n),
       CASE WHEN k.n = 2 AND new_rank < 0.20
            THEN printf('%s %02d:%02d:00', date(today(), '-1 day'), uniform(10, 21, client_id), uniform(0, 59, client_id || ':m'))
            ELSE moment(max(joined_on, '2021-01-01'), '2025-06-08', client_id || ':' || k.n) END
FROM base, series(4) AS k
WHERE k.n <= 1 + uniform(1, 3, client_id);

INSERT INTO standing_orders (order_id, client_id, account_id, payee_id, amount_cents, frequency, next_on, status)
WITH base AS MATERIALIZED (
  SELECT a.client_id, a.account_id, p.payee_id, CAST(substr(p.payee_id, -1) AS INTEGER) AS k,
         permuted(CAST(substr(a.client_id, 4) AS INTEGER) - 1, :clients, 'due soon') * 1.0 / :clients AS soon_rank
  FROM accounts AS a JOIN payees AS p ON p.client_id = a.client_id
  WHERE a.kind = 'checking' AND a.status = 'active' AND p.added_at < date(today(), '-2 days')
)
SELECT 'SO-' || substr(payee_id, 4), client_id, account_id, payee_id,
       pick('[25, 40, 50, 75, 75, 120, 120, 250]', payee_id) * 100,
       weighted('{"monthly": 85, "weekly": 15}', payee_id),
       CASE WHEN k = 1 AND soon_rank < 0.22 THEN pick(json_array(date(today(), '+1 day'), date(today(), '+1 day'), today()), client_id)
            ELSE day(date(today(), '+3 days'), date(today(), '+7 days'), payee_id || ':next') END,
       CASE WHEN k > 1 AND chance(0.08, payee_id) THEN 'cancelled' ELSE 'active' END
FROM base WHERE chance(0.68, payee_id || ':has') OR (k = 1 AND soon_rank < 0.22);

-- longer intervals for monthly orders
UPDATE standing_orders SET next_on = date(next_on, '+' || uniform(0, 22, order_id) || ' days')
WHERE frequency = 'monthly' AND next_on > date(today(), '+2 days');

INSERT INTO loans (loan_id, client_id, kind, principal_cents, monthly_principal_cents, rate_bp, term_months, opened_on, due_day,
                   next_due_on, last_deferred_on, balance_cents, status)
WITH base AS MATERIALIZED (
  SELECT a.client_id, a.opened_on AS joined_on, a.client_id || ':' || k.n AS loan_key, k.n AS k,
         CAST(substr(a.client_id, 4) AS INTEGER) AS n,
         pick('[12, 24, 36, 48]', a.client_id || ':term' || k.n) AS term_months,
         uniform(6, 48, a.client_id || ':monthly' || k.n) * 500 AS monthly_principal_cents,
         uniform(1, 28, a.client_id || ':due' || k.n) AS due_day,
         permuted(CAST(substr(a.client_id, 4) AS INTEGER) - 1, :clients, 'loan') * 1.0 / :clients AS loan_rank,
         permuted(CAST(substr(a.client_id, 4) AS INTEGER) - 1, :clients, 'arrears') * 1.0 / :clients AS arrears_rank,
         permuted(CAST(substr(a.client_id, 4) AS INTEGER) - 1, :clients, 'deferral') * 1.0 / :clients AS deferral_rank
  FROM accounts AS a, series(2) AS k
  WHERE a.kind = 'checking' AND a.status <> 'closed' AND a.opened_on < '2024-12-01'
), dated AS MATERIALIZED (
  SELECT *, day(max(joined_on, '2024-01-10'), '2025-03-20', loan_key) AS opened_on
  FROM base WHERE k = 1 AND loan_rank < 0.78 OR k = 2 AND loan_rank < 0.14
), due AS MATERIALIZED (
  SELECT *, date(CASE WHEN arrears_rank < 0.26 AND k = 1 THEN date(today(), '-2 months') ELSE today() END,
                 'start of month', '+' || (due_day - 1) || ' days') AS this_month,
         CASE WHEN arrears_rank < 0.26 AND k = 1 THEN date(today(), '-2 months') ELSE today() END AS paid_until,
         CASE WHEN deferral_rank < 0.42 THEN day(date(today(), '-11 months'), date(today(), '-45 days'), loan_key)
              WHEN deferral_rank < 0.54 THEN day('2024-03-15', date(today(), '-13 months'), loan_key) END AS deferred_on
  FROM dated
)
SELECT printf('LN-%05d%d', n, k), client_id,
       json_extract('["personal", "car", "home"]', '$[' || ((uniform(0, 2, client_id || ':kind') + k) % 3) || ']'),
       monthly_principal_cents * term_months, monthly_principal_cents, uniform(18, 48, loan_key) * 25, term_months,
       opened_on, due_day,
       CASE WHEN this_month < paid_until THEN date(this_month, '+1 month') ELSE this_month END,
       CASE WHEN deferred_on > date(opened_on, '+2 months') THEN deferred_on END,
       monthly_principal_cents * term_months,
       CASE WHEN arrears_rank < 0.26 AND k = 1 THEN 'arrears' ELSE 'current' END
FROM due;

-- every due date between the opening and the next one that is open, but not the deferred one
INSERT INTO loan_payments (payment_id, loan_id, paid_on, kind, principal_cents, interest_cents)
WITH due AS MATERIALIZED (
  SELECT l.*, date(l.opened_on, 'start of month', '+' || i.n || ' months', '+' || (l.due_day - 1) || ' days') AS due_on
  FROM loans AS l, series(24) AS i
), paid AS (
  SELECT due.*, row_number() OVER (PARTITION BY loan_id ORDER BY due_on) AS k
  FROM due
  WHERE due_on < next_due_on
    AND (last_deferred_on IS NULL OR due_on <= last_deferred_on OR due_on > date(last_deferred_on, '+1 month'))
)
SELECT printf('LP-%s%02d', substr(loan_id, 4), k), loan_id, due_on, 'installment', monthly_principal_cents,
       CAST(round((principal_cents - (k - 1) * monthly_principal_cents) * rate_bp / 120000.0) AS INTEGER)
FROM paid WHERE k <= term_months;

UPDATE loans SET balance_cents = principal_cents
  - (SELECT coalesce(sum(p.principal_cents), 0) FROM loan_payments AS p WHERE p.loan_id = loans.loan_id);
UPDATE loans SET status = 'paid off', next_due_on = NULL WHERE balance_cents = 0;

INSERT INTO loan_applications (application_id, client_id, kind, amount_cents, term_months, submitted_on, decide_by, decided_on, status)
WITH base AS MATERIALIZED (
  SELECT client_id, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'application') * 1.0 / :clients AS application_rank,
         day(max(joined_on, '2024-01-10'), '2025-02-20', client_id) AS long_ago,
         day(max(joined_on, '2025-03-28'), '2025-05-28', client_id || ':recent') AS lately
  FROM clients WHERE status = 'active' AND joined_on <= '2025-02-20'
), dated AS MATERIALIZED (
  SELECT *, CASE WHEN application_rank < 0.20 THEN lately WHEN application_rank < 0.40 THEN long_ago
                 ELSE day('2025-06-10', '2025-06-15', client_id) END AS submitted_on
  FROM base WHERE application_rank < 0.44
)
SELECT printf('LA-%06d', 300000 + permuted(n - 1, :clients, 'application id')), client_id,
       pick('["personal", "car", "home"]', client_id), uniform(4, 60, client_id) * 50000,
       pick('[24, 36, 48, 60]', client_id || ':term'), submitted_on, date(submitted_on, '+7 days'),
       CASE WHEN application_rank < 0.40 THEN date(submitted_on, '+' || uniform(1, 7, client_id || ':decided') || ' days') END,
       CASE WHEN application_rank < 0.20 THEN 'declined'
            WHEN application_rank < 0.40 THEN weighted('{"approved": 70, "declined": 30}', client_id || ':outcome')
            ELSE 'under review' END
FROM dated;

-- rates in quarter points, so that the best one is often shared
INSERT INTO deposit_offers (offer_id, term_months, rate_bp, minimum_cents, penalty_days)
SELECT printf('OF-%02d', n), json_extract('[3, 6, 9, 12, 18, 24, 36]', '$[' || (n - 1) || ']'),
       325 + 25 * uniform(0, 3, n), pick('[50000, 50000, 100000, 250000, 500000]', n || ':minimum'),
       CASE WHEN n <= 4 THEN 90 ELSE 180 END
FROM series(7);

INSERT INTO term_deposits (deposit_id, client_id, offer_id, principal_cents, rate_bp, penalty_days, opened_on, matures_on, status)
WITH base AS MATERIALIZED (
  SELECT c.client_id, c.joined_on, CAST(substr(c.client_id, 4) AS INTEGER) AS n, o.offer_id, o.term_months, o.rate_bp,
         o.minimum_cents, o.penalty_days,
         permuted(CAST(substr(c.client_id, 4) AS INTEGER) - 1, :clients, 'deposit') * 1.0 / :clients AS deposit_rank
  FROM clients AS c JOIN deposit_offers AS o ON o.offer_id = printf('OF-%02d', uniform(1, 7, c.client_id))
  WHERE c.status = 'active'
), dated AS MATERIALIZED (
  SELECT *, CASE WHEN deposit_rank < 0.14 THEN day(date(today(), '-6 days'), date(today(), '-1 day'), client_id)
                 WHEN deposit_rank < 0.44 THEN date(day(date(today(), '-9 days'), today(), client_id), '-' || term_months || ' months')
                 ELSE day(date(today(), '+15 days', '-' || min(term_months, 24) || ' months'), date(today(), '-20 days'), client_id)
            END AS opened_on
  FROM base WHERE deposit_rank < 0.84
)
SELECT printf('TD-%06d', 400000 + permuted(n - 1, :clients, 'deposit id')), client_id, offer_id,
       max(minimum_cents, uniform(4, 60, client_id) * 25000), rate_bp - 25 * (opened_on < '2025-06-01'), penalty_days,
       opened_on, date(opened_on, '+' || term_months || ' months'), 'active'
FROM dated WHERE opened_on >= joined_on;

-- free slots: seven for each branch and topic; six of them in pairs that start together and differ in length
INSERT INTO appointment_slots (slot_id, branch_id, topic, adviser, starts_at, minutes, status)
WITH topics AS MATERIALIZED (
  SELECT n AS t, json_extract('["mortgages", "investments", "loans", "everyday banking"]', '$[' || (n - 1) || ']') AS topic
  FROM series(4)
), advisers AS MATERIALIZED (
  SELECT b.branch_id, t.t, t.topic, a.n AS a,
         faker('first_name_female', b.branch_id || t.t || a.n) || ' ' || faker('last_name', b.branch_id || t.t || a.n) AS full_name
  FROM branches AS b, topics AS t, series(2) AS a
), times AS MATERIALIZED (
  SELECT b.branch_id, t.t, k.n AS k, 1 + 4 * (k.n / 2) + uniform(0, 3, b.branch_id || t.t || (k.n / 2)) AS workday,
         uniform(10, 14, b.branch_id || t.t || (k.n / 2)) AS hour
  FROM branches AS b, topics AS t, series(7) AS k
)
SELECT 'SL-' || substr(s.branch_id, 4) || s.t || s.k, s.branch_id, a.topic,
       a.full_name,
       printf('%s %02d:%s:00', date(today(), '+' || (s.workday + 2 * (s.workday / 5)) || ' days'), s.hour,
              CASE s.k / 2 % 2 WHEN 0 THEN '00' ELSE '30' END),
       CASE s.k % 2 WHEN 0 THEN 30 ELSE pick('[45, 60]', s.branch_id || s.t || s.k) END, 'free'
FROM times AS s JOIN advisers AS a ON a.branch_id = s.branch_id AND a.t = s.t AND a.a = 1 + s.k % 2;

-- booked appointments, each with a slot of its own: some within the next 24 hours
INSERT INTO appointment_slots (slot_id, branch_id, topic, adviser, starts_at, minutes, status)
WITH base AS MATERIALIZED (
  SELECT client_id, branch_id, CAST(substr(client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'appointment') * 1.0 / :clients AS appointment_rank,
         uniform(2, 9, client_id) AS workday
  FROM clients WHERE status = 'active'
)
SELECT printf('SL-9%05d', n), branch_id, pick('["mortgages", "investments", "loans", "everyday banking"]', client_id),
       (SELECT min(s.adviser) FROM appointment_slots AS s WHERE s.branch_id = base.branch_id
          AND s.topic = pick('["mortgages", "investments", "loans", "everyday banking"]', base.client_id)),
       CASE WHEN appointment_rank < 0.20 THEN printf('%s %02d:%02d:00', today(), uniform(11, 15, client_id), uniform(0, 1, client_id) * 30)
            ELSE printf('%s %02d:%02d:00', date(today(), '+' || (workday + 2 * (workday / 5)) || ' days'),
                        uniform(10, 14, client_id), uniform(0, 1, client_id) * 30) END,
       pick('[30, 45, 60]', client_id || ':minutes'), 'taken'
FROM base WHERE appointment_rank < 0.52;

INSERT INTO appointments (appointment_id, client_id, slot_id, status)
SELECT 'AP-' || substr(slot_id, 5), 'CL-' || substr(slot_id, 5), slot_id, 'booked'
FROM appointment_slots WHERE status = 'taken';

-- TRANSACTIONS. Each statement has a number range of its own. Nothing before 2025 is kept: see the balance brought forward.

-- salaries
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
WITH base AS MATERIALIZED (
  SELECT account_id, opened_on, CAST(substr(client_id, 4) AS INTEGER) AS n, faker('company', account_id) AS employer,
         uniform(150000, 480000, account_id) AS pay, uniform(1, 28, account_id || ':payday') AS payday
  FROM accounts WHERE kind = 'checking' AND status IN ('active', 'frozen') AND chance(0.88, account_id)
), dated AS (
  SELECT base.*, m.n AS m, date(today(), 'start of month', '-' || (m.n - 1) || ' months', '+' || (payday - 1) || ' days') AS paid_on
  FROM base, series(3) AS m
)
SELECT printf('TX-10%05d%02d', n, m), account_id, paid_on || ' 06:15:00', 'deposit', employer, pay, 'posted'
FROM dated WHERE paid_on < today() AND paid_on > opened_on;

-- the household account elsewhere that most of the salary goes on to, two days later
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT 'TX-11' || substr(transaction_id, 6), account_id, date(posted_at, '+2 days') || ' 07:40:00', 'withdrawal',
       'Household account at Union Savings', -amount_cents * uniform(60, 95, account_id) / 100, 'posted'
FROM transactions WHERE transaction_id LIKE 'TX-10%' AND date(posted_at, '+2 days') < today() AND chance(0.8, account_id);

-- card spending: many small amounts, few large ones, favourite merchants first
INSERT INTO transactions (transaction_id, account_id, card_id, posted_at, kind, counterparty, amount_cents, status)
WITH base AS MATERIALIZED (
  SELECT a.account_id, a.opened_on, c.card_id, CAST(substr(a.client_id, 4) AS INTEGER) AS n,
         max(date(a.opened_on, '+2 days'), date(c.issued_on, '+2 days'), date(today(), '-105 days')) AS first_on,
         min(date(today(), '-1 day'), coalesce(date(c.blocked_on, '-1 day'), '9999'), c.expires_on) AS last_on
  FROM accounts AS a JOIN cards AS c ON c.account_id = a.account_id
  WHERE a.status = 'active' AND c.status <> 'cancelled'
    AND c.card_id = (SELECT min(o.card_id) FROM cards AS o WHERE o.account_id = a.account_id)
)
SELECT printf('TX-20%05d%02d', base.n, k.n), account_id, card_id, moment(first_on, last_on, account_id || ':' || k.n), 'card',
       json_extract('["Corner Bakery", "Fresh Fields Market", "Metro Fuel", "Daily Grind Coffee", "Harbor Pharmacy",
         "Noodle House", "Bookworm Books", "City Transit", "Green Basket", "Pet Palace", "Hardware Depot", "Sole Shoes",
         "Cinema Royale", "Taco Loco", "Bloom Florist", "Tech Corner", "Fit Factory", "Sunny Side Diner", "Toy Chest",
         "Home and Hearth", "Pizza Fiasco", "Auto Wash Express", "Golden Wok", "Vinyl Vault", "Bike Barn", "Lakeside Spa"]',
         '$[' || (zipf(26, account_id || ':' || k.n) - 1) || ']'),
       -CAST(350 + 42000 * power(uniform(0.0, 1.0, account_id || ':amount' || k.n), 4) AS INTEGER), 'posted'
FROM base, series(8) AS k WHERE first_on < last_on AND chance(0.85, account_id || ':' || k.n);

-- a subscription, the same amount every month
INSERT INTO transactions (transaction_id, account_id, card_id, posted_at, kind, counterparty, amount_cents, status)
SELECT printf('TX-25%05d%02d', CAST(substr(c.client_id, 4) AS INTEGER), m.n), c.account_id, c.card_id,
       date('2025-06-05', '-' || m.n || ' months', '+' || uniform(0, 20, c.account_id) || ' days') || ' 03:10:00', 'card',
       pick('["Streambox", "Tunewave", "Newsdesk Daily", "Cloudlocker"]', c.account_id),
       pick('[-999, -1499, -1299, -599]', c.account_id || ':price'), 'posted'
FROM cards AS c, series(3) AS m
WHERE c.status = 'active' AND c.issued_on < '2025-02-20' AND chance(0.3, c.account_id)
  AND c.card_id = (SELECT min(o.card_id) FROM cards AS o WHERE o.account_id = c.account_id);

-- one large purchase for many
INSERT INTO transactions (transaction_id, account_id, card_id, posted_at, kind, counterparty, amount_cents, status)
SELECT printf('TX-30%05d01', CAST(substr(c.client_id, 4) AS INTEGER)), c.account_id, c.card_id,
       moment(date(today(), '-55 days'), date(today(), '-12 days'), c.account_id), 'card',
       pick('["Oak and Elm Furniture", "Skyward Travel", "Volt Electronics", "Grand Jewelers", "Peak Outdoor Gear"]', c.account_id),
       -uniform(105000, 260000, c.account_id), 'posted'
FROM cards AS c JOIN accounts AS a ON a.account_id = c.account_id
WHERE a.status = 'active' AND c.status IN ('active', 'blocked') AND c.issued_on < date(today(), '-56 days')
  AND permuted(CAST(substr(c.client_id, 4) AS INTEGER) - 1, :clients, 'large') < 0.34 * :clients
  AND c.card_id = (SELECT min(o.card_id) FROM cards AS o WHERE o.account_id = c.account_id);

-- charged twice within minutes
INSERT INTO transactions (transaction_id, account_id, card_id, posted_at, kind, counterparty, amount_cents, status)
WITH base AS MATERIALIZED (
  SELECT c.card_id, c.account_id, CAST(substr(c.client_id, 4) AS INTEGER) AS n,
         printf('%s %02d:%02d:00', day(date(today(), '-45 days'), date(today(), '-11 days'), c.account_id),
                uniform(9, 20, c.account_id), uniform(0, 40, c.account_id || ':minute')) AS first_at,
         pick('["Parkway Garage", "Riverside Grill", "Snapshot Photo", "Quickstop Kiosk", "Urban Optics"]', c.account_id) AS merchant,
         uniform(1200, 16500, c.account_id) AS amount_cents, uniform(1, 9, c.account_id || ':later') AS later
  FROM cards AS c JOIN accounts AS a ON a.account_id = c.account_id
  WHERE a.status = 'active' AND c.status IN ('active', 'blocked') AND c.issued_on < date(today(), '-46 days')
    AND permuted(CAST(substr(c.client_id, 4) AS INTEGER) - 1, :clients, 'twice') < 0.28 * :clients
    AND c.card_id = (SELECT min(o.card_id) FROM cards AS o WHERE o.account_id = c.account_id)
)
SELECT printf('TX-35%05d%02d', base.n, 1 + (permuted(0, 2, account_id) + k.n) % 2), account_id, card_id,
       CASE k.n WHEN 1 THEN first_at ELSE datetime(first_at, '+' || later || ' minutes') END, 'card', merchant, -amount_cents, 'posted'
FROM base, series(2) AS k;

-- authorised, not yet booked
INSERT INTO transactions (transaction_id, account_id, card_id, posted_at, kind, counterparty, amount_cents, status)
SELECT printf('TX-40%05d01', CAST(substr(c.client_id, 4) AS INTEGER)), c.account_id, c.card_id,
       moment(date(today(), '-1 day'), date(today(), '-1 day'), c.account_id), 'card',
       pick('["Metro Fuel", "Seaview Hotel", "Fresh Fields Market"]', c.account_id), -uniform(1500, 12000, c.account_id), 'pending'
FROM cards AS c JOIN accounts AS a ON a.account_id = c.account_id
WHERE a.status = 'active' AND c.status = 'active' AND c.issued_on < date(today(), '-3 days') AND chance(0.16, c.account_id)
  AND c.card_id = (SELECT min(o.card_id) FROM cards AS o WHERE o.account_id = c.account_id);

-- fees
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, fee_kind, counterparty, amount_cents, status)
SELECT printf('TX-50%05d01', CAST(substr(client_id, 4) AS INTEGER)), account_id,
       day(date(today(), '-50 days'), date(today(), '-2 days'), account_id) || ' 23:50:00', 'fee', 'overdraft',
       'Northgate Bank overdraft fee', -3500, 'posted'
FROM accounts WHERE kind = 'checking' AND status = 'active' AND opened_on < date(today(), '-51 days')
  AND permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'overdraft fee') < 0.46 * :clients;

INSERT INTO transactions (transaction_id, account_id, posted_at, kind, fee_kind, counterparty, amount_cents, status)
SELECT printf('TX-51%05d01', CAST(substr(client_id, 4) AS INTEGER)), account_id, '2025-05-31 23:55:00', 'fee', 'maintenance',
       'Northgate Bank maintenance fee', -1200, 'posted'
FROM accounts WHERE kind = 'checking' AND status = 'active' AND opened_on < '2025-05-01' AND chance(0.34, account_id);

INSERT INTO transactions (transaction_id, account_id, posted_at, kind, fee_kind, counterparty, amount_cents, status)
SELECT printf('TX-52%05d01', CAST(substr(client_id, 4) AS INTEGER)), account_id,
       day(date(today(), '-40 days'), date(today(), '-3 days'), account_id) || ' 23:52:00', 'fee', 'foreign use',
       'Northgate Bank foreign use fee', -uniform(300, 1900, account_id), 'posted'
FROM accounts WHERE kind = 'checking' AND status = 'active' AND opened_on < date(today(), '-41 days') AND chance(0.30, account_id);

-- monthly saving, both sides
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
WITH base AS MATERIALIZED (
  SELECT c.account_id AS checking_id, s.account_id AS savings_id, s.nickname, CAST(substr(c.client_id, 4) AS INTEGER) AS n,
         max(c.opened_on, s.opened_on) AS since, uniform(2, 16, s.account_id) * 2500 AS amount_cents, uniform(2, 27, s.account_id) AS d
  FROM accounts AS s JOIN accounts AS c ON c.client_id = s.client_id AND c.kind = 'checking'
  WHERE s.kind = 'savings' AND s.status = 'active' AND c.status = 'active' AND chance(0.5, s.account_id)
    AND s.account_id = (SELECT min(o.account_id) FROM accounts AS o WHERE o.client_id = s.client_id AND o.kind = 'savings')
), dated AS (
  SELECT base.*, m.n AS m, date(today(), 'start of month', '-' || m.n || ' months', '+' || d || ' days') || ' 07:00:00' AS at
  FROM base, series(2) AS m
)
SELECT printf('TX-6%d%05d%02d', side.n, dated.n, m), CASE side.n WHEN 1 THEN checking_id ELSE savings_id END, at, 'transfer',
       CASE side.n WHEN 1 THEN 'To ' || nickname ELSE 'From Everyday' END,
       CASE side.n WHEN 1 THEN -amount_cents ELSE amount_cents END, 'posted'
FROM dated, series(2) AS side WHERE at > date(since, '+1 day');

-- many withdrawals from savings this month, for some six or seven
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
WITH base AS MATERIALIZED (
  SELECT c.account_id AS checking_id, s.account_id AS savings_id, s.nickname, CAST(substr(c.client_id, 4) AS INTEGER) AS n,
         permuted(CAST(substr(c.client_id, 4) AS INTEGER) - 1, :clients, 'withdrawals') * 1.0 / :clients AS withdrawal_rank
  FROM accounts AS s JOIN accounts AS c ON c.client_id = s.client_id AND c.kind = 'checking'
  WHERE s.kind = 'savings' AND s.status = 'active' AND c.status = 'active'
    AND s.account_id = (SELECT min(o.account_id) FROM accounts AS o WHERE o.client_id = s.client_id AND o.kind = 'savings')
), counted AS MATERIALIZED (
  SELECT *, CASE WHEN withdrawal_rank < 0.26 THEN uniform(6, 7, savings_id) WHEN withdrawal_rank < 0.5 THEN uniform(1, 3, savings_id)
                 ELSE 0 END AS withdrawals
  FROM base
), dated AS MATERIALIZED (
  SELECT counted.*, k.n AS k, uniform(2, 12, savings_id || ':' || k.n) * 1000 AS amount_cents,
         day(date(today(), 'start of month'), date(today(), '-1 day'), savings_id || ':' || k.n)
           || printf(' %02d:%02d:00', 7 + k.n, uniform(0, 59, savings_id || k.n)) AS at
  FROM counted, series(7) AS k WHERE k.n <= withdrawals
)
SELECT printf('TX-6%d%05d%02d', 2 + side.n, dated.n, k), CASE side.n WHEN 1 THEN savings_id ELSE checking_id END, at, 'transfer',
       CASE side.n WHEN 1 THEN 'To Everyday' ELSE 'From ' || nickname END,
       CASE side.n WHEN 1 THEN -amount_cents ELSE amount_cents END, 'posted'
FROM dated, series(2) AS side;

-- payments to payees in the past, and today's
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT printf('TX-7%s01', substr(p.payee_id, 4)), a.account_id,
       moment(date(max(a.opened_on, substr(p.added_at, 1, 10), date(today(), '-100 days')), '+2 days'), date(today(), '-1 day'), p.payee_id),
       'payment', p.name, -uniform(8, 90, p.payee_id) * 500, 'posted'
FROM payees AS p JOIN accounts AS a ON a.client_id = p.client_id AND a.kind = 'checking'
WHERE a.status = 'active' AND p.added_at < date(today(), '-5 days') AND chance(0.55, p.payee_id);

INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT printf('TX-75%s01', substr(p.payee_id, 4)), a.account_id,
       printf('%s %02d:%02d:00', today(), uniform(7, 8, p.payee_id), uniform(0, 59, p.payee_id)),
       'payment', p.name, -uniform(24, 46, p.payee_id) * 10000, 'posted'
FROM payees AS p JOIN accounts AS a ON a.client_id = p.client_id AND a.kind = 'checking'
WHERE a.status = 'active' AND p.added_at < date(today(), '-5 days') AND substr(p.payee_id, -1) = '1'
  AND permuted(CAST(substr(p.client_id, 4) AS INTEGER) - 1, :clients, 'paid today') < 0.36 * :clients;

-- this year's loan installments
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT 'TX-8' || substr(p.payment_id, 4), a.account_id, p.paid_on || ' 05:00:00', 'loan', 'Loan ' || p.loan_id,
       -(p.principal_cents + p.interest_cents), 'posted'
FROM loan_payments AS p JOIN loans AS l ON l.loan_id = p.loan_id
JOIN accounts AS a ON a.client_id = l.client_id AND a.kind = 'checking' AND a.status <> 'closed'
WHERE p.paid_on >= '2025-03-01';

-- interest on savings
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT 'TX-9' || substr(account_id, 4), account_id, '2025-05-31 23:59:00', 'interest', 'Northgate Bank interest',
       uniform(90, 3900, account_id), 'posted'
FROM accounts WHERE kind = 'savings' AND status <> 'closed' AND opened_on < '2025-05-01';

-- disputes of the latest ordinary card payment; two weeks after opening the amount is credited until the decision
INSERT INTO disputes (dispute_id, client_id, transaction_id, reason, opened_on, decide_by, credited_cents, status)
WITH base AS MATERIALIZED (
  SELECT a.client_id, t.transaction_id, t.amount_cents,
         min(date(today(), '-1 day'), date(t.posted_at, '+' || uniform(1, 9, t.transaction_id) || ' days')) AS opened_on
  FROM accounts AS a JOIN transactions AS t ON t.transaction_id =
    (SELECT o.transaction_id FROM transactions AS o WHERE o.account_id = a.account_id AND o.transaction_id LIKE 'TX-20%'
       AND o.posted_at < date(today(), '-2 days')
     ORDER BY o.posted_at DESC, o.transaction_id LIMIT 1)
  WHERE a.kind = 'checking' AND a.status = 'active'
    AND permuted(CAST(substr(a.client_id, 4) AS INTEGER) - 1, :clients, 'dispute') < 0.30 * :clients
)
SELECT 'DP-' || substr(transaction_id, 6, 5), client_id, transaction_id,
       pick('["unrecognized", "undelivered", "overcharged"]', transaction_id), opened_on, date(opened_on, '+45 days'),
       CASE WHEN opened_on <= date(today(), '-14 days') THEN -amount_cents ELSE 0 END,
       CASE WHEN opened_on <= date(today(), '-45 days') THEN 'won' WHEN opened_on <= date(today(), '-14 days') THEN 'credited'
            ELSE 'open' END
FROM base;

INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT 'TX-95' || substr(d.dispute_id, 4) || '01', t.account_id, date(d.opened_on, '+14 days') || ' 06:30:00', 'refund',
       'Provisional credit ' || d.dispute_id, d.credited_cents, 'posted'
FROM disputes AS d JOIN transactions AS t ON t.transaction_id = d.transaction_id
WHERE d.credited_cents > 0;

-- waivers: of older fees, within the last twelve months or before
INSERT INTO fee_waivers (waiver_id, account_id, waived_on, amount_cents)
WITH base AS MATERIALIZED (
  SELECT account_id, opened_on, permuted(CAST(substr(client_id, 4) AS INTEGER) - 1, :clients, 'waiver') * 1.0 / :clients AS waiver_rank
  FROM accounts WHERE kind = 'checking' AND status = 'active' AND opened_on < '2024-11-01'
)
SELECT 'FW-' || substr(account_id, 4), account_id,
       CASE WHEN waiver_rank < 0.50 THEN day(max(opened_on, date(today(), '-11 months', '-20 days')), date(today(), '-55 days'), account_id)
            ELSE day('2023-01-10', date(today(), '-13 months'), account_id) END,
       pick('[3500, 3500, 1200]', account_id)
FROM base WHERE waiver_rank < 0.50 OR (waiver_rank < 0.65 AND opened_on < '2023-01-01');

-- what was there when the records begin: enough for all that follows, plus a reserve that differs widely.
-- Accounts with an overdraft sometimes begin short enough to dip into it, never past its limit.
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
WITH running AS MATERIALIZED (
  SELECT account_id, min(total) AS lowest FROM (
    SELECT account_id, sum(amount_cents) OVER (PARTITION BY account_id ORDER BY posted_at, transaction_id) AS total FROM transactions)
  GROUP BY account_id
), held AS MATERIALIZED (
  SELECT account_id, sum(amount_cents) AS cents FROM holds WHERE status = 'active' GROUP BY account_id
), base AS MATERIALIZED (
  SELECT a.account_id, a.kind, a.status, a.opened_on, a.overdraft_limit_cents,
         max(0, -coalesce(r.lowest, 0)) + coalesce(h.cents, 0) AS need_cents,
         uniform(0.0, 1.0, a.account_id) AS wealth, chance(0.3, a.account_id) AS dips
  FROM accounts AS a LEFT JOIN running AS r ON r.account_id = a.account_id LEFT JOIN held AS h ON h.account_id = a.account_id
)
SELECT 'TX-00' || substr(account_id, 4), account_id, max(opened_on, '2025-01-02') || ' 00:00:00', 'deposit',
       CASE WHEN opened_on > '2025-01-02' THEN 'Opening deposit' ELSE 'Balance brought forward' END,
       CASE WHEN kind = 'savings' THEN need_cents + 60000 + CAST(2800000 * power(wealth, 1.6) AS INTEGER)
            WHEN dips AND overdraft_limit_cents > 0 THEN max(1000, need_cents - CAST(overdraft_limit_cents * wealth AS INTEGER))
            ELSE need_cents + 12000 + CAST(450000 * power(wealth, 2) AS INTEGER) END,
       'posted'
FROM base;

-- a closed account was emptied on the day it was closed
INSERT INTO transactions (transaction_id, account_id, posted_at, kind, counterparty, amount_cents, status)
SELECT 'TX-01' || substr(a.account_id, 4), a.account_id, a.closed_on || ' 12:00:00', 'withdrawal', 'Account closed',
       -(SELECT sum(t.amount_cents) FROM transactions AS t WHERE t.account_id = a.account_id), 'posted'
FROM accounts AS a WHERE a.status = 'closed';

UPDATE accounts SET balance_cents = (SELECT coalesce(sum(t.amount_cents), 0) FROM transactions AS t
  WHERE t.account_id = accounts.account_id AND t.status = 'posted');
