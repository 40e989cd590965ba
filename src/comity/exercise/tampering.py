"""Changes that a dossier or evidence must not survive, made for the exercise's morning in court."""

import io
import shutil
from functools import partial
from pathlib import Path

from comity.errors import PolicyError
from comity.exchange.container import Member, open_container, write_container
from comity.exchange.container_directory import read_entries
from comity.exchange.dossier_head import EXHIBITS, MAX_OPENING_BYTES, OPENINGS, encode_opening, parse_opening
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.disclosure import Disclosure, parse_disclosure
from comity.kernel.evidence import SplitView
from comity.kernel.note import parse_note
from comity.log.reader import LogReader
from comity.node.context import LOG
from comity.store.files import Folder


def change_exhibit(file: Path, target: Path) -> None:
    """Write a dossier with one byte of its largest exhibit changed, as a damaged disk would.

    Raises:
        PolicyError: every exhibit is empty, so that there is no byte to change.
    """
    shutil.copyfile(file, target)
    with target.open("r+b") as changed:
        exhibits = [entry for entry in read_entries(changed) if entry.name.startswith(EXHIBITS)]
        largest = max(exhibits, key=lambda entry: entry.size)
        if largest.size == 0:
            raise PolicyError("every exhibit is empty; give the exercise evidence with at least one byte")
        at = largest.content_offset + largest.size // 2
        changed.seek(at)
        byte = changed.read(1)[0]
        changed.seek(at)
        changed.write(bytes([byte ^ 1]))


def readdress(file: Path, target: Path, case: str, addressee: str) -> None:
    """Write a dossier whose request claims to have gone to another authority; every manifest is made right again."""
    opening = f"{OPENINGS}{case}.json"
    with file.open("rb") as opened, target.open("wb") as changed:
        source = open_container(opened)
        members = [
            Member(name=name, size=size, open=partial(source.open, name))
            for name, size in source.sizes.items()
            if name.startswith("data/") and name != opening
        ]
        data = _readdressed(source.read(opening, MAX_OPENING_BYTES), addressee)
        members.append(Member(name=opening, size=len(data), open=lambda: io.BytesIO(data)))
        info = {label: value for label, value in source.info.items() if label != "Payload-Oxum"}
        write_container(changed, members, info)


def _readdressed(data: bytes, addressee: str) -> bytes:
    salt, disclosures = parse_opening(data)
    changed = []
    for text in disclosures:
        disclosure = parse_disclosure(text)
        if disclosure.name == "to":
            disclosure = Disclosure(salt=disclosure.salt, name="to", value=[addressee])
        changed.append(disclosure.encode())
    return encode_opening(salt, changed)


def honest_pair(directory: Path) -> bytes:
    """Return a file in the form of evidence, over honest checkpoints of the node in `directory`."""
    reader = LogReader(Folder(directory / LOG).read)
    note = reader.checkpoint()
    assert parse_checkpoint(parse_note(note).text).size
    return SplitView(older=note, newer=note).encode()
