"""`comity trust`: a viewer's recognitions, each with how its root was checked."""

from datetime import UTC, datetime
from pathlib import Path

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

_WAYS = ("note-verbale", "register", "call-back", "meeting")


@click.group()
def trust() -> None:
    """Keep a trust folder: whose root key is whose, and how that was checked."""


@trust.command("add")
@click.argument("folder", type=DIRECTORY)
@click.argument("cards", nargs=-1, required=True, type=FILE)
@click.option("--how", type=click.Choice(_WAYS), required=True, help="How the root's fingerprint was checked.")
@click.option("--fingerprint", default=None, help="The fingerprint as it was told; compared with the card's.")
@click.option("--remark", default="", help="Such as the number of the note verbale.")
@click.option("--replace", is_flag=True, help="Put another root in place of the recognised one.")
def add(
    folder: Path, cards: tuple[Path, ...], how: str, fingerprint: str | None, remark: str, *, replace: bool
) -> None:
    """Recognise the authorities whose CARDS are given, in FOLDER (a node's `trust`, or a reader's own)."""
    from comity.kernel.policy import parse_policy
    from comity.kernel.trust import Checked, Recognition
    from comity.node.inception import parse_card
    from comity.parties.trust_folder import add_recognition

    if fingerprint is not None and len(cards) != 1:
        raise MalformedError("--fingerprint is for one card at a time")
    parsed = [parse_card(read_file(path)) for path in cards]
    for card in parsed:
        if not card.policy:
            raise MalformedError(f"the card of {card.authority} has no policy yet; its node must name witnesses first")
        if fingerprint is not None and _digits(fingerprint) != _digits(card.root.fingerprint()):
            raise VerificationError(
                f"the fingerprint told is not that of the card of {card.authority}: do not use this card"
            )
    for card in parsed:
        recognition = Recognition(
            authority=card.authority,
            participant=card.participant,
            root=card.root,
            log=card.log,
            policy=parse_policy(card.policy),
            url=card.url,
            checked=Checked(how),
            checked_on=datetime.now(UTC).replace(microsecond=0),
            remark=remark,
        )
        add_recognition(folder, recognition, replace=replace)
        say(f"{card.authority} is recognised; root fingerprint {card.root.fingerprint()}")


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@trust.command("list")
@click.argument("folder", type=DIRECTORY)
@json_option
def list_recognitions(folder: Path, *, as_json: bool) -> None:
    """List the recognitions in FOLDER with the fingerprints to read out on the telephone."""
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
