-- Northgate Bank. Money is integer cents, dates are ISO text, moments are 'YYYY-MM-DD HH:MM:SS', booleans are 0 or 1.

CREATE TABLE branches (
  branch_id        TEXT PRIMARY KEY,
  name             TEXT NOT NULL UNIQUE,
  street           TEXT NOT NULL,
  city             TEXT NOT NULL UNIQUE,
  phone            TEXT NOT NULL,
  opens_at         TEXT NOT NULL CHECK (opens_at GLOB '[0-2][0-9]:[0-5][0-9]'),
  closes_at        TEXT NOT NULL CHECK (closes_at > opens_at),
  has_safe_deposit INTEGER NOT NULL CHECK (has_safe_deposit IN (0, 1))
) STRICT;

CREATE TABLE clients (
  client_id          TEXT PRIMARY KEY,
  name               TEXT NOT NULL,
  email              TEXT NOT NULL UNIQUE,
  phone              TEXT NOT NULL UNIQUE,
  birth_date         TEXT NOT NULL,
  security_word      TEXT NOT NULL,
  street             TEXT NOT NULL,
  city               TEXT NOT NULL,
  segment            TEXT NOT NULL CHECK (segment IN ('standard', 'premium')),
  branch_id          TEXT NOT NULL REFERENCES branches (branch_id),
  joined_on          TEXT NOT NULL CHECK (joined_on > birth_date),
  status             TEXT NOT NULL CHECK (status IN ('active', 'closed')),
  contact_changed_on TEXT CHECK (contact_changed_on >= joined_on)
) STRICT;
CREATE INDEX clients_by_name ON clients (name);
CREATE INDEX clients_by_branch ON clients (branch_id);

CREATE TABLE accounts (
  account_id            TEXT PRIMARY KEY,
  client_id             TEXT NOT NULL REFERENCES clients (client_id),
  kind                  TEXT NOT NULL CHECK (kind IN ('checking', 'savings')),
  nickname              TEXT NOT NULL,
  status                TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'dormant', 'closed')),
  opened_on             TEXT NOT NULL,
  closed_on             TEXT CHECK (closed_on >= opened_on),
  balance_cents         INTEGER NOT NULL DEFAULT 0,
  overdraft_limit_cents INTEGER NOT NULL DEFAULT 0 CHECK (overdraft_limit_cents >= 0),
  CHECK ((status = 'closed') = (closed_on IS NOT NULL)),
  CHECK (kind = 'checking' OR overdraft_limit_cents = 0),
  CHECK (balance_cents >= -overdraft_limit_cents),
  UNIQUE (client_id, nickname)
) STRICT;

CREATE TABLE holds (
  hold_id      TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL REFERENCES accounts (account_id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  reason       TEXT NOT NULL CHECK (reason IN ('check deposit', 'hotel deposit', 'fuel authorization')),
  placed_on    TEXT NOT NULL,
  releases_on  TEXT NOT NULL CHECK (releases_on >= placed_on),
  status       TEXT NOT NULL CHECK (status IN ('active', 'released'))
) STRICT;
CREATE INDEX holds_by_account ON holds (account_id);

CREATE TABLE cards (
  card_id           TEXT PRIMARY KEY,
  client_id         TEXT NOT NULL REFERENCES clients (client_id),
  account_id        TEXT NOT NULL REFERENCES accounts (account_id),
  card_number       TEXT UNIQUE CHECK (length(card_number) = 16),  -- unknown until the card is printed
  last_four         TEXT CHECK (last_four IS substr(card_number, -4)),
  status            TEXT NOT NULL CHECK (status IN ('ordered', 'active', 'blocked', 'expired', 'cancelled')),
  blocked_reason    TEXT CHECK (blocked_reason IN ('lost', 'stolen', 'compromised', 'suspicious activity')),
  blocked_on        TEXT,
  issued_on         TEXT NOT NULL,
  expires_on        TEXT NOT NULL CHECK (expires_on > issued_on),
  daily_limit_cents INTEGER NOT NULL CHECK (daily_limit_cents > 0),
  delivery          TEXT CHECK (delivery IN ('standard', 'express')),
  replaces_card_id  TEXT REFERENCES cards (card_id),
  CHECK ((blocked_reason IS NULL) = (blocked_on IS NULL)),
  CHECK (status <> 'blocked' OR blocked_reason IS NOT NULL)
) STRICT;
CREATE INDEX cards_by_client ON cards (client_id);
CREATE INDEX cards_by_account ON cards (account_id);
CREATE INDEX cards_by_last_four ON cards (last_four);

CREATE TABLE travel_notices (
  notice_id TEXT PRIMARY KEY,
  card_id   TEXT NOT NULL REFERENCES cards (card_id),
  country   TEXT NOT NULL,
  starts_on TEXT NOT NULL,
  ends_on   TEXT NOT NULL CHECK (ends_on >= starts_on)
) STRICT;
CREATE INDEX travel_notices_by_card ON travel_notices (card_id);

CREATE TABLE payees (
  payee_id       TEXT PRIMARY KEY,
  client_id      TEXT NOT NULL REFERENCES clients (client_id),
  name           TEXT NOT NULL,
  account_number TEXT NOT NULL CHECK (length(account_number) = 10),
  routing_number TEXT NOT NULL CHECK (length(routing_number) = 9),
  added_at       TEXT NOT NULL,
  UNIQUE (client_id, account_number, routing_number)
) STRICT;

CREATE TABLE standing_orders (
  order_id     TEXT PRIMARY KEY,
  client_id    TEXT NOT NULL REFERENCES clients (client_id),
  account_id   TEXT NOT NULL REFERENCES accounts (account_id),
  payee_id     TEXT NOT NULL REFERENCES payees (payee_id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  frequency    TEXT NOT NULL CHECK (frequency IN ('weekly', 'monthly')),
  next_on      TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('active', 'cancelled'))
) STRICT;
CREATE INDEX standing_orders_by_client ON standing_orders (client_id);
CREATE INDEX standing_orders_by_payee ON standing_orders (payee_id);

-- Signed amounts: money in is positive. A pending row is authorised, not yet booked, so not yet in the balance.
CREATE TABLE transactions (
  transaction_id TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL REFERENCES accounts (account_id),
  card_id        TEXT REFERENCES cards (card_id),
  posted_at      TEXT NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('deposit', 'card', 'transfer', 'payment', 'loan', 'term deposit', 'fee',
                                               'refund', 'interest', 'withdrawal')),
  fee_kind       TEXT CHECK (fee_kind IN ('overdraft', 'maintenance', 'foreign use', 'card replacement')),
  counterparty   TEXT NOT NULL,
  amount_cents   INTEGER NOT NULL CHECK (amount_cents <> 0),
  status         TEXT NOT NULL CHECK (status IN ('posted', 'pending')),
  note           TEXT NOT NULL DEFAULT '',
  CHECK ((kind = 'fee') = (fee_kind IS NOT NULL)),
  CHECK ((kind = 'card') = (card_id IS NOT NULL))
) STRICT;
CREATE INDEX transactions_by_account ON transactions (account_id, posted_at);
CREATE INDEX transactions_by_counterparty ON transactions (account_id, counterparty);
CREATE INDEX transactions_pending ON transactions (account_id) WHERE status = 'pending';

CREATE TABLE fee_waivers (
  waiver_id      TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL REFERENCES accounts (account_id),
  transaction_id TEXT UNIQUE REFERENCES transactions (transaction_id),  -- NULL: a fee older than the records here
  waived_on      TEXT NOT NULL,
  amount_cents   INTEGER NOT NULL CHECK (amount_cents > 0)
) STRICT;
CREATE INDEX fee_waivers_by_account ON fee_waivers (account_id, waived_on);

CREATE TABLE disputes (
  dispute_id     TEXT PRIMARY KEY,
  client_id      TEXT NOT NULL REFERENCES clients (client_id),
  transaction_id TEXT NOT NULL UNIQUE REFERENCES transactions (transaction_id),
  reason         TEXT NOT NULL CHECK (reason IN ('unrecognized', 'duplicate', 'undelivered', 'overcharged')),
  opened_on      TEXT NOT NULL,
  decide_by      TEXT NOT NULL CHECK (decide_by > opened_on),
  credited_cents INTEGER NOT NULL DEFAULT 0 CHECK (credited_cents >= 0),
  status         TEXT NOT NULL CHECK (status IN ('open', 'credited', 'won', 'lost', 'withdrawn'))
) STRICT;
CREATE INDEX disputes_by_client ON disputes (client_id);

CREATE TABLE loans (
  loan_id                 TEXT PRIMARY KEY,
  client_id               TEXT NOT NULL REFERENCES clients (client_id),
  kind                    TEXT NOT NULL CHECK (kind IN ('personal', 'car', 'home')),
  principal_cents         INTEGER NOT NULL CHECK (principal_cents > 0),
  monthly_principal_cents INTEGER NOT NULL CHECK (monthly_principal_cents > 0),
  rate_bp                 INTEGER NOT NULL CHECK (rate_bp BETWEEN 100 AND 3000),  -- hundredths of a percent a year
  term_months             INTEGER NOT NULL CHECK (term_months > 0),
  opened_on               TEXT NOT NULL,
  due_day                 INTEGER NOT NULL CHECK (due_day BETWEEN 1 AND 28),
  next_due_on             TEXT,
  last_deferred_on        TEXT,
  balance_cents           INTEGER NOT NULL CHECK (balance_cents BETWEEN 0 AND principal_cents),
  status                  TEXT NOT NULL CHECK (status IN ('current', 'arrears', 'paid off')),
  UNIQUE (client_id, kind)
) STRICT;

CREATE TABLE loan_payments (
  payment_id      TEXT PRIMARY KEY,
  loan_id         TEXT NOT NULL REFERENCES loans (loan_id),
  paid_on         TEXT NOT NULL,
  kind            TEXT NOT NULL CHECK (kind IN ('installment', 'extra', 'payoff')),
  principal_cents INTEGER NOT NULL CHECK (principal_cents > 0),
  interest_cents  INTEGER NOT NULL CHECK (interest_cents >= 0),
  fee_cents       INTEGER NOT NULL DEFAULT 0 CHECK (fee_cents >= 0)
) STRICT;
CREATE INDEX loan_payments_by_loan ON loan_payments (loan_id, paid_on);

CREATE TABLE loan_applications (
  application_id TEXT PRIMARY KEY,
  client_id      TEXT NOT NULL REFERENCES clients (client_id),
  kind           TEXT NOT NULL CHECK (kind IN ('personal', 'car', 'home')),
  amount_cents   INTEGER NOT NULL CHECK (amount_cents > 0),
  term_months    INTEGER NOT NULL CHECK (term_months > 0),
  submitted_on   TEXT NOT NULL,
  decide_by      TEXT NOT NULL,
  decided_on     TEXT CHECK (decided_on >= submitted_on),
  status         TEXT NOT NULL CHECK (status IN ('under review', 'approved', 'declined')),
  CHECK ((status = 'under review') = (decided_on IS NULL))
) STRICT;
CREATE INDEX loan_applications_by_client ON loan_applications (client_id);

CREATE TABLE deposit_offers (
  offer_id      TEXT PRIMARY KEY,
  term_months   INTEGER NOT NULL UNIQUE CHECK (term_months > 0),
  rate_bp       INTEGER NOT NULL CHECK (rate_bp > 0),
  minimum_cents INTEGER NOT NULL CHECK (minimum_cents > 0),
  penalty_days  INTEGER NOT NULL CHECK (penalty_days > 0)
) STRICT;

CREATE TABLE term_deposits (
  deposit_id      TEXT PRIMARY KEY,
  client_id       TEXT NOT NULL REFERENCES clients (client_id),
  offer_id        TEXT NOT NULL REFERENCES deposit_offers (offer_id),
  principal_cents INTEGER NOT NULL CHECK (principal_cents > 0),
  rate_bp         INTEGER NOT NULL CHECK (rate_bp > 0),
  penalty_days    INTEGER NOT NULL CHECK (penalty_days > 0),
  opened_on       TEXT NOT NULL,
  matures_on      TEXT NOT NULL CHECK (matures_on > opened_on),
  closed_on       TEXT CHECK (closed_on >= opened_on),
  paid_out_cents  INTEGER CHECK (paid_out_cents >= 0),
  status          TEXT NOT NULL CHECK (status IN ('active', 'closed')),
  CHECK ((status = 'closed') = (closed_on IS NOT NULL))
) STRICT;
CREATE INDEX term_deposits_by_client ON term_deposits (client_id);

CREATE TABLE appointment_slots (
  slot_id   TEXT PRIMARY KEY,
  branch_id TEXT NOT NULL REFERENCES branches (branch_id),
  topic     TEXT NOT NULL CHECK (topic IN ('mortgages', 'investments', 'loans', 'everyday banking')),
  adviser   TEXT NOT NULL,
  starts_at TEXT NOT NULL,
  minutes   INTEGER NOT NULL CHECK (minutes IN (30, 45, 60)),
  status    TEXT NOT NULL CHECK (status IN ('free', 'taken'))
) STRICT;
CREATE INDEX appointment_slots_free ON appointment_slots (branch_id, topic, starts_at) WHERE status = 'free';

CREATE TABLE appointments (
  appointment_id TEXT PRIMARY KEY,
  client_id      TEXT NOT NULL REFERENCES clients (client_id),
  slot_id        TEXT NOT NULL REFERENCES appointment_slots (slot_id),
  status         TEXT NOT NULL CHECK (status IN ('booked', 'cancelled', 'kept'))
) STRICT;
CREATE INDEX appointments_by_client ON appointments (client_id);
CREATE INDEX appointments_by_slot ON appointments (slot_id);

-- What an account can spend: its balance and overdraft, less holds and card payments that are not yet booked.
CREATE VIEW account_funds AS
SELECT a.account_id, a.client_id, a.kind, a.nickname, a.status, a.opened_on, a.balance_cents, a.overdraft_limit_cents,
       a.balance_cents + a.overdraft_limit_cents
       - (SELECT coalesce(sum(h.amount_cents), 0) FROM holds AS h WHERE h.account_id = a.account_id AND h.status = 'active')
       + (SELECT coalesce(sum(t.amount_cents), 0) FROM transactions AS t
          WHERE t.account_id = a.account_id AND t.status = 'pending') AS available_cents
FROM accounts AS a;

-- "My checking account", "my savings account": the words fit exactly one open account of the client.
CREATE VIEW only_checking AS
SELECT f.* FROM account_funds AS f
WHERE f.kind = 'checking' AND f.status = 'active'
  AND NOT EXISTS (SELECT 1 FROM accounts AS o WHERE o.client_id = f.client_id AND o.kind = 'checking'
                  AND o.status <> 'closed' AND o.account_id <> f.account_id);

CREATE VIEW only_savings AS
SELECT f.* FROM account_funds AS f
WHERE f.kind = 'savings' AND f.status <> 'closed'
  AND NOT EXISTS (SELECT 1 FROM accounts AS o WHERE o.client_id = f.client_id AND o.kind = 'savings'
                  AND o.status <> 'closed' AND o.account_id <> f.account_id);

-- What a client has paid to payees on a day.
CREATE VIEW daily_payments AS
SELECT a.client_id, substr(t.posted_at, 1, 10) AS paid_on, -sum(t.amount_cents) AS paid_cents
FROM accounts AS a JOIN transactions AS t ON t.account_id = a.account_id
WHERE t.kind = 'payment'
GROUP BY a.client_id, substr(t.posted_at, 1, 10);
