"""Which member names a container may hold.

A container is unpacked by strangers on systems that fold case, normalise Unicode, reserve device names and give
meaning to backslashes, colons and trailing dots. A name passes only if it means one and the same file on all of
them, so that what a court unpacks is what the manifest names. Names are kept as Unicode text in NFC.

Code points that this Python's Unicode tables do not know are refused, because their normal form may still change.
"""

import unicodedata
from collections.abc import Iterable

from comity.errors import MalformedError, TooLargeError

# Longer paths cannot be unpacked everywhere; the original name of an exhibit belongs in its description.
MAX_NAME_BYTES = 400
# The limit of one path segment on ext4, APFS and NTFS.
MAX_SEGMENT_BYTES = 255

# `%` is here because BagIt readers disagree on whether manifests escape it (RFC 8493 section 2.1.3), the colon
# because it starts drive letters and alternate streams, the others because Windows refuses them.
_FORBIDDEN = frozenset('\\:*?"<>|%')

# Controls, invisible format characters (among them the ones that turn text around), surrogates, private use,
# unassigned, line and paragraph separators: two names may look alike, or one name may look like another file.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Windows opens a device for these whatever the extension; it takes superscript digits for digits.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)


def check_name(name: str) -> None:
    """Check that one member name is safe on every file system.

    Raises:
        MalformedError: it is not; the message quotes the name and says why.
        TooLargeError: the name or a segment of it is too long.
    """
    for character in name:
        if character in _FORBIDDEN:
            raise MalformedError(f"{name!a}: the name holds {character!r}, which some systems give a meaning")
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise MalformedError(
                f"{name!a}: the name holds U+{ord(character):04X}, a control, invisible or unassigned character"
            )
    if not unicodedata.is_normalized("NFC", name):
        raise MalformedError(f"{name!a}: the name is not in Unicode normal form C")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise TooLargeError(f"{name!a}: the name has more than {MAX_NAME_BYTES} bytes")
    if name.startswith("/"):
        raise MalformedError(f"{name!a}: the name is an absolute path")
    if name.endswith("/"):
        raise MalformedError(f"{name!a}: a directory entry; a container holds regular files only")
    for segment in name.split("/"):
        _check_segment(name, segment)


def _check_segment(name: str, segment: str) -> None:
    if segment in {"", ".", ".."}:
        raise MalformedError(f"{name!a}: the path segment {segment!r} is not allowed")
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        raise TooLargeError(f"{name!a}: a path segment has more than {MAX_SEGMENT_BYTES} bytes")
    if segment != segment.strip() or segment.endswith("."):
        raise MalformedError(f"{name!a}: a path segment starts or ends with a space, or ends with a dot")
    if segment.partition(".")[0].rstrip().casefold() in _DEVICES:
        raise MalformedError(f"{name!a}: the path segment {segment!r} is a device on Windows")


def check_names(names: Iterable[str]) -> None:
    """Check every name, and that no two of them meet on a file system that folds case.

    Raises:
        MalformedError: a name is unsafe, is there twice, equals another after case folding, is both a file and a
            directory, or lies in a directory that another name spells differently.
        TooLargeError: a name is too long.
    """
    files: dict[str, str] = {}
    directories: dict[str, str] = {}
    for name in names:
        check_name(name)
        key = _fold(name)
        if key in files:
            same = "is there twice" if files[key] == name else f"equals {files[key]!a} after case folding"
            raise MalformedError(f"{name!a}: the name {same}")
        files[key] = name
        directory = name.rpartition("/")[0]
        # Every ancestor of a known directory is known too, so the walk up stops at the first known one.
        while directory and directories.get(folded := _fold(directory)) != directory:
            if folded in directories:
                raise MalformedError(f"{name!a}: its directory is also spelt {directories[folded]!a}")
            directories[folded] = directory
            directory = directory.rpartition("/")[0]
    for key in files.keys() & directories.keys():
        raise MalformedError(f"{files[key]!a}: the name is a file and also a directory of other members")


def _fold(name: str) -> str:
    """Return the canonical caseless form (Unicode standard, definition D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
