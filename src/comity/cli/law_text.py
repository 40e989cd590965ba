"""`comity law text`: load the certified text of an instrument and confirm the rules that rest on it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.law_options import day_of, instrument_of, law_folder, reading
from comity.cli.options import FILE, json_option, print_json, read_file, say
from comity.errors import MalformedError, NotFoundError, PolicyError

if TYPE_CHECKING:
    from comity.law.folder import LawFolder, LoadedText
    from comity.law.register import Register


@click.group()
def text() -> None:
    """Load the text of an instrument, and confirm the tables' words against it."""


@text.command("import")
@click.argument("file", type=FILE)
@click.option("--instrument", default="hanoi", show_default=True, help="Whose text it is.")
@json_option
@click.pass_obj
def import_text(folder: Path | None, file: Path, instrument: str, *, as_json: bool) -> None:
    """Recognise the articles and paragraphs of FILE and keep them in the law folder.

    FILE is plain text, Markdown or HTML. Rules that rest on memory go on to warn only, until they are confirmed. What
    was confirmed of an earlier FILE stays so where the new one says the same.
    """
    from comity.law.folder import LoadedText
    from comity.law.text import parse_text

    target = law_folder(folder)
    register = target.tables()
    key = instrument_of(register, instrument)
    with reading(file):
        read = parse_text(read_file(file))
    wanted = {row.provision for row in register.provisions if row.instrument == key}
    articles = {name for name in wanted if "(" not in name}
    missing = sorted(wanted - set(read.parts), key=_order)
    extra = sorted(set(read.articles) - articles, key=_order)
    if len(articles & set(read.articles)) * 2 < len(articles):
        raise PolicyError(
            f"{file} has {len(read.articles)} articles, of which {len(articles & set(read.articles))} are among the "
            f"{len(articles)} of {key} in the tables; is it the text of another instrument?"
        )
    earlier = _loaded(target, key) or LoadedText(instrument=key, text=read, readings=())
    loaded, dropped = earlier.renewed(read)
    kept = target.keep_text(loaded)
    confirmed = [row.provision for row in loaded.readings]
    if as_json:
        print_json(
            {
                "instrument": key,
                "sha256": read.sha256,
                "articles": list(read.articles),
                "missing": missing,
                "confirmed": confirmed,
                "dropped": list(dropped),
            }
        )
        return
    say(f"kept in {kept}")
    click.echo(f"{key}: {len(read.articles)} articles recognised, sha256 {read.sha256}")
    strange = _strange_titles(read.titles, {row.provision: row.title for row in register.provisions_of(key)})
    if strange:
        click.echo(f"titles of {strange} articles share no word with the tables': is it this instrument, in English?")
    if missing:
        click.echo(f"in the tables and not in the text: {', '.join(missing)}")
    if extra:
        click.echo(f"in the text and not in the tables: {', '.join(extra)}")
    if dropped:
        click.echo(f"the text of these is another one, and they are no longer confirmed: {', '.join(dropped)}")
    if confirmed:
        click.echo(f"still confirmed: {', '.join(confirmed)}")
    else:
        click.echo(f"nothing is confirmed yet: comity law text confirm {key} --by NAME")


@text.command("show")
@click.argument("instrument")
@click.argument("provision", required=False)
@click.pass_obj
def show(folder: Path | None, instrument: str, provision: str | None) -> None:
    """Show the loaded text of PROVISION of INSTRUMENT beside the tables' words, or what is confirmed of all."""
    from comity.law.readings import rules_on, standing_readings

    target = law_folder(folder)
    register = target.tables()
    key = instrument_of(register, instrument)
    loaded = target.text(key)
    if provision is None:
        standing = {row.provision for row in standing_readings(register, loaded.readings)}
        for name in loaded.text.articles:
            below = [row.provision for row in loaded.readings if row.provision.partition("(")[0] == name]
            held = [other for other in below if other in standing]
            lapsed = [other for other in below if other not in standing]
            state = f"confirmed: {', '.join(held)}" if held else "not confirmed"
            state += f"; of these the tables now say something else: {', '.join(lapsed)}" if lapsed else ""
            click.echo(f"{name:>3}  {loaded.text.titles[name][:60]:<60}  {state}")
        return
    click.echo(_part(loaded, provision))
    click.echo("")
    for line in rules_on(register, key, provision) or ("the tables have no rule on it",):
        click.echo(f"  {line}")


@text.command("confirm")
@click.argument("instrument")
@click.argument("provisions", nargs=-1)
@click.option("--by", required=True, help="Who has read the text and confirms.")
@click.option("--all", "everything", is_flag=True, help="Confirm every provision that the text has.")
@click.pass_obj
def confirm(folder: Path | None, instrument: str, provisions: tuple[str, ...], by: str, *, everything: bool) -> None:
    """Confirm that the tables' words on PROVISIONS of INSTRUMENT are what its loaded text says.

    Without PROVISIONS or --all, each that is not confirmed is shown with its text and asked about; every answer is kept
    at once. What is confirmed counts as read in the text, as long as the tables say the same.
    """
    from comity.law.readings import rules_on, standing_readings

    target = law_folder(folder)
    register = target.tables()
    key = instrument_of(register, instrument)
    loaded = target.text(key)
    if by.strip() != by or not by:
        raise MalformedError("--by is the name of whoever confirms")
    known = sorted((row.provision for row in register.provisions if row.instrument == key), key=_order)
    absent = [name for name in provisions if name not in loaded.text.parts]
    if absent:
        raise NotFoundError(f"the text of {key} has no {', '.join(absent)}; comity law text show {key} lists it")
    chosen = provisions or tuple(name for name in known if name in loaded.text.parts)
    if provisions or everything:
        loaded = _confirmed(target, loaded, register, chosen, by)
    else:
        standing = {row.provision for row in standing_readings(register, loaded.readings)}
        asked, chosen = [name for name in chosen if name not in standing], ()
        for name in asked:
            if _asked(loaded, name, rules_on(register, key, name)):
                loaded, chosen = _confirmed(target, loaded, register, (name,), by), (*chosen, name)
    in_all = len(standing_readings(register, loaded.readings))
    click.echo(f"{len(chosen)} provisions of {key} confirmed by {by}, {in_all} in all")
    done = {row.provision for row in loaded.readings}
    left = [name for name in known if name not in done and name not in loaded.text.parts]
    if left:
        click.echo(f"not in the text under the tables' numbers, and not confirmed: {', '.join(left)}")


def _confirmed(
    target: "LawFolder", loaded: "LoadedText", register: "Register", provisions: tuple[str, ...], by: str
) -> "LoadedText":
    """Keep that provisions were confirmed, and return the text with these readings."""
    from comity.law.folder import LoadedText
    from comity.law.readings import Reading, rules_digest, rules_on

    readings = {row.provision: row for row in loaded.readings}
    for name in provisions:
        readings[name] = Reading(
            instrument=loaded.instrument,
            provision=name,
            digest=rules_digest(rules_on(register, loaded.instrument, name)),
            text_sha256=loaded.text.sha256,
            by=by,
            on=day_of(None),
        )
    kept = tuple(readings[name] for name in sorted(readings, key=_order))
    found = LoadedText(instrument=loaded.instrument, text=loaded.text, readings=kept)
    target.keep_text(found)
    return found


def _loaded(target: "LawFolder", instrument: str) -> "LoadedText | None":
    """Return the text that is kept of an instrument, or None where there is none that can be read."""
    try:
        return target.text(instrument)
    except NotFoundError:
        return None
    except MalformedError as exc:
        say(f"what was kept and confirmed before is lost: {exc.message}")
        return None


def _asked(loaded: "LoadedText", name: str, rules: tuple[str, ...]) -> bool:
    click.echo(f"\n{_part(loaded, name)}\n")
    for line in rules:
        click.echo(f"  {line}")
    return click.confirm("  do these words say what the text says?", default=False, err=True)


def _part(loaded: "LoadedText", provision: str) -> str:
    found = loaded.text.part(provision)
    if found is None:
        raise NotFoundError(f"the text of {loaded.instrument} has no {provision}")
    title = loaded.text.titles.get(provision.partition("(")[0], "")
    return f"{loaded.instrument} {provision}  {title}\n{found}"


def _strange_titles(titles: dict[str, str], known: dict[str, str]) -> int:
    """Count the articles whose title in a text shares no word with that in the tables."""

    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]{4,}", text.casefold()))

    both = ((words(title), words(known.get(name, ""))) for name, title in titles.items())
    return sum(bool(ours and theirs) and not ours & theirs for theirs, ours in both)


def _order(provision: str) -> tuple[int, ...] | tuple[int, int, str]:
    parts = provision.replace(")", "").split("(")
    return tuple(int(part) if part.isdigit() else ord(part[0]) for part in parts)
