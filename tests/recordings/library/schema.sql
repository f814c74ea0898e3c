CREATE TABLE patrons (
  patron_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  card_number TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('active', 'blocked')),
  fines_cents INTEGER NOT NULL CHECK (fines_cents >= 0)
) STRICT;

CREATE TABLE titles (
  title_id TEXT PRIMARY KEY,
  title TEXT NOT NULL UNIQUE,
  author TEXT NOT NULL,
  shelf TEXT NOT NULL,
  copies INTEGER NOT NULL CHECK (copies >= 0)
) STRICT;

CREATE TABLE loans (
  loan_id TEXT PRIMARY KEY,
  patron_id TEXT NOT NULL REFERENCES patrons (patron_id),
  title_id TEXT NOT NULL REFERENCES titles (title_id),
  due_on TEXT NOT NULL,
  renewals INTEGER NOT NULL DEFAULT 0 CHECK (renewals BETWEEN 0 AND 3),
  UNIQUE (patron_id, title_id)
) STRICT;

CREATE TABLE holds (
  hold_id TEXT PRIMARY KEY,
  patron_id TEXT NOT NULL REFERENCES patrons (patron_id),
  title_id TEXT NOT NULL REFERENCES titles (title_id),
  placed_at TEXT NOT NULL,
  UNIQUE (patron_id, title_id)
) STRICT;

CREATE INDEX loans_of_patron ON loans (patron_id);
CREATE INDEX holds_of_title ON holds (title_id, placed_at);
