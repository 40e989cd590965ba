"""`comity trust`: a viewer's recognitions, each with how the authority's card was checked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.options import (
    DIRECTORY,
    FILE,
    json_option,
    print_json,
    read_file,
    say,
)
from comity.errors import MalformedError, VerificationError

if TYPE_CHECKING:
    from comity.kernel.key import PublicPair
    from comity.node.inception import Card

_WAYS = ("note-verbale", "register", "call-back", "meeting")


@click.group()
def trust() -> None:
    """Keep a trust folder: whose root key is whose, and how that was checked."""


@trust.command("add")
@click.argument("folder", type=DIRECTORY)
@click.argument("cards", nargs=-1, required=True, type=FILE)
@click.option("--how", type=click.Choice(_WAYS), required=True, help="How the card's fingerprint was checked.")
@click.option("--fingerprint", default=None, help="The card's fingerprint as it was told.")
@click.option("--remark", default="", help="Such as the number of the note verbale.")
@click.option("--replace", is_flag=True, help="Put another root, log, policy or URL in place of the known one.")
def add(
    folder: Path, cards: tuple[Path, ...], how: str, fingerprint: str | None, remark: str, *, replace: bool
) -> None:
    """Recognise the authorities whose CARDS are given, in FOLDER (a node's `trust`, or a reader's own).

    The keys of their witnesses are compared with the other CARDS, and with the node's own.
    """
    from comity.kernel.trust import Checked
    from comity.node.inception import check_witness_keys, parse_card, recognition_of
    from comity.parties.trust_folder import add_recognition

    if fingerprint is not None and len(cards) != 1:
        raise MalformedError("--fingerprint is for one card at a time")
    parsed = [parse_card(read_file(path)) for path in cards]
    now = datetime.now(UTC)
    recognitions = [recognition_of(card, checked=Checked(how), checked_on=now, remark=remark) for card in parsed]
    if fingerprint is not None:
        _check_told(fingerprint, parsed[0])
    known = _witness_pairs(folder, parsed)
    unknown = [(card.authority, name) for card in parsed for name in check_witness_keys(card, known)]
    for card, recognition in zip(parsed, recognitions, strict=True):
        add_recognition(folder, recognition, replace=replace)
        say(f"{card.authority} is recognised; card fingerprint {card.fingerprint()}")
    for authority, name in unknown:
        say(f"witness {name} of {authority}: its key was not compared with {name}'s own card")


def _check_told(told: str, card: "Card") -> None:
    """Compare what was told with the card; the digits count, however they are grouped."""
    digits = _digits(told)
    if digits == _digits(card.root.fingerprint()):
        raise VerificationError(
            f"the fingerprint told is that of the root of {card.authority}, which leaves out log, policy and URL; "
            f"ask for the fingerprint of its card"
        )
    if digits != _digits(card.fingerprint()):
        raise VerificationError(
            f"the fingerprint told is not that of the card of {card.authority}: do not use this card"
        )


def _witness_pairs(folder: Path, cards: "Sequence[Card]") -> "dict[str, PublicPair]":
    """Return the witness pairs of the cards by authority, and that of the node whose trust folder it is."""
    from comity.node.context import TRUST
    from comity.node.inception import load_card
    from comity.node.settings import FILE_NAME

    known = {card.authority: card.witness for card in cards}
    if len(known) != len(cards):
        raise MalformedError("two of the cards are of the same authority; give one of each")
    place = folder.resolve()
    if place.name == TRUST and (place.parent / FILE_NAME).exists():
        own = load_card(place.parent)
        # Nobody knows the node's own key better than the node.
        known[own.authority] = own.witness
    return known


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@trust.command("list")
@click.argument("folder", type=DIRECTORY)
@json_option
def list_recognitions(folder: Path, *, as_json: bool) -> None:
    """List the recognitions in FOLDER with the fingerprints of their roots."""
    from comity.kernel.canonical import format_time
    from comity.parties.trust_folder import load_trust

    found = load_trust(folder)
    if as_json:
        print_json(
            [
                {
                    "authority": item.authority,
                    "checked": str(item.checked),
                    "checked_on": format_time(item.checked_on),
                    "fingerprint": item.root.fingerprint(),
                    "remark": item.remark,
                    "url": item.url,
                }
                for item in found.values()
            ]
        )
        return
    for item in found.values():
        click.echo(f"{item.authority}  {item.root.fingerprint()}")
        click.echo(f"  {item.checked} on {item.checked_on:%Y-%m-%d}{', ' + item.remark if item.remark else ''}")
