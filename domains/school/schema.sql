-- Kestrel Bay College, Registrar's Office. A student account counts what is owed as positive, what was paid as negative.

CREATE TABLE terms (
  term_code        TEXT PRIMARY KEY,
  title            TEXT NOT NULL UNIQUE,
  first_day        TEXT NOT NULL,
  last_day         TEXT NOT NULL CHECK (last_day > first_day),
  grades_posted_on TEXT NOT NULL CHECK (grades_posted_on > last_day),
  phase            TEXT NOT NULL CHECK (phase IN ('closed', 'running', 'ahead'))
) STRICT;

-- A term's sessions: each has its own calendar of deadlines. basis_by: last day to choose or give up pass/fail.
CREATE TABLE sessions (
  session_code      TEXT PRIMARY KEY,
  term_code         TEXT NOT NULL REFERENCES terms (term_code),
  part              TEXT NOT NULL CHECK (part IN ('full term', 'first half', 'second half', 'intensive')),
  first_day         TEXT NOT NULL,
  last_day          TEXT NOT NULL CHECK (last_day > first_day),
  add_by            TEXT NOT NULL CHECK (add_by >= first_day),
  drop_by           TEXT NOT NULL CHECK (drop_by >= add_by),
  withdraw_by       TEXT NOT NULL CHECK (withdraw_by > drop_by),
  basis_by          TEXT NOT NULL,
  full_refund_until TEXT NOT NULL,
  half_refund_until TEXT NOT NULL CHECK (half_refund_until > full_refund_until),
  UNIQUE (term_code, part)
) STRICT;

CREATE TABLE departments (
  dept_code TEXT PRIMARY KEY,
  title     TEXT NOT NULL UNIQUE,
  building  TEXT NOT NULL,
  listing   INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE programs (
  program_code TEXT PRIMARY KEY,
  title        TEXT NOT NULL UNIQUE,
  dept_code    TEXT NOT NULL REFERENCES departments (dept_code),
  listing      INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX programs_of_department ON programs (dept_code);

CREATE TABLE courses (
  course_code   TEXT PRIMARY KEY,
  dept_code     TEXT NOT NULL REFERENCES departments (dept_code),
  level         INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
  title         TEXT NOT NULL UNIQUE,
  credits       INTEGER NOT NULL CHECK (credits IN (1, 3, 4)),
  lab_fee_cents INTEGER NOT NULL CHECK (lab_fee_cents >= 0),
  letter_only   INTEGER NOT NULL CHECK (letter_only IN (0, 1))
) STRICT;
CREATE INDEX courses_of_department ON courses (dept_code, level);

-- A requisite is met by an earlier grade of C or better, or by a pass.
CREATE TABLE requisites (
  course_code TEXT NOT NULL REFERENCES courses (course_code),
  needs_code  TEXT NOT NULL REFERENCES courses (course_code) CHECK (needs_code <> course_code),
  PRIMARY KEY (course_code, needs_code)
) STRICT;

CREATE TABLE grade_scale (
  letter TEXT PRIMARY KEY,
  points REAL CHECK (points BETWEEN 0 AND 4.3),
  earns  INTEGER NOT NULL CHECK (earns IN (0, 1))
) STRICT;

CREATE TABLE rooms (
  room_code TEXT PRIMARY KEY,
  building  TEXT NOT NULL,
  floor     INTEGER NOT NULL CHECK (floor BETWEEN 1 AND 6),
  seats     INTEGER NOT NULL CHECK (seats > 0),
  layout    TEXT NOT NULL CHECK (layout IN ('lecture', 'lab', 'meeting', 'studio')),
  projector INTEGER NOT NULL CHECK (projector IN (0, 1)),
  step_free INTEGER NOT NULL CHECK (step_free IN (0, 1))
) STRICT;
CREATE INDEX rooms_by_size ON rooms (layout, seats);

CREATE TABLE advisers (
  adviser_id    TEXT PRIMARY KEY,
  full_name     TEXT NOT NULL,
  dept_code     TEXT NOT NULL REFERENCES departments (dept_code),
  office        TEXT NOT NULL,
  joined_on     TEXT NOT NULL,
  advisee_limit INTEGER NOT NULL,
  advisees      INTEGER NOT NULL DEFAULT 0 CHECK (advisees BETWEEN 0 AND advisee_limit)
) STRICT;
CREATE INDEX advisers_of_department ON advisers (dept_code);

CREATE TABLE students (
  student_id        TEXT PRIMARY KEY CHECK (student_id GLOB 'K[0-9][0-9]-[0-9][0-9][0-9][0-9][0-9]'),
  full_name         TEXT NOT NULL,
  email             TEXT NOT NULL UNIQUE,
  phone             TEXT NOT NULL,
  birth_date        TEXT NOT NULL,
  pin               TEXT NOT NULL CHECK (length(pin) = 6),
  program_code      TEXT NOT NULL REFERENCES programs (program_code),
  adviser_id        TEXT NOT NULL REFERENCES advisers (adviser_id),
  admitted_term     TEXT NOT NULL REFERENCES terms (term_code),
  residency         TEXT NOT NULL CHECK (residency IN ('domestic', 'study permit')),
  academic_standing TEXT NOT NULL DEFAULT 'good' CHECK (academic_standing IN ('good', 'honours', 'probation')),
  health_plan       TEXT NOT NULL CHECK (health_plan IN ('covered', 'opted out')),
  status            TEXT NOT NULL CHECK (status IN ('active', 'on leave'))
) STRICT;
CREATE INDEX students_by_name ON students (full_name COLLATE NOCASE);
CREATE INDEX students_of_adviser ON students (adviser_id);

-- Finished courses. I: incomplete, W: withdrawn, P: passed.
CREATE TABLE record_lines (
  student_id  TEXT NOT NULL REFERENCES students (student_id),
  term_code   TEXT NOT NULL REFERENCES terms (term_code),
  course_code TEXT NOT NULL REFERENCES courses (course_code),
  credits     INTEGER NOT NULL CHECK (credits > 0),
  letter      TEXT NOT NULL REFERENCES grade_scale (letter),
  PRIMARY KEY (student_id, course_code, term_code)
) STRICT;
CREATE INDEX record_by_term ON record_lines (student_id, term_code);

CREATE TABLE incompletes (
  student_id  TEXT NOT NULL REFERENCES students (student_id),
  course_code TEXT NOT NULL REFERENCES courses (course_code),
  term_code   TEXT NOT NULL REFERENCES terms (term_code),
  due_on      TEXT NOT NULL,
  extended_on TEXT,
  PRIMARY KEY (student_id, course_code)
) STRICT;

-- The running term's sections. enrolled counts registrations; seats offered to the waiting list are held besides.
CREATE TABLE sections (
  crn          TEXT PRIMARY KEY CHECK (crn GLOB '[1-9][0-9][0-9][0-9][0-9]'),
  course_code  TEXT NOT NULL REFERENCES courses (course_code),
  section_no   TEXT NOT NULL,
  session_code TEXT NOT NULL REFERENCES sessions (session_code),
  instructor   TEXT NOT NULL,
  capacity     INTEGER NOT NULL,
  enrolled     INTEGER NOT NULL CHECK (enrolled BETWEEN 0 AND capacity),
  UNIQUE (course_code, section_no)
) STRICT;

-- weekday as strftime's %w: 1 is Monday.
CREATE TABLE meetings (
  crn       TEXT NOT NULL REFERENCES sections (crn),
  weekday   INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 5),
  starts_at TEXT NOT NULL,
  ends_at   TEXT NOT NULL CHECK (ends_at > starts_at),
  purpose   TEXT NOT NULL CHECK (purpose IN ('lecture', 'lab')),
  room_code TEXT NOT NULL REFERENCES rooms (room_code),
  PRIMARY KEY (crn, weekday, starts_at)
) STRICT;
CREATE INDEX meetings_in_room ON meetings (room_code, weekday, starts_at);

CREATE TABLE registrations (
  student_id    TEXT NOT NULL REFERENCES students (student_id),
  crn           TEXT NOT NULL REFERENCES sections (crn),
  basis         TEXT NOT NULL DEFAULT 'letter' CHECK (basis IN ('letter', 'pass/fail')),
  status        TEXT NOT NULL CHECK (status IN ('enrolled', 'dropped', 'withdrawn')),
  registered_on TEXT NOT NULL,
  left_on       TEXT CHECK (left_on >= registered_on),
  PRIMARY KEY (student_id, crn),
  CHECK ((status = 'enrolled') = (left_on IS NULL))
) STRICT;
CREATE INDEX registrations_in_section ON registrations (crn, status);

CREATE TABLE wait_entries (
  crn           TEXT NOT NULL REFERENCES sections (crn),
  student_id    TEXT NOT NULL REFERENCES students (student_id),
  joined_at     TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'seated', 'left')),
  offered_until TEXT,
  PRIMARY KEY (crn, student_id),
  CHECK (status <> 'offered' OR offered_until IS NOT NULL)
) STRICT;
CREATE INDEX wait_entries_of_student ON wait_entries (student_id, status);
CREATE INDEX wait_entries_in_line ON wait_entries (crn, status, joined_at);

CREATE TABLE petitions (
  petition_id TEXT PRIMARY KEY,
  student_id  TEXT NOT NULL REFERENCES students (student_id),
  crn         TEXT NOT NULL REFERENCES sections (crn),
  kind        TEXT NOT NULL CHECK (kind IN ('overload', 'late add', 'prerequisite waiver')),
  filed_on    TEXT NOT NULL,
  decide_by   TEXT NOT NULL CHECK (decide_by > filed_on),
  decided_on  TEXT CHECK (decided_on >= filed_on),
  status      TEXT NOT NULL CHECK (status IN ('open', 'approved', 'refused', 'withdrawn')),
  statement   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX petitions_of_student ON petitions (student_id, crn);

CREATE TABLE holds (
  hold_id      TEXT PRIMARY KEY,
  student_id   TEXT NOT NULL REFERENCES students (student_id),
  kind         TEXT NOT NULL CHECK (kind IN ('financial', 'library', 'advising', 'conduct')),
  placed_on    TEXT NOT NULL,
  amount_cents INTEGER CHECK (amount_cents > 0),
  released_on  TEXT CHECK (released_on >= placed_on),
  CHECK ((amount_cents IS NOT NULL) = (kind IN ('financial', 'library')))
) STRICT;
CREATE INDEX holds_of_student ON holds (student_id);

CREATE TABLE ledger (
  entry_id     TEXT PRIMARY KEY,
  student_id   TEXT NOT NULL REFERENCES students (student_id),
  posted_on    TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('brought forward', 'tuition', 'lab fee', 'student services', 'health plan',
                                             'late registration', 'late payment', 'library', 'instalment fee', 'transcript',
                                             'graduation', 'award', 'payment', 'refund', 'waiver')),
  label        TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0)
) STRICT;
CREATE INDEX ledger_of_student ON ledger (student_id, posted_on);

CREATE TABLE fee_waivers (
  waiver_id  TEXT PRIMARY KEY,
  student_id TEXT NOT NULL REFERENCES students (student_id),
  entry_id   TEXT UNIQUE REFERENCES ledger (entry_id),  -- NULL: a fee of a term that the ledger no longer shows
  granted_on TEXT NOT NULL
) STRICT;
CREATE INDEX fee_waivers_of_student ON fee_waivers (student_id);

CREATE TABLE plans (
  plan_id      TEXT PRIMARY KEY,
  student_id   TEXT NOT NULL UNIQUE REFERENCES students (student_id),
  started_on   TEXT NOT NULL,
  parts        INTEGER NOT NULL CHECK (parts BETWEEN 2 AND 4),
  postponed_on TEXT CHECK (postponed_on >= started_on)
) STRICT;

CREATE TABLE plan_parts (
  plan_id      TEXT NOT NULL REFERENCES plans (plan_id),
  part_no      INTEGER NOT NULL CHECK (part_no BETWEEN 1 AND 4),
  due_on       TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  paid_on      TEXT,
  PRIMARY KEY (plan_id, part_no)
) STRICT;

CREATE TABLE health_waivers (
  student_id   TEXT PRIMARY KEY REFERENCES students (student_id),
  insurer      TEXT NOT NULL,
  opted_out_on TEXT NOT NULL
) STRICT;

CREATE TABLE institutions (
  institution_code TEXT PRIMARY KEY,
  name             TEXT NOT NULL UNIQUE,
  city             TEXT NOT NULL,
  takes_electronic INTEGER NOT NULL CHECK (takes_electronic IN (0, 1))
) STRICT;

CREATE TABLE transcript_orders (
  order_id         TEXT PRIMARY KEY,
  student_id       TEXT NOT NULL REFERENCES students (student_id),
  institution_code TEXT NOT NULL REFERENCES institutions (institution_code),
  delivery         TEXT NOT NULL CHECK (delivery IN ('electronic', 'mail', 'courier')),
  copies           INTEGER NOT NULL CHECK (copies > 0),
  fee_cents        INTEGER NOT NULL CHECK (fee_cents >= 0),
  ordered_on       TEXT NOT NULL,
  status           TEXT NOT NULL CHECK (status IN ('queued', 'sent', 'cancelled'))
) STRICT;
CREATE INDEX transcript_orders_of_student ON transcript_orders (student_id);

CREATE TABLE adviser_slots (
  slot_id    TEXT PRIMARY KEY,
  adviser_id TEXT NOT NULL REFERENCES advisers (adviser_id),
  starts_at  TEXT NOT NULL,
  minutes    INTEGER NOT NULL CHECK (minutes IN (20, 30, 45)),
  mode       TEXT NOT NULL CHECK (mode IN ('in person', 'online')),
  taken      INTEGER NOT NULL CHECK (taken IN (0, 1)),
  UNIQUE (adviser_id, starts_at)
) STRICT;

CREATE TABLE appointments (
  appointment_id TEXT PRIMARY KEY,
  student_id     TEXT NOT NULL REFERENCES students (student_id),
  slot_id        TEXT NOT NULL REFERENCES adviser_slots (slot_id),
  topic          TEXT NOT NULL CHECK (topic IN ('choosing courses', 'degree requirements', 'study difficulties', 'going on exchange')),
  status         TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
) STRICT;
CREATE INDEX appointments_of_student ON appointments (student_id);
CREATE INDEX appointments_in_slot ON appointments (slot_id);

CREATE TABLE clubs (
  club_id      TEXT PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  president_id TEXT NOT NULL REFERENCES students (student_id),
  treasurer_id TEXT NOT NULL REFERENCES students (student_id) CHECK (treasurer_id <> president_id),
  members      INTEGER NOT NULL CHECK (members > 1),
  status       TEXT NOT NULL CHECK (status IN ('recognized', 'suspended'))
) STRICT;
CREATE INDEX clubs_of_president ON clubs (president_id);
CREATE INDEX clubs_of_treasurer ON clubs (treasurer_id);

CREATE TABLE room_bookings (
  booking_id TEXT PRIMARY KEY,
  room_code  TEXT NOT NULL REFERENCES rooms (room_code),
  club_id    TEXT NOT NULL REFERENCES clubs (club_id),
  held_on    TEXT NOT NULL,
  starts_at  TEXT NOT NULL,
  ends_at    TEXT NOT NULL CHECK (ends_at > starts_at),
  people     INTEGER NOT NULL CHECK (people > 0),
  status     TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
) STRICT;
CREATE INDEX room_bookings_by_day ON room_bookings (room_code, held_on);
CREATE INDEX room_bookings_of_club ON room_bookings (club_id, held_on);

CREATE TABLE grade_reviews (
  review_id   TEXT PRIMARY KEY,
  student_id  TEXT NOT NULL REFERENCES students (student_id),
  course_code TEXT NOT NULL REFERENCES courses (course_code),
  term_code   TEXT NOT NULL REFERENCES terms (term_code),
  filed_on    TEXT NOT NULL,
  answer_by   TEXT NOT NULL CHECK (answer_by > filed_on),
  status      TEXT NOT NULL CHECK (status IN ('open', 'upheld', 'changed')),
  grounds     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX grade_reviews_of_student ON grade_reviews (student_id, course_code);

CREATE TABLE graduations (
  student_id TEXT PRIMARY KEY REFERENCES students (student_id),
  filed_on   TEXT NOT NULL,
  attendance TEXT NOT NULL CHECK (attendance IN ('in person', 'in absentia'))
) STRICT;

CREATE TABLE letters (
  letter_id  TEXT PRIMARY KEY,
  student_id TEXT NOT NULL REFERENCES students (student_id),
  load       TEXT NOT NULL CHECK (load IN ('full-time', 'part-time')),
  issued_on  TEXT NOT NULL
) STRICT;
CREATE INDEX letters_of_student ON letters (student_id);

-- Credits of the sections that a student is enrolled in now.
CREATE VIEW loads AS
SELECT s.student_id,
       (SELECT coalesce(sum(c.credits), 0) FROM registrations AS r JOIN sections AS x ON x.crn = r.crn
        JOIN courses AS c ON c.course_code = x.course_code
        WHERE r.student_id = s.student_id AND r.status = 'enrolled') AS credits
FROM students AS s;

CREATE VIEW balances AS
SELECT s.student_id, (SELECT coalesce(sum(l.amount_cents), 0) FROM ledger AS l WHERE l.student_id = s.student_id) AS owed_cents
FROM students AS s;

-- Earned credits, grade point average (4.3 scale), year of study by earned credits.
CREATE VIEW progress AS
SELECT s.student_id, s.academic_standing,
       (SELECT coalesce(sum(l.credits), 0) FROM record_lines AS l JOIN grade_scale AS g ON g.letter = l.letter
        WHERE l.student_id = s.student_id AND g.earns = 1) AS earned,
       (SELECT round(sum(g.points * l.credits) / sum(l.credits), 2) FROM record_lines AS l JOIN grade_scale AS g ON g.letter = l.letter
        WHERE l.student_id = s.student_id AND g.points IS NOT NULL) AS average
FROM students AS s;

CREATE VIEW standings AS
SELECT p.student_id, p.academic_standing, p.earned, p.average,
       CASE WHEN p.earned < 20 THEN 1 WHEN p.earned < 44 THEN 2 WHEN p.earned < 66 THEN 3 ELSE 4 END AS year_of_study,
       CASE WHEN p.academic_standing = 'probation' THEN 12 WHEN p.earned < 20 THEN 15 WHEN p.earned < 44 THEN 16 ELSE 18 END AS credit_limit
FROM progress AS p;

CREATE VIEW seats AS
SELECT x.crn, x.course_code, x.section_no, x.session_code, x.capacity, x.enrolled,
       x.capacity - x.enrolled - (SELECT count(*) FROM wait_entries AS w WHERE w.crn = x.crn AND w.status = 'offered') AS open_seats
FROM sections AS x;

-- How a section suits a student: read it with both keys, or with the student's.
CREATE VIEW fits AS
SELECT s.student_id, s.residency, x.crn, x.course_code, x.section_no, x.session_code, x.open_seats, c.credits, c.level, v.add_by, v.part,
       (SELECT count(*) FROM requisites AS q WHERE q.course_code = x.course_code AND NOT EXISTS (
          SELECT 1 FROM record_lines AS l JOIN grade_scale AS g ON g.letter = l.letter
          WHERE l.student_id = s.student_id AND l.course_code = q.needs_code AND (g.points >= 2.0 OR l.letter = 'P'))) AS missing,
       (SELECT count(DISTINCT r.crn) FROM registrations AS r JOIN sections AS y ON y.crn = r.crn
          JOIN sessions AS u ON u.session_code = y.session_code JOIN meetings AS a ON a.crn = r.crn
          JOIN meetings AS b ON b.crn = x.crn AND b.weekday = a.weekday AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at
        WHERE r.student_id = s.student_id AND r.status = 'enrolled' AND y.course_code <> x.course_code
          AND u.first_day <= v.last_day AND v.first_day <= u.last_day) AS clashes,
       (SELECT max(l.term_code) FROM record_lines AS l JOIN grade_scale AS g ON g.letter = l.letter
        WHERE l.student_id = s.student_id AND l.course_code = x.course_code AND (g.points >= 2.0 OR l.letter IN ('P', 'I'))) AS passed_in,
       EXISTS (SELECT 1 FROM registrations AS r JOIN sections AS y ON y.crn = r.crn
               WHERE r.student_id = s.student_id AND r.status = 'enrolled' AND y.course_code = x.course_code) AS taken,
       EXISTS (SELECT 1 FROM wait_entries AS w JOIN sections AS y ON y.crn = w.crn
               WHERE w.student_id = s.student_id AND w.status IN ('waiting', 'offered') AND y.course_code = x.course_code) AS waiting,
       (SELECT o.credits FROM loads AS o WHERE o.student_id = s.student_id) + c.credits AS credits_after,
       (SELECT t.credit_limit FROM standings AS t WHERE t.student_id = s.student_id) AS credit_limit,
       (SELECT count(*) FROM holds AS h WHERE h.student_id = s.student_id AND h.released_on IS NULL AND h.kind <> 'library') AS blocks
FROM students AS s CROSS JOIN seats AS x
JOIN courses AS c ON c.course_code = x.course_code JOIN sessions AS v ON v.session_code = x.session_code
WHERE s.status = 'active';

-- Sections that nothing but a lack of seats keeps a student from, and those with a seat.
CREATE VIEW would_fit AS
SELECT * FROM fits
WHERE NOT taken AND NOT waiting AND add_by >= today() AND passed_in IS NULL AND missing = 0 AND blocks = 0
  AND credits_after <= credit_limit AND clashes = 0;

CREATE VIEW may_enroll AS SELECT * FROM would_fit WHERE open_seats > 0;

-- Grows with the college; queries that pair students with sections take every step-th pair.
CREATE VIEW grid AS SELECT max(1, count(*) / 400) AS step FROM students;
