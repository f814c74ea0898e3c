-- The practice: where, who, and what a visit costs at list price.

CREATE TABLE clinics (
  clinic_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  street TEXT NOT NULL,
  town TEXT NOT NULL,
  phone TEXT NOT NULL,
  opens_at TEXT NOT NULL,
  closes_at TEXT NOT NULL,
  has_lab INTEGER NOT NULL CHECK (has_lab IN (0, 1)),
  CHECK (opens_at < closes_at)
) STRICT;

CREATE TABLE specialties (
  specialty TEXT PRIMARY KEY,
  level TEXT NOT NULL CHECK (level IN ('primary', 'specialist')),
  visit_price_cents INTEGER NOT NULL CHECK (visit_price_cents > 0),
  youngest INTEGER NOT NULL CHECK (youngest >= 0),
  oldest INTEGER NOT NULL CHECK (oldest >= youngest)
) STRICT;

CREATE TABLE clinicians (
  clinician_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  specialty TEXT NOT NULL REFERENCES specialties (specialty),
  clinic_id TEXT NOT NULL REFERENCES clinics (clinic_id),
  panel TEXT NOT NULL CHECK (panel IN ('open to new patients', 'closed to new patients')),
  panel_since TEXT NOT NULL,
  years_in_practice INTEGER NOT NULL CHECK (years_in_practice BETWEEN 1 AND 45),
  second_language TEXT,
  offers_video INTEGER NOT NULL CHECK (offers_video IN (0, 1))
) STRICT;
CREATE INDEX clinicians_by_specialty ON clinicians (specialty, clinic_id);
CREATE INDEX clinicians_at_clinic ON clinicians (clinic_id);

-- Open hours: one row for each time that a clinician offers.

CREATE TABLE slots (
  slot_id TEXT PRIMARY KEY,
  clinician_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  starts_at TEXT NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes IN (20, 40)),
  mode TEXT NOT NULL CHECK (mode IN ('in person', 'video')),
  status TEXT NOT NULL CHECK (status IN ('open', 'booked', 'blocked')),
  UNIQUE (clinician_id, starts_at)
) STRICT;
CREATE INDEX slots_by_time ON slots (status, starts_at);

-- Pharmacies and medicines.

CREATE TABLE pharmacies (
  pharmacy_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  street TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  closes_at TEXT NOT NULL,
  delivers INTEGER NOT NULL CHECK (delivers IN (0, 1)),
  delivery_fee_cents INTEGER NOT NULL CHECK (delivery_fee_cents >= 0)
) STRICT;
CREATE INDEX pharmacies_by_postal_code ON pharmacies (postal_code);

CREATE TABLE drugs (
  drug_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  strength TEXT NOT NULL,
  drug_class TEXT NOT NULL,
  allergy_group TEXT,
  schedule TEXT NOT NULL CHECK (schedule IN ('none', 'II', 'III', 'IV', 'V')),
  field TEXT NOT NULL,
  days_supply INTEGER NOT NULL CHECK (days_supply IN (10, 14, 30, 90))
) STRICT;
CREATE INDEX drugs_by_field ON drugs (field);

CREATE TABLE interactions (
  drug_id TEXT NOT NULL REFERENCES drugs (drug_id),
  other_drug_id TEXT NOT NULL REFERENCES drugs (drug_id),
  severity TEXT NOT NULL CHECK (severity IN ('moderate', 'major')),
  effect TEXT NOT NULL,
  PRIMARY KEY (drug_id, other_drug_id),
  CHECK (drug_id < other_drug_id)
) STRICT;
CREATE INDEX interactions_reversed ON interactions (other_drug_id);

-- Health plans.

CREATE TABLE plans (
  plan_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  design TEXT NOT NULL CHECK (design IN ('HMO', 'PPO', 'HDHP')),
  needs_referral INTEGER NOT NULL CHECK (needs_referral IN (0, 1)),
  primary_copay_cents INTEGER NOT NULL CHECK (primary_copay_cents >= 0),
  specialist_copay_cents INTEGER NOT NULL CHECK (specialist_copay_cents >= 0),
  deductible_cents INTEGER NOT NULL CHECK (deductible_cents >= 0),
  coinsurance_percent INTEGER NOT NULL CHECK (coinsurance_percent BETWEEN 0 AND 50)
) STRICT;

CREATE TABLE plan_authorizations (
  plan_id TEXT NOT NULL REFERENCES plans (plan_id),
  specialty TEXT NOT NULL REFERENCES specialties (specialty),
  PRIMARY KEY (plan_id, specialty)
) STRICT;

-- Patients, adults and children, and who may act for whom.

CREATE TABLE patients (
  patient_id TEXT PRIMARY KEY,
  chart_number TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  email TEXT UNIQUE,
  phone TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  telephone_pin TEXT NOT NULL,
  primary_clinician_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  primary_since TEXT NOT NULL,
  pharmacy_id TEXT NOT NULL REFERENCES pharmacies (pharmacy_id),
  pharmacy_since TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'transferred out')),
  registered_on TEXT NOT NULL,
  CHECK (registered_on >= birth_date)
) STRICT;
CREATE INDEX patients_by_name ON patients (name, birth_date);
CREATE INDEX patients_of_clinician ON patients (primary_clinician_id);

CREATE TABLE proxies (
  proxy_id TEXT PRIMARY KEY,
  holder_id TEXT NOT NULL REFERENCES patients (patient_id),
  child_id TEXT NOT NULL REFERENCES patients (patient_id),
  relation TEXT NOT NULL CHECK (relation IN ('parent', 'stepparent', 'guardian')),
  scope TEXT NOT NULL CHECK (scope IN ('full', 'appointments only')),
  ends_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'ended')),
  UNIQUE (holder_id, child_id)
) STRICT;
CREATE INDEX proxies_of_child ON proxies (child_id);

CREATE TABLE coverages (
  coverage_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  plan_id TEXT NOT NULL REFERENCES plans (plan_id),
  member_number TEXT NOT NULL UNIQUE,
  starts_on TEXT NOT NULL,
  ends_on TEXT,
  deductible_met_cents INTEGER NOT NULL CHECK (deductible_met_cents >= 0),
  CHECK (ends_on IS NULL OR ends_on >= starts_on)
) STRICT;
CREATE INDEX coverages_of_patient ON coverages (patient_id, starts_on);

-- Referrals, and the visits made and booked.

CREATE TABLE referrals (
  referral_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  specialty TEXT NOT NULL REFERENCES specialties (specialty),
  referred_by TEXT NOT NULL REFERENCES clinicians (clinician_id),
  issued_on TEXT NOT NULL,
  expires_on TEXT NOT NULL,
  visits_allowed INTEGER NOT NULL CHECK (visits_allowed >= 1),
  visits_used INTEGER NOT NULL CHECK (visits_used BETWEEN 0 AND visits_allowed),
  status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'denied')),
  authorization_status TEXT NOT NULL CHECK (authorization_status IN ('not needed', 'pending', 'approved')),
  extensions INTEGER NOT NULL DEFAULT 0 CHECK (extensions BETWEEN 0 AND 3),
  note TEXT NOT NULL DEFAULT '',
  CHECK (expires_on >= issued_on)
) STRICT;
CREATE INDEX referrals_of_patient ON referrals (patient_id, specialty);

CREATE TABLE appointments (
  appointment_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  clinician_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  slot_id TEXT REFERENCES slots (slot_id),
  starts_at TEXT NOT NULL,
  visit_kind TEXT NOT NULL CHECK (visit_kind IN ('new patient', 'follow-up', 'annual physical', 'sick visit')),
  mode TEXT NOT NULL CHECK (mode IN ('in person', 'video')),
  status TEXT NOT NULL CHECK (status IN ('booked', 'completed', 'cancelled', 'no-show')),
  booked_on TEXT NOT NULL,  -- when the present time was agreed
  referral_id TEXT REFERENCES referrals (referral_id),
  times_moved INTEGER NOT NULL DEFAULT 0 CHECK (times_moved BETWEEN 0 AND 6),
  cancel_reason TEXT CHECK (cancel_reason IN ('illness', 'schedule conflict', 'no longer needed', 'travel', 'feeling better')),
  note TEXT NOT NULL DEFAULT '',
  CHECK (booked_on <= substr(starts_at, 1, 10))
) STRICT;
CREATE INDEX appointments_of_patient ON appointments (patient_id, status, starts_at);
CREATE INDEX appointments_of_clinician ON appointments (clinician_id, patient_id);
CREATE INDEX appointments_in_slot ON appointments (slot_id);

CREATE TABLE waitlist (
  waitlist_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  clinician_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  mode TEXT NOT NULL CHECK (mode IN ('in person', 'video', 'either')),
  added_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'left'))
) STRICT;
CREATE INDEX waitlist_of_patient ON waitlist (patient_id, status);

-- Medicines as prescribed, filled and asked for; what a patient does not tolerate.

CREATE TABLE allergies (
  allergy_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  allergy_group TEXT NOT NULL,
  reaction TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('mild', 'moderate', 'severe')),
  noted_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'refuted')),
  UNIQUE (patient_id, allergy_group)
) STRICT;

CREATE TABLE prescriptions (
  rx_number TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  drug_id TEXT NOT NULL REFERENCES drugs (drug_id),
  prescriber_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  pharmacy_id TEXT NOT NULL REFERENCES pharmacies (pharmacy_id),
  written_on TEXT NOT NULL,
  expires_on TEXT NOT NULL,
  days_supply INTEGER NOT NULL CHECK (days_supply > 0),
  refills_left INTEGER NOT NULL CHECK (refills_left BETWEEN 0 AND 11),
  transfers INTEGER NOT NULL DEFAULT 0 CHECK (transfers >= 0),
  status TEXT NOT NULL CHECK (status IN ('active', 'expired', 'stopped')),
  CHECK (expires_on > written_on)
) STRICT;
CREATE INDEX prescriptions_of_patient ON prescriptions (patient_id, status, drug_id);

CREATE TABLE fills (
  rx_number TEXT NOT NULL REFERENCES prescriptions (rx_number),
  filled_on TEXT NOT NULL,
  pharmacy_id TEXT NOT NULL REFERENCES pharmacies (pharmacy_id),
  PRIMARY KEY (rx_number, filled_on)
) STRICT;

CREATE TABLE refill_requests (
  request_id TEXT PRIMARY KEY,
  rx_number TEXT NOT NULL REFERENCES prescriptions (rx_number),
  kind TEXT NOT NULL CHECK (kind IN ('refill', 'vacation supply', 'renewal')),
  requested_at TEXT NOT NULL,
  departs_on TEXT,
  status TEXT NOT NULL CHECK (status IN ('sent to pharmacy', 'with prescriber', 'done'))
) STRICT;
CREATE INDEX refill_requests_of_rx ON refill_requests (rx_number, requested_at);

-- The laboratory.

CREATE TABLE panels (
  panel TEXT PRIMARY KEY,
  specimen TEXT NOT NULL CHECK (specimen IN ('blood', 'urine')),
  fasting_hours INTEGER NOT NULL CHECK (fasting_hours BETWEEN 0 AND 14)
) STRICT;

CREATE TABLE analytes (
  panel TEXT NOT NULL REFERENCES panels (panel),
  analyte TEXT NOT NULL,
  unit TEXT NOT NULL,
  low REAL NOT NULL,
  high REAL NOT NULL,
  panic REAL NOT NULL,
  typical REAL NOT NULL,
  spread REAL NOT NULL,
  decimals INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 2),
  PRIMARY KEY (panel, analyte),
  CHECK (low < high AND high < panic)
) STRICT;

CREATE TABLE draw_times (
  draw_time_id TEXT PRIMARY KEY,
  clinic_id TEXT NOT NULL REFERENCES clinics (clinic_id),
  starts_at TEXT NOT NULL,
  places_left INTEGER NOT NULL CHECK (places_left >= 0),
  UNIQUE (clinic_id, starts_at)
) STRICT;

CREATE TABLE lab_orders (
  order_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  panel TEXT NOT NULL REFERENCES panels (panel),
  ordered_by TEXT NOT NULL REFERENCES clinicians (clinician_id),
  ordered_on TEXT NOT NULL,
  expires_on TEXT NOT NULL,
  draw_time_id TEXT REFERENCES draw_times (draw_time_id),
  collected_on TEXT,
  final_on TEXT,
  review_due_on TEXT,
  released_on TEXT,
  status TEXT NOT NULL CHECK (status IN ('ordered', 'collected', 'final', 'released')),
  flag TEXT NOT NULL CHECK (flag IN ('none', 'abnormal', 'critical')),
  CHECK (collected_on IS NULL OR collected_on >= ordered_on),
  CHECK (final_on IS NULL OR final_on >= collected_on),
  CHECK (released_on IS NULL OR released_on >= final_on)
) STRICT;
CREATE INDEX lab_orders_of_patient ON lab_orders (patient_id, ordered_on);
CREATE INDEX lab_orders_at_draw ON lab_orders (draw_time_id);

CREATE TABLE lab_values (
  order_id TEXT NOT NULL REFERENCES lab_orders (order_id),
  analyte TEXT NOT NULL,
  value REAL NOT NULL,
  unit TEXT NOT NULL,
  flag TEXT NOT NULL CHECK (flag IN ('normal', 'low', 'high', 'critical')),
  PRIMARY KEY (order_id, analyte)
) STRICT;

-- Money.

CREATE TABLE payment_plans (
  payment_plan_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  total_cents INTEGER NOT NULL CHECK (total_cents > 0),
  installments INTEGER NOT NULL CHECK (installments BETWEEN 2 AND 24),
  first_due_on TEXT NOT NULL,
  agreed_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'paid off'))
) STRICT;
CREATE INDEX payment_plans_of_patient ON payment_plans (patient_id, status);

CREATE TABLE charges (
  charge_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  appointment_id TEXT REFERENCES appointments (appointment_id),
  kind TEXT NOT NULL
    CHECK (kind IN ('copay', 'deductible', 'imaging', 'office visit', 'no-show fee', 'late cancellation fee')),
  service_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  paid_cents INTEGER NOT NULL CHECK (paid_cents BETWEEN 0 AND amount_cents),
  status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'waived', 'with insurer', 'on payment plan')),
  waived_on TEXT,
  payment_plan_id TEXT REFERENCES payment_plans (payment_plan_id),
  CHECK ((status = 'waived') = (waived_on IS NOT NULL)),
  CHECK (status <> 'paid' OR paid_cents = amount_cents)
) STRICT;
CREATE INDEX charges_of_patient ON charges (patient_id, status, due_on);
CREATE INDEX charges_of_visit ON charges (appointment_id);

CREATE TABLE payments (
  payment_id TEXT PRIMARY KEY,
  charge_id TEXT NOT NULL REFERENCES charges (charge_id),
  paid_at TEXT NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0)
) STRICT;
CREATE INDEX payments_of_charge ON payments (charge_id);

CREATE TABLE messages (
  message_id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  clinician_id TEXT NOT NULL REFERENCES clinicians (clinician_id),
  topic TEXT NOT NULL CHECK (topic IN ('test results', 'side effect', 'medication question', 'form or letter', 'call back')),
  sent_at TEXT NOT NULL,
  body TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL CHECK (status IN ('unread', 'answered'))
) STRICT;
CREATE INDEX messages_of_patient ON messages (patient_id, sent_at);

-- What tools, rules and bindings ask again and again.

CREATE VIEW cover_today AS
SELECT c.patient_id, c.coverage_id, c.plan_id, c.member_number, c.starts_on, c.ends_on, c.deductible_met_cents,
       p.name AS plan, p.design, p.needs_referral, p.primary_copay_cents, p.specialist_copay_cents, p.deductible_cents,
       p.coinsurance_percent
FROM coverages AS c JOIN plans AS p ON p.plan_id = c.plan_id
WHERE c.starts_on <= today() AND (c.ends_on IS NULL OR c.ends_on >= today());

CREATE VIEW standing AS
SELECT p.patient_id,
       (SELECT count(*) FROM appointments AS a
        WHERE a.patient_id = p.patient_id AND a.status = 'no-show' AND a.starts_at >= date(today(), '-1 year')) AS no_shows,
       (SELECT coalesce(sum(c.amount_cents - c.paid_cents), 0) FROM charges AS c
        WHERE c.patient_id = p.patient_id AND c.status = 'open' AND c.due_on < date(today(), '-60 days')) AS overdue_cents
FROM patients AS p;

CREATE VIEW rx_now AS
SELECT r.rx_number, r.patient_id, r.drug_id, d.name AS drug, d.strength, d.schedule, d.allergy_group, r.prescriber_id,
       r.pharmacy_id, r.written_on, r.expires_on, r.days_supply, r.refills_left, r.transfers, r.status,
       (SELECT max(f.filled_on) FROM fills AS f WHERE f.rx_number = r.rx_number) AS last_filled_on,
       date((SELECT max(f.filled_on) FROM fills AS f WHERE f.rx_number = r.rx_number), '+' || r.days_supply || ' days')
         AS runs_out_on,
       EXISTS (SELECT 1 FROM refill_requests AS q WHERE q.rx_number = r.rx_number AND q.status <> 'done') AS asked_for,
       EXISTS (SELECT 1 FROM allergies AS a WHERE a.patient_id = r.patient_id AND a.status = 'active'
                 AND a.allergy_group = d.allergy_group) AS allergic,
       EXISTS (SELECT 1 FROM prescriptions AS o JOIN interactions AS i
                 ON i.drug_id = min(o.drug_id, r.drug_id) AND i.other_drug_id = max(o.drug_id, r.drug_id)
               WHERE o.patient_id = r.patient_id AND o.status = 'active' AND i.severity = 'major') AS clashes
FROM prescriptions AS r JOIN drugs AS d ON d.drug_id = r.drug_id;

CREATE VIEW grown AS SELECT patient_id, primary_clinician_id, pharmacy_id, pharmacy_since, postal_code AS zip FROM patients WHERE status = 'active' AND email IS NOT NULL;

CREATE VIEW bookable AS
SELECT p.patient_id, p.email IS NOT NULL AS grown, p.birth_date AS born, p.primary_clinician_id, t.plan_id, t.needs_referral
FROM patients AS p JOIN standing AS s ON s.patient_id = p.patient_id LEFT JOIN cover_today AS t ON t.patient_id = p.patient_id
WHERE p.status = 'active' AND s.no_shows < 3 AND s.overdue_cents <= 15000;

CREATE VIEW upcoming AS
SELECT a.appointment_id, a.patient_id, a.clinician_id, d.name AS doctor, d.specialty, a.starts_at, a.visit_kind, a.times_moved, a.mode, a.booked_on
FROM appointments AS a JOIN clinicians AS d ON d.clinician_id = a.clinician_id
WHERE a.status = 'booked' AND a.starts_at > now();

CREATE VIEW refillable AS
SELECT r.*, date(r.runs_out_on, CASE r.schedule WHEN 'none' THEN '-7 days' ELSE '-2 days' END) AS opens_on
FROM rx_now AS r
WHERE r.status = 'active' AND r.expires_on >= today() AND r.refills_left > 0 AND r.schedule <> 'II'
  AND NOT r.asked_for AND NOT r.allergic AND NOT r.clashes;
