import hashlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.age.identity import HybridIdentity, X25519Identity
from comity.errors import MalformedError, PolicyError, StoreError, VerificationError
from comity.exchange.container_names import check_name
from comity.exchange.package import (
    Encrypted,
    ExhibitMismatchError,
    decrypt_exhibit,
    encrypt_exhibit,
    encrypt_exhibit_chunks,
    list_folder,
    open_regular,
    safe_name,
)
from comity.exchange.statements import MAX_ITEMS, Exhibit

IDENTITY = HybridIdentity.from_seed(bytes(32))
DATA = bytes(range(256)) * 700  # more than two chunks of encryption, and not a whole number of them


def encrypted(data: bytes = DATA) -> tuple[Encrypted, bytes]:
    target = io.BytesIO()
    made = encrypt_exhibit(io.BytesIO(data), target, IDENTITY.recipient)
    return made, target.getvalue()


def described(made: Encrypted) -> Exhibit:
    return made.describe(exhibit="E1", name="a.bin", description="A", media_type="application/octet-stream")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, len(DATA)])
def test_what_is_encrypted_opens_to_the_same_digest(size: int) -> None:
    made, sealed = encrypted(DATA[:size])
    target = io.BytesIO()
    found = decrypt_exhibit(io.BytesIO(sealed), target, [IDENTITY], described(made))
    assert target.getvalue() == DATA[:size]
    assert found == made.digest == hashlib.sha256(DATA[:size]).hexdigest()
    assert made.encrypted_digest == hashlib.sha256(sealed).hexdigest()
    assert (made.size, made.encrypted_size) == (size, len(sealed))


def test_an_exhibit_can_be_checked_without_keeping_it() -> None:
    made, sealed = encrypted()
    assert decrypt_exhibit(io.BytesIO(sealed), None, [IDENTITY], described(made)) == made.digest


@pytest.mark.parametrize("place", [0, 30, 2_000, 100_000, -1])
def test_damage_on_the_way_is_found_in_the_encrypted_bytes(place: int) -> None:
    made, sealed = encrypted()
    damaged = bytearray(sealed)
    damaged[place] ^= 1
    with pytest.raises(ExhibitMismatchError, match="of the encrypted bytes is") as caught:
        decrypt_exhibit(io.BytesIO(damaged), io.BytesIO(), [IDENTITY], described(made))
    assert (caught.value.exhibit, caught.value.stage) == ("E1", "encrypted")
    assert caught.value.stated == made.encrypted_digest
    assert caught.value.found == hashlib.sha256(damaged).hexdigest()


def test_bytes_cut_off_are_found_in_the_encrypted_bytes() -> None:
    made, sealed = encrypted()
    with pytest.raises(ExhibitMismatchError) as caught:
        decrypt_exhibit(io.BytesIO(sealed[:100_000]), None, [IDENTITY], described(made))
    assert caught.value.stage == "encrypted"


def test_a_package_that_states_another_exhibit_is_found_in_the_decrypted_bytes() -> None:
    made, sealed = encrypted()
    stated = msgspec.structs.replace(described(made), digest="0" * 64)
    with pytest.raises(ExhibitMismatchError, match="of the decrypted bytes is") as caught:
        decrypt_exhibit(io.BytesIO(sealed), None, [IDENTITY], stated)
    assert (caught.value.stage, caught.value.stated, caught.value.found) == ("decrypted", "0" * 64, made.digest)


def test_a_wrong_size_is_told_although_the_digests_fit() -> None:
    made, sealed = encrypted()
    stated = msgspec.structs.replace(described(made), size=made.size + 1)
    with pytest.raises(VerificationError, match=f"has {made.size} plain and .* states {made.size + 1}"):
        decrypt_exhibit(io.BytesIO(sealed), None, [IDENTITY], stated)


def test_the_right_bytes_for_another_reader_are_no_mismatch() -> None:
    made, sealed = encrypted()
    stranger = X25519Identity.from_secret(bytes([7]) * 32)
    with pytest.raises(VerificationError, match="no identity opens this file") as caught:
        decrypt_exhibit(io.BytesIO(sealed), None, [stranger], described(made))
    assert not isinstance(caught.value, ExhibitMismatchError)


def test_a_package_of_what_was_never_encrypted_is_malformed() -> None:
    digest = hashlib.sha256(b"plain").hexdigest()
    stated = Encrypted(size=5, digest=digest, encrypted_size=5, encrypted_digest=digest)
    with pytest.raises(MalformedError):
        decrypt_exhibit(io.BytesIO(b"plain"), None, [IDENTITY], described(stated))


def test_an_exhibit_that_arrives_in_pieces_is_described_alike() -> None:
    pieces = (DATA[at : at + 10_000] for at in range(0, len(DATA), 10_000))
    encrypted_pieces, describe = encrypt_exhibit_chunks(pieces, IDENTITY.recipient)
    with pytest.raises(AssertionError, match="when all of it was encrypted"):
        describe(0, "")
    sealed = b"".join(encrypted_pieces)
    made = describe(len(sealed), hashlib.sha256(sealed).hexdigest())
    assert (made.size, made.digest) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert decrypt_exhibit(io.BytesIO(sealed), None, [IDENTITY], described(made)) == made.digest


class Stubborn(io.RawIOBase):
    """A target that takes a few bytes at a time, and nothing after `room`."""

    def __init__(self, room: int) -> None:
        self.taken = bytearray()
        self.room = room

    def write(self, data: bytes) -> int:  # type: ignore[override]
        taken = data[: min(1000, self.room - len(self.taken))]
        self.taken += taken
        return len(taken)


def test_a_target_may_take_bytes_in_pieces() -> None:
    target = Stubborn(1 << 30)
    made = encrypt_exhibit(io.BytesIO(DATA), target, IDENTITY.recipient)  # type: ignore[arg-type]
    assert hashlib.sha256(target.taken).hexdigest() == made.encrypted_digest


def test_a_full_target_is_an_error_and_never_a_shorter_file() -> None:
    with pytest.raises(StoreError, match="could not be encrypted"):
        encrypt_exhibit(io.BytesIO(DATA), Stubborn(5_500), IDENTITY.recipient)  # type: ignore[arg-type]
    made, sealed = encrypted()
    with pytest.raises(StoreError, match="exhibit E1 could not be decrypted"):
        decrypt_exhibit(io.BytesIO(sealed), Stubborn(5_500), [IDENTITY], described(made))  # type: ignore[arg-type]


MEMORY = """
import io, os, re, tempfile
from comity.age.identity import HybridIdentity
from comity.exchange.package import decrypt_exhibit, encrypt_exhibit

class Zeros(io.RawIOBase):
    left = 512 << 20
    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)

identity = HybridIdentity.from_seed(bytes(32))
with tempfile.TemporaryFile() as sealed:
    made = encrypt_exhibit(Zeros(), sealed, identity.recipient)
    sealed.seek(0)
    stated = made.describe(exhibit="E1", name="a", description="A", media_type="application/octet-stream")
    with open(os.devnull, "wb") as target:
        decrypt_exhibit(sealed, target, [identity], stated)
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the highest mark is read from Linux's /proc")
def test_memory_does_not_grow_with_the_exhibit() -> None:
    # A process of its own, because the highest mark of this one belongs to all tests before; and the mark of its own
    # memory, because Linux hands ru_maxrss on from the process that started it.
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True, text=True)
    assert int(done.stdout) < 150_000, f"{done.stdout} kB resident for half a gigabyte"


# Folders.


@dataclass
class Tree:
    root: Path

    def put(self, name: str, data: bytes = b"x") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "evidence")


def test_a_folder_is_listed_flat_and_in_the_order_of_bytes(tree: Tree) -> None:
    for name in ("b/2.txt", "a.txt", "b/1.txt", "b/c/1.txt", "Ä.txt", ".hidden", "B.txt"):
        tree.put(name)
    (tree.root / "empty").mkdir()
    listed = list_folder(tree.root)
    assert [item.found_as for item in listed] == [
        *(".hidden", "B.txt", "a.txt", "b/1.txt", "b/2.txt", "b/c/1.txt", "Ä.txt"),
    ]
    assert [item.name for item in listed] == [
        *(".hidden", "B.txt", "a.txt", "b__1.txt", "b__2.txt", "b__c__1.txt", "Ä.txt"),
    ]
    for item in listed:
        with open_regular(item.path) as file:
            assert file.read() == b"x"


def test_names_that_meet_are_numbered(tree: Tree) -> None:
    for name in ("a?.txt", "a*.txt", "A_.TXT", "plain", "PLAIN"):
        tree.put(name)
    names = [item.name for item in list_folder(tree.root)]
    assert names == ["A_.TXT", "PLAIN", "a_~2.txt", "a_~3.txt", "plain~2"]
    assert len({name.casefold() for name in names}) == len(names)


def test_a_name_that_is_no_text_is_shown_by_its_bytes(tree: Tree) -> None:
    tree.root.mkdir()
    descriptor = os.open(os.fsencode(tree.root) + b"/caf\xe9.txt", os.O_CREAT | os.O_WRONLY)
    os.close(descriptor)
    (item,) = list_folder(tree.root)
    assert (item.name, item.found_as) == ("caf_.txt", "caf\\xe9.txt")


@pytest.mark.parametrize("target", ["a.txt", "folder", "nowhere"])
def test_links_are_refused(tree: Tree, target: str) -> None:
    tree.put("a.txt")
    tree.put("folder/b.txt")
    (tree.root / "link").symlink_to(target)
    with pytest.raises(PolicyError, match="link is a symbolic link"):
        list_folder(tree.root)


def test_pipes_are_refused(tree: Tree) -> None:
    tree.put("a.txt")
    os.mkfifo(tree.root / "pipe")
    with pytest.raises(PolicyError, match="pipe is no regular file"):
        list_folder(tree.root)
    with pytest.raises(PolicyError, match="pipe is no regular file"):
        open_regular(tree.root / "pipe")


def test_a_file_exchanged_for_a_link_is_refused_on_opening(tree: Tree) -> None:
    path = tree.put("a.txt")
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises(PolicyError, match="symbolic link"):
        open_regular(path)
    path.unlink()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_regular(path)


def test_too_few_and_too_many_files_are_refused(tree: Tree) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        list_folder(tree.root)
    tree.root.mkdir()
    with pytest.raises(PolicyError, match="has 0 files"):
        list_folder(tree.root)
    for number in range(MAX_ITEMS + 1):
        tree.put(f"{number}")
    with pytest.raises(PolicyError, match=f"has {MAX_ITEMS + 1} files"):
        list_folder(tree.root)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("mail.mbox", "mail.mbox"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a:b", "a_b"),
        ("report.", "report"),
        (" x ", "x"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("e\u0301", "é"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("x" * 300 + ".docx", "x" * 195 + ".docx"),
    ],
)
def test_a_name_becomes_one_that_is_safe_everywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_every_name_becomes_a_safe_segment_and_stays_it(name: str) -> None:
    safe = safe_name(name)
    check_name(safe)
    assert "/" not in safe
    assert 1 <= len(safe) <= 200
    assert safe_name(safe) == safe
