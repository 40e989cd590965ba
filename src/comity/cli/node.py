"""`comity init`, `comity card`, `comity witnesses`: make a node, show it to others, name its witnesses."""

import sys
from pathlib import Path

import click

from comity.cli.options import (
    FILE,
    node_argument,
    passphrase_option,
    read_file,
    read_passphrase,
    say,
    write_new,
)


@click.command()
@node_argument
@click.option("--authority", required=True, help="Name, such as prt.contact-point: participant, dot, body.")
@click.option("--title", required=True, help="The body's own name, in its own language.")
@click.option("--competence", "competences", multiple=True, help="Such as contact_point; may be repeated.")
@click.option("--root-key", type=FILE, required=True, help="Where to write the root key: outside the folder, offline.")
@passphrase_option("--root-passphrase-file", "File that holds the passphrase of the root key.")
@passphrase_option("--passphrase-file", "File that holds the passphrase of the service keys.")
@click.option("--public-port", type=int, default=8440, show_default=True)
@click.option("--desk-port", type=int, default=8441, show_default=True)
@click.option("--public-url", default=None, help="Under which peers reach the public listener.")
@click.option("--checkpoint-seconds", type=float, default=60.0, show_default=True)
@click.option(
    "--exercise", is_flag=True, help="An exercise node: it refuses live statements, live ones refuse its own."
)
def init(
    directory: Path,
    authority: str,
    title: str,
    competences: tuple[str, ...],
    root_key: Path,
    root_passphrase_file: Path | None,
    passphrase_file: Path | None,
    public_port: int,
    desk_port: int,
    public_url: str | None,
    checkpoint_seconds: float,
    *,
    exercise: bool,
) -> None:
    """Make a node in DIRECTORY: keys, an empty log, the first keys statement."""
    from comity.kernel.trust import participant_of
    from comity.node.inception import create_node
    from comity.node.settings import Settings
    from comity.parties.participants import participant

    settings = Settings(
        authority=authority,
        participant=participant(participant_of(authority)).code,
        title=title,
        competences=tuple(sorted(set(competences))),
        exercise=exercise,
        public_url=public_url or f"http://127.0.0.1:{public_port}",
        public_port=public_port,
        desk_port=desk_port,
        checkpoint_seconds=checkpoint_seconds,
    )
    card_made = create_node(
        directory,
        settings,
        root_file=root_key,
        root_passphrase=read_passphrase(root_passphrase_file, "the root key", confirm=True),
        service_passphrase=read_passphrase(passphrase_file, "the service keys", confirm=True),
    )
    say(f"{authority} begins in {directory}; its card is {directory / 'card.json'}")
    say(f"take {root_key} offline; without it no key can ever be added or revoked")
    say("the card is whole, and has the fingerprint to tell others, once 'comity witnesses' has named its witnesses")
    click.echo(f"root fingerprint  {card_made.root.fingerprint()}")


@click.command()
@node_argument
@click.option("-o", "--output", type=FILE, default=None, help="Write the card there instead of printing it.")
def card(directory: Path, output: Path | None) -> None:
    """Print the card of the node in DIRECTORY, with its policy once witnesses are named.

    Its fingerprint goes to stderr. Whoever gets the card must be told it by another way.
    """
    from comity.node.inception import load_card

    shown = load_card(directory)
    data = shown.encode()
    if output is None:
        # A card has one spelling, without a newline, and what goes into a file is to be one.
        click.echo(data.decode(), nl=sys.stdout.isatty())
    else:
        write_new(output, data)
    if shown.policy:
        say(f"card fingerprint {shown.fingerprint()}; read it out to whoever gets the card")
    else:
        say("the card has no policy yet, so nobody can recognise it: name witnesses with 'comity witnesses' first")


@click.command()
@node_argument
@click.argument("cards", nargs=-1, required=True, type=FILE)
@click.option("--quorum", type=int, required=True, help="How many of them must cosign a checkpoint.")
def witnesses(directory: Path, cards: tuple[Path, ...], quorum: int) -> None:
    """Name the authorities whose CARDS are given as witnesses of the log of the node in DIRECTORY.

    This makes the node's own card whole; its fingerprint is printed.
    """
    from comity.node.inception import load_card, name_witnesses, parse_card

    parsed = [parse_card(read_file(path)) for path in cards]
    name_witnesses(directory, parsed, quorum)
    say(f"{quorum} of {len(parsed)} witnesses must cosign: {', '.join(card.authority for card in parsed)}")
    click.echo(f"card fingerprint  {load_card(directory).fingerprint()}")
