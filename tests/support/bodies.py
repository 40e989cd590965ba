"""One full body of every statement kind, and statements of a case between two fictitious authorities."""

from datetime import timedelta
from hashlib import sha256

from comity.exchange.view import Held
from comity.kernel.canonical import Json, JsonObject
from comity.kernel.statement import Statement
from support.speakers import AUTHORITY, NOW, PEER

DIGEST = sha256(b"digest").hexdigest()
OTHER = sha256(b"other").hexdigest()
TIME = "2026-03-02T09:00:00Z"
ANSWERS: JsonObject = {"request": DIGEST, "items": ["1", "2"]}
EVENT: JsonObject = {
    "exhibit": "E1",
    "action": "acquired",
    "by": "Officer Bo",
    "at": TIME,
    "why": "order O-7",
    "holder_before": "mail.example",
    "holder_after": "XAB contact point",
    "digest": DIGEST,
}
EXHIBIT: JsonObject = {
    "exhibit": "E1",
    "name": "mailbox.mbox",
    "description": "Mailbox of account 4471",
    "media_type": "application/mbox",
    "size": 840,
    "digest": DIGEST,
    "encrypted_size": 1900,
    "encrypted_digest": OTHER,
    "label": "bag 12",
}

# What answers every step of either side under the Budapest Convention, whatever is asked for.
ASKER_SAFEGUARDS: list[Json] = [
    {"step": "purpose_and_proportionality", "answer": "met", "reason": "One account, one week."},
    {"step": "onward_transfer", "answer": "not_applicable"},
    {"step": "notice_to_user", "answer": "met"},
]
ASKED_SAFEGUARDS: list[Json] = [
    {"step": "purpose_and_proportionality", "answer": "met"},
    {"step": "sovereignty_and_essential_interests", "answer": "met"},
    {"step": "political_offence", "answer": "met"},
    {"step": "onward_transfer", "answer": "skipped", "reason": "Nothing is handed over yet."},
    {"step": "notice_to_user", "answer": "met"},
]

BODIES: dict[str, JsonObject] = {
    "request": {
        "measure": "preservation",
        "instrument": "budapest",
        "article": "29",
        "reference": "XAA-2026-0017",
        "items": [{"item": "1", "description": "Mailbox"}, {"item": "2", "description": "Log-in records"}],
        "urgency": "urgent",
        "requesting_authority": "Public prosecutor",
        "subject_matter": "Investigation 4",
        "offence": "Illegal access",
        "conduct": "illegal_access",
        "facts": "An account was entered.",
        "data": "account 4471",
        "link": "The account was used.",
        "location": "mail.example",
        "necessity": "The provider deletes after 30 days.",
        "intention": "A request for disclosure follows.",
        "assistance": "Preserve.",
        "persons": "Not known",
        "purpose": "Prosecution",
        "procedure": "None",
        "confidential": False,
        "wished_by": TIME,
        "proceeding": "Criminal investigation",
        "conducting_authority": "Public prosecutor, who leads it",
        "accounts": "account 4471",
        "period": "1 to 7 February 2026",
        "communications": "Log-ins to account 4471",
        "language": "en",
        "penalty": "5",
        "organised": False,
        "oral": False,
        "safeguards": ASKER_SAFEGUARDS,
    },
    "receipt": {"received": DIGEST, "bytes": 4711, "at": TIME},
    "acknowledged": {"request": DIGEST, "reference": "XAB/88", "competent_body": "Court of XAB", "remark": "Noted."},
    "question": {"request": DIGEST, "question": "Which account?", "reply_by": TIME, "pauses_clock": True},
    "answer": {"question": DIGEST, "answer": "Account 4471."},
    "authorised": {
        "request": DIGEST,
        "items": ["1"],
        "ordered_by": "Judge",
        "legal_ground": "Article 88",
        "order_reference": "O-7",
        "dated": TIME,
        "served_on": "mail.example",
        "safeguards": ASKED_SAFEGUARDS,
    },
    "preserved": {
        "answers": ANSWERS,
        "order": DIGEST,
        "what": "Mailbox",
        "custodian": "mail.example",
        "since": TIME,
        "until": "2026-05-31T09:00:00Z",
        "not_preserved": "Deleted mail",
        "safeguards": ASKED_SAFEGUARDS,
    },
    "refused": {
        "answers": ANSWERS,
        "ground": "political_offence",
        "article": "29(5)(a)",
        "reasons": "Reasons.",
        "safeguards": ASKED_SAFEGUARDS,
    },
    "not-executed": {
        "answers": ANSWERS,
        "reason": "data_not_held",
        "reasons": "No such account.",
        "safeguards": ASKED_SAFEGUARDS,
    },
    "package": {
        "answers": ANSWERS,
        "exhibits": [EXHIBIT],
        "custody": [EVENT],
        "recipient": AUTHORITY,
        "conditions": "For this case only",
        "missing": "Item 2",
    },
    "opened": {"package": DIGEST, "exhibits": [{"exhibit": "E1", "digest": DIGEST}], "custody": [EVENT]},
    "mismatch": {"package": DIGEST, "exhibit": "E1", "stated": DIGEST, "found": OTHER, "stage": "decrypted"},
    "custody": {"custody": [EVENT]},
    "withdrawn": {"request": DIGEST, "reasons": "Settled"},
    "closed": {"outcome": "answered", "remark": "Thank you."},
}


def body(kind: str, **changes: Json) -> JsonObject:
    """Return the full body of a kind with other values for some members."""
    return BODIES[kind] | changes


def opening(**changes: object) -> Statement:
    """Return a request that opens a case."""
    values: dict[str, object] = {
        "kind": "request",
        "issuer": AUTHORITY,
        "to": (PEER,),
        "issued": NOW,
        "body": BODIES["request"],
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]


def identity(name: str) -> str:
    """Return the id that a test gives a statement by a name."""
    return sha256(name.encode()).hexdigest()


CASE = identity("request")


def within(kind: str, /, **changes: object) -> Statement:
    """Return a statement within the case, by the party that may say it, after the request."""
    asked = kind in {"acknowledged", "question", "authorised", "preserved", "refused", "not-executed", "package"}
    issuer = str(changes.pop("issuer", PEER if asked or kind == "receipt" else AUTHORITY))
    values: dict[str, object] = {
        "kind": kind,
        "issuer": issuer,
        "to": (AUTHORITY if issuer == PEER else PEER,),
        "issued": NOW + timedelta(minutes=5),
        "subject": CASE,
        "follows": (CASE,),
        "body": BODIES[kind],
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]


def held(name: str, statement: Statement) -> Held:
    """Return a statement as it is held, under the id of a name."""
    return Held(id=identity(name), statement=statement)
