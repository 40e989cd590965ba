"""One file, one meaning: whatever is not the writer's own bytes is refused, and with the project's errors only."""

import hashlib
import io
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.errors import MalformedError, VerificationError
from comity.exchange import container_zip
from comity.exchange.container import Member, VerifiedContainer, open_container, write_container
from support.zip_forge import bag_parts, forge

SMALL = {"data/a": b"alpha", "data/b/c.txt": b""}


def write(payload: Mapping[str, bytes], info: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    members = [Member(name=n, size=len(c), open=lambda c=c: io.BytesIO(c)) for n, c in payload.items()]  # type: ignore[misc]  # a default argument binds the loop's value
    write_container(target, members, info)
    return target.getvalue()


def verify(data: bytes) -> VerifiedContainer | None:
    """Return the verified container, or nothing if it is refused in one of the two allowed ways."""
    try:
        return open_container(io.BytesIO(data)).verify()
    except (MalformedError, VerificationError):
        return None


def rewrite(verified: VerifiedContainer) -> bytes:
    """Write again what a reader understood."""
    payload = {name: verified.read(name, 10**6) for name in verified.digests if name.startswith("data/")}
    return write(payload, {label: value for label, value in verified.info.items() if label != "Payload-Oxum"})


@pytest.fixture(scope="module")
def small() -> bytes:
    return write(SMALL, {"Bagging-Date": "2026-11-20"})


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(container_zip, "ZIP64_FROM_BYTES", 500)
    monkeypatch.setattr(container_zip, "ZIP64_FROM_MEMBERS", 3)
    return write({"data/a": b"alpha" * 120, "data/b/c.txt": b""}, {"Bagging-Date": "2026-11-20"})


def test_every_flipped_bit_is_refused(small: bytes) -> None:
    assert verify(small) is not None
    for position in range(len(small)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            changed = bytearray(small)
            changed[position] ^= mask
            assert verify(bytes(changed)) is None, f"byte {position} with mask {mask} passed"


def test_every_flipped_byte_of_a_zip64_file_is_refused(wide: bytes) -> None:
    assert verify(wide) is not None
    for position in range(len(wide)):
        for mask in (1, 128, 255):
            changed = bytearray(wide)
            changed[position] ^= mask
            assert verify(bytes(changed)) is None, f"byte {position} with mask {mask} passed"


def test_every_truncation_is_refused(small: bytes) -> None:
    for length in range(len(small)):
        assert verify(small[:length]) is None, f"the first {length} bytes passed"
        assert verify(small[len(small) - length :]) is None, f"the last {length} bytes passed"


def test_every_inserted_doubled_or_missing_byte_is_refused(small: bytes) -> None:
    assert verify(small + b"\0") is None
    for position in range(len(small)):
        assert verify(small[:position] + b"\0" + small[position:]) is None
        assert verify(small[: position + 1] + small[position:]) is None
        assert verify(small[:position] + small[position + 1 :]) is None


@settings(deadline=None)  # threads start late on a busy machine
@given(st.binary(max_size=400))
@example(b"PK\x03\x04" + b"PK\x05\x06" + bytes(18))
@example(b"PK\x03\x04" + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2))
def test_arbitrary_bytes_raise_only_the_two_errors(data: bytes) -> None:
    assert verify(data) is None
    assert verify(b"PK\x03\x04" + data) is None


_FIELDS = st.sampled_from(
    ["version", "flags", "method", "time", "date", "crc", "stored", "size", "name", "extra", "comment", "offset"]
)
_NAMES = st.text(st.sampled_from("aAbß/.%\u0301é\\ "), max_size=6).map(lambda text: "data/" + text)


@settings(deadline=None)  # threads start late on a busy machine
@given(
    payload=st.dictionaries(_NAMES, st.binary(max_size=30), max_size=4),
    change=st.tuples(st.integers(0, 7), st.sampled_from(["both", "local", "central"]), _FIELDS, st.integers(0, 0xFFFF)),
    end=st.dictionaries(
        st.sampled_from(["disk", "here", "count", "size", "offset"]), st.integers(0, 0xFFFF), max_size=1
    ),
)
def test_what_is_accepted_is_what_the_writer_writes(
    payload: dict[str, bytes], change: tuple[int, str, str, int], end: dict[str, int]
) -> None:
    which, where, field, value = change
    parts = bag_parts(payload)
    overrides = getattr(parts[which % len(parts)], where)
    if field not in {"comment", "offset", "name", "extra"} or where == "central":
        overrides[field] = value
    data = forge(parts, end=end)
    verified = verify(data)
    assert verified is None or rewrite(verified) == data


@settings(deadline=None)  # threads start late on a busy machine
@given(
    payload=st.dictionaries(_NAMES, st.binary(max_size=50), min_size=1, max_size=5),
    note=st.text(max_size=20),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
)
def test_what_survives_edits_is_what_the_writer_writes(
    payload: dict[str, bytes], note: str, edits: list[tuple[float, int]]
) -> None:
    try:
        data = bytearray(write(payload, {"Bagging-Date": "2026-11-20", "Note": note}))
    except MalformedError:
        return
    for place, value in edits:
        data[min(int(place * len(data)), len(data) - 1)] = value
    verified = verify(bytes(data))
    assert verified is None or rewrite(verified) == data


_SAFE = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@settings(deadline=None)  # threads start late on a busy machine
@given(
    payload=st.dictionaries(_SAFE.map(lambda text: f"data/x{text}"), st.binary(max_size=200), min_size=1, max_size=6)
)
def test_what_is_written_is_read_back(payload: dict[str, bytes]) -> None:
    try:
        data = write(payload, {"Bagging-Date": "2026-11-20"})
    except MalformedError:
        return
    verified = open_container(io.BytesIO(data)).verify()
    for name, content in payload.items():
        assert verified.read(name, 200) == content
        assert verified.digests[name] == hashlib.sha256(content).hexdigest()
    assert rewrite(verified) == data
    assert write(dict(reversed(payload.items())), {"Bagging-Date": "2026-11-20"}) == data
