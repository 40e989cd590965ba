"""How a node begins and its keys change: all or nothing, under the root that peers recognise."""

import errno
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.errors import (
    ConflictError,
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    StoreError,
    UnauthenticatedError,
    VerificationError,
)
from comity.kernel.canonical import encode_json, parse_object
from comity.kernel.key import MLDSA44, Role, encode_vkey
from comity.kernel.trust import Checked
from comity.log.designations import own_keys_places
from comity.log.state import append_pending, read_state
from comity.node import inception
from comity.node.context import POLICY, SERVICE_KEYS, open_stores
from comity.node.inception import (
    Card,
    add_officer,
    check_witness_keys,
    create_node,
    current_designation,
    load_card,
    name_witnesses,
    parse_card,
    recognition_of,
    reissue_keys,
    work_factor_of,
)
from comity.node.keyring import EXERCISE_WORK_FACTOR, WORK_FACTOR, create_root, officer_path, open_root, open_service
from comity.node.settings import FILE_NAME, Settings, load_settings
from comity.store.files import RealFiles
from support.nodes import ASKED, ASKER, SECRET, START, THIRD, WRONG, RunningNode, settings_of
from support.world import key_pair


@pytest.fixture
def root_file(tmp_path: Path) -> Path:
    return tmp_path / "safe" / "root.age"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "node"


def make(
    folder: Path, root_file: Path, settings: Settings | None = None, *, root: str = SECRET, service: str = SECRET
) -> Card:
    return create_node(
        folder,
        settings or settings_of(ASKER),
        root_file=root_file,
        root_passphrase=root,
        service_passphrase=service,
        now=lambda: START,
    )


# The beginning.


def test_a_node_begins_with_keys_a_log_and_its_first_keys_statement(folder: Path, root_file: Path) -> None:
    card = make(folder, root_file)
    service = open_service(folder / SERVICE_KEYS, SECRET)
    root = open_root(root_file, SECRET)
    assert (card.root, card.log, card.witness) == (root.pair.public, service.log.public, service.witness.public)
    assert load_card(folder) == card
    assert load_settings(folder) == settings_of(ASKER)
    _, database, _, _ = open_stores(folder)
    first = current_designation(database, ASKER)
    database.close()
    assert first.number == 1
    assert {pair.role for pair in first.pairs} == {Role.LOG, Role.WITNESS, Role.SERVICE}
    assert {path.stat().st_mode & 0o077 for path in (folder, folder / SERVICE_KEYS, folder / "node.db")} == {0}


def test_a_folder_with_a_node_is_left_alone(folder: Path, root_file: Path) -> None:
    make(folder, root_file)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ConflictError, match="holds a node already"):
        make(folder, root_file.with_name("other.age"))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not root_file.with_name("other.age").exists()


def test_the_root_key_never_lies_in_the_nodes_folder(folder: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("link").symlink_to(folder)
    for file in (folder / "root.age", folder / "safe" / "root.age", tmp_path / "link" / "root.age"):
        with pytest.raises(PolicyError, match="keep it offline"):
            make(folder, file)
        assert not file.exists()


@pytest.mark.parametrize("which", ["root", "service"])
def test_a_short_passphrase_makes_nothing(folder: Path, root_file: Path, which: str) -> None:
    with pytest.raises(MalformedError, match="at least 8 wanted"):
        make(folder, root_file, **{which: "short"})  # type: ignore[arg-type]
    assert not folder.exists()
    assert not root_file.exists()
    make(folder, root_file)


@pytest.mark.parametrize("broken", range(4))
def test_a_beginning_that_failed_is_no_node(
    folder: Path, root_file: Path, monkeypatch: pytest.MonkeyPatch, broken: int
) -> None:
    writes, write = [0], RealFiles.write

    def full(self: RealFiles, path: Path, chunks: list[bytes]) -> None:
        writes[0] += 1
        if writes[0] > broken:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, path, chunks)

    with monkeypatch.context() as patched:
        patched.setattr(RealFiles, "write", full)
        with pytest.raises(StoreError, match="disk is full"):
            make(folder, root_file)
    with pytest.raises(NotFoundError):
        load_settings(folder)
    with pytest.raises(NotFoundError):
        load_card(folder)
    # A second try begins anew, or says what of the first is in its way.
    if root_file.exists():
        with pytest.raises(ConflictError, match=r"is there already; keys are never overwritten"):
            make(folder, root_file)
    else:
        assert make(folder, root_file) == load_card(folder)


def test_an_exercise_stretches_passphrases_less(folder: Path) -> None:
    assert work_factor_of(settings_of(ASKER)) == EXERCISE_WORK_FACTOR
    assert work_factor_of(replace(settings_of(ASKER), exercise=False)) == WORK_FACTOR


# The card.


def test_a_card_is_written_and_read_back(asker: RunningNode) -> None:
    card = load_card(asker.directory)
    assert parse_card(card.encode()) == card
    assert card.policy == (asker.directory / POLICY).read_text()


def test_a_card_with_anothers_keys_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    card, other = load_card(asker.directory), load_card(asked.directory)
    for changes in ({"root": other.root}, {"log": other.log}, {"witness": other.witness}, {"root": card.log}):
        with pytest.raises(MalformedError, match=f"the card of {ASKER} holds the key"):
            parse_card(replace(card, **changes).encode())  # type: ignore[arg-type]


@pytest.mark.parametrize("member", ["authority", "comity_card", "log", "participant", "policy", "root", "title", "url"])
def test_a_card_that_lacks_a_member_or_has_another_type_is_refused(asker: RunningNode, member: str) -> None:
    value = parse_object(load_card(asker.directory).encode())
    with pytest.raises(MalformedError):
        parse_card(encode_json(value | {member: 7}))
    del value[member]
    with pytest.raises(MalformedError):
        parse_card(encode_json(value))


def test_the_fingerprint_of_a_card_is_40_digits_over_all_its_bytes(asker: RunningNode) -> None:
    card = load_card(asker.directory)
    number = int.from_bytes(sha256(b"comity card fingerprint v1\n" + card.encode()).digest()) % 10**40
    assert card.fingerprint().replace(" ", "") == f"{number:040d}"
    assert [len(group) for group in card.fingerprint().split(" ")] == [5] * 8


def test_the_fingerprint_of_a_card_covers_every_member(asker: RunningNode) -> None:
    card = load_card(asker.directory)
    prints = {card.fingerprint()}
    names = [field.name for field in fields(Card)]
    for name in names:
        value = getattr(card, name)
        other = f"{value}x" if isinstance(value, str) else key_pair(value.name, 2).public
        prints.add(replace(card, **{name: other}).fingerprint())  # type: ignore[arg-type]
    assert len(prints) == len(names) + 1


def test_a_card_leads_to_a_recognition_of_what_it_says(asker: RunningNode) -> None:
    card = load_card(asker.directory)
    checked_on = START.replace(microsecond=5)
    found = recognition_of(card, checked=Checked.REGISTER, checked_on=checked_on, remark="page 7")
    assert (found.authority, found.participant, found.url) == (card.authority, card.participant, card.url)
    assert (found.root, found.log, found.policy.text) == (card.root, card.log, card.policy)
    assert (found.checked, found.checked_on, found.remark) == (Checked.REGISTER, START, "page 7")


def test_a_card_without_policy_leads_to_none(asker: RunningNode) -> None:
    card = replace(load_card(asker.directory), policy="")
    with pytest.raises(MalformedError, match="has no policy yet"):
        recognition_of(card, checked=Checked.MEETING, checked_on=START)
    with pytest.raises(MalformedError, match="has no policy yet"):
        check_witness_keys(card, {})


def test_the_keys_of_witnesses_are_those_on_their_own_cards(
    asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    card = load_card(asker.directory)
    known = {node.authority: load_card(node.directory).witness for node in (asked, third)}
    assert check_witness_keys(card, known) == []
    assert check_witness_keys(card, {ASKED: known[ASKED]}) == [THIRD]
    assert check_witness_keys(card, {}) == [ASKED, THIRD]


@pytest.mark.parametrize("half", ["ed25519", "mldsa44"])
def test_a_witness_key_that_differs_from_its_own_card_is_refused(
    asker: RunningNode, asked: RunningNode, half: str
) -> None:
    card, other = load_card(asker.directory), key_pair(f"{ASKED}/witness", 2).public
    pair = replace(load_card(asked.directory).witness, **{half: getattr(other, half)})
    with pytest.raises(VerificationError, match=f"card of {ASKER} names another key for its witness {ASKED}"):
        check_witness_keys(card, {ASKED: pair})


def test_a_witness_that_is_no_authority_is_said_to_be_unknown(asker: RunningNode, asked: RunningNode) -> None:
    card, pair = load_card(asker.directory), load_card(asked.directory).witness
    lines = [f"log {encode_vkey(key.name, key.type_byte, key.key)}" for key in card.log.verifier_keys()] + [
        f"witness w {encode_vkey('witness.example', MLDSA44, pair.mldsa44)}",
        "quorum w",
    ]
    foreign = replace(card, policy="".join(f"{line}\n" for line in lines))
    assert check_witness_keys(foreign, {ASKED: pair}) == ["witness.example"]


def test_a_lost_card_is_to_be_restored(asker: RunningNode) -> None:
    (asker.directory / "card.json").unlink()
    with pytest.raises(NotFoundError, match="restore it from the backup"):
        load_card(asker.directory)


# Witnesses.


@pytest.mark.parametrize("quorum", [-1, 0, 3])
def test_a_quorum_is_one_of_the_witnesses(
    asker: RunningNode, asked: RunningNode, third: RunningNode, quorum: int
) -> None:
    before = (asker.directory / POLICY).read_bytes()
    cards = [load_card(node.directory) for node in (asked, third)]
    with pytest.raises(MalformedError, match=f"the quorum is {quorum}, wanted 1 to 2"):
        name_witnesses(asker.directory, cards, quorum)
    assert (asker.directory / POLICY).read_bytes() == before


def test_a_log_does_not_witness_itself(asker: RunningNode, asked: RunningNode) -> None:
    cards = [load_card(node.directory) for node in (asked, asker)]
    with pytest.raises(PolicyError):
        name_witnesses(asker.directory, cards, 1)
    with pytest.raises((PolicyError, MalformedError)):
        name_witnesses(asker.directory, [load_card(asked.directory)] * 2, 2)


# Officers and keys.


def officers(node: RunningNode) -> set[str]:
    return {path.stem for path in (node.directory / "officers").glob("*.age")}


def newest(node: RunningNode) -> int:
    return current_designation(node.node.database, node.authority).number


def test_a_wrong_root_passphrase_adds_nobody(asker: RunningNode) -> None:
    with pytest.raises(UnauthenticatedError, match="root key: wrong passphrase"):
        add_officer(asker.directory, "ana", SECRET, root_file=asker.root_file, root_passphrase=WRONG)
    assert officers(asker) == {"maria", "joao"}
    assert newest(asker) == 2


def test_the_root_of_another_authority_adds_nobody(asker: RunningNode, asked: RunningNode) -> None:
    with pytest.raises(PolicyError, match=f"the root key is that of {ASKED}, not of {ASKER}"):
        add_officer(asker.directory, "ana", SECRET, root_file=asked.root_file, root_passphrase=SECRET)
    with pytest.raises(PolicyError, match=f"the root key is that of {ASKED}"):
        reissue_keys(asker.directory, asked.root, now=asker.now())
    assert officers(asker) == {"maria", "joao"}


def test_a_root_that_peers_do_not_recognise_signs_nothing(asker: RunningNode, tmp_path: Path) -> None:
    other = tmp_path / "other.age"
    root = create_root(other, ASKER, SECRET, work_factor=EXERCISE_WORK_FACTOR)
    with pytest.raises(PolicyError, match=f"another root key than that on the card of {ASKER}"):
        add_officer(asker.directory, "ana", SECRET, root_file=other, root_passphrase=SECRET)
    with pytest.raises(PolicyError, match="another root key"):
        reissue_keys(asker.directory, root, now=asker.now())
    assert officers(asker) == {"maria", "joao"}
    assert newest(asker) == 2


def test_an_officer_whom_the_root_could_not_designate_is_not_there(
    asker: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(inception, "issue_keys", full)
        with pytest.raises(StoreError):
            add_officer(asker.directory, "ana", SECRET, root_file=asker.root_file, root_passphrase=SECRET)
    assert officers(asker) == {"maria", "joao"}
    ana = add_officer(asker.directory, "ana", SECRET, root_file=asker.root_file, root_passphrase=SECRET)
    assert ana.statement is not None
    assert ana.statement.public in current_designation(asker.node.database, ASKER).pairs


def test_an_officer_is_added_once(asker: RunningNode) -> None:
    before = officer_path(asker.directory, "maria").read_bytes()
    with pytest.raises(ConflictError):
        add_officer(asker.directory, "maria", SECRET)
    with pytest.raises(ConflictError):
        add_officer(asker.directory, "maria", SECRET, root_file=asker.root_file, root_passphrase=SECRET)
    assert officer_path(asker.directory, "maria").read_bytes() == before
    assert newest(asker) == 2


def test_revoking_takes_just_the_key_that_is_meant(asker: RunningNode) -> None:
    assert asker.approver.statement is not None
    key = asker.approver.statement.public.key_ids()[0]
    for wrong in ("", "zz", asker.keys.log.public.key_ids()[0], asker.keys.witness.public.key_ids()[1]):
        with pytest.raises(NotFoundError, match="0 designated keys begin with"):
            reissue_keys(asker.directory, asker.root, revoke=wrong, now=asker.now())
    assert newest(asker) == 2
    following = reissue_keys(asker.directory, asker.root, revoke=key[:12], now=asker.now())
    assert following.number == 3
    assert asker.approver.statement.public not in following.pairs


def test_a_number_is_issued_once(asker: RunningNode) -> None:
    current = current_designation(asker.node.database, ASKER)
    with pytest.raises(ConflictError):
        inception.issue_keys(asker.node.database, asker.root, lambda _: current, exercise=True, now=asker.now())
    assert asker.waiting_entries() == 0


def own_places(node: RunningNode) -> list[tuple[int, int | None, int]]:
    """Return number, named place of the one before, and own place of every own keys statement."""
    with node.node.database.reading() as reader:
        found = own_keys_places(reader, node.authority)
    return [(designation.number, designation.previous, place) for designation, place in found]


def test_keys_statements_issued_before_anything_is_logged_name_the_places_that_they_get(
    folder: Path, root_file: Path
) -> None:
    make(folder, root_file)
    for officer in ("maria", "ana"):
        add_officer(folder, officer, SECRET, root_file=root_file, root_passphrase=SECRET, now=lambda: START)
    _, database, _, _ = open_stores(folder)
    with database.reading() as reader:
        placed = own_keys_places(reader, ASKER)
    database.close()
    assert [(item.number, item.previous, place) for item, place in placed] == [(1, None, 0), (2, 0, 1), (3, 1, 2)]


def test_a_keys_statement_names_the_place_of_the_one_before(asker: RunningNode, asked: RunningNode) -> None:
    asker.checkpoint()
    before = own_places(asker)
    with asker.node.database.transaction() as tx:
        for number in range(3):
            append_pending(tx, b"something else %d" % number)
    reissue_keys(asker.directory, asker.root, now=asker.now())
    with asker.node.database.transaction() as tx:
        append_pending(tx, b"something else between")
    reissue_keys(asker.directory, asker.root, now=asker.now())
    with asker.node.database.reading() as reader:
        end = read_state(reader).assigned
    assert own_places(asker) == [*before, (3, before[-1][2], end + 3), (4, end + 3, end + 5)]
    asker.checkpoint()
    asked.follow(asker)
    assert [index for index, _ in asked.node.history(ASKER).designations] == [
        place for _, _, place in own_places(asker)
    ]
    assert asked.node.history(ASKER).latest()[1].previous == end + 3
    reissue_keys(asker.directory, asker.root, now=asker.now())
    assert own_places(asker)[-1][1] == end + 5


def test_there_is_nothing_to_reissue_where_there_is_no_node(asker: RunningNode, tmp_path: Path) -> None:
    for act in (
        lambda: reissue_keys(tmp_path / "none", asker.root, now=START),
        lambda: add_officer(tmp_path / "none", "ana", SECRET),
        lambda: load_card(tmp_path / "none"),
    ):
        with pytest.raises(Error, match=FILE_NAME):
            act()
    assert not (tmp_path / "none").exists()
