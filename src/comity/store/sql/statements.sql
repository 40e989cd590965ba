-- name: statement_add
-- Keep a verified statement; its id is unique, so a second arrival is a conflict.
INSERT INTO statement (id, case_id, issuer, kind, issued, own, envelope, salt, disclosures, entry, arrival, held_since)
VALUES (:id, :case_id, :issuer, :kind, :issued, :own, :envelope, :salt, :disclosures, :entry, :arrival, :held_since);

-- name: statement_get
-- One statement with its opening and place.
SELECT id, case_id, issuer, own, envelope, salt, disclosures, entry, log_index, logged_by, proof, problem, receipt_id
FROM statement WHERE id = :id;

-- name: statement_arrival
-- The arrival number of an own statement's entry.
SELECT arrival FROM statement WHERE id = :id;

-- name: statements_of_case
-- Every statement of a case, in the order in which they came to be held here.
SELECT id, case_id, issuer, own, envelope, salt, disclosures, entry, log_index, logged_by, proof, problem, receipt_id
FROM statement WHERE case_id = :case_id ORDER BY held_since, id;

-- name: statement_set_receipt
-- Note which statement is the receipt for one.
UPDATE statement SET receipt_id = :receipt_id WHERE id = :id AND receipt_id IS NULL;

-- name: statements_without_place
-- Statements of an issuer whose entry is not yet known to be logged.
SELECT id, entry, arrival, envelope FROM statement WHERE issuer = :issuer AND log_index IS NULL;

-- name: statement_set_place
-- Note where a statement is logged and since when a quorum of witnesses vouches for it.
UPDATE statement SET log_index = :log_index, logged_by = :logged_by, proof = :proof, problem = :problem
WHERE id = :id AND log_index IS NULL;

-- name: cases
-- Opening statements, newest first.
SELECT id, issuer, issued, own FROM statement WHERE id = case_id AND kind = 'request' ORDER BY held_since DESC, id LIMIT :most;

-- name: cases_beginning
-- Up to two cases whose ids lie in a range: one is the case meant, two are too many.
SELECT id FROM statement WHERE id >= :beginning AND id < :end AND id = case_id AND kind = 'request' LIMIT 2;

-- name: own_statements_unplaced
-- How many own statements wait for a place in the log.
SELECT count(*) FROM statement WHERE own = 1 AND log_index IS NULL;

-- name: designation_add
-- Keep a keys statement; two with one number of one authority are a conflict and evidence.
INSERT INTO designation (authority, number, statement_id, envelope, log_index, proof)
VALUES (:authority, :number, :statement_id, :envelope, :log_index, :proof);

-- name: designations
-- The keys statements of an authority, in order.
SELECT number, statement_id, envelope, log_index, proof FROM designation WHERE authority = :authority ORDER BY number;

-- name: designation_set_place
-- Note where an own keys statement is logged.
UPDATE designation SET log_index = :log_index, proof = :proof WHERE statement_id = :statement_id AND log_index IS NULL;

-- name: draft_add
-- Keep a draft for another officer to approve.
INSERT INTO draft (drafter, drafted, kind, case_id, addressee, follows, body)
VALUES (:drafter, :drafted, :kind, :case_id, :addressee, :follows, :body);

-- name: draft_get
-- One draft.
SELECT id, drafter, drafted, kind, case_id, addressee, follows, body, approver, statement_id FROM draft WHERE id = :id;

-- name: drafts
-- Drafts that wait for approval, oldest first.
SELECT id, drafter, drafted, kind, case_id, addressee, follows, body, approver, statement_id
FROM draft WHERE statement_id IS NULL ORDER BY id;

-- name: draft_approve
-- Settle a draft once; a second approval changes no row.
UPDATE draft SET approver = :approver, statement_id = :statement_id, urgent = :urgent
WHERE id = :id AND statement_id IS NULL;

-- name: urgent_count
-- How often an officer had a checkpoint made at once, outside the clock.
SELECT count(*) FROM draft WHERE urgent = 1;

-- name: job_add
-- Write a duty, in the transaction that creates it; the same duty twice is one.
INSERT INTO job (kind, key, addressee, due) VALUES (:kind, :key, :addressee, :due)
ON CONFLICT (kind, key, addressee) DO NOTHING;

-- name: jobs_due
-- Duties to do now, in the order in which they arose, some of each peer: a long queue of one must not hide the others.
-- One that is due later than any wait lasts is due now as well, because the clock was set back since it was put off.
SELECT id, kind, key, addressee, attempts FROM (
    SELECT *, row_number() OVER (PARTITION BY addressee ORDER BY id) AS place FROM job
    WHERE state = 'due' AND (due <= :now OR due > :latest)
) WHERE place <= 50 ORDER BY id;

-- name: jobs_of_key
-- What became of the duties about one statement.
SELECT kind, addressee, state, attempts, problem FROM job WHERE key = :key ORDER BY id;

-- name: jobs_failed
-- Duties that were refused for good, for the desk to see.
SELECT id, kind, key, addressee, problem FROM job WHERE state = 'failed' ORDER BY id;

-- name: job_done
-- A duty is done.
UPDATE job SET state = 'done', problem = NULL, attempts = attempts + 1 WHERE id = :id;

-- name: job_failed
-- A duty was refused for good.
UPDATE job SET state = 'failed', problem = :problem, attempts = attempts + 1 WHERE id = :id;

-- name: job_later
-- A duty could not be done now; it is tried again.
UPDATE job SET due = :due, problem = :problem, attempts = attempts + 1 WHERE id = :id;

-- name: job_wake
-- A peer answers again: its waiting duties are due at once.
UPDATE job SET due = :now WHERE addressee = :addressee AND state = 'due' AND due > :now;

-- name: exhibit_add
-- Note an encrypted exhibit that is held here, or is to be fetched.
INSERT INTO exhibit (encrypted_digest, case_id, exhibit, description, size, held)
VALUES (:encrypted_digest, :case_id, :exhibit, :description, :size, :held)
ON CONFLICT (encrypted_digest) DO NOTHING;

-- name: exhibit_held
-- An encrypted exhibit has arrived whole.
UPDATE exhibit SET held = 1 WHERE encrypted_digest = :encrypted_digest;

-- name: exhibit_sent
-- An approved package of this authority lists the exhibit: its addressee may fetch it.
UPDATE exhibit SET sent = 1 WHERE encrypted_digest = :encrypted_digest;

-- name: exhibit_get
-- One exhibit by the digest of its encrypted bytes.
SELECT encrypted_digest, case_id, exhibit, description, size, held, sent
FROM exhibit WHERE encrypted_digest = :encrypted_digest;

-- name: exhibits_of_case
-- The exhibits of a case.
SELECT encrypted_digest, case_id, exhibit, description, size, held FROM exhibit WHERE case_id = :case_id ORDER BY rowid;

-- name: refusal_add
-- Note a delivery that was refused; nothing of it enters a case.
INSERT INTO refusal (at, digest, code, message) VALUES (:at, :digest, :code, :message);

-- name: refusals
-- Refused deliveries, newest first.
SELECT at, digest, code, message FROM refusal ORDER BY id DESC LIMIT :most;

-- name: refusals_trim
-- Keep the newest refusals only: strangers must not be able to fill the disk.
DELETE FROM refusal WHERE id <= (SELECT max(id) FROM refusal) - :most;

-- name: peer_scan_read
-- How far a followed log was read for public statements.
SELECT size FROM peer_scan WHERE origin = :origin;

-- name: peer_scan_set
-- Note how far a followed log was read for public statements.
INSERT INTO peer_scan (origin, size) VALUES (:origin, :size)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size WHERE excluded.size > peer_scan.size;

-- name: designation_by_number
-- The keys statement with a number, if one is kept.
SELECT statement_id, envelope FROM designation WHERE authority = :authority AND number = :number;

-- name: statement_evidence_add
-- Keep two statements that contradict each other; the first pair about one thing is enough.
INSERT INTO statement_evidence (authority, about, found, evidence) VALUES (:authority, :about, :found, :evidence)
ON CONFLICT (authority, about) DO NOTHING;

-- name: contradiction_add
-- Keep a refused reply that contradicts a held one, unless so many of its issuer wait already.
INSERT INTO contradiction (issuer, first_id, second_id, delivery)
SELECT :issuer, :first_id, :second_id, :delivery
WHERE (SELECT count(*) FROM contradiction WHERE issuer = :issuer) < :most
ON CONFLICT (second_id) DO NOTHING;

-- name: contradictions_of
-- Refused replies of an issuer that wait for their place in its log.
SELECT first_id, second_id, delivery FROM contradiction WHERE issuer = :issuer ORDER BY second_id;

-- name: contradiction_drop
-- Forget a refused reply.
DELETE FROM contradiction WHERE second_id = :second_id;

-- name: statement_evidence_list
-- Evidence out of an authority's statements.
SELECT found, evidence FROM statement_evidence WHERE authority = :authority ORDER BY about;

-- name: designations_newest
-- The number of the newest logged keys statement of each authority.
SELECT authority, max(number) FROM designation WHERE log_index IS NOT NULL GROUP BY authority;
