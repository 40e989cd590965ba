"""The three reports: of a state, of a pair, of an operation. Each is a function of a ledger and a day.

All three have the same parts in the same order, whomever they are about, and the same rules. Where nothing is on
record a part says so and how much was searched.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from comity.conduct.admission import folded
from comity.conduct.commitments.bonds import InForce
from comity.conduct.corrections import CorrectionView, Stated
from comity.conduct.counting_rules import DEFAULT_RULE, counting_rule
from comity.conduct.grading import grade_of
from comity.conduct.pairs import ClaimLine, CommitmentLine, ConformingLine, Pairs, Side, of_pair, of_state
from comity.conduct.record import Provenance
from comity.conduct.report.markup import Markup, items, join, quote, say, table, tag
from comity.conduct.report.material import Material
from comity.conduct.report.matrix import matrix
from comity.conduct.report.page import page, paragraphs
from comity.conduct.report.strip import periods, strip
from comity.conduct.report.telling import (
    Voices,
    claim_and_reply,
    correction_line,
    finding_block,
    operation_line,
    reply_block,
    source_line,
    title_of,
)
from comity.conduct.report.timeline import Lane, marks_of_claims, marks_of_side, timeline
from comity.conduct.statements import Finding, Subject, Target
from comity.conduct.view import ClaimView, LedgerView, OperationView, shown_name
from comity.parties.participants import participant

LABEL: Final = (
    "This page shows who claims what, on which basis, and what is replied. It is no finding and no verdict: it adds "
    "claims up to nothing, puts states in no order and says of nobody that a commitment was broken."
)
_OPERATION_LANES: Final = (Lane.ALLEGED, Lane.CLAIM, Lane.REPLY, Lane.FINDING, Lane.CORRECTION)
_WHOLE: Final = "Figures and periods below count every operation on record, also those that are not shown."
_NOTHING: Final = "No public record found."

_Section = tuple[str, Markup, Markup]
_Said = tuple[ClaimView, OperationView]


def state_report(material: Material, code: str) -> bytes:
    """Return the report of one participant.

    Raises:
        NotFoundError: no participant has the code, or a record names a catalogue or item that is not there.
        MalformedError: a table does not follow its format.
        StoreError: the ledger or an installed table cannot be read.
        PolicyError: an operation is dated after the day of the report.
    """
    name = participant(code).name
    question = of_state(code)
    view = material.concerned(question).view
    found = material.pairs(question)
    claims = _claims_about(view, [code])
    return _page(
        material,
        say("Claims and commitments: {name}", name=name),
        [
            _shown(found),
            *_of_sides(material, found, view),
            _claims("claims", say("Claims and replies"), claims, material, found),
            _findings(view, [code], material),
            _corrections(claims),
            ("matrix", say("Who claims it"), matrix("matrix", claims, Voices(_operations(claims)))),
            *_figures(material, code, name),
            _sources(material, claims),
        ],
    )


def pair_report(material: Material, one: str, other: str) -> bytes:
    """Return the report of two participants, each towards the other.

    Raises:
        NotFoundError: no participant has a code, or a record names a catalogue or item that is not there.
        MalformedError: both are one, or a table does not follow its format.
        StoreError: the ledger or an installed table cannot be read.
        PolicyError: an operation is dated after the day of the report.
    """
    question = of_pair(one, other)
    found = material.pairs(question)
    view = material.concerned(question).view
    shown = {line.claim for side in found.sides for line in side.lines if isinstance(line, ClaimLine)}
    claims = [said for said in _claims_about(view, question.about) if said[0].id in shown]
    figures = [section for side in found.sides for section in _figures(material, side.code, side.name)]
    names = [side.name for side in found.sides]
    return _page(
        material,
        say("Claims and commitments: {one} and {other}", one=names[0], other=names[1]),
        [
            _shown(found),
            *_of_sides(material, found, view, claims),
            _claims("claims", say("Claims and replies"), claims, material, found),
            _findings(view, question.about, material, among={operation.id for _, operation in claims}),
            _corrections(claims),
            ("matrix", say("Who claims it"), matrix("matrix", claims, Voices(_operations(claims)))),
            *figures,
            _sources(material, claims),
        ],
    )


def operation_report(material: Material, identifier: str) -> bytes:
    """Return the report of one operation.

    Raises:
        NotFoundError: no such operation is held, or a record names a catalogue or item that is not there.
        MalformedError: a table does not follow its format.
        StoreError: the ledger or an installed table cannot be read.
    """
    view = material.operation(identifier)
    operation = view.operation(identifier)
    claims = [(claim, operation) for claim in operation.claims]
    voices = Voices([operation])
    lag = counting_rule(DEFAULT_RULE).lag_days
    marks = list(marks_of_claims(claims))
    answered = {reply.id for claim in operation.claims for reply in claim.replies}
    loose = [reply for reply in operation.replies if reply.id not in answered]
    replied = [reply_block(reply, material.provenances) for reply in loose]
    return _page(
        material,
        say("Claims about: {title}", title=title_of(operation)),
        [
            ("operation", say("What is alleged"), _alleged(operation)),
            (
                "timeline",
                say("Time line"),
                timeline("timeline", marks, as_of=material.as_of, lag_days=lag, lanes=_OPERATION_LANES),
            ),
            _claims("claims", say("Claims and replies"), claims, material, None, voices=voices, with_title=False),
            ("replies", say("Replies to the operation as a whole"), join(tag("div", block) for block in replied)),
            _findings(view, None, material, among={operation.id}),
            _corrections(claims, operation),
            ("matrix", say("Who claims it"), matrix("matrix", claims, voices)),
            ("voices", say("Voices"), _voices(operation, voices)),
            ("gradings", say("How the claims are made and shown"), _gradings(operation)),
            *_operation_figures(material, operation),
            _sources(material, claims),
        ],
    )


def _page(material: Material, title: Markup, sections: Iterable[_Section]) -> bytes:
    return page(
        title=title,
        label=say(LABEL),
        exercise=material.ledger.exercise,
        as_of=material.as_of,
        sections=sections,
    )


def _claims_about(view: LedgerView, codes: Sequence[str]) -> list[_Said]:
    wanted = set(codes)
    return [
        (claim, operation)
        for operation in view.operations
        for claim in operation.claims
        if any(subject.participant in wanted for subject in claim.body.about)
    ]


def _operations(claims: Iterable[_Said]) -> list[OperationView]:
    return list({operation.id: operation for _, operation in claims}.values())


def _of_sides(
    material: Material, found: Pairs, view: LedgerView, claims: Sequence[_Said] | None = None
) -> Iterable[_Section]:
    """Yield for each participant its time line and its commitments, in the order of names."""
    lag = counting_rule(DEFAULT_RULE).lag_days
    for side in found.sides:
        own = (
            _claims_about(view, [side.code])
            if claims is None
            else [said for said in claims if any(subject.participant == side.code for subject in said[0].body.about)]
        )
        marks = [*marks_of_side(side), *marks_of_claims(own)]
        key = f"timeline-{side.code.lower()}"
        yield key, say("Time line: {name}", name=side.name), timeline(key, marks, as_of=material.as_of, lag_days=lag)
        yield (
            f"commitments-{side.code.lower()}",
            say("Commitments and conduct in keeping with them: {name}", name=side.name),
            _commitments(side),
        )


def _shown(found: Pairs) -> _Section:
    """Return which operations are not on the page, nothing where all are."""
    told = paragraphs(say(found.left_out), say(_WHOLE)) if found.left_out is not None else Markup("")
    return "shown", say("What this page shows"), told


def _commitments(side: Side) -> Markup:
    rows = [
        (
            "no day given" if line.when is None else line.when.text,
            "commitment" if isinstance(line, CommitmentLine) else "in keeping with commitments",
            quote(line.text),
            _source_of(line),
        )
        for line in side.lines
        if isinstance(line, CommitmentLine | ConformingLine)
    ]
    parts = [paragraphs(*(quote(text) for text in side.nothing))]
    if rows:
        caption = say(
            "{number} rows in the order of time. Voluntary and binding ones are told apart.", number=len(rows)
        )
        parts.append(table(("Since", "What", "In words", "Source"), rows, caption))
    if side.unknown:
        told = [quote(f"{row.key}: {row.label} ({row.terms})") for row in side.unknown]
        parts += [tag("h3", say("What cannot be known")), items(told, class_="more")]
    if side.set_aside:
        told = [quote(text) for text in side.set_aside]
        parts += [tag("h3", say("Retracted or corrected, and counted nowhere")), items(told, class_="more")]
    return join(parts)


def _source_of(line: CommitmentLine | ConformingLine) -> Markup:
    if isinstance(line, ConformingLine):
        return say("record {id}", id=line.record[:16] + "…")
    found = dict.fromkeys(
        row.source if row.grade is None else f"{row.source} [{row.grade}]" for row in line.commitments
    )
    return join((quote(source) for source in found), "; ")


def _claims(
    key: str,
    title: Markup,
    claims: Sequence[_Said],
    material: Material,
    found: Pairs | None,
    *,
    voices: Voices | None = None,
    with_title: bool = True,
) -> _Section:
    numbers = Voices(_operations(claims)) if voices is None else voices
    lines = (
        {}
        if found is None
        else {line.claim: line for side in found.sides for line in side.lines if isinstance(line, ClaimLine)}
    )
    blocks = [
        claim_and_reply(
            said,
            numbers,
            material.provenances,
            with_title=with_title,
            below=_below(lines[said[0].id]) if said[0].id in lines else None,
        )
        for said in claims
    ]
    intro = say(
        "Each claim stands beside the replies to it. Claims come by the title of the operation, then by what they rest "
        "on, then by the claimant's name."
    )
    return key, title, join([tag("p", intro), *blocks]) if blocks else paragraphs(say(_NOTHING))


def _below(line: ClaimLine) -> Markup:
    """Return how commitments stood at the time that a claim gives."""
    told = [quote(match.text) for match in line.matches]
    if line.unmatched is not None:
        told.append(say(line.unmatched))
    if line.beside:
        told.append(say("in force at that time, without saying that they apply: {keys}", keys=_keys(line.beside)))
    if line.during:
        told.append(say("came while it may have happened: {keys}", keys=_keys(line.during)))
    if line.later:
        told.append(say("came only afterwards: {keys}", keys=_keys(line.later)))
    return tag("div", items(told, class_="more"), class_="beside-it before" if line.grey else "beside-it")


def _keys(rows: Iterable[InForce]) -> str:
    """Return commitments by catalogue, each item once."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.catalogue, {})
        if row.item is not None:
            found[row.catalogue][row.item] = None
    return "; ".join(" ".join([catalogue, ", ".join(numbers)]).strip() for catalogue, numbers in sorted(found.items()))


def _findings(
    view: LedgerView, codes: Sequence[str] | None, material: Material, *, among: set[str] | None = None
) -> _Section:
    blocks = [
        tag("div", tag("p", operation_line(operation), class_="grey"), finding_block(finding, material.provenances))
        for operation in view.operations
        for finding in operation.findings
        if (among is None or operation.id in among) and (codes is None or _concerns(operation, finding, codes))
    ]
    return "findings", say("Findings"), join(blocks) if blocks else paragraphs(say(_NOTHING))


def _concerns(operation: OperationView, finding: Stated[Finding], codes: Sequence[str]) -> bool:
    named = {subject.participant for subject in finding.body.about}
    named |= {subject.participant for claim in operation.claims for subject in claim.body.about}
    return not named.isdisjoint(codes)


def _corrections(claims: Sequence[_Said], operation: OperationView | None = None) -> _Section:
    operations = _operations(claims) if operation is None else [operation]
    rows = [
        (view.body.said, title_of(each), correction_line(view), _touched(view))
        for each in operations
        for view in each.corrections
    ]
    caption = say("Corrections and retractions; what they touch stays on the page.")
    content = (
        table(("When", "Operation", "In words", "What it touches"), rows, caption)
        if rows
        else paragraphs(say(_NOTHING))
    )
    return "corrections", say("Corrections"), content


def _touched(view: CorrectionView) -> Markup:
    """Return which record a correction touches, and which one stands in its place."""
    parts = [say("record {id}", id=view.body.corrects[:16] + "…")]
    if view.body.replacement is not None:
        parts.append(say("replaced by {id}", id=view.body.replacement[:16] + "…"))
    return join([*parts, say("by correction {id}", id=view.id[:16] + "…")], ", ")


def _figures(material: Material, code: str, name: str) -> Iterable[_Section]:
    claims = material.claims()
    found = claims.sensitivity(code, as_of=material.as_of)
    counted = claims.periods(code, as_of=material.as_of)
    key = code.lower()
    yield f"strip-{key}", say("How the figure moves: {name}", name=name), strip(f"strip-{key}", found)
    yield f"periods-{key}", say("Periods: {name}", name=name), periods(f"periods-{key}", name, counted)


def _operation_figures(material: Material, operation: OperationView) -> Iterable[_Section]:
    """Yield under which rules the operation counts as one in which claims name somebody."""
    named = {
        subject.participant
        for claim in operation.standing
        if claim.body.polarity != "denies"
        for subject in claim.body.about
        if subject.participant is not None
    }
    claims = material.claims_of([operation])
    names = {code: participant(code).name for code in named}
    for code in sorted(names, key=lambda code: (folded(names[code]), code)):
        key = f"strip-{code.lower()}"
        found = claims.sensitivity(code, as_of=material.as_of)
        title = say("Whether the operation counts as one in which claims name {name}", name=names[code])
        yield key, title, strip(key, found)


def _alleged(operation: OperationView) -> Markup:
    body = operation.body
    details = [
        *([say("effects as told: {effects}", effects=body.effects)] if body.effects else []),
        *([say("also called: {names}", names="; ".join(body.names))] if body.names else []),
        *(say("said to have hit: {name} ({kind})", name=_listed(each), kind=each.kind) for each in body.hit),
        *(say("elsewhere: {scheme} {id}", scheme=each.scheme, id=each.id) for each in body.external),
        *(say("technique: {code}", code=code) for code in body.techniques),
        *(join(["source: ", source_line(source)]) for source in body.sources),
    ]
    fate = [say("This operation is itself retracted.")] if operation.retracted else []
    fate += [say("Corrections of this operation differ.")] if operation.disputed else []
    came = [say("record {id}", id=operation.id)]
    return join([paragraphs(operation_line(operation), *fate), items([*details, *came], class_="more")])


def _listed(target: Target) -> str:
    """Return the name under which somebody who was hit is shown."""
    if target.kind != "state":
        return target.name
    return shown_name(Subject(level="state", name=target.name, participant=target.participant))


def _voices(operation: OperationView, voices: Voices) -> Markup:
    rows = [
        (
            say("{number}", number=voices.number(claim)),
            quote(shown_name(claim.body.claimant)),
            join((quote(link.text) for link in operation.clusters.why(claim.id)), "; ") or say("depends on no other"),
        )
        for claim in operation.claims
    ]
    counted = [
        say(
            "{polarity}: {claims} claims from {voices} voices",
            polarity=each.polarity,
            claims=each.claims,
            voices=each.voices,
        )
        for each in operation.voices
    ]
    caption = say("Which claims are one voice, and why. Links are read off what the claims state.")
    return (
        join([items(counted, class_="more"), table(("Voice", "Claimant", "Why"), rows, caption)])
        if rows
        else Markup("")
    )


def _gradings(operation: OperationView) -> Markup:
    rows = []
    for claim in operation.claims:
        grade = grade_of(claim.id, [stated.body for stated in claim.gradings if stated.stands])
        rows += [
            (
                quote(shown_name(claim.body.claimant)),
                quote(coder.coder.name),
                *(
                    f"{group.count('yes')} yes, {group.count('no')} no, {group.count('unclear')} unclear, "
                    f"{group.count(None)} unanswered"
                    for group in coder.groups
                ),
            )
            for coder in grade.coders
        ]
    if not rows:
        return Markup("")
    caption = say("Answers to eighteen questions about how a claim is made; they grade the claim and nobody else.")
    return table(("Claimant", "Coder", "Credibility", "Objectivity", "Evidence", "Transparency"), rows, caption)


def _sources(material: Material, claims: Sequence[_Said]) -> _Section:
    """Return every file, statement and hand from which the claims came, with whole digests."""
    found: dict[tuple[str, str, str, date], int] = {}
    for claim, _ in claims:
        for came in material.provenances(claim.id):
            key = _came(came)
            found[key] = found.get(key, 0) + 1
    rows = [
        (quote(source), origin, tag("code", digest), day.isoformat(), number)
        for (source, origin, digest, day), number in sorted(found.items())
    ]
    caption = say("Where the claims on this page came from; each record names its row or place.")
    content = (
        table(("Source", "How", "SHA-256 or statement", "Entered", "Claims"), rows, caption) if rows else Markup("")
    )
    return "sources", say("Sources"), join([paragraphs(say(material.searched().text)), content])


def _came(came: Provenance) -> tuple[str, str, str, date]:
    return came.source, came.origin.value, came.digest or "", came.on
