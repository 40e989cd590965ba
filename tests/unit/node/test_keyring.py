"""Key files: opened by their passphrase only, never overwritten, and silent about what they hold."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.age.identity import generate_hybrid, generate_x25519
from comity.age.recipient import ScryptRecipient
from comity.age.stream import encrypt_bytes
from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, TooLargeError, UnauthenticatedError
from comity.kernel.canonical import encode_base64, encode_json
from comity.kernel.key import Role
from comity.node.keyring import (
    APPROVER,
    DRAFTER,
    MAX_FILE_BYTES,
    check_officer,
    create_officer,
    create_root,
    create_service,
    generate_seeds,
    officer_path,
    open_officer,
    open_root,
    open_service,
)
from support.nodes import ASKER, SECRET, WRONG

WORK = 4
SEEDS = [encode_base64(bytes([number]) * 32) for number in (1, 2)]


def make_root(path: Path) -> object:
    return create_root(path, ASKER, SECRET, work_factor=WORK)


def make_service(path: Path) -> object:
    return create_service(path, ASKER, SECRET, work_factor=WORK)


def make_officer(path: Path) -> object:
    return create_officer(path, ASKER, "maria", SECRET, approver=True, work_factor=WORK)


KINDS: list[tuple[Callable[[Path], object], Callable[[Path, str], object]]] = [
    (make_root, open_root),
    (make_service, open_service),
    (make_officer, open_officer),
]
by_kind = pytest.mark.parametrize(("make", "read"), KINDS, ids=["root", "service", "officer"])


def write(path: Path, value: dict[str, Any] | bytes, passphrase: str = SECRET) -> None:
    plain = value if isinstance(value, bytes) else encode_json(value)
    path.write_bytes(encrypt_bytes(plain, [ScryptRecipient(passphrase, WORK)]))


@by_kind
def test_what_was_made_is_opened_by_its_passphrase(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    path = tmp_path / "keys" / "file.age"
    made = make(path)
    assert _public(read(path, SECRET)) == _public(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _public(keys: object) -> list[object]:
    names = ("authority", "pair", "log", "witness", "services", "officer", "roles", "statement")
    return [getattr(keys, name, None) for name in names]


@by_kind
@pytest.mark.parametrize("passphrase", [WRONG, "", SECRET + " ", SECRET.upper(), "\ud800"])
def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object], passphrase: str
) -> None:
    path = tmp_path / "maria.age"
    make(path)
    with pytest.raises(UnauthenticatedError, match="wrong passphrase") as caught:
        read(path, passphrase)
    error: BaseException | None = caught.value
    while error is not None:
        assert passphrase in {"", "\ud800"} or passphrase not in str(error)
        error = error.__cause__ or error.__context__


@by_kind
def test_a_file_that_is_there_is_never_overwritten(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    path = tmp_path / "maria.age"
    make(path)
    before = path.read_bytes()
    with pytest.raises(ConflictError, match="never overwritten"):
        make(path)
    assert path.read_bytes() == before


@by_kind
def test_a_missing_file_is_not_found(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    for path in (tmp_path / "maria.age", tmp_path):
        with pytest.raises((NotFoundError, UnauthenticatedError)):
            read(path, SECRET)


@by_kind
def test_a_foreign_or_crafted_age_file_is_refused(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    path = tmp_path / "maria.age"
    make(path)
    sound = path.read_bytes()
    foreign = [
        encrypt_bytes(b"{}", [generate_hybrid().recipient]),
        encrypt_bytes(b"{}", [generate_x25519().recipient]),
        b"",
        b"\x00" * 100,
        os.urandom(300),
        b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 99\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
        sound[:-1],
        sound + b"\x00",
        sound.replace(b"-> scrypt", b"-> scrypT"),
        *(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :] for at in range(0, len(sound), 97)),
    ]
    for data in foreign:
        path.write_bytes(data)
        with pytest.raises((MalformedError, UnauthenticatedError)):
            read(path, SECRET)


@by_kind
def test_a_file_that_asks_for_too_much_work_is_refused_before_any(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    path = tmp_path / "maria.age"
    make(path)
    path.write_bytes(path.read_bytes().replace(b" 4\n", b" 30\n", 1))
    with pytest.raises(TooLargeError, match="scrypt work factor is 30"):
        read(path, SECRET)


@by_kind
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        {"authority": ASKER},
        {"authority": 7, "root": [*SEEDS]},
        {"authority": "nobody", "root": [*SEEDS]},
        {"authority": ASKER, "root": "x"},
        {"authority": ASKER, "root": [SEEDS[0]]},
        {"authority": ASKER, "root": ["", ""]},
        {"authority": ASKER, "root": [7, 7]},
        {"authority": ASKER, "deliveries": [], "log": [*SEEDS], "services": [[*SEEDS]], "witness": [*SEEDS]},
        {"authority": ASKER, "deliveries": ["x"], "log": [*SEEDS], "services": [[*SEEDS]], "witness": [*SEEDS]},
        {"authority": ASKER, "officer": "maria", "roles": "drafter", "statement": None},
        {"authority": ASKER, "officer": 7, "roles": [], "statement": None},
        {"authority": ASKER, "officer": "maria", "roles": [], "statement": {}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_file_under_the_right_passphrase_with_another_content_is_refused(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object], value: dict[str, Any] | bytes
) -> None:
    path = tmp_path / "maria.age"
    write(path, value)
    with pytest.raises(MalformedError):
        read(path, SECRET)


def test_a_key_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    for number, (make, _) in enumerate(KINDS):
        make(tmp_path / f"{number}.age")
        for other, (_, read) in enumerate(KINDS):
            if other != number:
                with pytest.raises(MalformedError):
                    read(tmp_path / f"{number}.age", SECRET)


def test_an_endless_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "root.age"
    write(path, bytes(MAX_FILE_BYTES + 1))
    with pytest.raises(TooLargeError):
        open_root(path, SECRET)


def test_a_delivery_identity_of_the_older_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "service.age"
    identity = generate_x25519().encode()
    write(
        path,
        {"authority": ASKER, "deliveries": [identity], "log": [*SEEDS], "services": [[*SEEDS]], "witness": [*SEEDS]},
    )
    with pytest.raises(MalformedError, match="not a hybrid one") as caught:
        open_service(path, SECRET)
    assert identity not in str(caught.value)


@by_kind
def test_a_short_passphrase_protects_nothing_and_makes_nothing(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path, str], object]
) -> None:
    path = tmp_path / "file.age"
    with pytest.raises(MalformedError, match="has 7 characters, at least 8 wanted"):
        create_root(path, ASKER, "1234567", work_factor=WORK)
    assert not path.exists()


@pytest.mark.parametrize("name", ["", "Maria", "1maria", "ma ria", "../maria", "maria/x", "maria.age", "m" * 41, "ма"])
def test_an_officers_name_is_a_lower_case_word(tmp_path: Path, name: str) -> None:
    with pytest.raises(MalformedError):
        check_officer(name)
    with pytest.raises(MalformedError):
        officer_path(tmp_path, name)


def test_only_an_approver_has_a_statement_pair(tmp_path: Path) -> None:
    drafter = create_officer(tmp_path / "a.age", ASKER, "maria", SECRET, approver=False, work_factor=WORK)
    approver = create_officer(tmp_path / "b.age", ASKER, "joao", SECRET, approver=True, work_factor=WORK)
    assert drafter.roles == {DRAFTER}
    assert drafter.statement is None
    assert approver.roles == {APPROVER, DRAFTER}
    assert approver.statement is not None
    assert approver.statement.public.role is Role.STATEMENT


def test_keys_never_show_in_their_representation(tmp_path: Path) -> None:
    seeds = generate_seeds()
    shown = repr([seeds, *(make(tmp_path / f"{number}.age") for number, (make, _) in enumerate(KINDS))])
    assert "seed=" not in shown.lower()
    assert repr(seeds.ed25519) not in shown
    assert "AGE-SECRET-KEY" not in shown


def test_a_bad_authority_is_refused_before_a_file_is_written(tmp_path: Path) -> None:
    with pytest.raises((MalformedError, PolicyError)):
        create_root(tmp_path / "root.age", "Nobody", SECRET, work_factor=WORK)
    assert not (tmp_path / "root.age").exists()
