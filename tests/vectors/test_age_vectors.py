"""Every file of the C2SP age test kit comes out in the category its header states.

The categories map as the table in `comity.age.stream` says. Plaintext released before a payload failure is held to
the stated digest as well.
"""

import hashlib
import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from comity.age.armor import ArmorReader, armor, parse_armor
from comity.age.header import read_header
from comity.age.identity import Identity, ScryptIdentity, parse_identity
from comity.age.reader import ByteReader, Source
from comity.age.stream import open_age
from comity.errors import MalformedError, VerificationError
from support.paths import ROOT, shared

FOLDER = "vectors/age/testdata"
PRESENT = sorted(path.name for path in (ROOT.parent / "shared" / FOLDER).glob("*"))
KNOWN_FIELDS = {"expect", "payload", "file key", "identity", "passphrase", "armored", "comment", "compressed"}


@dataclass(slots=True)
class Vector:
    expect: str = ""
    payload: str = ""
    armored: bool = False
    identities: list[Identity] = field(default_factory=list)
    body: bytes = b""

    def source(self) -> Source:
        return ArmorReader(io.BytesIO(self.body)) if self.armored else io.BytesIO(self.body)


def load(path: Path) -> Vector:
    head, _, body = path.read_bytes().partition(b"\n\n")
    vector = Vector()
    compressed = False
    for line in head.decode().splitlines():
        name, _, value = line.partition(": ")
        assert name in KNOWN_FIELDS, name
        match name:
            case "expect":
                vector.expect = value
            case "payload":
                vector.payload = value
            case "armored":
                vector.armored = value == "yes"
            case "compressed":
                assert value == "zlib"
                compressed = True
            case "identity":
                vector.identities.append(parse_identity(value))
            case "passphrase":
                vector.identities.append(ScryptIdentity(value))
            case _:
                pass
    vector.body = zlib.decompress(body) if compressed else body
    return vector


def outcome(vector: Vector) -> tuple[str, str]:
    """Decrypt as a caller would; return the category and the digest of what was released."""
    released = hashlib.sha256()
    try:
        chunks = open_age(vector.source(), vector.identities)
    except MalformedError as error:
        return ("armor failure" if error.message.startswith("armour ") else "header failure"), ""
    except VerificationError as error:
        return ("HMAC failure" if error.message.startswith("header MAC ") else "no match"), ""
    try:
        for chunk in chunks:
            released.update(chunk)
    except MalformedError as error:
        return ("armor failure" if error.message.startswith("armour ") else "unexpected"), ""
    except VerificationError as error:
        category = "payload failure" if error.message.startswith("payload ") else "unexpected"
        return category, released.hexdigest()
    return "success", released.hexdigest()


@pytest.mark.parametrize("name", PRESENT or ["folder"])
def test_each_vector_comes_out_as_its_header_says(name: str) -> None:
    folder = shared(FOLDER)
    vector = load(folder / name)
    assert outcome(vector) == (vector.expect, vector.payload)


def test_all_six_categories_are_present() -> None:
    folder = shared(FOLDER)
    found = {load(path).expect for path in folder.iterdir()}
    assert found == {
        "success",
        "no match",
        "HMAC failure",
        "header failure",
        "payload failure",
        "armor failure",
    }


def test_every_header_that_parses_encodes_again_to_its_bytes() -> None:
    folder = shared(FOLDER)
    tried = 0
    for path in folder.iterdir():
        vector = load(path)
        if vector.armored or vector.expect in {"header failure", "armor failure"}:
            continue
        encoded = read_header(ByteReader(vector.source())).encode()
        assert vector.body.startswith(encoded)
        tried += 1
    assert tried > 30


def test_every_armour_that_parses_encodes_again_to_its_text() -> None:
    folder = shared(FOLDER)
    tried = 0
    for path in folder.iterdir():
        vector = load(path)
        if not vector.armored or vector.expect != "success":
            continue
        text = vector.body.strip().replace(b"\r\n", b"\n") + b"\n"
        assert armor(parse_armor(vector.body)).encode() == text
        tried += 1
    assert tried > 5
