"""Sentences about records: who claims, denies, replies, found or reports what, each through the verb guard.

What comes out of a record is quoted as it stands; what joins it is ours, and says of nobody that they did anything. The
title of an operation stands in quotation marks: many are headlines, and would read as what this program says.
"""

from dataclasses import dataclass
from typing import Final

from comity.conduct.commitments.statements import (
    ConformingAct,
    Consultation,
    Disclosure,
    Notification,
    PactReturn,
    Ping,
    PingAnswer,
)
from comity.conduct.corrections import Stated, is_own_word
from comity.conduct.record import Record
from comity.conduct.statements import Finding, Reply, Speaker, Subject
from comity.conduct.verbs import written
from comity.conduct.view import ClaimView, OperationView, shown_name
from comity.parties.participants import participant

# What a claim rests on, by its tier; the number is an order of kinds and never summed.
TIERS: Final = (
    "anonymous or media only",
    "one company or researcher",
    "independent technical replication",
    "one government",
    "several governments jointly",
    "indictment or sanction with published grounds",
    "court or international finding",
    "admission by the state",
)
_REPLIES: Final = {
    "denial": "denies it",
    "counter_claim": "answers with a claim of its own",
    "partial_admission": "admits a part of it",
    "acceptance": "accepts the claim",
    "other": "replies",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conforming:
    """Conduct on record that is in keeping with commitments: when, towards whom, under which of them, in words."""

    day: str
    text: str
    towards: frozenset[str] = frozenset()
    under: tuple[str, ...] = ()


def how_many(number: int, one: str, many: str | None = None) -> str:
    """Return a number with the word for as many."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def claim_sentence(claim: ClaimView, operation: OperationView, when: str | None) -> str:
    """Return who claims what about whom on which basis; `when` is the time that the claim is about.

    Raises:
        PolicyError: the sentence would say something as a fact.
    """
    body = claim.body
    claimant, title = shown_name(body.claimant), operation.body.title
    saying = "denies" if body.polarity == "denies" else "claims"
    instead = " instead" if body.polarity == "reassigns" else ""
    parts = []
    for subject in body.about:
        what = "it came from {name}" if subject.level == "place" else "{name} ({level}) is behind it"
        template = f"{{claimant}} {saying} that {what}{instead}"
        parts.append(written(template, claimant=claimant, name=shown_name(subject), level=level_text(subject)))
    basis = "none given" if body.basis_tier is None else TIERS[body.basis_tier]
    fate = ""
    if claim.retracted:
        fate = "; the claim is retracted"
    elif claim.replaced_by is not None:
        fate = "; the claim is corrected by another claim"
    elif not claim.stands:
        fate = "; the claim is corrected, and corrections differ"
    if claim.disputed:
        fate += "; the claim is disputed"
    if operation.retracted:
        fate += "; the operation itself is retracted"
    # Each part has passed the guard by itself.
    return written(
        f"{{when}}: “{{title}}” ({{category}}): {{parts}}; said {{said}}; basis: {{basis}}{fate}{{told}}",
        when=when or "no time given",
        title=title,
        category=operation.body.category,
        parts="; ".join(parts),
        said=body.said or "on a day not given",
        basis=basis,
        told=told_by(claim.record, body.claimant),
    )


def told_by(record: Record, speaker: Speaker) -> str:
    """Return in whose log the words of somebody else stand; nothing where they stand in the speaker's own, or in none.

    Raises:
        PolicyError: the sentence would say something as a fact.
    """
    if is_own_word(record, speaker):
        return ""
    return written("; as told in the log of {source}", source=record.provenance.source)


def level_text(subject: Subject) -> str:
    """Return at which level a claim names somebody, for an organ or a unit with the state that it names with it."""
    if subject.participant is None or subject.level in {"place", "state"}:
        return subject.level
    return f"{subject.level} of {participant(subject.participant).name}"


def reply_sentence(stated: Stated[Reply]) -> str:
    """Return who replies what, or that a reply was searched for and not found.

    Raises:
        PolicyError: the sentence would say something as a fact.
    """
    body = stated.body
    by = shown_name(body.by)
    # What became of a reply comes before its words, which are long and could say the same of themselves.
    fate = "; the reply is retracted" if stated.retracted else "" if stated.stands else "; the reply is corrected"
    told = told_by(stated.record, body.by)
    if body.kind == "silence":
        where = "" if body.searched_where is None else " in {where}"
        template = f"no reply by {{by}} found; searched on {{day}}{where}{fate}{{told}}"
        day = body.searched or "a day not given"
        return written(template, by=by, day=day, where=body.searched_where or "", told=told)
    words = "" if body.text is None else "; in its words: {words}"
    template = f"{{by}} {_REPLIES[body.kind]}, {{day}}{fate}{{told}}{words}"
    return written(template, by=by, day=body.said or "on a day not given", words=body.text or "", told=told)


def finding_sentence(stated: Stated[Finding], operation: OperationView) -> str:
    """Return what an investigator found, under which mandate and by which standard of proof.

    Raises:
        PolicyError: the sentence would say something as a fact.
    """
    body = stated.body
    by, title = shown_name(body.investigator), operation.body.title
    dissent = "" if body.dissent is None else "; dissent: {dissent}"
    fate = "" if stated.stands else ", since retracted" if stated.retracted else ", since corrected"
    return written(
        f"“{{title}}”: found by {{by}} under mandate {{mandate}}, by the standard {{standard}}{fate}{{told}}: "
        f"{{conclusion}}{dissent}",
        title=title,
        by=by,
        mandate=body.mandate,
        standard=body.standard_of_proof,
        conclusion=body.conclusion,
        dissent=body.dissent or "",
        told=told_by(stated.record, body.investigator),
    )


def conforming(record: Record, code: str, name: str) -> Conforming | None:
    """Return what a record tells of conduct of a participant in keeping with commitments; None where it tells none.

    Raises:
        PolicyError: the sentence would say something as a fact.
    """
    body = record.body
    match body:
        case ConformingAct(participant=who) if who == code:
            by, kind = body.said_by.name, body.kind.replace("_", " ")
            return Conforming(
                day=body.on,
                text=written(
                    "{by} reports of {name}: {kind}: {words}", by=by, name=name, kind=kind, words=body.summary
                ),
                towards=frozenset(body.towards),
                under=tuple(body.under),
            )
        case Disclosure(participant=who, answer="published") if who == code:
            template = "{by} says of {name}: answer published to the question {question}"
            text = written(template, by=body.said_by.name, name=name, question=body.question)
            return Conforming(day=body.said, text=text)
        case PactReturn(by=who) if who == code:
            text = written("{name}: return made under a pact ({what})", name=name, what=body.what)
            return Conforming(day=body.on, text=text)
        case Ping(by=who) if who == code:
            return Conforming(
                day=body.sent[:10],
                text=written("{name}: contact drill begun with {to}", name=name, to=body.to),
                towards=frozenset({body.to}),
                under=() if body.under is None else (body.under,),
            )
        case PingAnswer(by=who) if who == code:
            return Conforming(
                day=body.answered[:10],
                text=written("{name}: answer given to a contact drill of {to}", name=name, to=body.to),
                towards=frozenset({body.to}),
            )
        case Notification(by=who) if who == code:
            return Conforming(
                day=body.on,
                text=written("{name}: notification given, about: {words}", name=name, words=body.subject),
                towards=frozenset(body.to),
                under=tuple(body.under),
            )
        case Consultation(parties=who, state="held") if code in who:
            others = frozenset(who) - {code}
            template = "{name}: consultation held with {others}: {topic}"
            return Conforming(
                day=body.on,
                text=written(template, name=name, others=", ".join(sorted(others)), topic=body.topic),
                towards=others,
                under=tuple(body.under),
            )
        case _:
            return None
