CREATE TABLE members (
  member_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  card_number TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  fees_cents INTEGER NOT NULL CHECK (fees_cents >= 0)
) STRICT;

CREATE TABLE books (
  book_id TEXT PRIMARY KEY,
  title TEXT NOT NULL UNIQUE,
  copies INTEGER NOT NULL CHECK (copies >= 0)
) STRICT;

CREATE TABLE loans (
  loan_id TEXT PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES members (member_id),
  book_id TEXT NOT NULL REFERENCES books (book_id),
  due_on TEXT NOT NULL,
  renewals INTEGER NOT NULL DEFAULT 0 CHECK (renewals BETWEEN 0 AND 5),
  note TEXT NOT NULL DEFAULT '',
  UNIQUE (member_id, book_id)
) STRICT;

CREATE INDEX loans_of_member ON loans (member_id);
