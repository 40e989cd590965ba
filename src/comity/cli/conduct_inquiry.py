"""`comity conduct investigate`: where an independent investigation stands, from its statements or its trail."""

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.conduct_options import (
    SHORT,
    TRUST,
    followed_logs,
    followed_statements,
    ledger_of,
    moment_of,
    observatory,
    print_lines,
)
from comity.cli.options import DIRECTORY, FILE, json_option, print_json, read_file, whole_file
from comity.errors import MalformedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comity.conduct.inquiry.trail_writing import TrailDossier
    from comity.conduct.inquiry.view import InquiryView
    from comity.conduct.statements import Body
    from comity.exchange.view import Held
    from comity.kernel.statement import Statement

_UNCHECKED = "as the files say: signatures and places in logs are not checked here; comity verify checks a trail"
_FOLLOWED = "as the followed logs hold it: each statement was checked there; what no followed log holds is not here"
_MAX_STATEMENTS = 10_000
# So much of an id is no file's name by chance.
_ID = re.compile("[0-9a-fA-F]{8,64}")


@click.command("investigate")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--trust", type=DIRECTORY, default=None, help="The reader's own trust folder, for a trail.")
@click.option("--next", "draft", type=FILE, default=None, help="Say whether this statement may come next.")
@click.option("--at", "moment", default=None, help="Time of the question, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.option("--trail", type=FILE, default=None, help="Write the trail of the published finding to this new file.")
@click.option("--dossier", "dossiers", type=FILE, multiple=True, help="For --trail: a dossier that the finding cites.")
@click.option("--made-by", default=None, help="For --trail: who makes it; whoever states the mandate by default.")
@json_option
@click.pass_obj
def investigate(
    folder: Path | None,
    path: Path | None,
    trust: Path | None,
    draft: Path | None,
    moment: str | None,
    trail: Path | None,
    dossiers: tuple[Path, ...],
    made_by: str | None,
    *,
    as_json: bool,
) -> None:
    """Show where an inquiry stands: mandate, consents, questions and their periods, findings, replies.

    PATH is the id of its mandate, or the beginning of it, for one that the followed logs hold; or a folder of
    statements, one envelope a file; or the trail of a published finding, which is checked in full against a trust
    folder. Without PATH the mandates are listed that the ledger holds. With --trail a trail is written from the
    followed logs and checked like any other before it is kept.
    """
    _check_options(path, trust, draft, trail, passed_on=bool(dossiers) or made_by is not None)
    if path is None:
        _mandates(folder, as_json=as_json)
        return
    there = path.exists()
    in_logs = not there and _ID.fullmatch(str(path)) is not None
    if not there and not in_logs:
        raise NotFoundError(f"there is no file or folder {path}; an inquiry in the followed logs is named by its id")
    if trail is not None:
        if not in_logs:
            raise MalformedError("a trail is written from the followed logs; name the inquiry by the id of its mandate")
        _write_trail(folder, _in_logs(folder, str(path))[1], trail, dossiers, made_by, moment_of(moment))
        return
    if in_logs or path.is_dir():
        label, inquiry, held = _in_logs(folder, str(path)) if in_logs else _in_folder(folder, path)
        _show(label, inquiry, held, draft, moment_of(moment), as_json=as_json)
        return
    if draft is not None:
        raise MalformedError("a trail is of a finding that was published; --next goes with a folder of statements")
    if trust is None:
        raise MalformedError("a trail is checked against a trust folder; name yours with --trust")
    _of_trail(path, trust, as_json=as_json)


def _check_options(
    path: Path | None, trust: Path | None, draft: Path | None, trail: Path | None, *, passed_on: bool
) -> None:
    """Refuse options that would be passed over; `passed_on` says that some are given that only a new trail takes."""
    if passed_on and trail is None:
        raise MalformedError("--dossier and --made-by go with --trail")
    if path is None and not trust is draft is trail is None:
        raise MalformedError("name the inquiry to which --trust, --next or --trail belongs")
    if draft is not None and trail is not None:
        raise MalformedError("give --next or --trail, not both")
    if trust is not None and (trail is not None or not (path is not None and path.is_file())):
        raise MalformedError("--trust goes with the file of a trail; nothing else is checked against it")


def _mandates(folder: Path | None, *, as_json: bool) -> None:
    from comity.cli.conduct_text import came_text, record_json
    from comity.conduct.inquiry.statements import Mandate
    from comity.conduct.verbs import written

    with ledger_of(folder) as ledger:
        held = [(record, ledger.provenances(record.id)) for record in ledger.records("mandate")]
    if as_json:
        print_json([record_json(record, came) for record, came in held])
        return
    for record, came in held:
        body = record.body
        assert isinstance(body, Mandate)
        text = written(
            "mandate {record}: {giver} asks {investigator} to inquire into operation {operation}; "
            "standard of proof: {standard}",
            record=record.id[:SHORT],
            giver=body.given_by.name,
            investigator=body.investigator,
            operation=body.operation[:SHORT],
            standard=body.standard_of_proof,
        )
        print_lines([text, *(f"  {came_text(each)}" for each in came)])
    if not held:
        click.echo("no mandate is held", err=True)


def _in_folder(folder: Path | None, path: Path) -> "tuple[str, str, list[Held]]":
    """Return the inquiry in a folder of statements; those that a followed log holds come as it holds them."""
    from comity.conduct.inquiry.statements import KINDS

    held = list(_statements(path))
    mandates = [item.id for item in held if item.statement.kind == "mandate"]
    if len(mandates) != 1:
        raise MalformedError(f"{path}: the folder of an inquiry holds one mandate, this one {len(mandates)}")
    followed = followed_statements(folder, KINDS, exercise=held[0].statement.exercise)
    logged = {item.id: item for item in followed}
    found = [logged.get(item.id, item) for item in held]
    checked = sum(item.id in logged for item in held)
    label = f"{checked} of {len(held)} statements were checked against followed logs; the others are {_UNCHECKED}"
    return label if checked else _UNCHECKED, mandates[0], found


def _in_logs(folder: Path | None, beginning: str) -> "tuple[str, str, list[Held]]":
    """Return the inquiry whose mandate's id begins so, from the followed logs."""
    from comity.conduct.inquiry.statements import KINDS
    from comity.conduct.inquiry.trail_gathering import is_inside
    from comity.conduct.inquiry.view import find_inquiry

    with ledger_of(folder) as ledger:
        held = followed_statements(folder, KINDS, exercise=ledger.exercise)
    inquiry = find_inquiry(held, beginning)
    return _FOLLOWED, inquiry, [item for item in held if is_inside(inquiry, item)]


def _show(label: str, inquiry: str, held: "list[Held]", draft: Path | None, at: datetime, *, as_json: bool) -> None:
    from comity.conduct.inquiry.view import check_draft, fold_inquiry
    from comity.kernel.statement import parse_statement

    view = fold_inquiry(inquiry, held, as_of=at)
    if draft is not None:
        following: Statement = parse_statement(read_file(draft))
        check_draft(inquiry, held, following)
    if as_json:
        print_json({"label": label} | _json(view) | ({} if draft is None else {"next": "may follow"}))
        return
    print_lines([label, *_lines(view)])
    if draft is not None:
        click.echo(f"{draft.name} may come next")


def _write_trail(
    folder: Path | None, inquiry: str, output: Path, dossiers: tuple[Path, ...], made_by: str | None, at: datetime
) -> None:
    """Write a trail beside `output`, check it like any reader, and only then give it its name."""
    from comity.conduct.inquiry.trail import check_trail
    from comity.conduct.inquiry.trail_writing import write_trail

    with whole_file(output) as part:
        with ledger_of(folder) as ledger, followed_logs(folder, exercise=ledger.exercise) as logs:
            trail = logs.trail(inquiry, made_by=made_by, made_at=at, dossiers=[_dossier(path) for path in dossiers])
        with part.open("wb") as target:
            write_trail(target, trail)
        report = check_trail(part, observatory(folder) / TRUST)
    click.echo(f"{output}: {output.stat().st_size} bytes; the finding is {report.state}; every check holds")


def _dossier(path: Path) -> "TrailDossier":
    import hashlib

    from comity.conduct.inquiry.trail_writing import TrailDossier

    try:
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        return TrailDossier(digest=digest, size=path.stat().st_size, open=lambda: path.open("rb"))
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be read: {exc.strerror}") from exc


def _of_trail(path: Path, trust: Path, *, as_json: bool) -> None:
    from comity.conduct.inquiry.trail import check_trail

    report = check_trail(path, trust)
    if as_json:
        print_json(
            {
                "inquiry": report.inquiry,
                "exercise": report.exercise,
                "state": report.state,
                "findings": list(report.findings),
                "facts": [{"topic": fact.topic, "text": fact.text, "where": fact.where} for fact in report.facts],
                "withheld": list(report.withheld),
                "not_proved": list(report.not_proved),
            }
        )
        return
    exercise = "EXERCISE: " if report.exercise else ""
    print_lines([f"{exercise}inquiry {report.inquiry}: every check holds; its newest finding is {report.state}"])
    for topic in dict.fromkeys(fact.topic for fact in report.facts):
        print_lines([topic, *(f"  {fact.text}" for fact in report.facts if fact.topic == topic)])
    print_lines(["not proved", *(f"  {text}" for text in report.not_proved)])


def _statements(path: Path) -> "Iterator[Held]":
    """Yield the statements of a folder in the order of their files' names, as the files say."""
    from comity.exchange.view import Held
    from comity.kernel.envelope import MAX_ENVELOPE_BYTES, parse_envelope
    from comity.kernel.statement import parse_statement

    files = sorted(path.glob("*.json"))
    if not files or len(files) > _MAX_STATEMENTS:
        raise NotFoundError(f"{path} holds {len(files)} statements, wanted 1 to {_MAX_STATEMENTS} files named *.json")
    for file in files:
        try:
            envelope = parse_envelope(read_file(file, MAX_ENVELOPE_BYTES))
            statement = None if envelope.sealed else parse_statement(envelope.payload)
        except MalformedError as exc:
            raise MalformedError(f"{file.name}: {exc.message}") from exc
        if statement is None:
            raise MalformedError(f"{file.name}: a sealed statement; those of an inquiry are public")
        yield Held(id=envelope.id, statement=statement)


def _lines(view: "InquiryView") -> "Iterator[str]":
    from comity.conduct.verbs import written
    from comity.kernel.canonical import format_time

    mandate = view.mandate
    exercise = "EXERCISE: " if view.exercise else ""
    yield f"{exercise}inquiry {view.inquiry}: {view.state}, as of {format_time(view.as_of)}"
    yield written(
        "  mandate of {giver} to {investigator}; scope: {scope}; standard of proof, chosen before anything was asked: "
        "{standard}",
        giver=mandate.given_by.name,
        investigator=mandate.investigator,
        scope=mandate.scope,
        standard=mandate.standard_of_proof,
    )
    yield from _heard(view)
    for _, dissent in view.dissents:
        yield f"  dissent of {dissent.member}: {dissent.text}"
    for finding in view.findings:
        body = finding.body.finding
        yield written(
            "  {state}: found by {by} under mandate {mandate}: {conclusion}; {replies} replies, {dissents} dissents, "
            "{publications} publications",
            state=finding.state,
            by=body.investigator.name,
            mandate=body.mandate,
            conclusion=body.conclusion,
            replies=str(len(finding.replies)),
            dissents=str(len(finding.dissents)),
            publications=str(len(finding.publications)),
        )
    for _, said in view.corrections:
        yield f"  {said.correction.kind} of finding {said.statement[:SHORT]}: {said.correction.reason}"
    for statement, reason in view.left_out:
        yield f"  left out: {statement[:SHORT]}: {reason}"


def _heard(view: "InquiryView") -> "Iterator[str]":
    """Yield who was asked what and said what, in full: the conclusion of a finding is, too."""
    from comity.conduct.inquiry.view import source_of
    from comity.kernel.canonical import format_time

    issuers = {item.id: item.statement.issuer for item in view.timeline}
    for name, consent in view.consents:
        conditions = "" if consent.conditions is None else f", on these conditions: {consent.conditions}"
        told = source_of(issuers[name], consent.reported_from)
        yield f"  consent of {consent.participant}: {consent.consent}{conditions}; {told}"
    for _, interest in view.interests:
        yield f"  interests of {interest.member}: {interest.interests or interest.declares}"
    for _, asked in view.evidence_requests:
        yield f"  evidence asked of {asked.asked}: {asked.what}"
    for question in view.questions:
        if question.answered:
            fate = "answered"
        else:
            fate = "open" if view.as_of < question.until else "not answered when the period ended"
        asked_of = f"questions to {question.body.to}, to be answered until {format_time(question.until)}: {fate}"
        yield f"  {asked_of}: {' '.join(question.body.questions)}"
    for name, reply in view.replies:
        words = "" if reply.reply.text is None else f"; in its words: {reply.reply.text}"
        told = source_of(issuers[name], reply.reported_from)
        yield f"  reply of {reply.reply.by.name}: {reply.reply.kind.replace('_', ' ')}; {told}{words}"


def _json(view: "InquiryView") -> dict[str, object]:
    from comity.conduct.statements import encode_body
    from comity.kernel.canonical import format_time

    issuers = {item.id: item.statement.issuer for item in view.timeline}

    def said(stated: "Iterable[tuple[str, Body]]") -> list[dict[str, object]]:
        return [{"statement": name, "issuer": issuers[name], **encode_body(body)} for name, body in stated]

    return {
        "inquiry": view.inquiry,
        "exercise": view.exercise,
        "state": view.state,
        "as_of": format_time(view.as_of),
        "mandate": encode_body(view.mandate),
        "consents": said(view.consents),
        "interests": said(view.interests),
        "evidence_requests": said(view.evidence_requests),
        "questions": [
            {
                "statement": each.statement,
                **encode_body(each.body),
                "until": format_time(each.until),
                "replies": list(each.replies),
                "answered": each.answered,
            }
            for each in view.questions
        ],
        "replies": said(view.replies),
        "dissents": said(view.dissents),
        "findings": [
            {
                "statement": each.statement,
                "state": each.state,
                "body": encode_body(each.body),
                "replies": list(each.replies),
                "dissents": list(each.dissents),
                "publications": list(each.publications),
                "corrections": list(each.corrections),
                "replaced_by": each.replaced_by,
            }
            for each in view.findings
        ],
        "corrections": said(view.corrections),
        "left_out": [{"statement": name, "reason": reason} for name, reason in view.left_out],
    }
