import pytest

from comity.errors import MalformedError, TooLargeError
from comity.kernel.key import parse_vkey, verify_ed25519
from comity.kernel.note import (
    MAX_NOTE_BYTES,
    MAX_NOTE_SIGNATURES,
    Note,
    NoteSignature,
    encode_signatures,
    parse_decimal,
    parse_note,
    parse_signatures,
)
from support.log_keys import witnessed_note

# The example of Go's note package, from which C2SP's specification descends.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()
# The example of C2SP signed-note, whose text has an empty line of its own.
QUASIMODO = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

\N{EM DASH} quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
""".encode()
LINE = "\N{EM DASH} a AAAAAAE=\n"


def with_line(*lines: str) -> bytes:
    return "".join(("a\n\n", *lines)).encode()


def line(name: str = "a", key_id4: bytes = bytes(4), blob: bytes = b"\1") -> NoteSignature:
    return NoteSignature(name=name, key_id4=key_id4, blob=blob)


def test_a_note_made_elsewhere_verifies() -> None:
    note, key = parse_note(NEUMANN), parse_vkey(NEUMANN_KEY)
    (signature,) = note.signatures
    assert (signature.name, signature.key_id4) == (key.name, key.key_id4)
    verify_ed25519(key.key, note.text.encode(), signature.blob)


def test_the_last_empty_line_separates_text_and_signatures() -> None:
    note = parse_note(QUASIMODO)
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert [signature.name for signature in note.signatures] == ["quasimodo.example/salvatore"]
    assert note.encode() == QUASIMODO


@pytest.mark.parametrize("text", ["\n", "\n\n", "a\n", "a\n\nb\n", "é\x7f\u0085\n"])
def test_a_text_may_be_empty_lines_or_any_unicode(text: str) -> None:
    note = Note(text=text, signatures=(line(), line(name="b", blob=b"more")))
    assert parse_note(note.encode()) == note


@pytest.mark.parametrize("text", ["", "a", "a\n\x00\n", "a\tb\n", "a\r\n", "\x1f\n"])
def test_a_text_ends_in_a_newline_and_has_no_control_characters(text: str) -> None:
    with pytest.raises(MalformedError, match="a note's text"):
        Note(text=text, signatures=(line(),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"a\n",
        b"a\n\n",
        f"a\n{LINE}".encode(),
        f"a\n\n{LINE[:-1]}".encode(),
        f"a\n\n{LINE}\n".encode(),
        f"a\n\n{LINE}b\n".encode(),
        f"a\r\n\r\n{LINE}".encode(),
        f"a\n\n{LINE}".encode("utf-16"),
        f"a\n\n{LINE}".encode() + b"\xff\n",
        b"a\xc0\x80\n\n" + LINE.encode(),
        with_line(LINE.replace(" a ", " ")),
        with_line(LINE.replace(" a ", "  ")),
        with_line(LINE.replace(" a ", " a  ")),
        with_line(LINE.replace(" a ", " a+b ")),
        with_line(LINE.replace(" a ", " a\u00a0b ")),
        with_line(LINE.replace(" a ", " a\x1fb ")),
        with_line(LINE.replace("—", "-")),
        f"a\n\n{LINE[1:]}".encode(),
        with_line(LINE.replace("AAAAAAE=", "AAAAAAE")),
        with_line(LINE.replace("AAAAAAE=", "AAAAAAF=")),
        with_line(LINE.replace("AAAAAAE=", "AAAAAA==")),
        with_line(LINE.replace("AAAAAAE=", "")),
        with_line(LINE, LINE),
        with_line(LINE, LINE.replace("AAAAAAE=", "AAAAAAI=")),
    ],
)
def test_no_other_bytes_are_a_note(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_note(data)


def test_sixteen_large_signatures_fit_and_too_many_do_not() -> None:
    lines = tuple(line(name=f"n{number}", blob=bytes(5000)) for number in range(16))
    note = Note(text="a\n", signatures=lines)
    assert parse_note(note.encode()) == note
    many = tuple(line(name=f"n{number}") for number in range(MAX_NOTE_SIGNATURES))
    assert parse_signatures(encode_signatures(many)) == many
    one_more = (*many, line())
    with pytest.raises(MalformedError, match="129 signature lines"):
        parse_signatures(encode_signatures(one_more))
    with pytest.raises(MalformedError, match="129 signature lines"):
        Note(text="a\n", signatures=one_more)


def test_a_note_beyond_the_limit_is_too_large() -> None:
    with pytest.raises(TooLargeError, match=f"at most {MAX_NOTE_BYTES}"):
        parse_note(b"a" * (MAX_NOTE_BYTES + 1))


def test_signature_lines_alone_survive_as_a_witness_sends_them() -> None:
    lines = witnessed_note().signatures
    assert parse_signatures(encode_signatures(lines)) == lines


@pytest.mark.parametrize("data", [b"", b"\n", LINE[:-1].encode(), (LINE + "\n").encode(), ("a\n\n" + LINE).encode()])
def test_no_other_bytes_are_signature_lines(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_signatures(data)


def test_a_note_has_a_signature_and_one_name_and_id_once() -> None:
    with pytest.raises(MalformedError, match="0 signature lines"):
        Note(text="a\n", signatures=())
    with pytest.raises(MalformedError, match="one key name and key id"):
        Note(text="a\n", signatures=(line(), line(blob=b"other")))
    Note(text="a\n", signatures=(line(), line(key_id4=b"\0\0\0\1"), line(name="b")))


@pytest.mark.parametrize(("key_id4", "blob"), [(bytes(3), b"a"), (bytes(5), b"a"), (bytes(4), b"")])
def test_a_signature_has_a_key_id_and_bytes(key_id4: bytes, blob: bytes) -> None:
    with pytest.raises(MalformedError, match="four-byte key id"):
        line(key_id4=key_id4, blob=blob)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("20852163", 20_852_163), (str(2**63 - 1), 2**63 - 1)]
)
def test_a_decimal_number_is_read(text: str, number: int) -> None:
    assert parse_decimal(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "01",
        "+1",
        "-1",
        "1_0",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "0x1",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "\N{SUPERSCRIPT TWO}",
        str(2**63),
        "9" * 19,
        "1" * 20,
        "1" * 5000,
    ],
)
def test_no_other_spelling_is_a_number(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_decimal(text)
