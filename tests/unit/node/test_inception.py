"""How a node begins and its keys change: all or nothing, under the root that peers recognise."""

import errno
from dataclasses import replace
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
)
from comity.kernel.canonical import encode_json, parse_object
from comity.kernel.key import Role
from comity.node import inception
from comity.node.context import POLICY, SERVICE_KEYS, open_stores
from comity.node.inception import (
    Card,
    add_officer,
    create_node,
    current_designation,
    load_card,
    name_witnesses,
    parse_card,
    reissue_keys,
    work_factor_of,
)
from comity.node.keyring import EXERCISE_WORK_FACTOR, WORK_FACTOR, create_root, officer_path, open_root, open_service
from comity.node.settings import FILE_NAME, Settings, load_settings
from comity.store.files import RealFiles
from support.nodes import ASKED, ASKER, SECRET, START, WRONG, RunningNode, settings_of


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
        inception.issue_keys(asker.node.database, asker.root, current, exercise=True, now=asker.now())
    assert asker.waiting_entries() == 0


def test_there_is_nothing_to_reissue_where_there_is_no_node(asker: RunningNode, tmp_path: Path) -> None:
    for act in (
        lambda: reissue_keys(tmp_path / "none", asker.root, now=START),
        lambda: add_officer(tmp_path / "none", "ana", SECRET),
        lambda: load_card(tmp_path / "none"),
    ):
        with pytest.raises(Error, match=FILE_NAME):
            act()
    assert not (tmp_path / "none").exists()
