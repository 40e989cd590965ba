"""`comity desk`: an officer's work at a running node. Each call opens a session with a passphrase and ends it."""

import json
import mimetypes
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from comity.cli.options import (
    DIRECTORY,
    FILE,
    json_option,
    passphrase_option,
    print_json,
    read_file,
    read_passphrase,
    say,
)
from comity.errors import MalformedError


@dataclass(frozen=True, slots=True)
class _Login:
    node: Path
    officer: str
    passphrase_file: Path | None

    @contextmanager
    def session(self) -> Iterator[Any]:
        from comity.node.desk_client import desk_session

        passphrase = read_passphrase(self.passphrase_file, f"officer {self.officer}")
        with desk_session(self.node, self.officer, passphrase) as client:
            yield client


_login = click.make_pass_decorator(_Login)


@click.group()
@click.option("--node", type=DIRECTORY, required=True, help="The node's folder.")
@click.option("--officer", required=True, help="Who works at the desk.")
@passphrase_option("--passphrase-file", "File that holds the officer's passphrase.")
@click.pass_context
def desk(ctx: click.Context, node: Path, officer: str, passphrase_file: Path | None) -> None:
    """Work at a running node as an officer."""
    ctx.obj = _Login(node, officer, passphrase_file)


@desk.command("draft")
@click.argument("file", type=FILE)
@click.option("--to", "addressee", required=True, help="The authority it goes to.")
@click.option("--kind", default="request", show_default=True, help="What the statement is.")
@click.option("--case", default=None, help="Beginning of the case's id; without it a request opens a case.")
@click.option("--set", "settings", multiple=True, help="MEMBER=VALUE: a member of the body beside those of the file.")
@_login
def draft(login: _Login, file: Path, addressee: str, kind: str, case: str | None, settings: tuple[str, ...]) -> None:
    """Draft a statement whose body is in the TOML or JSON FILE; another officer approves it."""
    body = read_body(file) | parse_settings(settings)
    with login.session() as client:
        done = client.post("drafts", body={"kind": kind, "addressee": addressee, "body": body, "case": case})
    click.echo(f"draft {done['draft']}")


@desk.command("say")
@click.argument("file", type=FILE)
@click.option("--kind", default=None, help="What the statement is, where FILE does not say it.")
@click.option("--subject", default=None, help="Id of the statement that opened what this one belongs to.")
@click.option("--follows", multiple=True, help="Id of a statement that this one follows; may be repeated.")
@_login
def say_publicly(login: _Login, file: Path, kind: str | None, subject: str | None, follows: tuple[str, ...]) -> None:
    """Draft a statement to the public; another officer approves it.

    FILE, TOML or JSON, holds the body, or what `comity conduct draft` printed: the desk does not know the kinds of the
    observatory, and whoever drafts has the body checked there.
    """
    kind, body, drafted = read_said(file, kind)
    wanted = {
        "kind": kind,
        "body": body,
        "subject": subject or drafted.get("subject"),
        "follows": [*follows] or drafted.get("follows", []),
    }
    with login.session() as client:
        done = client.post("public-statements", body=wanted)
    click.echo(f"draft {done['draft']}")


@desk.command("public")
@click.argument("authority")
@click.option("--from", "start", default=0, show_default=True, help="Entry of its log from which to read.")
@json_option
@_login
def public(login: _Login, authority: str, start: int, *, as_json: bool) -> None:
    """List what AUTHORITY, this node's own or one that it follows, says to the public."""
    import base64

    from comity.kernel.envelope import parse_envelope
    from comity.kernel.statement import parse_statement

    with login.session() as client:
        found = client.get("public-statements", authority, **{"from": str(start)})
    if as_json:
        print_json(found)
        return
    for item in found["statements"]:
        said = parse_statement(parse_envelope(base64.b64decode(item["envelope"])).payload)
        click.echo(f"{item['id']}  entry {item['index']}  {item['logged_by']}  {said.kind}")
    for note in found["notes"]:
        say(note)
    if found["following"] is not None:
        say(f"more from entry {found['following']} on")


@desk.command("approve")
@click.argument("number", type=int)
@click.option("--urgent", is_flag=True, help="Make a checkpoint at once; it is counted.")
@_login
def approve(login: _Login, number: int, *, urgent: bool) -> None:
    """Sign, log and deliver draft NUMBER of another officer."""
    with login.session() as client:
        done = client.post("drafts", str(number), "approve", urgent="yes" if urgent else "no")
    if done["remark"]:
        say(done["remark"])
    click.echo(f"statement {done['statement']}")
    click.echo(f"case {done['case']}")


@desk.command("drafts")
@_login
def drafts(login: _Login) -> None:
    """List the drafts that wait for approval."""
    with login.session() as client:
        print_json(client.get("drafts"))


@desk.command("cases")
@json_option
@_login
def cases(login: _Login, *, as_json: bool) -> None:
    """List the cases, newest first."""
    with login.session() as client:
        found = client.get("cases")
    if as_json:
        print_json(found)
        return
    for item in found:
        click.echo(f"{item['case'][:12]}  {item['issued']}  asked by {item['asker']}")


@desk.command("case")
@click.argument("case")
@json_option
@_login
def show_case(login: _Login, case: str, *, as_json: bool) -> None:
    """Show the case whose id begins with CASE."""
    with login.session() as client:
        found = client.get("cases", case)
    if as_json:
        print_json(found)
        return
    click.echo(f"case {found['case'][:12]}: {found['asker']} asks {found['asked']}; {found['state']}")
    for item in found["timeline"]:
        place = "not logged yet" if item["logged_by"] is None else f"entry {item['log_index']}, witnessed"
        received = ", receipt held" if item["receipt"] else ""
        click.echo(f"  {item['issued']}  {item['issuer']:<24} {item['kind']:<14} {item['id'][:12]}  {place}{received}")
    for kept in found["keeping"]:
        click.echo(f"  kept until {kept['until']} by order of {kept['ordered_by']}: {kept['what']}")
    for state in found["exhibits"]:
        custody = state["custody_gap"] or "custody continuous"
        click.echo(f"  exhibit {state['exhibit']['exhibit']}: {state['exhibit']['name']}; {custody}")


@desk.command("refusals")
@_login
def refusals(login: _Login) -> None:
    """List the deliveries that were refused, newest first."""
    with login.session() as client:
        found = client.get("refusals")
    for item in found:
        click.echo(f"{item['at']}  {item['code']}: {item['message']}")


@desk.command("duties")
@_login
def duties(login: _Login) -> None:
    """List deliveries and fetches that a peer refused for good, with its reason."""
    with login.session() as client:
        found = client.get("duties", "failed")
    say(f"{len(found)} duties have failed")
    for item in found:
        click.echo(f"{item['kind']} {item['key'][:12]} to {item['addressee']}: {item['problem']}")


@desk.command("status")
@_login
def status(login: _Login) -> None:
    """Say how the node is."""
    with login.session() as client:
        print_json(client.get("status"))


@desk.command("evidence")
@click.argument("authority")
@click.option("-o", "--output", type=DIRECTORY, default=None, help="Write each piece into this folder.")
@_login
def evidence(login: _Login, authority: str, output: Path | None) -> None:
    """Show or write the evidence of misbehaviour of AUTHORITY that this node has kept."""
    with login.session() as client:
        found = client.get("evidence", authority)
    say(f"{len(found)} pieces of evidence about {authority}")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(found, 1):
        if output is None:
            click.echo(item["evidence"])
        else:
            path = output / f"{authority}-{number}.json"
            path.write_text(item["evidence"], encoding="utf-8")
            click.echo(str(path))


@desk.command("package")
@click.argument("evidence_path", metavar="PATH", type=click.Path(path_type=Path, exists=True))
@click.option("--case", required=True, help="Beginning of the case's id.")
@click.option("--request", required=True, help="Id of the request that it answers, or its beginning.")
@click.option("--item", "items", multiple=True, required=True, help="Item of the request; may be repeated.")
@click.option("--acquired-from", required=True, help="Whom the evidence was taken over from.")
@click.option("--acquired-at", default=None, help="When, as YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.option("--why", required=True, help="On what ground it was taken over.")
@click.option("--description", default=None, help="What it is; the file's name by default.")
@click.option("--label", default=None, help="A warning that goes with it.")
@_login
def package(
    login: _Login,
    evidence_path: Path,
    case: str,
    request: str,
    items: tuple[str, ...],
    acquired_from: str,
    acquired_at: str | None,
    why: str,
    description: str | None,
    label: str | None,
) -> None:
    """Encrypt the file or folder PATH to the asker and draft the package that answers the request."""
    from comity.exchange.package import list_folder, open_regular, safe_name

    if evidence_path.is_dir():
        files = [(item.path, item.name, item.found_as) for item in list_folder(evidence_path)]
    else:
        files = [(evidence_path, safe_name(evidence_path.name), evidence_path.name)]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with login.session() as client:
        view = client.get("cases", case)
        taken = len(view["exhibits"])
        exhibits = []
        for number, (path, name, found_as) in enumerate(files, taken + 1):
            query = {
                "exhibit": f"E{number}",
                "name": name,
                "description": description or f"file {found_as}",
                "media_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
            }
            if label is not None:
                query["label"] = label
            with open_regular(path) as source:
                exhibits.append(client.upload("cases", view["case"], "exhibits", source=source, **query))
            say(f"E{number}: {name}, {exhibits[-1]['size']} bytes, SHA-256 {exhibits[-1]['digest'][:16]}…, encrypted")
        full = next((item["id"] for item in view["timeline"] if item["id"].startswith(request)), request)
        done = client.post(
            "cases",
            view["case"],
            "packages",
            body={
                "request": full,
                "items": list(items),
                "exhibits": exhibits,
                "acquired_from": acquired_from,
                "acquired_at": acquired_at or now,
                "why": why,
            },
        )
    click.echo(f"draft {done['draft']}")


@desk.command("open")
@click.argument("package_id", metavar="PACKAGE")
@_login
def open_package(login: _Login, package_id: str) -> None:
    """Decrypt the exhibits of PACKAGE, compare digests, and draft `opened` or `mismatch`."""
    with login.session() as client:
        done = client.post("packages", package_id, "open")
    say("every digest is as the package states" if done["kind"] == "opened" else "an exhibit is NOT what was sent")
    click.echo(f"draft {done['draft']}")


def read_body(path: Path) -> dict[str, Any]:
    """Read the body of a draft from TOML or JSON.

    Raises:
        MalformedError: it is neither.
    """
    data = read_file(path)
    try:
        text = data.decode("utf-8")
        value = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (UnicodeDecodeError, ValueError) as exc:
        raise MalformedError(f"{path}: {exc}") from exc
    if not isinstance(value, dict):
        raise MalformedError(f"{path}: a body is a table of members")
    return value


def read_said(path: Path, kind: str | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Read kind, body and whatever stands beside them in a record; or a body alone, where `kind` is given.

    Raises:
        MalformedError: it is neither TOML nor JSON, no kind is known, or the record is of another kind.
    """
    held = read_body(path)
    told, body = held.get("kind"), held.get("body")
    if not isinstance(told, str) or not isinstance(body, dict):
        if kind is None:
            raise MalformedError(f"{path} holds a body alone; name what it is with --kind")
        return kind, held, {}
    if kind not in {None, told}:
        raise MalformedError(f"{path} is a record of kind {told!r}, not {kind!r}")
    return told, body, held


def parse_settings(settings: tuple[str, ...]) -> dict[str, Any]:
    """Read MEMBER=VALUE pairs; a value that is JSON is taken as JSON.

    Raises:
        MalformedError: one has no equals sign.
    """
    found: dict[str, Any] = {}
    for item in settings:
        name, equals, text = item.partition("=")
        if not equals:
            raise MalformedError(f"--set {item!r} is not of the form MEMBER=VALUE")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
