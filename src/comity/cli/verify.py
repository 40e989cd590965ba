"""`comity verify`: check a dossier, a trail or evidence of misbehaviour against the reader's trust folder, offline."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from comity.cli.options import DIRECTORY, FILE, json_option, print_json, read_file
from comity.errors import MalformedError, NotFoundError, PolicyError

_ZIP = b"PK\x03\x04"
_MAX_EVIDENCE_BYTES = 8 * 1024 * 1024
# Smaller dossiers are hashed before a person would look for a bar.
_SHOW_PROGRESS_BYTES = 64 * 1024 * 1024


@click.command()
@click.argument("file", type=FILE)
@click.option("--trust", "folder", type=DIRECTORY, required=True, help="The reader's own trust folder.")
@json_option
def verify(file: Path, folder: Path, *, as_json: bool) -> None:
    """Check FILE, a dossier, the trail of a published finding or evidence of misbehaviour, against the trust folder.

    Exit code 0: everything that the output says holds. Any other: something does not, and the message says what and
    where; docs/reference/errors.md lists the codes.
    """
    from comity.parties.trust_folder import load_trust

    trust = load_trust(folder)
    try:
        with file.open("rb") as source:
            begins = source.read(4)
    except OSError as exc:
        raise NotFoundError(f"{file} cannot be read: {exc.strerror}") from exc
    if begins == _ZIP and _is_trail(file):
        _verify_trail(file, trust, as_json=as_json)
    elif begins == _ZIP:
        _verify_dossier(file, trust, as_json=as_json)
    elif begins[:1] == b"{":
        _verify_evidence(file, trust, as_json=as_json)
    else:
        raise MalformedError(f"{file} is neither a dossier or trail nor evidence of misbehaviour")


def _is_trail(file: Path) -> bool:
    """Return whether a container has the head of a trail; what else it is will be seen."""
    from comity.conduct.inquiry.trail_head import HEAD
    from comity.exchange.container import open_container

    with file.open("rb") as source:
        return HEAD in open_container(source).manifest


def _verify_trail(file: Path, trust: dict[str, Any], *, as_json: bool) -> None:
    from comity.conduct.inquiry.trail import verify_trail

    with file.open("rb") as source, _progress(file) as progress:
        report = verify_trail(source, trust, progress=progress)
    if as_json:
        dossiers = {digest: _json_of(item) for digest, item in report.dossiers}
        found = {"inquiry": report.inquiry, "state": report.state, "findings": list(report.findings)}
        print_json({**found, **_json_of(report), "dossiers": dossiers})
        return
    title = f"Trail of inquiry {report.inquiry} (newest finding: {report.state}): every check holds."
    _print_report(title, report, "nothing that the publications in this trail say they leave out")


def _verify_dossier(file: Path, trust: dict[str, Any], *, as_json: bool) -> None:
    from comity.exchange.dossier_check import verify_dossier

    with file.open("rb") as source, _progress(file) as progress:
        report = verify_dossier(source, trust, progress=progress)
    if as_json:
        print_json({"case": report.case, "profile": report.profile, **_json_of(report)})
        return
    title = f"Dossier of case {report.case} ({report.profile} profile): every check holds."
    _print_report(title, report, "nothing that this dossier says it leaves out")


def _json_of(report: Any) -> dict[str, Any]:
    """Return what the report of a dossier and that of a trail have in common."""
    return {
        "exercise": report.exercise,
        "facts": [{"topic": fact.topic, "text": fact.text, "where": fact.where} for fact in report.facts],
        "withheld": list(report.withheld),
        "not_proved": list(report.not_proved),
    }


def _print_report(title: str, report: Any, nothing: str) -> None:
    if report.exercise:
        click.echo("EXERCISE: nothing below happened; the statements carry the exercise flag")
    click.echo(title)
    for topic in dict.fromkeys(fact.topic for fact in report.facts):
        click.echo(f"\n{topic.capitalize()}")
        for fact in report.facts:
            if fact.topic == topic:
                click.echo(f"  {fact.text}")
    click.echo("\nWithheld")
    for line in report.withheld or (nothing,):
        click.echo(f"  {line}")
    click.echo("\nWhat all this does not prove")
    for line in report.not_proved:
        click.echo(f"  {line}")


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], object] | None]:
    """Show on stderr how far a large file was hashed, if a person watches; stdout is for the report alone."""
    size = file.stat().st_size
    if size <= _SHOW_PROGRESS_BYTES or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=size, label="Checking", file=sys.stderr) as bar:
        yield bar.update


def _verify_evidence(file: Path, trust: dict[str, Any], *, as_json: bool) -> None:
    from comity.kernel.evidence import evidence_authority, verify_evidence

    data = read_file(file, _MAX_EVIDENCE_BYTES)
    authority = evidence_authority(data)
    if authority not in trust:
        raise PolicyError(f"{authority} is not in the trust folder; without its keys nothing can be said about it")
    found = verify_evidence(data, trust[authority])
    if as_json:
        print_json({"authority": found.authority, "type": found.type, "sentence": found.sentence})
        return
    click.echo(f"Proof of misbehaviour ({found.type}): {found.sentence}.")
    click.echo("It proves just this: both were signed with the log, root or statement keys of that authority.")
    click.echo("It does not say who gave the order, or why.")
