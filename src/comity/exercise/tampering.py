"""Changes that a dossier or evidence must not survive, made for the exercise's morning in court."""

import io
from pathlib import Path
from typing import Final

from comity.exchange.container import Member, open_container, write_container
from comity.exchange.dossier_head import encode_opening, parse_opening
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.disclosure import Disclosure, parse_disclosure
from comity.kernel.evidence import SplitView
from comity.kernel.note import parse_note
from comity.log.reader import LogReader
from comity.node.context import LOG
from comity.store.files import Folder

_EXHIBIT: Final = b"data/exhibits/"
_MAX_MEMBER: Final = 256 * 1024 * 1024


def change_exhibit(data: bytes) -> bytes:
    """Return a dossier with one byte of its first exhibit changed, as a damaged disk would."""
    source = open_container(io.BytesIO(data))
    name = next(name for name in source.sizes if name.encode().startswith(_EXHIBIT))
    content = source.read(name, _MAX_MEMBER)
    at = data.index(content) + len(content) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def readdress(file: Path, case: str, addressee: str) -> bytes:
    """Return a dossier whose request claims to have gone to another authority; every manifest is made right again."""
    target = io.BytesIO()
    with file.open("rb") as opened:
        source = open_container(opened)
        opening = f"data/openings/{case}.json"
        members = []
        for name in source.sizes:
            if name.startswith("data/"):
                data = source.read(name, _MAX_MEMBER)
                members.append(_member(name, _readdressed(data, addressee) if name == opening else data))
        info = {label: value for label, value in source.info.items() if label != "Payload-Oxum"}
        write_container(target, members, info)
    return target.getvalue()


def _readdressed(data: bytes, addressee: str) -> bytes:
    salt, disclosures = parse_opening(data)
    changed = []
    for text in disclosures:
        disclosure = parse_disclosure(text)
        if disclosure.name == "to":
            disclosure = Disclosure(salt=disclosure.salt, name="to", value=[addressee])
        changed.append(disclosure.encode())
    return encode_opening(salt, changed)


def _member(name: str, data: bytes) -> Member:
    return Member(name=name, size=len(data), open=lambda: io.BytesIO(data))


def honest_pair(directory: Path) -> bytes:
    """Return a file in the form of evidence, over honest checkpoints of the node in `directory`."""
    reader = LogReader(Folder(directory / LOG).read)
    note = reader.checkpoint()
    assert parse_checkpoint(parse_note(note).text).size
    return SplitView(older=note, newer=note).encode()
