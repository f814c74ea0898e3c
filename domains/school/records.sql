-- Kestrel Bay College in the second week of Fall 2026. Terms, courses and the like are fixed: see records/.
-- permuted() ranks give each peculiarity to a fixed share of the students, in every seed and at every size.

INSERT INTO rooms (room_code, building, floor, seats, layout, projector, step_free)
WITH k AS (SELECT n, n % 3 AS b, 1 + n % 4 AS floor FROM series(:lecture_rooms))
SELECT printf('%s %d%02d', json_extract('["HAR","TID","LAN"]', '$[' || b || ']'), floor, n),
       json_extract('["Harbour Hall","Tidewater Building","Lantern Court"]', '$[' || b || ']'), floor,
       pick('[64, 72, 80, 80, 96, 120]', n), 'lecture', 1, chance(0.8, n)
FROM k;

INSERT INTO rooms (room_code, building, floor, seats, layout, projector, step_free)
SELECT printf('OSP %d%02d', 1 + n % 3, n), 'Osprey Science Centre', 1 + n % 3, 64, 'lab', chance(0.5, n), 1
FROM series(:lab_rooms);

INSERT INTO rooms (room_code, building, floor, seats, layout, projector, step_free)
WITH k AS (SELECT n, n % 2 AS b, 1 + (n * 5) % 6 AS floor FROM series(:club_rooms))
SELECT printf('%s %d%02d', CASE b WHEN 0 THEN 'SUB' ELSE 'LCM' END, floor, n),
       CASE b WHEN 0 THEN 'Student Union Building' ELSE 'Learning Commons' END, floor,
       json_extract('[12,16,24,30,24,40,16,60,30,90,40,24,12,30]', '$[' || ((n - 1) % 14) || ']'),
       CASE WHEN n % 7 = 3 THEN 'studio' ELSE 'meeting' END, n % 3 <> 1, chance(0.7, n)
FROM k;

INSERT INTO advisers (adviser_id, full_name, dept_code, office, joined_on, advisee_limit, advisees)
SELECT printf('ADV-%s%02d', d.dept_code, n), 'Dr. ' || faker('first_name', d.dept_code || n) || ' ' || faker('last_name', d.dept_code || n),
       d.dept_code, d.building || ', office ' || (100 * (1 + n % 4) + 3 * n + d.listing),
       day('2004-01-01', '2025-06-30', d.dept_code || n), 0, 0
FROM departments AS d, series(:advisers_each) WHERE d.dept_code <> 'SKIL';

INSERT INTO students (student_id, full_name, email, phone, birth_date, pin, program_code, adviser_id, admitted_term, residency,
                      health_plan, status)
WITH base AS MATERIALIZED (
  SELECT n, CASE WHEN n % 37 = 0 THEN n - 1 ELSE n END AS name_key,     -- some bear another student's name
         permuted(n - 1, :students, 'cohort') * 1.0 / :students AS cohort_rank,
         permuted(n - 1, :students, 'permit') * 1.0 / :students AS permit_rank,
         permuted(n - 1, :students, 'health') * 1.0 / :students AS health_rank
  FROM series(:students)
), placed AS MATERIALIZED (
  SELECT *, CASE WHEN cohort_rank < 0.24 THEN 1 WHEN cohort_rank < 0.51 THEN 2 WHEN cohort_rank < 0.77 THEN 3 ELSE 4 END AS cohort,
         (zipf(12, name_key) + name_key * 5 + (n % 37 = 0)) % 12 AS program_listing,
         faker('first_name', name_key) AS first, faker('last_name', name_key) AS last
  FROM base
)
SELECT printf('K%02d-%05d', 27 - cohort, 10000 + permuted(n - 1, 89000, 'number')), first || ' ' || last,
       lower(substr(first, 1, 1) || replace(last, '''', '')) || n || '@kestrelbay.example',
       printf('902-%03d-%04d', 220 + (n * 53) % 700, uniform(1000, 9999, n)),
       CASE WHEN chance(0.12, n || ':mature') THEN day('1974-01-01', '2001-12-31', n)
            ELSE day(printf('%d-01-01', 2008 - cohort), printf('%d-12-31', 2008 - cohort), n) END,
       printf('%06d', uniform(104729, 986543, n || ':pin')),
       p.program_code, printf('ADV-%s%02d', p.dept_code, 1 + zipf(:advisers_each, n || ':adviser') % :advisers_each),
       printf('%dF', 2027 - cohort),
       CASE WHEN permit_rank < 0.28 THEN 'study permit' ELSE 'domestic' END,
       CASE WHEN health_rank < 0.22 THEN 'opted out' ELSE 'covered' END,
       CASE WHEN n % 41 = 17 THEN 'on leave' ELSE 'active' END
FROM placed JOIN programs AS p ON p.listing = placed.program_listing;

UPDATE advisers SET advisees = (SELECT count(*) FROM students AS s WHERE s.adviser_id = advisers.adviser_id),
                    advisee_limit = (SELECT count(*) FROM students AS s WHERE s.adviser_id = advisers.adviser_id)
                                    + CASE WHEN chance(0.15, adviser_id) THEN 0 ELSE uniform(2, 14, adviser_id) END;

-- The finished years: both courses of a year's level in the home department and three others, a few electives.
INSERT INTO record_lines (student_id, term_code, course_code, credits, letter)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home, gauss(3.05, 0.55, s.student_id) AS ability
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
), shift AS MATERIALIZED (
  SELECT w.*, c.course_code, c.credits, c.level, c.dept_code, d.listing, (d.listing - w.home + 10) % 10 AS off,
         (d.listing - w.home + 10) % 10 IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS own
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort - 1 JOIN departments AS d ON d.dept_code = c.dept_code
), timed AS MATERIALIZED (
  SELECT *, CASE WHEN own THEN level ELSE 1 + (m + listing) % 3 END AS taken_year FROM shift
  WHERE (own AND chance(0.93, student_id || course_code)) OR (NOT own AND level = 1 AND chance(0.22, student_id || course_code))
), marked AS MATERIALIZED (
  SELECT *, 2027 - cohort + taken_year - 1 AS autumn, ability + gauss(0, 0.55, student_id || course_code) AS mark
  FROM timed WHERE taken_year < cohort
)
SELECT student_id, CASE WHEN course_code LIKE '%20' THEN printf('%dW', autumn + 1) ELSE printf('%dF', autumn) END, course_code, credits,
       CASE WHEN chance(0.03, student_id || course_code || ':w') THEN 'W'
            WHEN NOT own AND chance(0.12, student_id || course_code || ':p') THEN 'P'
            WHEN mark >= 4.15 THEN 'A+' WHEN mark >= 3.85 THEN 'A' WHEN mark >= 3.5 THEN 'A-' WHEN mark >= 3.15 THEN 'B+'
            WHEN mark >= 2.85 THEN 'B' WHEN mark >= 2.5 THEN 'B-' WHEN mark >= 2.15 THEN 'C+' WHEN mark >= 1.85 THEN 'C'
            WHEN mark >= 1.5 THEN 'C-' WHEN mark >= 0.9 THEN 'D' ELSE 'F' END
FROM marked
WHERE NOT EXISTS (SELECT 1 FROM requisites AS q JOIN courses AS k ON k.course_code = q.needs_code
                  JOIN departments AS e ON e.dept_code = k.dept_code
                  WHERE q.course_code = marked.course_code
                    AND (e.listing - home + 10) % 10 NOT IN (0, 1 + m % 3, 4 + m / 3 % 3, 7 + m / 9 % 3));

-- work of last winter that is still to be handed in
UPDATE record_lines SET letter = 'I'
WHERE term_code = '2026W' AND letter <> 'W'
  AND course_code = (SELECT max(o.course_code) FROM record_lines AS o
                     WHERE o.student_id = record_lines.student_id AND o.term_code = '2026W' AND o.letter <> 'W')
  AND student_id IN (SELECT o.student_id FROM students AS o WHERE chance(0.4, o.student_id));

INSERT INTO incompletes (student_id, course_code, term_code, due_on, extended_on)
SELECT student_id, course_code, term_code,
       CASE WHEN chance(0.45, student_id) THEN '2026-10-16' ELSE '2026-09-30' END,
       CASE WHEN chance(0.45, student_id) THEN day('2026-06-02', '2026-08-28', student_id || ':asked') END
FROM record_lines WHERE letter = 'I';

UPDATE students SET academic_standing = coalesce((SELECT CASE WHEN p.average < 2.2 THEN 'probation' WHEN p.average >= 3.7 THEN 'honours' END
                                                  FROM progress AS p WHERE p.student_id = students.student_id), 'good');

-- Sections: several of an introduction, one or two of the rest. The first is always a full-term one.
INSERT INTO sections (crn, course_code, section_no, session_code, instructor, capacity, enrolled)
WITH listed AS MATERIALIZED (
  SELECT c.course_code, c.level, i.n AS number, row_number() OVER (ORDER BY c.course_code, i.n) AS k
  FROM courses AS c JOIN series(:intro_sections) AS i
  WHERE i.n <= CASE c.level WHEN 1 THEN :intro_sections WHEN 2 THEN :middle_sections WHEN 0 THEN :middle_sections ELSE :upper_sections END
)
SELECT printf('%05d', 40000 + permuted(k - 1, 9000, 'crn')), course_code, printf('%02d', number),
       CASE WHEN level = 0 THEN '2026F-4' WHEN number = 1 AND level < 3 THEN '2026F-1'
            ELSE weighted('{"2026F-1": 48, "2026F-2": 30, "2026F-3": 22}', k) END,
       'Prof. ' || faker('last_name', k), 0, 0
FROM listed;

-- Lectures: seventeen weekly patterns that never overlap, each used once a room.
INSERT INTO meetings (crn, weekday, starts_at, ends_at, purpose, room_code)
WITH hall AS MATERIALIZED (
  SELECT room_code, row_number() OVER (ORDER BY room_code) - 1 AS place FROM rooms WHERE layout = 'lecture'
), numbered AS MATERIALIZED (
  SELECT crn, session_code, row_number() OVER (ORDER BY course_code, section_no) - 1 AS k FROM sections
), patterned AS MATERIALIZED (
  SELECT crn, k * 5 % 17 AS p, k / 17 AS place FROM numbered
)
SELECT t.crn, w.n,
       CASE WHEN p < 7 THEN printf('%02d:35', 8 + p) WHEN p < 13 THEN time('08:35', '+' || ((p - 7) * 90) || ' minutes') ELSE '18:05' END,
       CASE WHEN p < 7 THEN printf('%02d:25', 9 + p) WHEN p < 13 THEN time('09:50', '+' || ((p - 7) * 90) || ' minutes') ELSE '20:55' END,
       'lecture', h.room_code
FROM patterned AS t JOIN hall AS h ON h.place = t.place JOIN series(5) AS w
  ON (p < 7 AND w.n IN (1, 3, 5)) OR (p BETWEEN 7 AND 12 AND w.n IN (2, 4)) OR (p >= 13 AND w.n = p - 12);

UPDATE meetings SET starts_at = substr(starts_at, 1, 5), ends_at = substr(ends_at, 1, 5);

-- Labs: an afternoon on a day without that section's lecture.
INSERT INTO meetings (crn, weekday, starts_at, ends_at, purpose, room_code)
WITH bench AS MATERIALIZED (
  SELECT room_code, row_number() OVER (ORDER BY room_code) - 1 AS place FROM rooms WHERE layout = 'lab'
), led AS MATERIALIZED (
  SELECT x.crn, (SELECT min(m.weekday) FROM meetings AS m WHERE m.crn = x.crn) IN (1, 3)
                 AND (SELECT count(*) FROM meetings AS m WHERE m.crn = x.crn) = 3 AS thrice
  FROM sections AS x JOIN courses AS c ON c.course_code = x.course_code WHERE c.lab_fee_cents > 0
), counted AS MATERIALIZED (
  SELECT crn, thrice, row_number() OVER (PARTITION BY thrice ORDER BY crn) - 1 AS k FROM led
)
SELECT g.crn, CASE WHEN thrice THEN 2 + 2 * (k % 2) ELSE 1 + 2 * (k % 3) END, '14:40', '17:30', 'lab', b.room_code
FROM counted AS g JOIN bench AS b ON b.place = CASE WHEN thrice THEN k / 2 ELSE k / 3 END;

-- Registration, course 1 of a student: a course of the own level in one of the own departments, else an elective; it fits the timetable.
INSERT INTO registrations (student_id, crn, status, registered_on)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home,
         CAST(CASE s.residency WHEN 'domestic' THEN weighted('{"2": 7, "3": 27, "4": 38, "5": 28}', s.student_id || ':load')
                               ELSE weighted('{"3": 58, "4": 32, "5": 10}', s.student_id || ':load') END AS INTEGER) AS wanted
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
  WHERE s.status = 'active'
), menu AS MATERIALIZED (
  SELECT w.student_id, w.m, c.course_code, c.level < w.cohort
           OR (d.listing - w.home + 10) % 10 NOT IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS far,
         uniform(0, 9999, w.student_id || c.course_code) AS lot,
         (SELECT x.crn FROM sections AS x WHERE x.course_code = c.course_code AND x.section_no = printf('%02d',
            1 + (zipf((SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code), w.student_id || c.course_code) + d.listing + c.level)
                % (SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code))) AS crn
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort JOIN departments AS d ON d.dept_code = c.dept_code
  WHERE w.wanted >= 1
), able AS MATERIALIZED (
  SELECT n.student_id, n.crn, n.far, n.lot FROM menu AS n JOIN fits AS f ON f.student_id = n.student_id AND f.crn = n.crn
  WHERE n.lot < CASE WHEN n.far THEN 3000 ELSE 8500 END
    AND f.passed_in IS NULL AND f.missing = 0 AND NOT f.taken AND f.credits_after <= f.credit_limit AND f.clashes = 0
), best AS (
  SELECT student_id, crn, row_number() OVER (PARTITION BY student_id ORDER BY far, lot, crn) AS turn FROM able
)
SELECT student_id, crn, 'enrolled', day('2026-06-15', '2026-09-04', student_id || crn) FROM best WHERE turn = 1;

-- Registration, course 2 of a student: a course of the own level in one of the own departments, else an elective; it fits the timetable.
INSERT INTO registrations (student_id, crn, status, registered_on)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home,
         CAST(CASE s.residency WHEN 'domestic' THEN weighted('{"2": 7, "3": 27, "4": 38, "5": 28}', s.student_id || ':load')
                               ELSE weighted('{"3": 58, "4": 32, "5": 10}', s.student_id || ':load') END AS INTEGER) AS wanted
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
  WHERE s.status = 'active'
), menu AS MATERIALIZED (
  SELECT w.student_id, w.m, c.course_code, c.level < w.cohort
           OR (d.listing - w.home + 10) % 10 NOT IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS far,
         uniform(0, 9999, w.student_id || c.course_code) AS lot,
         (SELECT x.crn FROM sections AS x WHERE x.course_code = c.course_code AND x.section_no = printf('%02d',
            1 + (zipf((SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code), w.student_id || c.course_code) + d.listing + c.level)
                % (SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code))) AS crn
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort JOIN departments AS d ON d.dept_code = c.dept_code
  WHERE w.wanted >= 2
), able AS MATERIALIZED (
  SELECT n.student_id, n.crn, n.far, n.lot FROM menu AS n JOIN fits AS f ON f.student_id = n.student_id AND f.crn = n.crn
  WHERE n.lot < CASE WHEN n.far THEN 3000 ELSE 8500 END
    AND f.passed_in IS NULL AND f.missing = 0 AND NOT f.taken AND f.credits_after <= f.credit_limit AND f.clashes = 0
), best AS (
  SELECT student_id, crn, row_number() OVER (PARTITION BY student_id ORDER BY far, lot, crn) AS turn FROM able
)
SELECT student_id, crn, 'enrolled', day('2026-06-15', '2026-09-04', student_id || crn) FROM best WHERE turn = 1;

-- Registration, course 3 of a student: a course of the own level in one of the own departments, else an elective; it fits the timetable.
INSERT INTO registrations (student_id, crn, status, registered_on)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home,
         CAST(CASE s.residency WHEN 'domestic' THEN weighted('{"2": 7, "3": 27, "4": 38, "5": 28}', s.student_id || ':load')
                               ELSE weighted('{"3": 58, "4": 32, "5": 10}', s.student_id || ':load') END AS INTEGER) AS wanted
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
  WHERE s.status = 'active'
), menu AS MATERIALIZED (
  SELECT w.student_id, w.m, c.course_code, c.level < w.cohort
           OR (d.listing - w.home + 10) % 10 NOT IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS far,
         uniform(0, 9999, w.student_id || c.course_code) AS lot,
         (SELECT x.crn FROM sections AS x WHERE x.course_code = c.course_code AND x.section_no = printf('%02d',
            1 + (zipf((SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code), w.student_id || c.course_code) + d.listing + c.level)
                % (SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code))) AS crn
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort JOIN departments AS d ON d.dept_code = c.dept_code
  WHERE w.wanted >= 3
), able AS MATERIALIZED (
  SELECT n.student_id, n.crn, n.far, n.lot FROM menu AS n JOIN fits AS f ON f.student_id = n.student_id AND f.crn = n.crn
  WHERE n.lot < CASE WHEN n.far THEN 3000 ELSE 8500 END
    AND f.passed_in IS NULL AND f.missing = 0 AND NOT f.taken AND f.credits_after <= f.credit_limit AND f.clashes = 0
), best AS (
  SELECT student_id, crn, row_number() OVER (PARTITION BY student_id ORDER BY far, lot, crn) AS turn FROM able
)
SELECT student_id, crn, 'enrolled', day('2026-06-15', '2026-09-04', student_id || crn) FROM best WHERE turn = 1;

-- Registration, course 4 of a student: a course of the own level in one of the own departments, else an elective; it fits the timetable.
INSERT INTO registrations (student_id, crn, status, registered_on)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home,
         CAST(CASE s.residency WHEN 'domestic' THEN weighted('{"2": 7, "3": 27, "4": 38, "5": 28}', s.student_id || ':load')
                               ELSE weighted('{"3": 58, "4": 32, "5": 10}', s.student_id || ':load') END AS INTEGER) AS wanted
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
  WHERE s.status = 'active'
), menu AS MATERIALIZED (
  SELECT w.student_id, w.m, c.course_code, c.level < w.cohort
           OR (d.listing - w.home + 10) % 10 NOT IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS far,
         uniform(0, 9999, w.student_id || c.course_code) AS lot,
         (SELECT x.crn FROM sections AS x WHERE x.course_code = c.course_code AND x.section_no = printf('%02d',
            1 + (zipf((SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code), w.student_id || c.course_code) + d.listing + c.level)
                % (SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code))) AS crn
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort JOIN departments AS d ON d.dept_code = c.dept_code
  WHERE w.wanted >= 4
), able AS MATERIALIZED (
  SELECT n.student_id, n.crn, n.far, n.lot FROM menu AS n JOIN fits AS f ON f.student_id = n.student_id AND f.crn = n.crn
  WHERE n.lot < CASE WHEN n.far THEN 3000 ELSE 8500 END
    AND f.passed_in IS NULL AND f.missing = 0 AND NOT f.taken AND f.credits_after <= f.credit_limit AND f.clashes = 0
), best AS (
  SELECT student_id, crn, row_number() OVER (PARTITION BY student_id ORDER BY far, lot, crn) AS turn FROM able
)
SELECT student_id, crn, 'enrolled', day('2026-06-15', '2026-09-04', student_id || crn) FROM best WHERE turn = 1;

-- Registration, course 5 of a student: a course of the own level in one of the own departments, else an elective; it fits the timetable.
INSERT INTO registrations (student_id, crn, status, registered_on)
WITH who AS MATERIALIZED (
  SELECT s.student_id, CAST(substr(s.student_id, -5) AS INTEGER) AS m, 2027 - CAST(substr(s.admitted_term, 1, 4) AS INTEGER) AS cohort,
         d.listing AS home,
         CAST(CASE s.residency WHEN 'domestic' THEN weighted('{"2": 7, "3": 27, "4": 38, "5": 28}', s.student_id || ':load')
                               ELSE weighted('{"3": 58, "4": 32, "5": 10}', s.student_id || ':load') END AS INTEGER) AS wanted
  FROM students AS s JOIN programs AS p ON p.program_code = s.program_code JOIN departments AS d ON d.dept_code = p.dept_code
  WHERE s.status = 'active'
), menu AS MATERIALIZED (
  SELECT w.student_id, w.m, c.course_code, c.level < w.cohort
           OR (d.listing - w.home + 10) % 10 NOT IN (0, 1 + w.m % 3, 4 + w.m / 3 % 3, 7 + w.m / 9 % 3) AS far,
         uniform(0, 9999, w.student_id || c.course_code) AS lot,
         (SELECT x.crn FROM sections AS x WHERE x.course_code = c.course_code AND x.section_no = printf('%02d',
            1 + (zipf((SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code), w.student_id || c.course_code) + d.listing + c.level)
                % (SELECT count(*) FROM sections AS y WHERE y.course_code = c.course_code))) AS crn
  FROM who AS w JOIN courses AS c ON c.level BETWEEN 1 AND w.cohort JOIN departments AS d ON d.dept_code = c.dept_code
  WHERE w.wanted >= 5
), able AS MATERIALIZED (
  SELECT n.student_id, n.crn, n.far, n.lot FROM menu AS n JOIN fits AS f ON f.student_id = n.student_id AND f.crn = n.crn
  WHERE n.lot < CASE WHEN n.far THEN 3000 ELSE 8500 END
    AND f.passed_in IS NULL AND f.missing = 0 AND NOT f.taken AND f.credits_after <= f.credit_limit AND f.clashes = 0
), best AS (
  SELECT student_id, crn, row_number() OVER (PARTITION BY student_id ORDER BY far, lot, crn) AS turn FROM able
)
SELECT student_id, crn, 'enrolled', day('2026-06-15', '2026-09-04', student_id || crn) FROM best WHERE turn = 1;

INSERT INTO registrations (student_id, crn, status, registered_on)
WITH keen AS MATERIALIZED (
  SELECT s.student_id, pick('["SKIL 101", "SKIL 102", "SKIL 103", "SKIL 104"]', s.student_id) AS course_code
  FROM students AS s WHERE s.status = 'active' AND chance(0.5, s.student_id || ':workshop')
), open AS MATERIALIZED (
  SELECT k.student_id, x.crn, row_number() OVER (PARTITION BY k.student_id ORDER BY uniform(0, 999, k.student_id || x.crn), x.crn) AS turn
  FROM keen AS k JOIN sections AS x ON x.course_code = k.course_code JOIN fits AS f ON f.student_id = k.student_id AND f.crn = x.crn
  WHERE f.clashes = 0 AND f.credits_after <= f.credit_limit
)
SELECT student_id, crn, 'enrolled', day('2026-08-17', '2026-09-07', student_id) FROM open WHERE turn = 1;

-- One course of some was added after the first day of classes.
UPDATE registrations SET registered_on = day('2026-09-09', '2026-09-14', student_id)
WHERE crn = (SELECT min(r.crn) FROM registrations AS r JOIN sections AS x ON x.crn = r.crn
             WHERE r.student_id = registrations.student_id AND x.session_code IN ('2026F-1', '2026F-3'))
  AND chance(0.45, student_id || ':late');

-- pass/fail: one course outside the own department
UPDATE registrations SET basis = 'pass/fail'
WHERE chance(0.38, student_id || ':basis')
  AND crn = (SELECT min(r.crn) FROM registrations AS r JOIN sections AS x ON x.crn = r.crn JOIN courses AS c ON c.course_code = x.course_code
             JOIN students AS s ON s.student_id = r.student_id JOIN programs AS p ON p.program_code = s.program_code
             WHERE r.student_id = registrations.student_id AND c.dept_code <> p.dept_code AND c.letter_only = 0 AND c.level > 0);

-- A third of the sections are full, some have seats that are on offer to the waiting list, the others have room.
UPDATE sections SET capacity = 500;

UPDATE sections SET enrolled = (SELECT count(*) FROM registrations AS r WHERE r.crn = sections.crn);

UPDATE sections SET capacity = enrolled + CASE WHEN session_code IN ('2026F-1', '2026F-3') AND chance(0.36, crn) AND enrolled > 2 THEN 4
                                               WHEN chance(0.38, crn || ':full') AND enrolled > 2 THEN 0
                                               ELSE uniform(2, 12, crn) END;

INSERT INTO holds (hold_id, student_id, kind, placed_on, amount_cents, released_on)
WITH ranked AS MATERIALIZED (
  SELECT student_id, row_number() OVER (ORDER BY student_id) - 1 AS i, (SELECT count(*) FROM students) AS total FROM students
), kinds AS (
  SELECT *, permuted(i, total, 'financial') * 1.0 / total AS f, permuted(i, total, 'library') * 1.0 / total AS l,
         permuted(i, total, 'advising') * 1.0 / total AS a, permuted(i, total, 'conduct') * 1.0 / total AS c
  FROM ranked
), drawn AS MATERIALIZED (
  SELECT student_id, 'financial' AS kind, '1' AS mark, uniform(6000, 74000, student_id) AS amount_cents FROM kinds WHERE f < 0.2
  UNION ALL SELECT student_id, 'library', '2', uniform(1, 30, student_id || ':fine') * 250 + 35 FROM kinds WHERE l < 0.24
  UNION ALL SELECT student_id, 'advising', '3', NULL FROM kinds WHERE a < 0.18
  UNION ALL SELECT student_id, 'conduct', '4', NULL FROM kinds WHERE c < 0.12
)
SELECT printf('HD-%s%s', mark, substr(student_id, -5)), student_id, kind,
       day(CASE kind WHEN 'financial' THEN '2026-05-04' WHEN 'advising' THEN '2026-08-10' ELSE '2026-06-01' END, '2026-09-11', student_id || kind),
       amount_cents, NULL
FROM drawn;

-- seats that somebody gave back are on offer, to one student each; an offer stands for two days
INSERT INTO wait_entries (crn, student_id, joined_at, status, offered_until)
WITH free AS MATERIALIZED (
  SELECT x.crn, x.course_code FROM sections AS x JOIN sessions AS v ON v.session_code = x.session_code
  WHERE x.capacity = x.enrolled + 4 AND v.add_by >= today()
), able AS MATERIALIZED (
  SELECT f.student_id, f.crn, uniform(0, 9999, f.student_id || f.crn) AS lot
  FROM free AS e JOIN fits AS f ON f.crn = e.crn
  WHERE (CAST(substr(f.student_id, -5) AS INTEGER) + CAST(f.crn AS INTEGER)) % (SELECT step FROM grid) = 0 AND f.missing = 0 AND NOT f.taken AND NOT f.waiting AND f.passed_in IS NULL AND f.blocks = 0 AND f.credits_after <= f.credit_limit AND f.clashes = 0
), one AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY student_id ORDER BY lot, crn) AS turn FROM able
), four AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY crn ORDER BY lot, student_id) AS place FROM one WHERE turn = 1
)
SELECT crn, student_id, moment('2026-08-10', '2026-08-23', student_id || crn), 'offered',
       CASE place % 2 WHEN 0 THEN printf('2026-09-%d %02d:00:00', uniform(14, 15, student_id), uniform(9, 21, student_id))
                      ELSE printf('2026-09-%d %02d:00:00', uniform(17, 18, student_id), uniform(9, 21, student_id)) END
FROM four WHERE place <= 4;

UPDATE sections SET capacity = enrolled + (SELECT count(*) FROM wait_entries AS w WHERE w.crn = sections.crn)
WHERE crn IN (SELECT w.crn FROM wait_entries AS w);

-- waiting for a seat: people without holds whom the course would suit, some of them on two lists
INSERT INTO wait_entries (crn, student_id, joined_at, status)
WITH wish AS MATERIALIZED (
  SELECT s.student_id, CAST(weighted('{"0": 42, "1": 24, "2": 34}', s.student_id || ':lists') AS INTEGER) AS lists
  FROM students AS s WHERE s.status = 'active'
), able AS MATERIALIZED (
  SELECT w.student_id, w.lists, f.crn, f.course_code, uniform(0, 9999, w.student_id || f.crn) AS lot
  FROM wish AS w JOIN fits AS f ON f.student_id = w.student_id
  WHERE (CAST(substr(f.student_id, -5) AS INTEGER) + CAST(f.crn AS INTEGER)) % (SELECT step FROM grid) = 0 AND w.lists > 0 AND f.open_seats = 0 AND f.level > 0 AND f.missing = 0 AND NOT f.taken AND NOT f.waiting AND f.passed_in IS NULL AND f.add_by >= today()
), first AS (
  SELECT *, row_number() OVER (PARTITION BY student_id, course_code ORDER BY lot, crn) AS of_course FROM able
), turns AS (
  SELECT *, row_number() OVER (PARTITION BY student_id ORDER BY lot, crn) AS turn FROM first WHERE of_course = 1
)
SELECT crn, student_id, moment('2026-08-24', '2026-09-14', student_id || crn), 'waiting' FROM turns WHERE turn <= lists;

-- Petitions of the running term: approved, refused and open ones.
INSERT INTO petitions (petition_id, student_id, crn, kind, filed_on, decide_by, decided_on, status)
WITH hopeful AS MATERIALIZED (
  SELECT student_id FROM students WHERE status = 'active' AND chance(0.55, student_id)
), able AS MATERIALIZED (
  SELECT f.student_id, f.crn, CASE WHEN f.missing > 0 THEN 'prerequisite waiver' WHEN f.add_by < today() THEN 'late add' ELSE 'overload' END AS kind,
         uniform(0, 9999, f.student_id || f.crn) AS lot
  FROM hopeful AS h JOIN fits AS f ON f.student_id = h.student_id
  WHERE (CAST(substr(f.student_id, -5) AS INTEGER) + CAST(f.crn AS INTEGER)) % (SELECT step FROM grid) = 0
    AND f.open_seats > 0 AND f.level > 0 AND NOT f.taken AND NOT f.waiting AND f.passed_in IS NULL
    AND (f.missing > 0) + (f.add_by < today()) + (f.credits_after > f.credit_limit) = 1 AND f.clashes = 0
    AND (f.missing = 0 OR f.level <= (SELECT t.year_of_study FROM standings AS t WHERE t.student_id = f.student_id))
), chosen AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY student_id ORDER BY lot, crn) AS turn FROM able
), dated AS MATERIALIZED (
  SELECT *, day('2026-09-08', '2026-09-11', student_id || ':filed') AS filed_on,
         weighted('{"approved": 60, "refused": 8, "open": 32}', student_id) AS status
  FROM chosen WHERE turn = 1
)
SELECT 'PT-' || substr(student_id, -5), student_id, crn, kind, filed_on, date(filed_on, '+7 days'),
       CASE WHEN status <> 'open' THEN day(date(filed_on, '+1 day'), '2026-09-15', student_id) END, status
FROM dated;

-- The student account.
INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT printf('LE-1%s%s', substr(r.student_id, -5), r.crn), r.student_id, max(r.registered_on, '2026-08-03'), 'tuition',
       'Tuition ' || x.course_code, c.credits * CASE s.residency WHEN 'domestic' THEN 29800 ELSE 61450 END
FROM registrations AS r JOIN sections AS x ON x.crn = r.crn JOIN courses AS c ON c.course_code = x.course_code
JOIN students AS s ON s.student_id = r.student_id;

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT printf('LE-2%s%s', substr(r.student_id, -5), r.crn), r.student_id, max(r.registered_on, '2026-08-03'), 'lab fee',
       'Lab fee ' || x.course_code, c.lab_fee_cents
FROM registrations AS r JOIN sections AS x ON x.crn = r.crn JOIN courses AS c ON c.course_code = x.course_code
WHERE c.lab_fee_cents > 0;

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-3' || substr(student_id, -5), student_id, '2026-08-03', 'student services', 'Student services Fall 2026', 16475
FROM students WHERE status = 'active';

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-4' || substr(student_id, -5), student_id, '2026-08-03', 'health plan', 'Health plan 2026/27', 34200
FROM students WHERE status = 'active' AND health_plan = 'covered';

INSERT INTO health_waivers (student_id, insurer, opted_out_on)
SELECT student_id, pick('["Blue Harbour Mutual", "Maritime Shield", "Northern Cross", "Unity Benefits"]', student_id), day('2026-08-05', '2026-09-12', student_id)
FROM students WHERE health_plan = 'opted out';

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-5' || substr(student_id, -5), student_id, registered_on, 'late registration', 'Late registration fee', 6000
FROM registrations WHERE registered_on BETWEEN '2026-09-09' AND '2026-09-14';

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-6' || substr(h.student_id, -5), h.student_id, '2026-08-03', 'brought forward', 'Brought forward from Winter 2026', h.amount_cents
FROM holds AS h WHERE h.kind = 'financial';

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-7' || substr(h.student_id, -5), h.student_id, h.placed_on, 'library', 'Library fines', h.amount_cents
FROM holds AS h WHERE h.kind = 'library';

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-8' || substr(student_id, -5), student_id, '2026-09-01', 'late payment', 'Late payment charge', 4500
FROM students WHERE status = 'active' AND chance(0.3, student_id || ':late payment');

INSERT INTO fee_waivers (waiver_id, student_id, granted_on)
SELECT 'FW-' || substr(student_id, -5), student_id, day('2024-09-20', '2026-02-20', student_id)
FROM students WHERE admitted_term <= '2024F' AND chance(0.62, student_id);

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-A' || substr(student_id, -5), student_id, '2026-09-02', 'award',
       pick('["Fundy Entrance Scholarship", "Skipper Bursary", "Class of 1974 Award"]', student_id), -pick('[25000, 50000, 75000, 100000]', student_id || ':award')
FROM students WHERE status = 'active' AND chance(0.3, student_id || ':award');

-- Instalments: the fee is posted, the balance of that day is split, the rest of the division falls on the first part.
INSERT INTO plans (plan_id, student_id, started_on, parts, postponed_on)
SELECT 'PL-' || substr(s.student_id, -5), s.student_id, day('2026-08-12', '2026-08-24', s.student_id),
       CAST(pick('[3, 4, 4]', s.student_id) AS INTEGER),
       CASE WHEN chance(0.42, s.student_id || ':postponed') THEN day('2026-08-28', '2026-09-11', s.student_id) END
FROM students AS s JOIN balances AS b ON b.student_id = s.student_id
WHERE s.status = 'active' AND b.owed_cents > 150000 AND chance(0.38, s.student_id || ':plan')
  AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.student_id = s.student_id AND h.kind = 'financial');

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-B' || substr(student_id, -5), student_id, started_on, 'instalment fee', 'Instalment plan fee', 3000 FROM plans;

INSERT INTO plan_parts (plan_id, part_no, due_on, amount_cents, paid_on)
WITH split AS MATERIALIZED (
  SELECT p.*, b.owed_cents, CASE WHEN p.postponed_on IS NULL THEN 0 ELSE 2 END AS moved
  FROM plans AS p JOIN balances AS b ON b.student_id = p.student_id
)
SELECT plan_id, n,
       date('2026-09-01', '+' || (n - 1) || ' months', CASE WHEN n = moved THEN '+' || uniform(7, 14, plan_id) || ' days' ELSE '+0 days' END),
       owed_cents / parts + CASE WHEN n = 1 THEN owed_cents % parts ELSE 0 END,
       CASE WHEN n = 1 AND (postponed_on IS NOT NULL OR chance(0.86, plan_id)) THEN '2026-09-01' END
FROM split, series(4) WHERE n <= parts;

INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
SELECT 'LE-C' || substr(p.student_id, -5), p.student_id, a.paid_on, 'payment', 'Instalment 1', -a.amount_cents
FROM plans AS p JOIN plan_parts AS a ON a.plan_id = p.plan_id WHERE a.paid_on IS NOT NULL;

-- All others: paid in full, paid all but a little, paid in part, or paid nothing. What a hold is about is unpaid.
INSERT INTO ledger (entry_id, student_id, posted_on, kind, label, amount_cents)
WITH due AS MATERIALIZED (
  SELECT s.student_id, b.owed_cents - coalesce((SELECT sum(h.amount_cents) FROM holds AS h WHERE h.student_id = s.student_id), 0) AS fees_cents,
         uniform(0.0, 1.0, s.student_id || ':pays') AS habit
  FROM students AS s JOIN balances AS b ON b.student_id = s.student_id
  WHERE s.status = 'active' AND NOT EXISTS (SELECT 1 FROM plans AS p WHERE p.student_id = s.student_id)
), paid AS (
  SELECT student_id, fees_cents, CASE WHEN habit < 0.26 THEN fees_cents WHEN habit < 0.48 THEN fees_cents - uniform(45, 470, student_id) * 100
                                      WHEN habit < 0.78 THEN fees_cents / 10000 * uniform(2, 8, student_id) * 1000 ELSE 0 END AS cents
  FROM due
)
SELECT 'LE-D' || substr(student_id, -5), student_id, day('2026-08-10', '2026-09-14', student_id), 'payment', 'Payment by bank transfer', -cents
FROM paid WHERE cents > 0;

INSERT INTO transcript_orders (order_id, student_id, institution_code, delivery, copies, fee_cents, ordered_on, status)
WITH listed AS MATERIALIZED (
  SELECT institution_code, row_number() OVER (ORDER BY institution_code) - 1 AS place FROM institutions
), chosen AS MATERIALIZED (
  SELECT s.student_id, k.n, i.institution_code
  FROM students AS s, series(3) AS k JOIN listed AS i ON i.place = (zipf(15, s.student_id) * 2 + k.n * 7) % 30
  WHERE s.status = 'active' AND s.admitted_term < '2026F' AND k.n <= CAST(weighted('{"0": 45, "1": 22, "2": 22, "3": 11}', s.student_id) AS INTEGER)
), priced AS (
  SELECT c.*, CASE WHEN i.takes_electronic AND chance(0.7, c.student_id || c.n) THEN 'electronic' ELSE 'mail' END AS delivery,
         CASE WHEN chance(0.2, c.student_id || c.n || ':two') THEN 2 ELSE 1 END AS copies,
         chance(0.72, c.student_id || c.n || ':queued') AS queued
  FROM chosen AS c JOIN institutions AS i ON i.institution_code = c.institution_code
)
SELECT printf('TR-%s%d', substr(student_id, -5), n), student_id, institution_code, delivery, copies,
       copies * CASE delivery WHEN 'electronic' THEN 900 ELSE 1400 END,
       CASE WHEN queued THEN day('2026-09-14', '2026-09-15', student_id || n) ELSE day('2026-05-10', '2026-09-10', student_id || n) END,
       CASE WHEN queued THEN 'queued' ELSE 'sent' END
FROM priced;

-- Advisers' calendars: from this morning to the second of October, never on a weekend.
INSERT INTO adviser_slots (slot_id, adviser_id, starts_at, minutes, mode, taken)
WITH hours AS MATERIALIZED (
  SELECT a.adviser_id, date(today(), '+' || (d.n - 1) || ' days') AS held_on, h.n AS h,
         row_number() OVER (ORDER BY a.adviser_id, d.n, h.n) AS k
  FROM advisers AS a, series(17) AS d, series(6) AS h
)
SELECT printf('SL-%05d', 10000 + k), adviser_id,
       held_on || ' ' || json_extract('["09:00","10:00","11:30","13:30","14:30","15:30"]', '$[' || (h - 1) || ']') || ':00',
       CAST(pick('[20, 30, 30, 45]', adviser_id || k) AS INTEGER), CASE WHEN chance(0.6, adviser_id || k) THEN 'in person' ELSE 'online' END, 0
FROM hours
WHERE strftime('%w', held_on) NOT IN ('0', '6') AND NOT (held_on = today() AND h < 4)
  AND (chance(0.3, k) OR (held_on <= date(today(), '+1 day') AND chance(0.5, k || ':soon')));

INSERT INTO appointments (appointment_id, student_id, slot_id, topic, status)
WITH want AS MATERIALIZED (
  SELECT student_id, adviser_id, row_number() OVER (PARTITION BY adviser_id ORDER BY uniform(0, 9999, student_id), student_id) AS turn
  FROM students WHERE status = 'active' AND chance(0.42, student_id || ':appointment')
), calendar AS MATERIALIZED (
  SELECT slot_id, adviser_id, row_number() OVER (PARTITION BY adviser_id
           ORDER BY (starts_at > '2026-09-17 10:40:00') + (uniform(0, 2, slot_id) = 0), uniform(0, 9999, slot_id), slot_id) AS turn
  FROM adviser_slots
)
SELECT 'AP-' || substr(w.student_id, -5), w.student_id, c.slot_id,
       pick('["choosing courses", "degree requirements", "study difficulties", "going on exchange"]', w.student_id), 'booked'
FROM want AS w JOIN calendar AS c ON c.adviser_id = w.adviser_id AND c.turn = w.turn;

UPDATE adviser_slots SET taken = 1 WHERE slot_id IN (SELECT slot_id FROM appointments) OR chance(0.25, slot_id);

INSERT INTO clubs (club_id, name, president_id, treasurer_id, members, status)
WITH officer AS MATERIALIZED (
  SELECT student_id, row_number() OVER (ORDER BY uniform(0, 99999, student_id), student_id) AS place FROM students WHERE status = 'active'
), named AS (
  SELECT n, json_extract('["Chess Club","Debating Society","Outing Club","Film Society","Rowing Club","Jazz Band","Robotics Team","Knitting Circle","Model Parliament","Poetry Society","Swing Dance Club","Astronomy Club","Improv Troupe","Board Game Guild","Photography Club","Gaelic Society","Quiz Bowl Team","Chamber Choir","Climbing Club","Book Club","Sailing Club","Anime Society","Gardening Club","Investment Club","Amateur Radio Club","Pottery Studio","Fencing Club","Running Club","Science Fiction Society","Cooking Club","Ceilidh Band","Mock Trial Society","Birding Club","Cycling Club","Esports League","Yearbook Staff","Campus Radio","Student Newspaper","Habitat Chapter","Tea Society","Curling Club","Yoga Collective","Puzzle Club","Drama Society","Coding Circle","Surf Club","Zine Collective","History Society","Juggling Club","Archery Club","Folk Music Club","Model Railway Club","Origami Club","Badminton Club","Language Exchange","Volunteer Corps","Writers Workshop","Ski Club","Kayak Club","Magic Circle"]',
                         '$[' || ((n - 1) % 60) || ']') || CASE WHEN n > 60 THEN ' ' || ((n - 1) / 60 + 1) ELSE '' END AS name
  FROM series(:clubs)
)
SELECT printf('CLUB-%03d', n), name, p.student_id, t.student_id, 4 + zipf(90, n),
       CASE WHEN permuted(n - 1, :clubs, 'suspended') < 0.3 * :clubs THEN 'suspended' ELSE 'recognized' END
FROM named JOIN officer AS p ON p.place = 2 * n - 1 JOIN officer AS t ON t.place = 2 * n;

INSERT INTO room_bookings (booking_id, room_code, club_id, held_on, starts_at, ends_at, people, status)
WITH venue AS MATERIALIZED (
  SELECT room_code, seats, row_number() OVER (ORDER BY room_code) - 1 AS place FROM rooms WHERE layout IN ('meeting', 'studio')
), wanted AS MATERIALIZED (
  SELECT c.club_id, k.n, row_number() OVER (ORDER BY c.club_id, k.n) - 1 AS cell
  FROM clubs AS c, series(3) AS k
  WHERE c.status = 'recognized' AND k.n <= CAST(weighted('{"0": 12, "1": 28, "2": 22, "3": 38}', c.club_id) AS INTEGER)
), placed AS MATERIALIZED (
  SELECT club_id, n, permuted(cell, (SELECT count(*) FROM venue) * 32, 'cell') AS cell FROM wanted
)
SELECT printf('RB-%s%d', substr(club_id, 6), n), v.room_code, club_id, date('2026-09-21', '+' || (cell % 32 / 2 * 2) || ' days'),
       CASE cell % 2 WHEN 0 THEN '17:00' ELSE '19:00' END, CASE cell % 2 WHEN 0 THEN '18:30' ELSE '21:00' END,
       uniform(5, v.seats, club_id || n), 'booked'
FROM placed JOIN venue AS v ON v.place = cell / 32;

INSERT INTO grade_reviews (review_id, student_id, course_code, term_code, filed_on, answer_by, status)
SELECT 'GR-' || substr(student_id, -5), student_id, min(course_code), '2026W', '2026-09-09', '2026-10-07', 'open'
FROM record_lines WHERE term_code = '2026W' AND letter IN ('C-', 'D', 'F') AND chance(0.3, student_id) GROUP BY student_id;

INSERT INTO graduations (student_id, filed_on, attendance)
SELECT s.student_id, day('2026-09-08', '2026-09-15', s.student_id), pick('["in person", "in person", "in absentia"]', s.student_id)
FROM students AS s JOIN standings AS t ON t.student_id = s.student_id JOIN loads AS o ON o.student_id = s.student_id
WHERE s.status = 'active' AND t.earned + o.credits >= 75 AND chance(0.25, s.student_id);

INSERT INTO letters (letter_id, student_id, load, issued_on)
SELECT 'LT-' || substr(s.student_id, -5), s.student_id, CASE WHEN o.credits >= 9 THEN 'full-time' ELSE 'part-time' END,
       day('2026-09-08', '2026-09-15', s.student_id)
FROM students AS s JOIN loads AS o ON o.student_id = s.student_id WHERE s.status = 'active' AND chance(0.12, s.student_id || ':letter');
