-- Clinicians: forty distinct people at scale 1; names come from two lists and never repeat.
INSERT INTO clinicians (clinician_id, name, specialty, clinic_id, panel, panel_since, years_in_practice, second_language, offers_video)
SELECT printf('C%03d', n),
       'Dr. ' || json_extract('["Amara","Beatriz","Colin","Dana","Elias","Farah","Gwen","Hugo","Imani","Jonas","Katya","Liam","Mireille","Nadia","Oskar","Priya","Quentin","Rosa","Samir","Tova","Ulrich","Vera","Wes","Xenia","Yusuf","Zofia"]', '$[' || (permuted(n * 131 % 2600, 2600, 'who') % 26) || ']')
         || CASE WHEN n >= 2600 THEN ' ' || char(64 + n / 2600) || '.' ELSE '' END
         || ' ' || json_extract('["Abiodun","Bergstrom","Castellano","Delacroix","Eriksen","Fairweather","Goldfarb","Halvorsen","Ibarra","Jankowski","Kowalczyk","Lindqvist","Mbeki","Nakagawa","Okonkwo","Petrov","Quispe","Ramanathan","Sandoval","Takahashi","Underhill","Vasquez","Whitcombe","Yamamoto","Zimmermann","Ashgrove","Bellweather","Carmody","Driscoll","Ellingboe","Fitzgibbon","Gunderson","Hollowell","Iverson","Jorgensen","Kettleman","Lundgren","Mulvaney","Nygaard","Osterman","Pemberton","Rasmussen","Stavros","Thibault","Ulfsson","Valdez","Wainwright","Ybarra","Zelenka","Ansel","Brantley","Chaudhry","Dubois","Eastman","Forsythe","Gallagher","Haverford","Isaksen","Jimenez","Kilbride","Lavoie","Marchetti","Novak","Obrecht","Papadakis","Renaud","Sorensen","Trevelyan","Umarov","Villanueva","Westergaard","Yilmaz","Zapata","Aldridge","Birkeland","Cavanaugh","Dimitrov","Engstrom","Fonseca","Greenleaf","Hathaway","Ingram","Jaramillo","Keller","Larkin","Montrose","Nightingale","Olmstead","Prescott","Redfern","Salazar","Tillery","Upchurch","Vandermeer","Winslow","Yancey","Zorn","Abernathy","Blackwood","Crowley"]', '$[' || (permuted(n * 131 % 2600, 2600, 'who') / 26) || ']'),
       json_extract('["Family Medicine","Internal Medicine","Pediatrics","Cardiology","Dermatology","Endocrinology","Gastroenterology","Neurology","Orthopedics","Behavioral Health","Family Medicine","Internal Medicine","Pediatrics","Cardiology","Dermatology","Orthopedics","Family Medicine","Internal Medicine","Pediatrics","Gastroenterology","Family Medicine","Internal Medicine","Pediatrics","Cardiology","Dermatology","Endocrinology","Gastroenterology","Neurology","Orthopedics","Behavioral Health","Family Medicine","Internal Medicine","Pediatrics","Cardiology","Dermatology","Endocrinology","Family Medicine","Family Medicine","Orthopedics","Family Medicine"]', '$[' || ((n - 1) % 40) || ']'),
       json_extract('["harbor","summit","birchwood","granite","eastbay"]', '$[' || ((n * 2 + uniform(0, 1, n || ':clinic')) % 5) || ']'),
       CASE WHEN chance(0.38, n || ':panel') THEN 'closed to new patients' ELSE 'open to new patients' END,
       day('2023-02-01', '2025-08-29', n || ':panel since'),
       uniform(2, 38, n || ':years'),
       CASE WHEN chance(0.55, n || ':bilingual') THEN weighted('{"Spanish": 6, "Hmong": 3, "Somali": 2, "French": 1}', n || ':language') END,
       chance(0.6, n || ':video')
FROM series(:clinicians);

-- Adults. Now and then two people share a name.
INSERT INTO patients (patient_id, chart_number, name, birth_date, email, phone, postal_code, telephone_pin,
                      primary_clinician_id, primary_since, pharmacy_id, pharmacy_since, status, registered_on)
SELECT patient_id, chart_number, name, birth_date, email, phone, postal_code, telephone_pin,
       pick((SELECT json_group_array(clinician_id ORDER BY clinician_id) FROM clinicians
             WHERE specialty IN ('Family Medicine', 'Internal Medicine')), n || ':pcp'),
       registered_on,
       pick((SELECT json_group_array(f.pharmacy_id ORDER BY f.pharmacy_id) FROM pharmacies AS f WHERE f.postal_code = a.postal_code),
            n || ':pharmacy'), registered_on,
       CASE WHEN chance(0.03, n || ':left') THEN 'transferred out' ELSE 'active' END, registered_on
FROM (SELECT n, printf('PT%05d', n) AS patient_id, luhn(printf('4%06d', permuted(n, 900000, 'chart'))) AS chart_number,
             faker('first_name', CASE n % 41 WHEN 40 THEN n - 1 ELSE n END) || ' '
               || faker('last_name', CASE n % 41 WHEN 40 THEN n - 1 ELSE n END) AS name,
             CASE WHEN chance(0.62, n || ':age') THEN day('1962-01-01', '2003-06-30', n) ELSE day('1934-01-01', '1961-12-31', n) END
               AS birth_date,
             faker('unique.email', n) AS email,
             CASE permuted(n, 4000000, 'phone') / 500000 WHEN 0 THEN '218' WHEN 1 THEN '320' WHEN 2 THEN '507' WHEN 3 THEN '612' WHEN 4 THEN '651'
               WHEN 5 THEN '715' WHEN 6 THEN '763' ELSE '952' END || printf('-%03d-%04d', 200 + permuted(n, 4000000, 'phone') % 500000 / 1000, permuted(n, 4000000, 'phone') % 1000) AS phone,
             weighted('{"55802": 4, "55804": 5, "55811": 3, "55816": 2, "55820": 2}', n || ':zip') AS postal_code,
             printf('%04d', 1000 + uniform(0, 8999, n || ':pin')) AS telephone_pin,
             day('2012-03-01', '2024-12-20', n || ':since') AS registered_on
      FROM series(:adults)) AS a;

UPDATE patients SET primary_since = day('2025-04-15', '2025-09-20', patient_id)
WHERE chance(0.16, patient_id || ':changed') AND registered_on < '2025-01-01';

-- Children of those who are of an age to have some; they share telephone and ZIP code with the grown-up.
INSERT INTO patients (patient_id, chart_number, name, birth_date, email, phone, postal_code, telephone_pin,
                      primary_clinician_id, primary_since, pharmacy_id, pharmacy_since, status, registered_on)
SELECT printf('PT%05d', (SELECT count(*) FROM patients) + row_number() OVER (ORDER BY k)),
       luhn(printf('7%06d', permuted(k, 900000, 'chart'))), name, birth_date, NULL, phone, postal_code,
       printf('%04d', 1000 + uniform(0, 8999, k || ':pin')),
       pick((SELECT json_group_array(clinician_id ORDER BY clinician_id) FROM clinicians WHERE specialty = 'Pediatrics'), k || ':pcp'),
       registered_on, pharmacy_id, registered_on, 'active', registered_on
FROM (SELECT *, day(max(birth_date, '2016-01-01'), '2025-03-01', k || ':since') AS registered_on
      FROM (SELECT p.patient_id, p.phone, p.postal_code, p.pharmacy_id, 2 * p.rowid + s.n AS k,
                   faker('first_name', 'child' || (2 * p.rowid + s.n)) || substr(p.name, instr(p.name, ' ')) AS name,
                   CASE WHEN s.n = 1 THEN day(max('2007-10-20', date(p.birth_date, '+20 years')), '2025-01-31', p.rowid || ':one')
                        ELSE day(max('2007-10-20', date(p.birth_date, '+20 years')), '2025-01-31', p.rowid || ':two') END AS birth_date
            FROM patients AS p JOIN series(2) AS s ON chance(CASE s.n WHEN 1 THEN 0.8 ELSE 0.5 END, p.rowid || ':' || s.n)
            WHERE p.birth_date BETWEEN '1968-01-01' AND '2001-12-31' AND p.status = 'active'));

-- A second child gets a first name of its own.
UPDATE patients SET name = 'Robin' || substr(name, instr(name, ' '))
WHERE email IS NULL AND EXISTS (SELECT 1 FROM patients AS o WHERE o.name = patients.name AND o.phone = patients.phone
                                  AND o.patient_id < patients.patient_id);

INSERT INTO proxies (proxy_id, holder_id, child_id, relation, scope, ends_on, status)
SELECT printf('PX%04d', row_number() OVER (ORDER BY c.patient_id)), a.patient_id, c.patient_id,
       weighted('{"parent": 84, "stepparent": 8, "guardian": 8}', c.patient_id),
       CASE WHEN chance(0.24, c.patient_id || ':scope') THEN 'appointments only' ELSE 'full' END,
       date(c.birth_date, '+18 years'), 'active'
FROM patients AS c JOIN patients AS a ON a.phone = c.phone AND a.email IS NOT NULL WHERE c.email IS NULL;

-- Cover: most have one plan; some lost theirs lately; a few never had any. Older people have the plan for older people.
INSERT INTO coverages (coverage_id, patient_id, plan_id, member_number, starts_on, ends_on, deductible_met_cents)
SELECT printf('CV%05d', p.rowid), p.patient_id,
       CASE WHEN p.birth_date < '1960-10-01' AND chance(0.6, p.rowid || ':senior') THEN 'silverbridge'
            ELSE weighted('{"meridian-hmo": 22, "meridian-plus": 14, "state-family": 12, "unity-ppo": 20, "unity-gold": 10, "northland-3000": 9, "northland-1700": 9}', p.rowid) END,
       'X' || weighted('{"EH": 5, "QB": 3, "TM": 2}', p.rowid || ':prefix') || printf('%08d', 10000000 + permuted(p.rowid, 80000000, 'member')),
       CASE WHEN chance(0.7, p.rowid || ':january') THEN '2025-01-01' ELSE day('2024-02-01', '2025-06-01', p.rowid || ':start') END,
       CASE WHEN chance(0.24, p.rowid || ':lost') THEN weighted('{"2025-08-31": 3, "2025-09-30": 6, "2025-09-15": 2}', p.rowid || ':end') END, 0
FROM patients AS p WHERE NOT chance(0.1, p.rowid || ':uninsured');

-- Visits made, over two years; about two thirds with the primary clinician. People of one group forget their visits.
INSERT INTO appointments (appointment_id, patient_id, clinician_id, slot_id, starts_at, visit_kind, mode, status, booked_on, times_moved, cancel_reason)
SELECT printf('AP1%05d', row_number() OVER (ORDER BY n)), patient_id, clinician_id, NULL, starts_at,
       CASE WHEN row_number() OVER (PARTITION BY patient_id, clinician_id ORDER BY starts_at, n) = 1 THEN 'new patient'
            WHEN is_primary AND chance(0.47, n || ':kind') THEN 'annual physical'
            WHEN is_primary AND chance(0.3, n || ':kind2') THEN 'sick visit' ELSE 'follow-up' END,
       CASE WHEN row_number() OVER (PARTITION BY patient_id, clinician_id ORDER BY starts_at, n) > 1 AND chance(0.15, n || ':video')
            THEN 'video' ELSE 'in person' END,
       status, date(starts_at, '-' || (1 + zipf(45, n)) || ' days'), CASE WHEN chance(0.12, n || ':moved') THEN 1 ELSE 0 END,
       CASE status WHEN 'cancelled' THEN pick('["illness", "schedule conflict", "no longer needed", "travel", "feeling better"]', n) END
FROM (SELECT n, patient_id, status, is_primary,
             CASE WHEN is_primary THEN primary_clinician_id
                  WHEN age >= 18 THEN pick((SELECT json_group_array(c.clinician_id ORDER BY c.clinician_id) FROM clinicians AS c
                                              JOIN specialties AS s ON s.specialty = c.specialty WHERE s.level = 'specialist'), n || ':specialist')
                  ELSE pick((SELECT json_group_array(c.clinician_id ORDER BY c.clinician_id) FROM clinicians AS c
                             WHERE c.specialty IN ('Dermatology', 'Orthopedics')), n || ':specialist') END AS clinician_id,
             date(on_day, CASE strftime('%w', on_day) WHEN '0' THEN '-2 days' WHEN '6' THEN '-1 day' ELSE '+0 days' END) || ' '
               || pick('["08:30", "09:10", "09:50", "10:30", "11:10", "13:30", "14:10", "14:50", "15:30", "16:10"]', n) || ':00' AS starts_at
      FROM (SELECT s.n, p.patient_id, p.primary_clinician_id, chance(0.64, s.n || ':primary') AS is_primary,
                   (julianday(today()) - julianday(p.birth_date)) / 365.25 AS age,
                   CASE WHEN p.rowid % 8 = 5 AND chance(0.8, s.n || ':forgets') THEN 'no-show'
                        ELSE weighted('{"completed": 87, "no-show": 5, "cancelled": 8}', s.n) END AS status,
                   CASE WHEN p.rowid % 8 = 5 OR chance(0.6, s.n || ':recent') THEN day(max(p.registered_on, '2024-10-12'), '2025-10-02', s.n)
                        ELSE day(max(p.registered_on, '2023-10-10'), max(p.registered_on, '2024-10-11'), s.n) END AS on_day
            FROM series(:visits) AS s JOIN patients AS p
              ON p.rowid = 1 + CASE WHEN s.n % 8 = 0 THEN (17 * zipf(40, s.n) + uniform(0, 16, s.n || ':whose')) % (SELECT count(*) FROM patients)
                                    ELSE s.n % (SELECT count(*) FROM patients) END));

-- A few of the forgetful have missed a visit again in the last weeks.
INSERT INTO appointments (appointment_id, patient_id, clinician_id, starts_at, visit_kind, mode, status, booked_on)
SELECT printf('AP2%05d', p.rowid), p.patient_id, p.primary_clinician_id,
       date('2025-08-18', '+' || (7 * uniform(0, 5, p.rowid || ':week') + uniform(0, 4, p.rowid || ':weekday')) || ' days') || ' 10:30:00',
       'follow-up', 'in person', 'no-show', '2025-08-11'
FROM patients AS p WHERE p.rowid % 9 IN (3, 6) AND p.email IS NOT NULL AND p.status = 'active';

INSERT INTO appointments (appointment_id, patient_id, clinician_id, starts_at, visit_kind, mode, status, booked_on)
SELECT printf('AP5%05d', 2 * p.rowid + s.n), p.patient_id, p.primary_clinician_id,
       date(CASE s.n WHEN 1 THEN '2024-11-04' ELSE '2025-03-03' END,
            '+' || (7 * uniform(0, 14, p.rowid || ':week' || s.n) + uniform(0, 4, p.rowid || ':weekday' || s.n)) || ' days') || ' 14:10:00',
       'follow-up', 'in person', 'no-show', '2024-10-28'
FROM patients AS p, series(2) AS s WHERE p.rowid % 8 = 5 AND p.email IS NOT NULL AND p.status = 'active' AND chance(0.9, p.rowid || ':misses' || s.n);

-- Times on offer in the next three and a half weeks: the nearer, the fuller.
INSERT INTO slots (slot_id, clinician_id, starts_at, minutes, mode, status)
SELECT printf('SL%05d', row_number() OVER (ORDER BY starts_at, clinician_id)), clinician_id, starts_at,
       CASE WHEN chance(0.45, clinician_id || starts_at || ':long') THEN 40 ELSE 20 END,
       CASE WHEN offers_video AND chance(0.3, clinician_id || starts_at || ':video') THEN 'video' ELSE 'in person' END,
       CASE WHEN chance(0.03, clinician_id || starts_at || ':blocked') THEN 'blocked'
            WHEN chance(CASE WHEN sought AND ahead <= 13 THEN 1.0 WHEN ahead <= 1 THEN 0.86 WHEN ahead <= 6 THEN 0.46 ELSE 0.24 END * popular,
                        clinician_id || starts_at || ':booked') THEN 'booked' ELSE 'open' END
FROM (SELECT c.clinician_id, c.offers_video, c.rowid % 5 = 2 AS sought, CASE WHEN c.rowid % 5 <> 2 AND c.specialty IN ('Family Medicine', 'Internal Medicine') THEN 0.36 ELSE 1.0 END AS popular, s.n - 1 AS ahead,
             date(today(), '+' || (s.n - 1) || ' days') || ' ' || t.value || ':00' AS starts_at
      FROM clinicians AS c, series(25) AS s,
           json_each('["08:30", "09:10", "09:50", "10:30", "11:10", "13:30", "14:10", "14:50", "15:30", "16:10"]') AS t
      WHERE strftime('%w', date(today(), '+' || (s.n - 1) || ' days')) NOT IN ('0', '6')
        AND chance(CASE WHEN s.n <= 2 THEN 0.62 ELSE 0.3 END, c.clinician_id || ':' || s.n || t.value))
WHERE starts_at > now();

-- Who sits in the booked slots: with primary clinicians their own panel, with specialists any grown-up.
INSERT INTO appointments (appointment_id, patient_id, clinician_id, slot_id, starts_at, visit_kind, mode, status, booked_on, times_moved)
SELECT printf('AP3%05d', row_number() OVER (ORDER BY slot_id)), patient_id, clinician_id, slot_id, starts_at,
       CASE WHEN NOT known THEN 'new patient' WHEN chance(0.2, slot_id) THEN 'annual physical'
            WHEN chance(0.2, slot_id || ':sick') THEN 'sick visit' ELSE 'follow-up' END,
       mode, 'booked', date(today(), '-' || zipf(40, slot_id || ':ahead') || ' days'),
       CAST(weighted('{"0": 62, "1": 16, "2": 22}', slot_id || ':moves') AS INTEGER)
FROM (SELECT s.*, p.patient_id,
             EXISTS (SELECT 1 FROM appointments AS a WHERE a.clinician_id = s.clinician_id AND a.patient_id = p.patient_id
                       AND a.status = 'completed') AS known
      FROM (SELECT s.slot_id, s.clinician_id, s.starts_at, s.mode,
                   row_number() OVER (PARTITION BY s.clinician_id ORDER BY s.starts_at) AS place
            FROM slots AS s JOIN clinicians AS c ON c.clinician_id = s.clinician_id
              JOIN specialties AS sp ON sp.specialty = c.specialty
            WHERE s.status = 'booked' AND sp.level = 'primary') AS s
      JOIN (SELECT patient_id, primary_clinician_id,
                   row_number() OVER (PARTITION BY primary_clinician_id ORDER BY uniform(0, 1000000000, patient_id), patient_id) AS place
            FROM patients WHERE status = 'active') AS p
        ON p.primary_clinician_id = s.clinician_id AND p.place = s.place);

INSERT INTO appointments (appointment_id, patient_id, clinician_id, slot_id, starts_at, visit_kind, mode, status, booked_on, times_moved)
SELECT printf('AP4%05d', row_number() OVER (ORDER BY slot_id)), patient_id, clinician_id, slot_id, starts_at,
       CASE WHEN EXISTS (SELECT 1 FROM appointments AS a WHERE a.clinician_id = x.clinician_id AND a.patient_id = x.patient_id
                           AND a.status = 'completed') THEN 'follow-up' ELSE 'new patient' END,
       mode, 'booked', date(today(), '-' || (2 + zipf(50, slot_id)) || ' days'),
       CAST(weighted('{"0": 62, "1": 16, "2": 22}', slot_id || ':moves') AS INTEGER)
FROM (SELECT s.*, p.patient_id, row_number() OVER (PARTITION BY p.patient_id, s.specialty ORDER BY s.slot_id) AS in_specialty,
             row_number() OVER (PARTITION BY p.patient_id, substr(s.starts_at, 1, 10) ORDER BY s.slot_id) AS on_day
      FROM (SELECT s.slot_id, s.clinician_id, s.starts_at, s.mode, c.specialty FROM slots AS s
              JOIN clinicians AS c ON c.clinician_id = s.clinician_id JOIN specialties AS sp ON sp.specialty = c.specialty
            WHERE s.status = 'booked' AND sp.level = 'specialist') AS s
      JOIN patients AS p ON p.rowid = uniform(1, :adults, s.slot_id)
      WHERE p.status = 'active'
        AND NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.patient_id = p.patient_id AND a.status = 'booked'
                          AND substr(a.starts_at, 1, 10) = substr(s.starts_at, 1, 10))) AS x
WHERE in_specialty = 1 AND on_day = 1;

UPDATE slots SET status = 'open'
WHERE status = 'booked' AND NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.slot_id = slots.slot_id);
UPDATE slots SET minutes = 40
WHERE slot_id IN (SELECT slot_id FROM appointments WHERE visit_kind IN ('annual physical', 'new patient') AND slot_id IS NOT NULL);
UPDATE slots SET mode = 'in person'
WHERE slot_id IN (SELECT slot_id FROM appointments WHERE visit_kind IN ('annual physical', 'new patient') AND slot_id IS NOT NULL);
UPDATE appointments SET mode = 'in person' WHERE visit_kind IN ('annual physical', 'new patient');

-- Referrals: each booked visit that needs one has it; others lie in drawers, fresh, spent, run out or waiting.
INSERT INTO referrals (referral_id, patient_id, specialty, referred_by, issued_on, expires_on, visits_allowed, visits_used, status, authorization_status)
SELECT printf('RF2%05d', row_number() OVER (ORDER BY a.appointment_id)), a.patient_id, c.specialty, p.primary_clinician_id,
       min(a.booked_on, date(a.booked_on, '-2 days')), date(a.starts_at, '+' || uniform(20, 120, a.appointment_id) || ' days'), 3, 0, 'approved',
       CASE WHEN EXISTS (SELECT 1 FROM plan_authorizations AS u WHERE u.plan_id = t.plan_id AND u.specialty = c.specialty)
            THEN 'approved' ELSE 'not needed' END
FROM appointments AS a JOIN clinicians AS c ON c.clinician_id = a.clinician_id
  JOIN specialties AS s ON s.specialty = c.specialty AND s.level = 'specialist'
  JOIN patients AS p ON p.patient_id = a.patient_id JOIN cover_today AS t ON t.patient_id = a.patient_id AND t.needs_referral
WHERE a.status = 'booked';

UPDATE appointments SET referral_id = (
  SELECT r.referral_id FROM referrals AS r JOIN clinicians AS c ON c.specialty = r.specialty
  WHERE r.patient_id = appointments.patient_id AND c.clinician_id = appointments.clinician_id)
WHERE status = 'booked';

INSERT INTO referrals (referral_id, patient_id, specialty, referred_by, issued_on, expires_on, visits_allowed, visits_used, status, authorization_status, extensions)
SELECT printf('RF1%05d', row_number() OVER (ORDER BY patient_id, specialty)), patient_id, specialty, primary_clinician_id, issued_on,
       CASE lot WHEN 'waiting' THEN date(issued_on, '+180 days') WHEN 'lapsed' THEN date(today(), '-' || uniform(16, 120, k || ':ago') || ' days')
                WHEN 'just lapsed' THEN date(today(), '-' || uniform(1, 13, k || ':ago') || ' days')
                WHEN 'ending' THEN date(today(), '+' || uniform(2, 27, k || ':soon') || ' days')
                ELSE date(today(), '+' || uniform(45, 160, k || ':later') || ' days') END,
       allowed, CASE lot WHEN 'spent' THEN allowed WHEN 'waiting' THEN 0 ELSE uniform(0, allowed - 1, k || ':used') END,
       CASE lot WHEN 'waiting' THEN 'requested' ELSE 'approved' END,
       CASE WHEN NOT guarded THEN 'not needed' WHEN lot = 'waiting' OR (lot = 'good' AND chance(0.75, k || ':auth')) THEN 'pending' ELSE 'approved' END,
       CASE WHEN lot IN ('ending', 'just lapsed') AND chance(0.42, k || ':extended') THEN 1 ELSE 0 END
FROM (SELECT p.patient_id, p.primary_clinician_id, s.specialty, p.rowid || s.specialty AS k, uniform(2, 6, p.rowid || s.specialty || ':visits') AS allowed,
             EXISTS (SELECT 1 FROM plan_authorizations AS u WHERE u.plan_id = t.plan_id AND u.specialty = s.specialty) AS guarded,
             weighted('{"good": 46, "lapsed": 15, "just lapsed": 11, "ending": 17, "spent": 7, "waiting": 11}', p.rowid || s.specialty) AS lot,
             CASE WHEN weighted('{"good": 46, "lapsed": 15, "just lapsed": 11, "ending": 17, "spent": 7, "waiting": 11}', p.rowid || s.specialty) = 'waiting'
                  THEN day('2025-09-18', '2025-10-05', p.rowid || s.specialty) ELSE day('2025-03-10', '2025-05-30', p.rowid || s.specialty) END AS issued_on
      FROM patients AS p JOIN cover_today AS t ON t.patient_id = p.patient_id AND t.needs_referral
        JOIN specialties AS s ON s.level = 'specialist' AND chance(0.45, p.rowid || s.specialty || ':has')
      WHERE p.email IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM referrals AS r WHERE r.patient_id = p.patient_id AND r.specialty = s.specialty));

INSERT INTO waitlist (waitlist_id, patient_id, clinician_id, mode, added_on, status)
SELECT printf('WL%04d', row_number() OVER (ORDER BY p.patient_id, c.clinician_id)), p.patient_id, c.clinician_id,
       weighted('{"in person": 5, "video": 2, "either": 3}', p.rowid || c.clinician_id), day('2025-08-01', '2025-10-06', p.rowid || c.clinician_id),
       weighted('{"waiting": 8, "left": 2}', p.rowid || c.clinician_id || ':status')
FROM patients AS p JOIN clinicians AS c ON c.rowid % 5 = 2 AND chance(0.13, p.rowid || c.clinician_id || ':waits')
WHERE p.email IS NOT NULL AND p.status = 'active' AND c.specialty <> 'Pediatrics';

-- Medicines, written at visits that took place.
INSERT INTO prescriptions (rx_number, patient_id, drug_id, prescriber_id, pharmacy_id, written_on, expires_on, days_supply, refills_left, status)
SELECT luhn(printf('6%06d', permuted(1 + row_number() OVER (ORDER BY k), 900000, 'rx'))), patient_id, drug_id, clinician_id, pharmacy_id, written_on,
       date(written_on, CASE schedule WHEN 'none' THEN '+365 days' ELSE '+182 days' END), days_supply,
       CASE schedule WHEN 'II' THEN 0 WHEN 'none' THEN CASE days_supply WHEN 90 THEN 3 WHEN 30 THEN 8 ELSE 1 END ELSE 5 END,
       CASE WHEN date(written_on, CASE schedule WHEN 'none' THEN '+365 days' ELSE '+182 days' END) < today() THEN 'expired'
            WHEN chance(0.06, k || ':stopped') THEN 'stopped' ELSE 'active' END
FROM (SELECT v.k, v.patient_id, v.clinician_id, v.pharmacy_id, v.written_on, d.drug_id, d.days_supply, d.schedule,
             row_number() OVER (PARTITION BY v.patient_id, d.drug_id ORDER BY v.written_on DESC, v.k) AS latest
      FROM (SELECT a.appointment_id || ':' || s.n AS k, a.patient_id, a.clinician_id, p.pharmacy_id, substr(a.starts_at, 1, 10) AS written_on,
                   CASE c.specialty WHEN 'Pediatrics' THEN 'pediatrics' WHEN 'Cardiology' THEN 'cardiology' WHEN 'Dermatology' THEN 'dermatology'
                     WHEN 'Endocrinology' THEN 'endocrinology' WHEN 'Gastroenterology' THEN 'gastroenterology' WHEN 'Neurology' THEN 'neurology'
                     WHEN 'Orthopedics' THEN 'orthopedics' WHEN 'Behavioral Health' THEN 'behavioral' ELSE 'primary' END AS field
            FROM appointments AS a JOIN clinicians AS c ON c.clinician_id = a.clinician_id JOIN patients AS p ON p.patient_id = a.patient_id
              JOIN series(2) AS s ON chance(CASE s.n WHEN 1 THEN 0.82 ELSE 0.6 END, a.appointment_id || ':' || s.n)
            WHERE a.status = 'completed') AS v
      JOIN (SELECT field, json_group_array(drug_id ORDER BY drug_id) AS choices, count(*) AS size FROM drugs GROUP BY field) AS g ON g.field = v.field
      JOIN drugs AS d ON d.drug_id = pick(g.choices, v.k))
WHERE latest = 1;

-- Now and then another clinician adds what does not go with it.
INSERT INTO prescriptions (rx_number, patient_id, drug_id, prescriber_id, pharmacy_id, written_on, expires_on, days_supply, refills_left, status)
SELECT luhn(printf('8%06d', permuted(1 + row_number() OVER (ORDER BY patient_id, drug_id), 900000, 'added'))), patient_id, drug_id, prescriber_id, pharmacy_id,
       written_on, date(written_on, '+365 days'), days_supply, 8, 'active'
FROM (SELECT r.patient_id, d.drug_id, r.prescriber_id, r.pharmacy_id, r.written_on, d.days_supply,
             row_number() OVER (PARTITION BY r.patient_id ORDER BY r.rx_number, d.drug_id) AS place
      FROM prescriptions AS r JOIN interactions AS i ON i.severity = 'major' AND r.drug_id IN (i.drug_id, i.other_drug_id)
        JOIN drugs AS d ON d.drug_id = CASE r.drug_id WHEN i.drug_id THEN i.other_drug_id ELSE i.drug_id END AND d.schedule = 'none' AND d.days_supply = 30
      WHERE r.status = 'active' AND r.written_on BETWEEN '2025-03-01' AND '2025-09-10' AND chance(0.24, r.rx_number || d.drug_id || ':clash')
        AND NOT EXISTS (SELECT 1 FROM prescriptions AS o WHERE o.patient_id = r.patient_id AND o.drug_id = d.drug_id))
WHERE place = 1;

-- Fills, one a period with a few days of slack; some people are late with the latest one.
INSERT INTO fills (rx_number, filled_on, pharmacy_id)
SELECT rx_number, filled_on, pharmacy_id
FROM (SELECT r.rx_number, r.pharmacy_id, s.n - 1 AS place, late,
             date(r.written_on, '+' || ((s.n - 1) * r.days_supply + uniform(0, 3, r.rx_number || ':' || s.n)) || ' days') AS filled_on
      FROM (SELECT *, chance(0.7, rx_number || ':late') AS late
            FROM prescriptions WHERE expires_on >= date(today(), '-190 days')) AS r
        JOIN series(9) AS s ON s.n <= r.refills_left + 1)
WHERE filled_on <= date(today(), '-1 day') AND (place = 0 OR NOT late OR filled_on < date(today(), '-24 days'));

UPDATE prescriptions
SET refills_left = max(0, CASE WHEN chance(0.26, rx_number || ':few') THEN 0
                               ELSE refills_left - (SELECT max(0, count(*) - 1) FROM fills AS f WHERE f.rx_number = prescriptions.rx_number) END);

UPDATE prescriptions SET transfers = 1
WHERE status = 'active' AND chance(CASE WHEN drug_id IN (SELECT drug_id FROM drugs WHERE schedule <> 'none') THEN 0.45 ELSE 0.1 END, rx_number || ':went');

-- Requests of the past, and some that are still under way.
INSERT INTO refill_requests (request_id, rx_number, kind, requested_at, departs_on, status)
SELECT printf('RQ%05d', row_number() OVER (ORDER BY rx_number)), rx_number, kind, written_on || ' 09:00:00',
       CASE kind WHEN 'vacation supply' THEN date(written_on, '+9 days') END, 'done'
FROM (SELECT rx_number, weighted('{"refill": 6, "vacation supply": 4, "renewal": 1}', rx_number) AS kind,
             day(max(written_on, '2025-01-15'), max(written_on, '2025-08-20'), rx_number) AS written_on
      FROM prescriptions WHERE chance(0.42, rx_number || ':asked') AND status = 'active');

INSERT INTO allergies (allergy_id, patient_id, allergy_group, reaction, severity, noted_on, status)
SELECT printf('AL1%06d', row_number() OVER (ORDER BY patient_id, allergy_group)), patient_id, allergy_group,
       pick('["hives", "rash", "facial swelling", "wheezing", "vomiting", "itching"]', k), weighted('{"mild": 4, "moderate": 4, "severe": 2}', k),
       noted_on, CASE WHEN chance(0.08, k || ':refuted') THEN 'refuted' ELSE 'active' END
FROM (SELECT p.patient_id, g.value AS allergy_group, p.rowid || g.value AS k, day(p.registered_on, '2025-05-30', p.rowid || g.value) AS noted_on
      FROM patients AS p, json_each('["penicillins", "sulfonamides", "NSAIDs", "cephalosporins", "macrolides", "latex", "iodinated contrast", "opioids", "tetracyclines"]') AS g
      WHERE chance(0.06, p.rowid || g.value || ':has'));

-- Reactions that showed only after a medicine was prescribed.
INSERT OR IGNORE INTO allergies (allergy_id, patient_id, allergy_group, reaction, severity, noted_on, status)
SELECT 'AL9' || substr(r.rx_number, 4), r.patient_id, d.allergy_group,
       pick('["hives", "rash", "facial swelling", "wheezing", "vomiting", "itching"]', r.rx_number),
       weighted('{"mild": 2, "moderate": 5, "severe": 3}', r.rx_number), day(max(r.written_on, '2025-08-01'), '2025-10-03', r.rx_number), 'active'
FROM prescriptions AS r JOIN drugs AS d ON d.drug_id = r.drug_id
WHERE r.status = 'active' AND d.allergy_group IS NOT NULL AND chance(0.3, r.rx_number || ':reaction')
ORDER BY r.rx_number;  -- of two reactions to one group the first is kept

-- Laboratory: draw times at the clinics that have a laboratory, orders from visits, values that agree with the flag.
INSERT INTO draw_times (draw_time_id, clinic_id, starts_at, places_left)
SELECT printf('DT%04d', row_number() OVER (ORDER BY starts_at, clinic_id)), clinic_id, starts_at,
       CASE WHEN chance(0.2, clinic_id || starts_at || ':full') THEN 0 ELSE uniform(1, 7, clinic_id || starts_at) END
FROM (SELECT c.clinic_id, date(today(), '+' || s.n || ' days') || ' ' || t.value || ':00' AS starts_at
      FROM clinics AS c, series(20) AS s, json_each('["07:40", "08:20", "09:00", "09:40", "10:40", "11:40", "13:20", "14:20", "15:20"]') AS t
      WHERE c.has_lab AND strftime('%w', date(today(), '+' || s.n || ' days')) NOT IN ('0', '6') AND c.opens_at <= t.value);

INSERT INTO lab_orders (order_id, patient_id, panel, ordered_by, ordered_on, expires_on, collected_on, final_on, review_due_on, released_on, status, flag)
SELECT printf('LO1%05d', row_number() OVER (ORDER BY k)), patient_id, panel, clinician_id, ordered_on, date(ordered_on, '+180 days'),
       collected_on, final_on, date(final_on, '+3 days'), released_on,
       CASE WHEN collected_on IS NULL THEN 'ordered' WHEN final_on IS NULL THEN 'collected' WHEN released_on IS NULL THEN 'final' ELSE 'released' END, 'none'
FROM (SELECT *, CASE WHEN final_on IS NOT NULL AND date(final_on, '+' || uniform(0, 3, k || ':release') || ' days') <= today()
                     THEN date(final_on, '+' || uniform(0, 3, k || ':release') || ' days') END AS released_on
      FROM (SELECT *, CASE WHEN collected_on IS NOT NULL AND date(collected_on, '+' || uniform(1, 3, k || ':final') || ' days') <= today()
                           THEN date(collected_on, '+' || uniform(1, 3, k || ':final') || ' days') END AS final_on
            FROM (SELECT a.appointment_id || ':' || s.n AS k, a.patient_id, a.clinician_id, substr(a.starts_at, 1, 10) AS ordered_on,
                         weighted('{"lipid panel": 26, "basic metabolic panel": 24, "hemoglobin A1c": 14, "complete blood count": 14, "thyroid panel": 10, "iron studies": 7, "urine albumin": 5}', a.appointment_id || ':' || s.n) AS panel,
                         CASE WHEN a.starts_at >= '2025-04-20' AND chance(0.55, a.appointment_id || ':' || s.n || ':undone') THEN NULL
                              ELSE date(a.starts_at, '+' || uniform(0, CASE WHEN a.starts_at > '2025-09-20' THEN 1 ELSE 9 END, a.appointment_id || ':' || s.n) || ' days') END AS collected_on
                  FROM appointments AS a JOIN patients AS p ON p.patient_id = a.patient_id
                    JOIN series(2) AS s ON chance(CASE s.n WHEN 1 THEN 0.46 ELSE 0.36 END, a.appointment_id || ':lab' || s.n)
                  WHERE a.status = 'completed' AND a.starts_at >= '2024-06-01')));

-- People under watch have their lipids drawn again and again.
INSERT INTO lab_orders (order_id, patient_id, panel, ordered_by, ordered_on, expires_on, collected_on, final_on, review_due_on, released_on, status, flag)
SELECT printf('LO2%05d', 4 * p.rowid + s.n), p.patient_id, 'lipid panel', p.primary_clinician_id, date(o.on_day, '-5 days'), date(o.on_day, '+175 days'),
       o.on_day, date(o.on_day, '+1 day'), date(o.on_day, '+4 days'), date(o.on_day, '+2 days'), 'released', 'none'
FROM patients AS p JOIN series(3) AS s
  JOIN (SELECT q.patient_id, t.n, day(date('2024-06-01', '+' || (t.n * 150 - 150) || ' days'), date('2024-06-01', '+' || (t.n * 150 - 40) || ' days'), q.patient_id || t.n) AS on_day
        FROM patients AS q JOIN series(3) AS t) AS o ON o.patient_id = p.patient_id AND o.n = s.n
WHERE p.email IS NOT NULL AND p.rowid % 3 = 1;

-- Results of this week: ready, but the clinician has not signed them off.
INSERT INTO lab_orders (order_id, patient_id, panel, ordered_by, ordered_on, expires_on, collected_on, final_on, review_due_on, released_on, status, flag)
SELECT printf('LO3%05d', row_number() OVER (ORDER BY n)), patient_id, panel, clinician_id, ordered_on, date(ordered_on, '+180 days'),
       '2025-10-02', final_on, date(final_on, '+4 days'), NULL, 'final', 'none'
FROM (SELECT s.n, p.patient_id, p.primary_clinician_id AS clinician_id, day('2025-09-22', '2025-10-01', s.n) AS ordered_on,
             pick('["hemoglobin A1c", "complete blood count", "thyroid panel", "iron studies", "basic metabolic panel"]', s.n) AS panel,
             day('2025-10-04', '2025-10-07', s.n || ':final') AS final_on,
             row_number() OVER (PARTITION BY p.patient_id ORDER BY s.n) AS place
      FROM series(:fresh_labs) AS s JOIN patients AS p ON p.rowid = uniform(1, (SELECT count(*) FROM patients), s.n) AND p.status = 'active')
WHERE place = 1;

INSERT INTO lab_values (order_id, analyte, value, unit, flag)
SELECT order_id, analyte, value, unit, CASE WHEN value >= panic THEN 'critical' WHEN value > high THEN 'high' WHEN value < low THEN 'low' ELSE 'normal' END
FROM (SELECT o.order_id, n.analyte, n.unit, n.low, n.high, n.panic,
             round(CASE WHEN chance(0.14, o.order_id || ':alarm')
                          AND n.analyte = (SELECT min(m.analyte) FROM analytes AS m WHERE m.panel = o.panel)
                        THEN n.panic * uniform(1.01, 1.2, o.order_id)
                        ELSE max(n.low * 0.7, min(n.panic * 0.97, gauss(n.typical, n.spread, o.order_id || n.analyte))) END, n.decimals) AS value
      FROM lab_orders AS o JOIN analytes AS n ON n.panel = o.panel WHERE o.status IN ('final', 'released'));

UPDATE lab_orders SET flag = 'abnormal' WHERE EXISTS (SELECT 1 FROM lab_values AS v WHERE v.order_id = lab_orders.order_id AND v.flag IN ('high', 'low'));
UPDATE lab_orders SET flag = 'critical' WHERE EXISTS (SELECT 1 FROM lab_values AS v WHERE v.order_id = lab_orders.order_id AND v.flag = 'critical');

-- What visits cost the patient: copays, list prices towards the deductible, full prices without cover.
INSERT INTO charges (charge_id, patient_id, appointment_id, kind, service_on, due_on, amount_cents, paid_cents, status, waived_on)
SELECT printf('CH1%05d', row_number() OVER (ORDER BY appointment_id)), patient_id, appointment_id, kind, service_on, date(service_on, '+30 days'), amount_cents,
       CASE lot WHEN 'paid' THEN amount_cents WHEN 'part' THEN amount_cents * 2 / 5 ELSE 0 END,
       CASE lot WHEN 'part' THEN 'open' ELSE lot END, NULL
FROM (SELECT v.*, CASE WHEN service_on < '2025-07-20' THEN weighted('{"paid": 95, "part": 2, "open": 3}', appointment_id)
                       WHEN service_on > '2025-08-25' AND insured AND chance(0.4, appointment_id || ':claim') THEN 'with insurer'
                       ELSE weighted('{"paid": 42, "part": 10, "open": 48}', appointment_id) END AS lot
      FROM (SELECT a.appointment_id, a.patient_id, substr(a.starts_at, 1, 10) AS service_on, v.plan_id IS NOT NULL AS insured,
                   CASE WHEN v.plan_id IS NULL THEN 'office visit' WHEN l.design = 'HDHP' THEN 'deductible' ELSE 'copay' END AS kind,
                   CASE WHEN v.plan_id IS NULL OR l.design = 'HDHP' THEN s.visit_price_cents
                        WHEN s.level = 'primary' THEN l.primary_copay_cents ELSE l.specialist_copay_cents END AS amount_cents
            FROM appointments AS a JOIN clinicians AS c ON c.clinician_id = a.clinician_id JOIN specialties AS s ON s.specialty = c.specialty
              LEFT JOIN coverages AS v ON v.patient_id = a.patient_id LEFT JOIN plans AS l ON l.plan_id = v.plan_id
            WHERE a.status = 'completed') AS v);

-- Fees for missed visits: $50 with a primary clinician, $75 with a specialist.
INSERT INTO charges (charge_id, patient_id, appointment_id, kind, service_on, due_on, amount_cents, paid_cents, status, waived_on)
SELECT printf('CH2%05d', row_number() OVER (ORDER BY appointment_id)), patient_id, appointment_id, 'no-show fee', service_on, date(service_on, '+30 days'), fee,
       CASE lot WHEN 'paid' THEN fee ELSE 0 END, lot, CASE lot WHEN 'waived' THEN min(date(service_on, '+' || uniform(2, 25, appointment_id) || ' days'), '2025-10-06') END
FROM (SELECT a.appointment_id, a.patient_id, substr(a.starts_at, 1, 10) AS service_on, CASE s.level WHEN 'primary' THEN 5000 ELSE 7500 END AS fee,
             CASE WHEN a.starts_at >= '2025-07-28' THEN weighted('{"open": 86, "paid": 12, "waived": 2}', a.appointment_id)
                  ELSE weighted('{"open": 20, "paid": 40, "waived": 40}', a.appointment_id) END AS lot
      FROM appointments AS a JOIN clinicians AS c ON c.clinician_id = a.clinician_id JOIN specialties AS s ON s.specialty = c.specialty
      WHERE a.status = 'no-show' AND a.starts_at >= '2024-08-01');

-- Scans, and for some people a waiver earlier this year.
INSERT INTO charges (charge_id, patient_id, kind, service_on, due_on, amount_cents, paid_cents, status)
SELECT printf('CH3%05d', rowid), patient_id, 'imaging', service_on, date(service_on, '+30 days'), amount_cents, CASE status WHEN 'paid' THEN amount_cents ELSE 0 END, status
FROM (SELECT p.rowid AS rowid, p.patient_id, 500 * uniform(34, 88, p.rowid) AS amount_cents,
             CASE WHEN p.rowid % 6 = 4 THEN day('2025-03-20', '2025-06-20', p.rowid) ELSE day('2025-08-12', '2025-09-28', p.rowid) END AS service_on,
             CASE WHEN p.rowid % 6 = 4 THEN 'open' ELSE weighted('{"open": 6, "with insurer": 3, "paid": 2}', p.rowid) END AS status
      FROM patients AS p WHERE p.rowid % 6 = 4 OR (p.rowid % 3 = 1 AND chance(0.6, p.rowid || ':scan')))
WHERE patient_id IN (SELECT patient_id FROM patients WHERE email IS NOT NULL);

INSERT INTO charges (charge_id, patient_id, kind, service_on, due_on, amount_cents, paid_cents, status, waived_on)
SELECT printf('CH4%05d', rowid), patient_id, 'late cancellation fee', on_day, date(on_day, '+30 days'), 4000, 0, 'waived', date(on_day, '+6 days')
FROM (SELECT p.rowid AS rowid, p.patient_id, day('2025-01-10', '2025-06-30', p.rowid) AS on_day FROM patients AS p
      WHERE p.rowid % 9 = 3 AND p.email IS NOT NULL AND chance(0.9, p.rowid || ':waived'));

INSERT INTO payments (payment_id, charge_id, paid_at, amount_cents)
SELECT printf('PY%05d', row_number() OVER (ORDER BY charge_id)), charge_id, min(date(service_on, '+' || uniform(0, 30, charge_id) || ' days'), '2025-10-06') || ' 12:00:00', paid_cents
FROM charges WHERE paid_cents > 0;

UPDATE coverages SET deductible_met_cents = min(
  (SELECT p.deductible_cents FROM plans AS p WHERE p.plan_id = coverages.plan_id),
  coalesce((SELECT sum(c.amount_cents) FROM charges AS c WHERE c.patient_id = coverages.patient_id AND c.kind IN ('deductible', 'imaging')
              AND c.service_on >= '2025-01-01'), 0));

INSERT INTO messages (message_id, patient_id, clinician_id, topic, sent_at, body, status)
SELECT printf('MS%05d', s.n), p.patient_id, p.primary_clinician_id,
       weighted('{"test results": 3, "side effect": 2, "medication question": 4, "form or letter": 2, "call back": 1}', s.n),
       moment('2025-08-01', '2025-10-06', s.n), faker('sentence', s.n), weighted('{"answered": 9, "unread": 1}', s.n)
FROM series(:messages) AS s JOIN patients AS p ON p.rowid = zipf(:adults, s.n);
