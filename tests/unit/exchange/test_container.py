import hashlib
import io
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import bagit
import pytest

from comity.errors import (
    MalformedError,
    NotFoundError,
    StoreError,
    TooLargeError,
    VerificationError,
)
from comity.exchange import container_bag, container_directory, container_zip
from comity.exchange.container import Digest, Member, open_container, write_container
from support.zip_forge import bag_parts, forge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

INFO = {"Bagging-Date": "2026-11-20"}
PAYLOAD = {
    "data/exhibits/1/x.csv": b"when,what\n2026-11-01,login\n",
    "data/exhibits/2/Aufzählung ü.txt": "straße".encode(),
    "data/statements/1.json": b"{}",
    "data/empty": b"",
}


def member(name: str, content: bytes) -> Member:
    return Member(name=name, size=len(content), open=lambda: io.BytesIO(content))


def write(payload: Mapping[str, bytes], info: Mapping[str, str] = INFO) -> tuple[bytes, Digest]:
    target = io.BytesIO()
    digest = write_container(target, [member(name, content) for name, content in payload.items()], info)
    return target.getvalue(), digest


class Zeros(io.RawIOBase):
    """So many zero bytes, none of them kept."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        count = min(self.left, len(view))
        view[:count] = bytes(count)
        self.left -= count
        return count


def zeros(name: str, size: int) -> Member:
    return Member(name=name, size=size, open=lambda: io.BufferedReader(Zeros(size)))


class Counting(io.BytesIO):
    """Counts how many bytes are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


# What is written


def test_what_was_written_is_read_and_verified() -> None:
    data, digest = write(PAYLOAD, INFO | {"External-Identifier": "prt.contact-point/case-7"})
    verified = open_container(io.BytesIO(data)).verify()
    assert verified.digests == digest.members
    assert digest.sha256 == hashlib.sha256(data).hexdigest()
    assert digest.size == len(data)
    for name, content in PAYLOAD.items():
        assert verified.digests[name] == hashlib.sha256(content).hexdigest()
        assert verified.sizes[name] == len(content)
        assert verified.read(name, 100) == content
        with verified.open(name) as stream:
            assert stream.read() == content
    assert verified.info == {
        "Bagging-Date": "2026-11-20",
        "External-Identifier": "prt.contact-point/case-7",
        "Payload-Oxum": f"{sum(map(len, PAYLOAD.values()))}.4",
    }


def test_members_stand_in_their_fixed_order() -> None:
    data, digest = write(PAYLOAD)
    expected = [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "data/empty",
        "data/exhibits/1/x.csv",
        "data/exhibits/2/Aufzählung ü.txt",
        "data/statements/1.json",
        "tagmanifest-sha256.txt",
    ]
    assert list(digest.members) == expected
    assert list(open_container(io.BytesIO(data)).sizes) == expected


def test_the_same_content_gives_the_same_file_in_whatever_order_it_comes() -> None:
    info = {"Bagging-Date": "2026-11-20", "Source-Organization": "Body"}
    turned = dict(reversed(PAYLOAD.items()))
    assert write(PAYLOAD, info) == write(turned, dict(reversed(info.items())))


def test_the_file_is_byte_for_byte_what_the_layout_says() -> None:
    assert write(PAYLOAD)[0] == forge(bag_parts(PAYLOAD))


def test_a_target_that_cannot_seek_and_takes_bytes_in_pieces_is_enough() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.taken = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            piece = bytes(data)[:7]  # type: ignore[call-overload]  # typeshed's name for a buffer is private
            self.taken += piece
            return len(piece)

    pipe = Pipe()
    write_container(pipe, [member(name, content) for name, content in PAYLOAD.items()], INFO)  # type: ignore[arg-type]  # a raw stream is no BinaryIO to typeshed
    assert bytes(pipe.taken) == write(PAYLOAD)[0]


def test_content_of_several_chunks_goes_through_the_worker_unchanged() -> None:
    content = bytes(range(256)) * 13_000
    data, digest = write({"data/a": content, "data/b": b"b"})
    seen: list[int] = []
    verified = open_container(io.BytesIO(data)).verify(progress=seen.append)
    assert verified.digests == digest.members
    assert sum(seen) == sum(verified.sizes.values())
    with verified.open("data/a") as stream:
        assert stream.read() == content


def test_several_streams_over_one_source_do_not_disturb_each_other() -> None:
    contents = {f"data/{number}": bytes([number]) * 700_000 for number in range(3)}
    verified = open_container(io.BytesIO(write(contents)[0])).verify()
    streams = {name: verified.open(name) for name in contents}
    read = dict.fromkeys(contents, b"")
    for _ in range(8):
        for name, stream in streams.items():
            read[name] += stream.read(100_000)
    assert read == contents


def test_a_member_may_be_a_container_that_is_read_where_it_lies() -> None:
    inner, digest = write(PAYLOAD)
    outer = open_container(io.BytesIO(write({"data/a": b"before", "data/inner.zip": inner})[0])).verify()
    with outer.open("data/inner.zip") as stream:
        verified = open_container(stream).verify()
        assert verified.digests == digest.members
        assert verified.read("data/statements/1.json", 100) == PAYLOAD["data/statements/1.json"]


def test_a_stream_of_a_member_moves_within_the_member_and_reads_nothing_of_the_next() -> None:
    verified = open_container(io.BytesIO(write({"data/a": b"0123456789", "data/b": b"secret"})[0])).verify()
    with verified.open("data/a") as stream:
        assert (stream.seek(-3, io.SEEK_END), stream.read()) == (7, b"789")
        assert (stream.seek(2), stream.read(2), stream.tell()) == (2, b"23", 4)
        assert (stream.seek(1, io.SEEK_CUR), stream.read(1)) == (5, b"5")
        assert (stream.seek(400), stream.read()) == (400, b"")
        with pytest.raises(OSError, match="before the start"):
            stream.seek(-11, io.SEEK_END)


# What others make of it


# bagit's own code warns on the newer Python, which says nothing of our file.
@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")
def test_zipfile_and_bagit_accept_the_file(tmp_path: Path) -> None:
    data, _ = write(PAYLOAD, INFO | {"Contact-Name": "Ωmega Desk"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        archive.extractall(tmp_path)
    bag = bagit.Bag(str(tmp_path))
    bag.validate()
    assert bag.version_info == (1, 0)
    assert bag.info["Contact-Name"] == "Ωmega Desk"
    assert set(bag.payload_entries()) == set(PAYLOAD)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_unzip_accepts_the_file(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(write(PAYLOAD)[0])
    done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No errors detected" in done.stdout


# ZIP64


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_zip, "ZIP64_FROM_BYTES", 900)
    monkeypatch.setattr(container_zip, "ZIP64_FROM_MEMBERS", 6)


WIDE = {"data/a": b"a" * 2000, "data/b": b"b", "data/c": b"c" * 899}


@pytest.mark.usefixtures("low_limits")
def test_zip64_is_used_above_the_limits_and_read_back() -> None:
    data, digest = write(WIDE)
    assert b"PK\x06\x06" in data
    assert open_container(io.BytesIO(data)).verify().digests == digest.members


@pytest.mark.usefixtures("low_limits")
def test_zip64_files_are_accepted_by_zipfile_and_unzip(tmp_path: Path) -> None:
    path = tmp_path / "wide.zip"
    path.write_bytes(write(WIDE)[0])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("data/a") == WIDE["data/a"]
    if shutil.which("unzip") is not None:
        done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("low_limits")
def test_zip64_that_is_not_needed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = write(WIDE)
    monkeypatch.undo()
    with pytest.raises(MalformedError, match="not written in the container profile"):
        open_container(io.BytesIO(data))


@pytest.mark.usefixtures("low_limits")
def test_zip64_sizes_that_disagree_are_refused() -> None:
    data, _ = write(WIDE)
    twice = (2000).to_bytes(8, "little") * 2
    assert data.count(twice) == 2  # once in the local header, once in the central one
    local, central = data.find(twice), data.rfind(twice)
    for position, message in ((local, "data/a.*extra field differs"), (local + 8, "extra field"), (central, "data/")):
        bad = bytearray(data)
        bad[position] ^= 1
        with pytest.raises(MalformedError, match=message):
            open_container(io.BytesIO(bytes(bad)))


@pytest.mark.usefixtures("low_limits")
def test_a_zip64_end_record_that_disagrees_is_refused() -> None:
    data, _ = write(WIDE)
    start = data.rfind(b"PK\x06\x06")
    for position in range(start, len(data)):
        bad = bytearray(data)
        bad[position] ^= 1
        with pytest.raises(MalformedError):
            open_container(io.BytesIO(bytes(bad)))


def test_a_zip64_directory_beyond_every_offset_is_refused() -> None:
    data = bytearray(forge(bag_parts(PAYLOAD), end={"count": 0xFFFF, "here": 0xFFFF}))
    wide = b"PK\x06\x06" + b"\xff" * 20 + (9).to_bytes(8, "little") * 2 + (1).to_bytes(8, "little") + b"\xff" * 8
    data[-22:-22] = wide.ljust(56, b"\0") + b"PK\x06\x07" + bytes(16)
    with pytest.raises(MalformedError, match="does not reach to the end"):
        open_container(io.BytesIO(bytes(data)))


class Sparse(io.BufferedRandom):
    """Writes zeros as holes."""

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # typeshed's name for a buffer is private
        if len(view) > 4096 and not any(view[:4096]) and view[4096:] == bytes(len(view) - 4096):
            self.seek(len(view), io.SEEK_CUR)
            return len(view)
        return super().write(view)


@pytest.mark.long
def test_a_member_above_four_gibibytes_makes_a_file_that_others_read(tmp_path: Path) -> None:
    size = 2**32 + 5
    path = tmp_path / "large.zip"
    with Sparse(io.FileIO(path, "w+")) as file:
        digest = write_container(file, [zeros("data/a", size), member("data/b", b"b")], INFO)
        file.seek(0)
        assert digest.size > size
        assert open_container(file).verify().digests == digest.members
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("data/a").file_size == size
        assert archive.read("data/b") == b"b"


# What it costs


def test_verifying_reads_the_content_once() -> None:
    content = bytes(3_000_000)
    source = Counting(write({"data/a": content, "data/b": b"b" * 1000})[0])
    opened = open_container(source)
    source.count = 0
    opened.verify()
    assert source.count == len(content) + 1000


def test_large_members_are_never_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    size = 64 * 1024 * 1024
    tracemalloc.start()
    try:
        with path.open("w+b") as file:
            write_container(file, [zeros("data/a", size)], INFO)
            open_container(file).verify()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


# What the writer refuses


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "no payload member"),
        ({"x.csv": b""}, "'x.csv'.*must lie under data/"),
        ({"data/../x": b""}, r"segment '\.\.'"),
        ({"data/a": b"", "data/A": b""}, "after case folding"),
        ({"data/\ud800": b""}, r"U\+D800"),
    ],
)
def test_the_writer_refuses_what_the_reader_would(payload: dict[str, bytes], message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        write(payload)


def test_the_writer_refuses_a_member_given_twice() -> None:
    with pytest.raises(MalformedError, match="is there twice"):
        write_container(io.BytesIO(), [member("data/a", b"1"), member("data/a", b"2")], INFO)


@pytest.mark.parametrize(("size", "found"), [(0, "more than 0"), (3, "more than 3"), (5, "only 4")])
def test_a_source_with_another_size_is_refused(size: int, found: str) -> None:
    wrong = Member(name="data/a", size=size, open=lambda: io.BytesIO(b"four"))
    with pytest.raises(VerificationError, match=f"data/a: the source has {found} bytes"):
        write_container(io.BytesIO(), [wrong], INFO)


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(MalformedError, match="size of -1"):
        Member(name="data/a", size=-1, open=io.BytesIO)


def test_a_source_with_another_digest_than_announced_is_refused() -> None:
    right = hashlib.sha256(b"four").hexdigest()
    write_container(io.BytesIO(), [Member(name="data/a", size=4, open=lambda: io.BytesIO(b"four"), sha256=right)], INFO)
    wrong = Member(name="data/a", size=4, open=lambda: io.BytesIO(b"five"), sha256=right)
    with pytest.raises(VerificationError, match=f"data/a: sha-256 is .*, announced was {right}"):
        write_container(io.BytesIO(), [wrong], INFO)


def test_a_source_that_changes_between_the_readings_is_refused() -> None:
    versions = iter([b"four", b"five"])
    changing = Member(name="data/a", size=4, open=lambda: io.BytesIO(next(versions)))
    with pytest.raises(VerificationError, match="data/a: the content changed"):
        write_container(io.BytesIO(), [changing], INFO)


def test_broken_disks_are_reported_as_such(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "input/output error")

        def write(self, data: object, /) -> int:
            raise OSError(28, "no space left")

    class Busy(io.RawIOBase):
        def write(self, data: object, /) -> None:
            """Take nothing now."""

    class Unseekable(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise OSError(29, "illegal seek")

    def missing() -> BinaryIO:
        return (tmp_path / "missing").open("rb")

    with pytest.raises(StoreError, match="data/a: cannot read"):
        write_container(io.BytesIO(), [Member(name="data/a", size=4, open=missing)], INFO)
    with pytest.raises(StoreError, match=r"cannot write the container at offset 0: .*takes no bytes"):
        write_container(Busy(), [member("data/a", b"")], INFO)  # type: ignore[arg-type]  # a raw stream is no BinaryIO to typeshed
    with pytest.raises(StoreError, match="cannot write the container at offset 0"):
        write_container(Broken(), [member("data/a", b"")], INFO)
    with pytest.raises(StoreError, match="cannot read the container at offset 0"):
        open_container(Broken())
    with pytest.raises(StoreError, match="end of the container"):
        open_container(Unseekable())


# What reading members refuses


def test_reading_is_bounded_named_and_compared() -> None:
    data, _ = write(PAYLOAD)
    opened = open_container(io.BytesIO(data))
    with pytest.raises(TooLargeError, match=r"data/exhibits/1/x.csv: 27 bytes; at most 26"):
        opened.read("data/exhibits/1/x.csv", 26)
    for absent in ("data/none", "bagit.txt"):
        with pytest.raises(NotFoundError, match=absent):
            opened.read(absent, 26)
        with pytest.raises(NotFoundError, match=absent):
            opened.open(absent)
    bad = data.replace(b"login", b"logon")
    with pytest.raises(VerificationError, match=r"data/exhibits/1/x.csv: sha-256 is .*, the manifest says"):
        open_container(io.BytesIO(bad)).read("data/exhibits/1/x.csv", 100)


def test_verification_names_the_member_and_both_digests() -> None:
    data, digest = write(PAYLOAD)
    bad = data.replace(b"login", b"logon")
    got = hashlib.sha256(PAYLOAD["data/exhibits/1/x.csv"].replace(b"login", b"logon")).hexdigest()
    wanted = digest.members["data/exhibits/1/x.csv"]
    with pytest.raises(VerificationError) as caught:
        open_container(io.BytesIO(bad)).verify()
    assert caught.value.message == f"data/exhibits/1/x.csv: sha-256 is {got}, the manifest says {wanted}"


def test_a_crc_that_both_headers_misstate_is_refused() -> None:
    parts = bag_parts(PAYLOAD)
    parts[4].both["crc"] = 7
    with pytest.raises(VerificationError, match=r"data/exhibits/1/x.csv: crc-32 is .*, the headers say 00000007"):
        open_container(io.BytesIO(forge(parts))).verify()


def test_a_file_changed_after_verification_is_noticed_when_a_member_is_read() -> None:
    source = io.BytesIO(write(PAYLOAD)[0])
    verified = open_container(source).verify()
    source.getbuffer()[:] = source.getvalue().replace(b"login", b"logon")
    with pytest.raises(VerificationError, match="sha-256"):
        verified.read("data/exhibits/1/x.csv", 100)


def test_a_file_cut_after_it_was_opened_is_noticed() -> None:
    source = io.BytesIO(write({"data/a": bytes(1000)})[0])
    opened = open_container(source)
    source.truncate(900)
    with pytest.raises(VerificationError, match="cut since"):
        opened.verify()


# What the reader refuses: the file as a whole


def refused(data: bytes, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        open_container(io.BytesIO(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_that_zipfile_wrote_is_refused_as_foreign(method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for part in bag_parts(PAYLOAD):
            archive.writestr(part.name.decode(), part.content)
    refused(target.getvalue(), "not written in the container profile")


@pytest.mark.parametrize("data", [b"", b"P", b"PK\x05\x06" + bytes(18), bytes(100), b"%PDF-1.7" * 100])
def test_what_is_no_zip_file_with_members_is_refused(data: bytes) -> None:
    refused(data, "not written in the container profile: offset 0: no member starts here")


def test_bytes_before_between_and_after_are_refused() -> None:
    parts = bag_parts(PAYLOAD)
    refused(forge(parts, prefix=b"#!/bin/sh\n"), "offset 0.*before the first member")
    refused(b"#!/bin/sh\n" + forge(parts), "offset 0.*before the first member")
    refused(forge(parts, suffix=b"abc"), "3 bytes after the end record")
    refused(forge(parts, comment=b"hello"), "an archive comment of 5 bytes")
    refused(forge(parts, suffix=forge(parts)), "not written in the container profile")
    refused(forge(parts, before_directory=b"abc"), "the last member ends at")
    refused(forge(parts, after_directory=b"abc"), "bytes added")
    refused(forge(parts)[:-5], "cut short")
    parts[4].before = b"gap"
    refused(forge(parts), "'data/exhibits/1/x.csv': a gap of 3 bytes before it")


def test_a_central_directory_that_disagrees_with_the_end_record_is_refused() -> None:
    parts = bag_parts(PAYLOAD)
    directory = forge(parts)
    count = len(parts)
    refused(forge(parts, end={"count": count - 1, "here": count - 1}), "after the last central header")
    refused(forge(parts, end={"count": count + 1, "here": count + 1}), f"member {count + 1} .*cut short")
    refused(forge(parts, end={"here": count - 1}), "end records disagree")
    refused(forge(parts, end={"disk": 1}), "end records disagree")
    refused(forge(parts, end={"count": 0xFFFF}), "refers to a ZIP64 end record")
    refused(directory.replace(b"PK\x01\x02", b"PK\x01\x03"), "member 1 .*no central header")


def test_overlapping_members_are_refused() -> None:
    parts = bag_parts({"data/a": b"a" * 100, "data/b": b"a" * 100})
    whole = forge(parts)
    start = whole.index(b"PK\x03\x04", whole.index(b"PK\x03\x04", whole.index(b"data/a") - 40))
    parts[4].central["offset"] = start
    refused(forge(parts), "'data/b': it overlaps by")
    # The bomb: each member's content takes in the local headers that follow, up to one shared kernel.
    parts = bag_parts({"data/a": b"", "data/b": b"k" * 50})
    swallowed = 30 + len("data/b") + 50
    parts[3].both |= {"size": swallowed, "stored": swallowed}
    refused(forge(parts), "'data/b': it overlaps by 86 bytes")


# What the reader refuses: one member


@pytest.mark.parametrize(
    ("both", "central", "message"),
    [
        ({"flags": 0x801}, {}, "the member is encrypted"),
        ({"flags": 0x808}, {}, "the member has a data descriptor"),
        ({"flags": 0}, {}, "only the UTF-8 flag"),
        ({"method": 8}, {}, "compressed with method 8; members are stored"),
        ({}, {"external": 0o120777 << 16}, "the member is a symbolic link"),
        ({}, {"external": 0o040755 << 16}, "the member is a directory"),
        ({}, {"external": 0o100644 << 16 | 0x10}, "the member is a directory"),
        ({}, {"external": 0o100755 << 16}, "not those of a regular file with mode 0644"),
        ({}, {"external": 0o020644 << 16}, "not those of a regular file with mode 0644"),
        ({"stored": 5}, {}, "the size is 27, the stored size 5"),
        ({"version": 45}, {}, "a version, date"),
        ({"date": 34}, {}, "a version, date"),
        ({"time": 1}, {}, "a version, date"),
        ({}, {"made": 20}, "a version, date"),
        ({}, {"disk": 1}, "a version, date"),
        ({}, {"internal": 1}, "a version, date"),
    ],
)
def test_a_member_written_another_way_is_refused(both: dict[str, int], central: dict[str, int], message: str) -> None:
    parts = bag_parts(PAYLOAD)
    parts[4].both, parts[4].central = both, central
    refused(forge(parts), f"not written in the container profile: 'data/exhibits/1/x.csv': .*{message}")


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"crc": 1}, "crc-32 is 1, the central header makes it"),
        ({"size": 3}, "size is 3, the central header makes it 27"),
        ({"stored": 3}, "stored size is 3, the central header makes it 27"),
        ({"flags": 0x808}, "flags is 2056"),
        ({"method": 8}, "method is 8"),
        ({"version": 10}, "version needed is 10"),
        ({"time": 9}, "time is 9"),
        ({"name": 3}, "name length is 3"),
        ({"extra": 3}, "extra length is 3"),
    ],
)
def test_a_local_header_that_says_otherwise_is_refused(local: dict[str, int], message: str) -> None:
    parts = bag_parts(PAYLOAD)
    parts[4].local = local
    refused(forge(parts), f"'data/exhibits/1/x.csv': local header at offset [0-9]+: {message}")


def test_a_local_name_that_says_otherwise_is_refused() -> None:
    parts = bag_parts(PAYLOAD)
    parts[4].local_name = b"data/exhibits/1/y.csv"
    refused(forge(parts), "'data/exhibits/1/x.csv': local header at offset [0-9]+: name or extra field differs")


def test_extra_fields_and_comments_are_refused() -> None:
    timestamp = b"UT\x05\x00\x01\x00\x00\x00\x00"
    parts = bag_parts(PAYLOAD)
    parts[4].central_extra = timestamp
    refused(forge(parts), "'data/exhibits/1/x.csv': an extra field of 9 bytes")
    parts = bag_parts(PAYLOAD)
    parts[4].local_extra = timestamp
    refused(forge(parts), "not written in the container profile: 'data/")
    parts = bag_parts(PAYLOAD)
    parts[4].central_extra = b"\x01\x00\x08\x00" + bytes(8)
    refused(forge(parts), "'data/exhibits/1/x.csv': an extra field of 12 bytes")
    parts = bag_parts(PAYLOAD)
    parts[4].comment = b"seen"
    refused(forge(parts), "'data/exhibits/1/x.csv': the member has a comment of 4 bytes")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (b"data/../../etc/passwd", r"segment '\.\.'"),
        (b"/etc/passwd", "absolute path"),
        (b"data\\x", "holds '.+', which some systems"),
        (b"C:/x", "holds ':'"),
        (b"data/x\x00.csv", r"U\+0000"),
        (b"data/e\xcc\x81", "normal form C"),
        (b"data/EXHIBITS/1/X.CSV", "after case folding|also spelt"),
        (b"data/exhibits/2", "file and also a directory"),
        (b"data/d/", "a directory entry"),
        (b"data/nul.txt", "device"),
        (b"data/\xff", "byte 5 of the name is not UTF-8"),
    ],
)
def test_an_unsafe_name_is_refused(name: bytes, message: str) -> None:
    parts = bag_parts(PAYLOAD)
    parts[4].name = name
    parts.append(parts.pop(4))
    parts.insert(4, bag_parts({"data/exhibits/1/x.csv": b""})[3])
    refused(forge(parts), message)


def test_a_name_there_twice_is_refused() -> None:
    parts = bag_parts(PAYLOAD)
    parts.insert(4, parts[4])
    refused(forge(parts), "'data/exhibits/1/x.csv': the name is there twice")


# What the reader refuses: the bag


def test_members_in_another_order_are_refused() -> None:
    parts = bag_parts(PAYLOAD)
    parts[3], parts[4] = parts[4], parts[3]
    refused(forge(parts), "not in their fixed order")
    parts = bag_parts(PAYLOAD)
    refused(forge([parts[1], parts[0], *parts[2:]]), "not in their fixed order")
    refused(forge([*parts[:3], parts[-1], *parts[3:-1]]), "not in their fixed order")


@pytest.mark.parametrize("index", [0, 1, 2, -1])
def test_a_missing_tag_file_is_named(index: int) -> None:
    parts = bag_parts(PAYLOAD)
    missing = parts.pop(index).name.decode()
    refused(forge(parts), f"{missing} is missing")


def test_a_bag_without_payload_or_with_other_tag_files_is_refused() -> None:
    refused(forge(bag_parts({})), "no payload member")
    refused(forge(bag_parts({"data/a": b"", "metadata/x": b""})), "'metadata/x': .*must lie under data/")
    refused(forge(bag_parts({"data/a": b"", "fetch.txt": b""})), "'fetch.txt': .*must lie under data/")


def test_manifests_and_members_must_be_the_same() -> None:
    listed = dict(PAYLOAD)
    less = bag_parts({**PAYLOAD, "data/more": b"more"})
    refused(
        forge(bag_parts(listed, {"manifest-sha256.txt": bag_parts({"data/empty": b""})[2].content})),
        "data/exhibits/1/x.csv: the member is not listed in manifest-sha256.txt",
    )
    refused(
        forge(bag_parts(listed, {"manifest-sha256.txt": less[2].content})),
        "manifest-sha256.txt: lists 'data/more', which is no member",
    )
    tag_manifest = bag_parts(PAYLOAD)[-1].content
    first_line = tag_manifest.index(b"\n") + 1
    refused(
        forge(bag_parts(PAYLOAD, {"tagmanifest-sha256.txt": tag_manifest[first_line:]})),
        "bag-info.txt: the member is not listed in tagmanifest-sha256.txt",
    )


def test_a_tag_file_that_is_not_the_listed_one_is_refused() -> None:
    info = b"Bagging-Date: 2026-11-21\nPayload-Oxum: 36.4\n"
    data = forge(bag_parts(PAYLOAD, {"tagmanifest-sha256.txt": bag_parts(PAYLOAD)[-1].content, "bag-info.txt": info}))
    with pytest.raises(VerificationError, match=r"bag-info.txt: sha-256 is"):
        open_container(io.BytesIO(data)).verify()


def test_another_declaration_is_refused() -> None:
    refused(forge(bag_parts(PAYLOAD, {"bagit.txt": b"BagIt-Version: 0.97\n"})), "bagit.txt: not the declaration")


# Limits


@pytest.mark.parametrize(
    ("name", "limit", "message"),
    [
        ("MAX_MEMBERS", 7, "8 members; a container holds at most 7"),
        ("MAX_DIRECTORY_BYTES", 100, "a central directory of [0-9]+ bytes; at most 100"),
    ],
)
def test_reader_and_writer_hold_the_same_limits(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: int, message: str
) -> None:
    data, _ = write(PAYLOAD)
    monkeypatch.setattr(container_directory, name, limit)
    with pytest.raises(TooLargeError, match=message):
        open_container(io.BytesIO(data))
    monkeypatch.setattr(container_zip, name, limit)
    with pytest.raises(TooLargeError, match=message):
        write(PAYLOAD)


def test_a_tag_file_that_is_too_large_is_not_read() -> None:
    large = bag_parts(PAYLOAD, {"bag-info.txt": bytes(container_bag.MAX_INFO_BYTES + 1)})
    with pytest.raises(TooLargeError, match=r"bag-info.txt: 65537 bytes; at most 65536"):
        open_container(io.BytesIO(forge(large)))


def test_more_members_than_sixteen_bits_count_are_written_and_read() -> None:
    payload = {f"data/{number:05}": b"" for number in range(65_540)}
    data, digest = write(payload)
    assert open_container(io.BytesIO(data)).verify().digests == digest.members
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == 65_544
