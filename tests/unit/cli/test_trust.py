"""What `comity trust`, `card`, `witnesses` and `init` compare, refuse and say about cards."""

import json
import re
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from comity.cli.node import card as card_command
from comity.cli.node import init, witnesses
from comity.cli.trust import trust
from comity.errors import ConflictError, Error, MalformedError, VerificationError
from comity.kernel.policy import write_policy
from comity.node.inception import Card, create_node, load_card, name_witnesses, parse_card
from comity.parties.trust_folder import load_trust
from support.nodes import ASKED, ASKER, SECRET, THIRD, settings_of
from support.world import key_pair

AUTHORITIES = (ASKER, ASKED, THIRD)


def card_of(authority: str, **changes: object) -> Card:
    """Return the card of an authority whose log the two others witness."""
    log = key_pair(f"{authority}/log").public
    others = [(key_pair(f"{name}/witness").public, None) for name in AUTHORITIES if name != authority]
    values: dict[str, object] = {
        "authority": authority,
        "participant": authority[:3].upper(),
        "title": f"Centre {authority}",
        "url": f"https://{authority}.example",
        "root": key_pair(f"{authority}/root").public,
        "log": log,
        "witness": key_pair(f"{authority}/witness").public,
        "policy": write_policy(log, f"https://{authority}.example/log", others, 1),
    }
    return Card(**(values | changes))  # type: ignore[arg-type]


def with_another_log(card: Card) -> Card:
    """Return the card as an attacker changes it on its way: the root and its fingerprint are the authority's own."""
    log = key_pair(card.log.name, 2).public
    witness = (key_pair(f"{THIRD}/witness").public, None)
    return replace(card, log=log, policy=write_policy(log, None, [witness], 1))


def run(command: click.Command, *arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(item) for item in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "court"


class Cards:
    """Writes cards to files and gives them to `comity trust add`."""

    def __init__(self, place: Path, folder: Path) -> None:
        self.place = place
        self.folder = folder
        self.written = 0

    def write(self, card: Card) -> Path:
        self.written += 1
        path = self.place / f"card-{self.written}.json"
        path.write_bytes(card.encode())
        return path

    def add(self, *cards: Card, told: str | None = None, more: tuple[str, ...] = ()) -> Result:
        arguments = [str(self.write(card)) for card in cards] + ["--how", "meeting", *more]
        return run(trust, "add", self.folder, *arguments, *(() if told is None else ("--fingerprint", told)))

    def refused(self, *cards: Card, told: str | None = None) -> Error:
        before = self.files()
        result = self.add(*cards, told=told)
        assert isinstance(result.exception, Error)
        assert self.files() == before
        return result.exception

    def files(self) -> dict[str, bytes]:
        if not self.folder.exists():
            return {}
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture
def cards(tmp_path: Path, folder: Path) -> Cards:
    return Cards(tmp_path, folder)


def make_node(directory: Path, authority: str) -> Card:
    return create_node(
        directory,
        settings_of(authority),
        root_file=directory.parent / "safe" / f"{authority}.age",
        root_passphrase=SECRET,
        service_passphrase=SECRET,
    )


# The fingerprint that was told.


@pytest.mark.parametrize("spelled", ["{}", "card fingerprint {}; read it out to whoever gets the card"])
def test_a_card_is_recognised_by_the_fingerprint_of_the_whole_card(cards: Cards, folder: Path, spelled: str) -> None:
    card = card_of(ASKER)
    result = cards.add(card, told=spelled.format(card.fingerprint()))
    assert result.exit_code == 0
    assert f"{ASKER} is recognised; card fingerprint {card.fingerprint()}" in result.stderr
    assert load_trust(folder)[ASKER].policy.text == card.policy


@pytest.mark.parametrize(
    "changes", [{"url": "https://evil.example"}, {"witness": key_pair(f"{ASKER}/witness", 2).public}, {"title": "x"}]
)
def test_a_card_that_was_changed_on_its_way_is_refused(cards: Cards, changes: dict[str, object]) -> None:
    card = card_of(ASKER)
    for tampered in (replace(card, **changes), with_another_log(card)):  # type: ignore[arg-type]
        assert tampered.root == card.root
        exc = cards.refused(tampered, told=card.fingerprint())
        assert isinstance(exc, VerificationError)
        assert exc.message == f"the fingerprint told is not that of the card of {ASKER}: do not use this card"


def test_the_fingerprint_of_the_root_is_not_enough(cards: Cards) -> None:
    exc = cards.refused(with_another_log(card_of(ASKER)), told=card_of(ASKER).root.fingerprint())
    assert isinstance(exc, VerificationError)
    assert "ask for the fingerprint of its card" in exc.message


def test_a_fingerprint_is_for_one_card(cards: Cards) -> None:
    assert isinstance(cards.refused(card_of(ASKER), card_of(ASKED), told="1"), MalformedError)
    assert "two of the cards" in cards.refused(card_of(ASKER), card_of(ASKER)).message
    assert "has no policy yet" in cards.refused(card_of(ASKED), card_of(ASKER, policy="")).message


# A later card.


def test_a_later_card_with_the_same_root_replaces_nothing_silently(cards: Cards, folder: Path) -> None:
    card = card_of(ASKER)
    assert cards.add(card).exit_code == 0
    moved = replace(card, url="https://evil.example")
    for other, what in ((moved, "URL"), (with_another_log(card), "log key"), (with_another_log(card), "policy")):
        exc = cards.refused(other)
        assert isinstance(exc, ConflictError)
        assert what in exc.message
    assert cards.add(card, more=("--remark", "NV 2026/118")).exit_code == 0
    assert load_trust(folder)[ASKER].remark == "NV 2026/118"
    assert cards.add(moved, more=("--replace",)).exit_code == 0
    assert load_trust(folder)[ASKER].url == "https://evil.example"


# Keys of witnesses.


def test_witness_keys_that_the_cards_confirm_are_not_spoken_of(cards: Cards, folder: Path) -> None:
    result = cards.add(*(card_of(name) for name in AUTHORITIES))
    assert result.exit_code == 0
    assert "was not compared" not in result.stderr
    assert set(load_trust(folder)) == set(AUTHORITIES)


def test_witness_keys_that_nothing_confirms_are_named(cards: Cards) -> None:
    result = cards.add(card_of(ASKER), card_of(ASKED))
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if line.startswith("witness ")] == [
        f"witness {THIRD} of {name}: its key was not compared with {THIRD}'s own card" for name in (ASKER, ASKED)
    ]


def test_cards_that_give_one_witness_two_keys_are_all_refused(cards: Cards) -> None:
    impostor = card_of(ASKED, witness=key_pair(f"{ASKED}/witness", 2).public)
    exc = cards.refused(impostor, card_of(ASKER))
    assert isinstance(exc, VerificationError)
    assert f"the card of {ASKER} names another key for its witness {ASKED} than the card of {ASKED}" in exc.message


def test_a_node_compares_with_its_own_card(tmp_path: Path) -> None:
    own = make_node(tmp_path / "node", ASKED)
    cards = Cards(tmp_path, tmp_path / "node" / "trust")
    log = card_of(ASKER).log
    assert isinstance(cards.refused(card_of(ASKER)), VerificationError)
    honest = card_of(ASKER, policy=write_policy(log, None, [(own.witness, None)], 1))
    result = cards.add(honest)
    assert result.exit_code == 0
    assert "was not compared" not in result.stderr


# What a node shows.


def digits(text: str) -> str:
    found = re.search(r"\d{5}(?: \d{5}){7}", text)
    assert found is not None
    return found[0]


def test_a_node_tells_the_fingerprint_of_its_card_once_the_card_is_whole(tmp_path: Path, cards: Cards) -> None:
    node = tmp_path / "node"
    make_node(node, ASKER)
    early = run(card_command, node)
    assert "name witnesses with 'comity witnesses' first" in early.stderr
    assert not re.search(r"\d{5} \d{5}", early.stderr)

    named = run(witnesses, node, cards.write(card_of(ASKED)), "--quorum", "1")
    card = load_card(node)
    assert named.stdout == f"card fingerprint  {card.fingerprint()}\n"

    shown = run(card_command, node)
    assert parse_card(shown.stdout_bytes) == card
    assert shown.stderr == f"card fingerprint {card.fingerprint()}; read it out to whoever gets the card\n"

    written = run(card_command, node, "-o", tmp_path / "out.json")
    assert (written.stdout, written.stderr) == ("", shown.stderr)
    assert (tmp_path / "out.json").read_bytes() == card.encode()
    assert cards.add(card, told=written.stderr).exit_code == 0


def test_another_choice_of_witnesses_is_another_fingerprint(tmp_path: Path) -> None:
    node = tmp_path / "node"
    make_node(node, ASKER)
    found = set()
    for names in ((ASKED,), (THIRD,), (ASKED, THIRD)):
        name_witnesses(node, [card_of(name) for name in names], 1)
        found.add(load_card(node).fingerprint())
    assert len(found) == 3


def test_init_and_the_list_show_the_root_s_fingerprint(tmp_path: Path, cards: Cards, folder: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    options = [
        "--authority",
        ASKER,
        "--title",
        "Centre",
        "--exercise",
        "--root-key",
        str(tmp_path / "safe" / "root.age"),
    ]
    files = ["--passphrase-file", str(secret), "--root-passphrase-file", str(secret)]
    made = run(init, tmp_path / "node", *options, *files)
    card = load_card(tmp_path / "node")
    assert made.stdout == f"root fingerprint  {card.root.fingerprint()}\n"
    assert "comity witnesses" in made.stderr

    cards.add(card_of(ASKED))
    listed = run(trust, "list", folder, "--json")
    assert json.loads(listed.stdout)[0]["fingerprint"] == card_of(ASKED).root.fingerprint()
    assert digits(run(trust, "list", folder).stdout) == card_of(ASKED).root.fingerprint()
