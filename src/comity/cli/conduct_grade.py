"""`comity conduct grade` and `lens`: eighteen questions about a claim, and a lens that a reader switches on."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.conduct_options import material_of, print_lines, record_of
from comity.cli.law_options import code_of, day_of, on_option
from comity.cli.options import FILE, json_option, print_json, read_file
from comity.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from comity.conduct.grading import ClaimGrade
    from comity.conduct.lens import LensView
    from comity.conduct.report.material import Material
    from comity.conduct.statements import Grading

_PAIR = 2


@click.command("grade")
@click.argument("identifier", metavar="CLAIM", required=False)
@click.option("--questions", is_flag=True, help="Print the eighteen questions as a form, to be filled in.")
@click.option("--answers", type=FILE, default=None, help="Read a form that was filled in, and enter it.")
@click.option("--coder", default=None, help="Whose answers they are.")
@click.option("--agreement", is_flag=True, help="Measure the coders against each other.")
@on_option
@json_option
@click.pass_obj
def grade(
    folder: Path | None,
    identifier: str | None,
    answers: Path | None,
    coder: str | None,
    day: str | None,
    *,
    questions: bool,
    agreement: bool,
    as_json: bool,
) -> None:
    """Show how coders answered eighteen questions about how CLAIM is made; nothing here is about whom it names.

    Yes, no and unclear are counted in four groups and never added up. Whoever makes claims cannot grade.
    """
    on = day_of(day)
    if questions + agreement + (answers is not None) > 1:
        raise MalformedError("give one of --questions, --answers and --agreement")
    if coder is not None and answers is None:
        raise MalformedError("--coder goes with --answers")
    if questions:
        click.echo(_form(), nl=False)
        return
    with material_of(folder, on) as material:
        if agreement:
            found = _agreement(material)
            if as_json:
                print_json(found)
            else:
                print_lines(f"{name.replace('_', ' ')}: {value}" for name, value in found.items())
            return
        if identifier is None:
            raise MalformedError("name a claim, or ask for --questions or --agreement")
        claim = record_of(material.ledger, identifier, "claim")
        if answers is not None:
            _enter(material, claim.id, read_file(answers), where=answers.name, coder=coder, on=on)
        told = _grade_of(material, claim.id)
    if as_json:
        print_json(told.to_json())
    else:
        print_lines(_grade_lines(told))


@click.command("lens")
@click.argument("identifier", metavar="OPERATION")
@click.option("--about", required=True, metavar="STATE", help="Whether this participant is meant.")
@on_option
@json_option
@click.pass_obj
def lens(folder: Path | None, identifier: str, about: str, day: str | None, *, as_json: bool) -> None:
    """Look at the graded claims about OPERATION through subjective logic: a lens, not a finding.

    It is off everywhere else. It shows its inputs and assumptions, keeps belief, disbelief and uncertainty apart, and
    an ungraded claim weighs nothing in it.
    """
    from comity.conduct.lens import LensSettings, look, voices_about
    from comity.conduct.verbs import written
    from comity.parties.participants import participant

    code = code_of(about)
    with material_of(folder, day_of(day)) as material:
        operation = record_of(material.ledger, identifier, "operation")
        view = material.operation(operation.id).operation(operation.id)
    name, title = participant(code).name, view.body.title
    proposition = written("claims that name {name} about “{title}”", name=name, title=title)
    found = look(voices_about(view, code), proposition=proposition, settings=LensSettings(on=True))
    if as_json:
        print_json(found.to_json())
    else:
        print_lines(_lens_lines(found))


def _form() -> str:
    """Return the questions as TOML."""
    from comity.conduct.grading import load_questions

    lines = ["# Answer each with yes, no or unclear; leave out what was not looked at.", 'coder = ""', "", "[answers]"]
    group = None
    for question in load_questions():
        if question.group is not group:
            group = question.group
            lines += ["", f"# {group.value.capitalize()}"]
        lines += [f"# {question.text}", f'# {question.code} = "yes"']
    return "\n".join([*lines, ""])


def _enter(material: "Material", claim: str, data: bytes, *, where: str, coder: str | None, on: "date") -> None:
    from comity.conduct.grading import Coder, check_coders, grade_of
    from comity.conduct.kinds import KINDS
    from comity.conduct.record import Origin, Provenance, parse_record
    from comity.conduct.statements import Claim
    from comity.conduct.view import shown_name

    try:
        form = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedError(f"{where}: no TOML: {str(exc)[:120]}") from exc
    if unknown := sorted(form.keys() - {"coder", "answers", "remark"}):
        raise MalformedError(f"{where}: unknown member {unknown[0][:60]!r}; known are coder, answers and remark")
    by = coder or form.get("coder")
    if not isinstance(by, str) or not by.strip():
        raise MalformedError(f'{where}: say whose answers these are, as coder = "…" or with --coder')
    said = [record.body for record in material.ledger.records("claim")]
    names = {
        name for body in said if isinstance(body, Claim) for name in (body.claimant.name, shown_name(body.claimant))
    }
    check_coders([Coder(name=by.strip())], names)
    body = {"claim": claim, "coder": by.strip(), "said": on.isoformat(), "answers": form.get("answers", {})}
    if form.get("remark"):
        body["remark"] = form["remark"]
    came = Provenance(origin=Origin.HAND, source=by.strip(), on=on)
    try:
        record = parse_record("grading", body, came, KINDS)
        # A question that does not exist is refused before anything is kept.
        grade_of(claim, [record.body])  # type: ignore[list-item] # the kind is that of a grading
    except MalformedError as exc:
        raise MalformedError(f"{where}: {exc.message}") from exc
    material.ledger.add([record])


def _gradings(material: "Material", claim: str) -> "list[Grading]":
    from comity.conduct.statements import Claim

    body = material.ledger.record(claim).body
    assert isinstance(body, Claim)
    view = material.operation(body.operation).claim(claim)
    return [stated.body for stated in view.gradings if stated.stands]


def _grade_of(material: "Material", claim: str) -> "ClaimGrade":
    from comity.conduct.grading import grade_of

    return grade_of(claim, _gradings(material, claim))


def _grade_lines(found: "ClaimGrade") -> "Iterator[str]":
    yield f"claim {found.claim}: graded by {len(found.coders)} coders; the grade is about the claim and nobody else"
    for coder in found.coders:
        yield f"  {coder.coder.name}, {coder.said}"
        for group in coder.groups:
            counts = ", ".join(f"{group.count(answer)} {answer}" for answer in ("yes", "no", "unclear"))
            yield f"    {group.group.value}: {counts}, {group.count(None)} unanswered"
            for answer in group.answers:
                yield f"      {answer.question.text} {answer.answer or 'unanswered'}"
        if coder.remark is not None:
            yield f"    remark: {coder.remark}"
    for question in found.differing():
        yield f"  coders differ: {question.text}"


def _agreement(material: "Material") -> dict[str, object]:
    """Return how far our coders agree, over every claim that is graded."""
    from comity.conduct.agreement import cohen_kappa, percent_agreement, ratings_of
    from comity.conduct.grading import Coder
    from comity.conduct.statements import Claim, Grading

    graded = {record.body.claim for record in material.ledger.records("grading") if isinstance(record.body, Grading)}
    grades = [_grade_of(material, claim) for claim in sorted(graded)]
    claimants = {
        record.body.claimant.name for record in material.ledger.records("claim") if isinstance(record.body, Claim)
    }
    ratings = ratings_of(grades, claimants)
    agreement = percent_agreement(ratings)
    coders: list[Coder] = sorted({rating.coder for rating in ratings})
    found: dict[str, object] = {
        "coders": ", ".join(coder.name for coder in coders),
        "items": agreement.items,
        "agreeing": f"{agreement.agreeing} of {agreement.pairs} pairs of answers",
    }
    for number, first in enumerate(coders):
        for second in coders[number + 1 :]:
            shared = {r.item for r in ratings if r.coder == first} & {r.item for r in ratings if r.coder == second}
            if shared:
                kappa = cohen_kappa(ratings, first, second)
                found[f"kappa of {first.name} and {second.name}"] = str(kappa.value)
    return found


def _lens_lines(found: "LensView") -> "Iterator[str]":
    yield found.text()
    yield "inputs"
    for cluster in found.clusters:
        for voice in cluster.voices:
            yield f"  {cluster.side}: {voice.name}, weight {voice.weight} by its grade, cluster {cluster.cluster[:12]}"
    for voice in found.unweighed:
        yield f"  {voice.side}: {voice.name}, weighs nothing since nobody graded it"
    if not found.clusters and not found.unweighed:
        yield "  none"
    yield "assumptions"
    yield from (f"  {text}" for text in found.assumptions)
