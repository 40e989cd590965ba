"""Small records of fictitious states for tests of the conduct room; every builder fills in what a test does not say.

Members given by name replace those filled in, and `without` takes some out again:

    ferry = operation("Night ferry")
    said = claim(ferry, by="XBB", about="XAA", said="2026-03-02")
    denied = reply(ferry, to=[said], by="XAA")
    records = (ferry, said, denied)
"""

from collections.abc import Collection, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final

from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import (
    Body,
    Claim,
    Correction,
    Finding,
    Grading,
    Match,
    Operation,
    Period,
    Reply,
    RightOfReply,
    Source,
    Speaker,
    Subject,
    Target,
)

DAY: Final = date(2026, 6, 1)
DIGEST: Final = sha256(b"a fictitious file").hexdigest()


def provenance(
    on: date | str = DAY,
    *,
    origin: Origin = Origin.HAND,
    source: str = "Coder One",
    digest: str | None = None,
    place: str | None = None,
) -> Provenance:
    """Return where a record came from: by hand on a day, unless told otherwise."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return Provenance(origin=origin, source=source, on=day, digest=digest, place=place)


def imported(place: str, on: date | str = DAY, *, source: str = "fictitious.csv") -> Provenance:
    """Return the provenance of a row of a file."""
    return provenance(on, origin=Origin.IMPORT, source=source, digest=DIGEST, place=place)


def state(code: str) -> Speaker:
    """Return a fictitious state as a speaker."""
    return Speaker(name=f"State {code}", kind="state", participant=code)


def company(name: str = "Lantern Labs") -> Speaker:
    """Return a fictitious company as a speaker."""
    return Speaker(name=name, kind="company")


def alliance(name: str = "Harbour Pact") -> Speaker:
    """Return a fictitious alliance as a speaker."""
    return Speaker(name=name, kind="alliance")


def speaker(by: Speaker | str) -> Speaker:
    """Return the speaker meant: a code of three capitals is a state, another text a company."""
    if isinstance(by, Speaker):
        return by
    return state(by) if len(by) == 3 and by.isupper() else company(by)


def author(of: Record) -> Speaker:
    """Return who says a record, or for a record without a speaker who entered it."""
    for member in ("claimant", "by", "investigator"):
        found = getattr(of.body, member, None)
        if isinstance(found, Speaker):
            return found
    return Speaker(name=getattr(of.body, "coder", of.provenance.source), kind="individual")


def subject(about: Subject | str, level: str = "state") -> Subject:
    """Return whom a claim is about, at one level."""
    if isinstance(about, Subject):
        return about
    names = {"place": "Territory of", "unit": "Unit 7 of", "organ": "Signals service of", "state": "State"}
    members: dict[str, Any] = {"level": level, "name": f"{names[level]} {about}", "participant": about}
    return Subject(**members)


def source(title: str = "Statement of the ministry", url: str | None = None, **members: Any) -> Source:
    """Return a source; without a URL it is a title only."""
    return Source(title=title, url=url, **members)


def operation(title: str = "Night ferry", *, entered: Provenance | None = None, **members: Any) -> Record:
    """Return an operation that hit the fictitious state XBB."""
    filled: dict[str, Any] = {
        "title": title,
        "category": "sabotage",
        "occurred": Period(begin="2026-02-11", end="2026-02-14"),
        "hit": [Target(name="State XBB", kind="state", participant="XBB")],
    }
    return _record("operation", Operation, filled | members, entered)


def claim(
    of: Record,
    by: Speaker | str = "XBB",
    about: Subject | str | Sequence[Subject | str] = "XAA",
    *,
    entered: Provenance | None = None,
    without: Collection[str] = (),
    **members: Any,
) -> Record:
    """Return a claim: one government says that a state stands behind an operation."""
    named = [about] if isinstance(about, Subject | str) else list(about)
    filled: dict[str, Any] = {
        "operation": of.id,
        "claimant": speaker(by),
        "polarity": "asserts",
        "about": [subject(each) for each in named],
        "said": "2026-03-02",
        "basis_tier": 3,
    }
    return _record("claim", Claim, filled | members, entered, without)


def reply(
    of: Record,
    to: Sequence[Record] = (),
    by: Speaker | str = "XAA",
    *,
    entered: Provenance | None = None,
    without: Collection[str] = (),
    **members: Any,
) -> Record:
    """Return a denial by the state that a claim is about."""
    filled: dict[str, Any] = {
        "operation": of.id,
        "to_claims": [each.id for each in to],
        "by": speaker(by),
        "kind": "denial",
        "said": "2026-03-05",
    }
    return _record("reply", Reply, filled | members, entered, without)


def silence(of: Record, to: Sequence[Record] = (), by: Speaker | str = "XAA", **members: Any) -> Record:
    """Return a silence that was searched for on a day."""
    filled: dict[str, Any] = {"kind": "silence", "searched": "2026-05-01", "searched_where": "site of the ministry"}
    return reply(of, to, by, without=("said",), **(filled | members))


def finding(
    of: Record,
    cites: Sequence[Record | str] = (),
    *,
    entered: Provenance | None = None,
    without: Collection[str] = (),
    **members: Any,
) -> Record:
    """Return a finding of an investigator with a mandate, after both sides were heard."""
    filled: dict[str, Any] = {
        "operation": of.id,
        "investigator": Speaker(name="Panel of the Narrows", kind="organisation"),
        "mandate": "Asked by XAA and XBB to find which equipment was used.",
        "standard_of_proof": "clear and convincing",
        "right_of_reply": RightOfReply(given=True, asked="2026-04-01", until="2026-04-30"),
        "conclusion": "The panel concludes that the equipment was operated from a rented room.",
        "said": "2026-05-20",
        "cites": [each if isinstance(each, str) else each.id for each in cites],
    }
    return _record("finding", Finding, filled | members, entered, without)


def correction(
    of: Record,
    replacement: Record | None,
    by: Speaker | str | None = None,
    *,
    entered: Provenance | None = None,
    without: Collection[str] = (),
    **members: Any,
) -> Record:
    """Return a correction of a record by another one, made by whoever said the first unless told otherwise."""
    filled: dict[str, Any] = {
        "corrects": of.id,
        "kind": "correction",
        "replacement": None if replacement is None else replacement.id,
        "by": author(of) if by is None else speaker(by),
        "said": "2026-04-10",
        "reason": "One letter of the code was wrong.",
    }
    return _record("correction", Correction, filled | members, entered, without)


def retraction(of: Record, by: Speaker | str | None = None, **members: Any) -> Record:
    """Return a retraction: the record stays and is shown as retracted."""
    filled: dict[str, Any] = {"kind": "retraction", "reason": "The claimant withdraws it."}
    return correction(of, None, by, **(filled | members))


def grading(
    of: Record,
    coder: str = "Coder One",
    *,
    entered: Provenance | None = None,
    **members: Any,
) -> Record:
    """Return one coder's answers about a claim."""
    filled: dict[str, Any] = {
        "claim": of.id,
        "coder": coder,
        "said": "2026-05-02",
        "answers": {"open_data": "no", "method_explained": "yes"},
    }
    return _record("grading", Grading, filled | members, entered)


def match(of: Record, *, entered: Provenance | None = None, **members: Any) -> Record:
    """Return why a claim falls under a commitment."""
    filled: dict[str, Any] = {
        "claim": of.id,
        "commitment": "gge_norms:f",
        "scope_reason": "The claim says that the ferry's control network, critical infrastructure, was damaged.",
        "coder": "Coder One",
        "said": "2026-05-03",
    }
    return _record("match", Match, filled | members, entered)


def small_case() -> dict[str, Record]:
    """Return one operation with everything that can hang on it, by name, in an order in which it can be added."""
    ferry = operation()
    first = claim(ferry, "XBB", "XAA", sources=[source(url="https://ministry.xbb.example/1")])
    second = claim(ferry, "Lantern Labs", "XAA", said="2026-03-09", basis_tier=1, derives_from=[first.id])
    denied = reply(ferry, [first, second])
    found = finding(ferry, [first, denied])
    third = claim(ferry, "Lantern Labs", "XCA", said="2026-04-10", basis_tier=1)
    corrected = correction(second, third, "Lantern Labs")
    graded = grading(first)
    matched = match(first)
    return {
        "operation": ferry,
        "first": first,
        "second": second,
        "denial": denied,
        "finding": found,
        "third": third,
        "correction": corrected,
        "grading": graded,
        "match": matched,
    }


def _record(
    kind: str,
    shape: type[Body],
    members: dict[str, Any],
    entered: Provenance | None,
    without: Collection[str] = (),
) -> Record:
    body = shape(**{name: value for name, value in members.items() if name not in without})
    return Record(kind=kind, body=body, provenance=provenance() if entered is None else entered)
