"""What the commands about conduct print: records, claims and operations as lines for people and as JSON values.

Who says a thing stands before what is said, and the replies to a claim stand below it at once, whatever is asked for.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from comity.cli.conduct_options import SHORT
from comity.conduct.corrections import CorrectedBy, CorrectionView, Stated
from comity.conduct.pairs import time_of
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.sentences import claim_sentence, finding_sentence, how_many, reply_sentence
from comity.conduct.statements import encode_body
from comity.conduct.verbs import written
from comity.conduct.view import ClaimView, OperationView, shown_name

Provenances = Callable[[str], tuple[Provenance, ...]]

NO_REPLY: Final = "no reply on record, and no search for one"


def operation_line(view: OperationView) -> str:
    """Return an operation on one line, with how much is on record about it."""
    voices = sum(each.voices for each in view.voices)
    fate = ", retracted" if view.retracted else ", disputed" if view.disputed else ""
    return written(
        f"{{id}}  “{{title}}” ({{category}}, {{when}}{fate}): {{claims}}, {{replies}}, {{findings}}",
        id=view.id[:SHORT],
        title=view.body.title,
        category=view.body.category,
        when=_occurred(view) or "no time given",
        claims=_standing(view.claims, "claim", f" from {how_many(voices, 'voice')}"),
        replies=_standing(view.replies, "reply", many="replies"),
        findings=_standing(view.findings, "finding"),
    )


def operation_summary(view: OperationView) -> dict[str, object]:
    """Return an operation with how much is on record about it, as JSON values."""
    return {
        "id": view.id,
        "current": view.current.id,
        "title": view.body.title,
        "category": view.body.category,
        "occurred": _occurred(view),
        "retracted": view.retracted,
        "disputed": view.disputed,
        "claims": len(view.claims),
        "standing": {
            name: sum(each.stands for each in stated)
            for name, stated in (("claims", view.claims), ("replies", view.replies), ("findings", view.findings))
        },
        "voices": [
            {"polarity": each.polarity, "claims": each.claims, "voices": each.voices, "unnamed": each.unnamed}
            for each in view.voices
        ],
        "replies": len(view.replies),
        "findings": len(view.findings),
    }


def operation_lines(view: OperationView, provenances: Provenances) -> Iterator[str]:
    """Yield an operation with its claims and replies, findings, corrections and clusters."""
    body = view.body
    yield operation_line(view)
    if body.names:
        yield f"  also called: {'; '.join(body.names)}"
    for target in body.hit:
        yield f"  said to have hit: {target.name} ({target.kind})"
    if body.effects is not None:
        yield f"  effects as told: {body.effects}"
    yield from (f"  {came}" for came in _came(view.current.id, provenances))
    for claim in view.claims:
        yield ""
        yield from claim_block(claim, view, provenances=provenances)
    yield from _other_replies(view)
    for finding in view.findings:
        yield ""
        yield f"{finding.id[:SHORT]}  {finding_sentence(finding, view)}"
        yield from (f"  {came}" for came in _came(finding.id, provenances))
    yield from _listed("corrections", map(correction_sentence, view.corrections))
    links = (f"{link.first[:SHORT]} and {link.second[:SHORT]}: {link.text}" for link in view.clusters.reasons)
    yield from _listed("claims that are one voice", links)


def operation_json(view: OperationView, provenances: Provenances) -> dict[str, object]:
    """Return an operation with everything that hangs on it, as JSON values."""
    return operation_summary(view) | {
        "body": encode_body(view.body),
        "provenances": _came_json(view.id, provenances),
        "claims": [claim_json(claim, view, provenances) for claim in view.claims],
        "replies": [stated_json(each, provenances(each.id)) for each in view.replies],
        "findings": [stated_json(each, provenances(each.id)) for each in view.findings],
        "corrections": [
            record_json(each.record, provenances(each.id)) | {"in_effect": each.in_effect} for each in view.corrections
        ],
        "links": [
            {"claims": [link.first, link.second], "why": link.why.value, "shared": link.shared}
            for link in view.clusters.reasons
        ],
    }


def claim_block(
    claim: ClaimView, view: OperationView, *, provenances: Provenances | None = None, left_out: str | None = None
) -> Iterator[str]:
    """Yield a claim and the replies to it."""
    when = time_of(claim, view)
    yield f"{claim.id[:SHORT]}  {claim_sentence(claim, view, None if when is None else when.text)}"
    if left_out is not None:
        yield f"  left out: {left_out}"
    if claim.body.wording is not None:
        yield f"  worded by the claimant: {claim.body.wording}"
    if claim.body.confidence is not None:
        yield f"  stated confidence: {claim.body.confidence.value} ({claim.body.confidence.scale})"
    if claim.body.lacks:
        yield f"  not given: {'; '.join(claim.body.lacks)}"
    for reply in claim.replies:
        yield f"  reply: {reply_sentence(reply)}"
        yield from (f"    {correction_sentence(each)}" for each in reply.corrections)
    if not claim.replies:
        yield f"  reply: {NO_REPLY}"
    yield from (f"  {correction_sentence(each)}" for each in claim.corrections)
    if provenances is not None:
        for source in claim.body.sources:
            yield f"  source: {source.title}{'' if source.url is None else f', {source.url}'}"
        yield from (f"  {came}" for came in _came(claim.id, provenances))


def claim_json(claim: ClaimView, view: OperationView, provenances: Provenances) -> dict[str, object]:
    """Return a claim with the replies to it and what became of it, as JSON values."""
    return {
        "id": claim.id,
        "operation": view.id,
        "title": view.body.title,
        "body": encode_body(claim.body),
        "retracted": claim.retracted,
        "replaced_by": claim.replaced_by,
        "disputed": claim.disputed,
        "stands": claim.stands,
        "operation_retracted": view.retracted,
        "cluster": claim.cluster,
        "replies": [stated_json(each, provenances(each.id)) for each in claim.replies],
        "no_reply": None if claim.replies else NO_REPLY,
        "corrections": [each.id for each in claim.corrections],
        "gradings": [each.id for each in claim.gradings],
        "matches": [encode_body(each.body) for each in claim.matches],
        "provenances": _came_json(claim.id, provenances),
    }


def stated_lines(stated: Stated[Any], came: Iterable[Provenance]) -> Iterator[str]:
    """Yield any record, with what became of it before what it says."""
    yield f"{stated.kind} {stated.id}"
    if stated.retracted:
        yield "retracted; it stays on record as retracted"
    elif stated.replaced_by is not None:
        yield f"corrected; {stated.replaced_by[:SHORT]} stands in its place"
    elif not stated.stands:
        yield "corrected, and the corrections differ"
    if stated.disputed:
        yield "disputed"
    yield from map(correction_sentence, stated.corrections)
    yield from json.dumps(encode_body(stated.body), ensure_ascii=False, indent=2, sort_keys=True).split("\n")
    yield from (came_text(each) for each in came)


def stated_json(stated: Stated[Any], came: Iterable[Provenance]) -> dict[str, object]:
    """Return any record with what became of it, as JSON values."""
    return record_json(stated.record, came) | {
        "retracted": stated.retracted,
        "replaced_by": stated.replaced_by,
        "disputed": stated.disputed,
        "stands": stated.stands,
        "corrections": [each.id for each in stated.corrections],
    }


def record_json(record: Record, came: Iterable[Provenance]) -> dict[str, object]:
    """Return any record as JSON values."""
    return {
        "id": record.id,
        "kind": record.kind,
        "body": encode_body(record.body),
        "provenances": [dict(each.to_json()) for each in came],
    }


def correction_sentence(view: CorrectionView) -> str:
    """Return who corrects or retracts a record, why, and whether it takes effect."""
    body, by = view.body, shown_name(view.body.by)
    what = "retracts" if body.kind == "retraction" else "corrects"
    instead = "" if body.replacement is None else f" by {body.replacement[:SHORT]}"
    effect = ""
    if view.withdrawn:
        effect = "; this was itself withdrawn"
    elif view.made_by is CorrectedBy.OTHER:
        effect = "; it is another's word and changes nothing"
    template = f"{{by}} {what} {{corrects}}{instead} on {{day}}{effect}: {{reason}}"
    return written(template, by=by, corrects=body.corrects[:SHORT], day=body.said, reason=body.reason)


def came_text(came: Provenance) -> str:
    """Return where a record came from."""
    digest = "" if came.digest is None else f" {came.digest}"
    place = "" if came.place is None else f", {came.place}"
    match came.origin:
        case Origin.STATEMENT:
            return (
                f"statement{digest} of {came.source}{'' if came.place is None else f', entry {came.place}'}, {came.on}"
            )
        case Origin.IMPORT:
            return f"from {came.source}{place}, SHA-256{digest}, read {came.on}"
        case Origin.HAND:
            return f"entered by hand by {came.source}{place}, {came.on}"


def _other_replies(view: OperationView) -> Iterator[str]:
    """Yield the replies that answer no one claim."""
    answered = {reply.id for claim in view.claims for reply in claim.replies}
    for reply in view.replies:
        if reply.id not in answered:
            yield ""
            yield f"{reply.id[:SHORT]}  {reply_sentence(reply)}"


def _listed(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines under a heading, nothing where there are none."""
    for number, line in enumerate(lines):
        if number == 0:
            yield ""
            yield heading
        yield f"  {line}"


def _occurred(view: OperationView) -> str | None:
    occurred = view.body.occurred
    if occurred is None:
        return None
    days = dict.fromkeys(day for day in (occurred.begin, occurred.end) if day is not None)
    return " to ".join(days) or None


def _came(identifier: str, provenances: Provenances) -> list[str]:
    return [came_text(each) for each in provenances(identifier)]


def _came_json(identifier: str, provenances: Provenances) -> list[dict[str, str]]:
    return [each.to_json() for each in provenances(identifier)]


def _standing(stated: Sequence[Stated[Any]], one: str, more: str = "", *, many: str | None = None) -> str:
    """Return how many of some records stand, and how many are there still as retracted or corrected."""
    standing = sum(each.stands for each in stated)
    gone = "" if standing == len(stated) else f" ({len(stated) - standing} retracted or corrected)"
    return f"{how_many(standing, one, many)}{more}{gone}"
