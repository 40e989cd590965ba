"""Records told on a page: each claim with its reply beside it in equal size, and where every record came from.

Who says a thing stands before what is said. A claim that was retracted or corrected stays where it is and says so, and
a claim to which no reply is on record says that.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from comity.conduct.corrections import CorrectedBy, CorrectionView, Stated
from comity.conduct.pairs import time_of
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.report.markup import Child, Markup, items, join, link, quote, say, tag
from comity.conduct.sentences import TIERS, level_text, told_by
from comity.conduct.statements import Claim, Correction, Finding, Reply, Source, Speaker, Subject
from comity.conduct.view import ClaimView, OperationView, shown_name
from comity.parties.participants import participant

Provenances = Callable[[str], tuple[Provenance, ...]]

NO_REPLY: Final = "no reply on record, and no search for one"
# Templates for what a claim says of one subject, by polarity and whether it names a place.
_CLAIMS: Final = {
    ("asserts", True): "{claimant} claims that it came from {name}",
    ("asserts", False): "{claimant} claims that {name} ({level}) is behind it",
    ("denies", True): "{claimant} denies that it came from {name}",
    ("denies", False): "{claimant} denies that {name} ({level}) is behind it",
    ("reassigns", True): "{claimant} claims that it came from {name} instead",
    ("reassigns", False): "{claimant} claims that {name} ({level}) is behind it instead",
}
_REPLIES: Final = {
    "denial": "{by} denies it",
    "counter_claim": "{by} answers with a claim of its own",
    "partial_admission": "{by} admits a part of it",
    "acceptance": "{by} accepts the claim",
    "other": "{by} replies",
    "silence": "no reply by {by} found",
}
_SHOWN_DIGEST: Final = 16


class Voices:
    """Numbers for clusters of claims that are one voice, in the order in which a page shows the claims."""

    def __init__(self, operations: Iterable[OperationView]) -> None:
        clusters = dict.fromkeys(claim.cluster for operation in operations for claim in operation.claims)
        self._numbers = {cluster: number for number, cluster in enumerate(clusters, start=1)}

    def number(self, claim: ClaimView) -> int:
        """Return the number of the voice that a claim belongs to."""
        return self._numbers[claim.cluster]


def claim_and_reply(
    said: tuple[ClaimView, OperationView],
    voices: Voices,
    provenances: Provenances,
    *,
    with_title: bool,
    below: Markup | None = None,
) -> Markup:
    """Return a claim and the replies to it side by side, in one size; `below` stands under both."""
    claim, operation = said
    told = tag(
        "div",
        tag("p", "Claim", class_="side"),
        *([tag("p", operation_line(operation), class_="grey")] if with_title else []),
        *(tag("p", said, class_="what") for said in claim_lines(claim)),
        fate_of(claim),
        items(_claim_details(claim, operation, voices, provenances), class_="more"),
        class_="claim gone" if not claim.stands else "claim",
    )
    answers = [reply_block(reply, provenances) for reply in claim.replies]
    replied = tag(
        "div",
        tag("p", "Reply", class_="side"),
        *(answers or [tag("p", say(NO_REPLY), class_="what none")]),
        class_="reply",
    )
    return tag("div", told, replied, below or "", class_="both", id=f"claim-{claim.id[:_SHOWN_DIGEST]}")


def title_of(operation: OperationView) -> Markup:
    """Return the title of an operation in quotation marks: a headline must not read as what the page says."""
    return say("“{title}”", title=operation.body.title)


def operation_line(operation: OperationView) -> Markup:
    """Return the name, category and time of an operation."""
    occurred = operation.body.occurred
    when = (
        "no time given"
        if occurred is None
        else " to ".join(dict.fromkeys(day for day in (occurred.begin, occurred.end) if day is not None))
    )
    template = "{title} ({category}, {when}, retracted)" if operation.retracted else "{title} ({category}, {when})"
    return say(template, title=title_of(operation), category=operation.body.category, when=when)


def claim_lines(claim: ClaimView) -> Iterator[Markup]:
    """Yield what a claim says, one line a subject."""
    for subject in claim.body.about:
        yield claim_line(claim, subject)


def claim_line(claim: ClaimView, subject: Subject) -> Markup:
    """Return what a claim says of one subject, and in whose log, if in another's than the claimant's."""
    by = claim.body.claimant
    template = _CLAIMS[claim.body.polarity, subject.level == "place"]
    said = say(template, claimant=shown_name(by), name=shown_name(subject), level=level_text(subject))
    return join([said, *_told(claim.record, by)])


def reply_line(reply: Stated[Reply]) -> Markup:
    """Return who replies what, or that a reply was searched for and not found, and in whose log, if in another's."""
    by = reply.body.by
    return join([say(_REPLIES[reply.body.kind], by=shown_name(by)), *_told(reply.record, by)])


def _told(record: Record, speaker: Speaker) -> list[Markup]:
    told = told_by(record, speaker)
    return [quote(told)] if told else []


def reply_block(reply: Stated[Reply], provenances: Provenances) -> Markup:
    """Return a reply with its words, day, sources and provenance."""
    body = reply.body
    details: list[Child] = []
    if body.kind == "silence":
        details.append(
            say(
                "searched on {day} in {where}",
                day=body.searched or "a day not given",
                where=body.searched_where or "a place not given",
            )
        )
    else:
        details.append(say("said {day}", day=body.said or "on a day not given"))
    if body.text is not None:
        details.append(say("in its words: {words}", words=body.text))
    if body.counter_claim is not None:
        details.append(say("its own claim: record {id}", id=body.counter_claim[:_SHOWN_DIGEST] + "…"))
    details += _where_from(body.sources, reply.id, provenances)
    return tag(
        "div",
        tag("p", reply_line(reply), class_="what"),
        fate_of(reply),
        items(details, class_="more"),
        class_=None if reply.stands else "gone",
    )


def finding_block(finding: Stated[Finding], provenances: Provenances) -> Markup:
    """Return what an investigator found, under which mandate, with dissent and how those concerned were heard."""
    body = finding.body
    heard = body.right_of_reply
    details: list[Child] = [
        say("mandate: {mandate}", mandate=body.mandate),
        say("standard of proof: {standard}", standard=body.standard_of_proof),
        *(
            say("consent of {who}: {what}", who=participant(each.participant).name, what=each.consent.replace("_", " "))
            for each in body.consents
        ),
        say(
            "those concerned were asked on {asked}, to answer until {until}",
            asked=heard.asked or "a day not given",
            until=heard.until or "a day not given",
        )
        if heard.given
        else say("those concerned were not heard before"),
        *([] if body.dissent is None else [say("dissent: {dissent}", dissent=body.dissent)]),
        say(
            "said {day}; records, statements or exhibits cited by digest: {number}",
            day=body.said,
            number=len(body.cites),
        ),
        *_where_from(body.sources, finding.id, provenances),
    ]
    return tag(
        "div",
        tag(
            "p",
            say(
                "found by {by} under mandate, as it words it: {conclusion}",
                by=shown_name(body.investigator),
                conclusion=body.conclusion,
            ),
            class_="what",
        ),
        fate_of(finding),
        items(details, class_="more"),
        class_=None if finding.stands else "gone",
    )


def correction_line(view: CorrectionView) -> Markup:
    """Return who corrects or retracts something, why, and whether it takes effect."""
    body: Correction = view.body
    template = "{by} retracts it on {day}" if body.kind == "retraction" else "{by} corrects it on {day}"
    if view.withdrawn:
        template += "; this was itself withdrawn"
    elif view.made_by is CorrectedBy.OTHER:
        template += "; it is another's word and changes nothing"
    return say(template + ": {reason}", by=shown_name(body.by), day=body.said, reason=body.reason)


def fate_of(stated: Stated[Claim] | Stated[Reply] | Stated[Finding] | ClaimView) -> Markup:
    """Return what became of a record, as a badge and its corrections; nothing for one that nobody touched."""
    words = [
        word
        for word, holds in (
            ("retracted", stated.retracted),
            ("corrected", not stated.retracted and not stated.stands),
            ("a correction of an earlier one", bool(stated.replaces)),
            ("disputed", stated.disputed),
        )
        if holds
    ]
    badges = join((tag("span", word, class_="badge") for word in words), " ")
    told = items((correction_line(view) for view in stated.corrections), class_="more")
    return join([tag("p", badges), told]) if words or stated.corrections else Markup("")


def provenance_line(came: Provenance) -> Markup:
    """Return where a record came from."""
    digest = "" if came.digest is None else came.digest[:_SHOWN_DIGEST] + "…"
    place = came.place or "a place not given"
    template = {
        Origin.STATEMENT: "statement {digest} of {source}, entry {place} of its log, received {on}",
        Origin.IMPORT: "from {source} (SHA-256 {digest}), {place}, read {on}",
        Origin.HAND: "entered by hand by {source}, {on}",
    }[came.origin]
    return say(template, digest=digest, source=came.source, place=place, on=came.on.isoformat())


def source_line(source: Source) -> Markup:
    """Return where a thing can be read."""
    # The address stands on the page itself, so that it survives on paper.
    title = join([quote(source.title), *([] if source.url is None else [": ", link(source.url, source.url)])])
    more = [text for text in (source.publisher, source.published, source.locator, source.language) if text is not None]
    return join([title, *(join([", ", quote(text)]) for text in more)])


def _claim_details(
    claim: ClaimView, operation: OperationView, voices: Voices, provenances: Provenances
) -> Iterator[Markup]:
    body = claim.body
    when = time_of(claim, operation)
    yield say(
        "about {when}; said {day}",
        when="a time not given" if when is None else when.text,
        day=body.said or "on a day not given",
    )
    yield say("basis: {basis}", basis="none given" if body.basis_tier is None else TIERS[body.basis_tier])
    if body.basis is not None:
        yield say("basis as coded: {basis}", basis=body.basis)
    if body.wording is not None:
        yield say("worded by the claimant: {wording}", wording=quote(body.wording, body.language))
    if body.language is not None:
        yield say("language of the claimant: {language}", language=body.language)
    if body.confidence is not None:
        yield say("stated confidence: {value} ({scale})", value=body.confidence.value, scale=body.confidence.scale)
    if body.legal_ground:
        articles = ", ".join(str(article) for article in body.legal_ground)
        yield say("legal ground given: articles on state responsibility, {articles}", articles=articles)
    if body.lacks:
        yield say("not given: {lacks}", lacks="; ".join(body.lacks))
    links = operation.clusters.why(claim.id)
    yield say("voice {number}", number=voices.number(claim))
    yield from (say("one voice with another claim: {why}", why=link_.text) for link_ in links)
    yield from (
        say(
            "matched with {commitment} by {coder}, {day}: {reason}",
            commitment=match.body.commitment,
            coder=match.body.coder,
            day=match.body.said,
            reason=match.body.scope_reason,
        )
        for match in claim.matches
        if match.stands
    )
    yield from _where_from(body.sources, claim.id, provenances)


def _where_from(sources: Iterable[Source], record: str, provenances: Provenances) -> Iterator[Markup]:
    yield from (join(["source: ", source_line(source)]) for source in sources)
    yield from (provenance_line(came) for came in provenances(record))
    yield say("record {id}", id=record[:_SHOWN_DIGEST] + "…")
