"""What a node recognises is what lies in its trust folder now, whoever asks and how often."""

import os

import pytest

from comity.errors import MalformedError, PolicyError, StoreError
from comity.node.inception import load_card
from comity.parties.trust_folder import add_recognition
from support.nodes import ASKED, Network, RunningNode, recognition_of


def test_a_recognition_counts_from_the_moment_in_which_it_lies_there(asker: RunningNode, asked: RunningNode) -> None:
    folder = asker.directory / "trust"
    file = folder / f"{ASKED}.json"
    held = asker.node.recognition(ASKED)
    assert asker.node.recognition(ASKED) is held
    assert asker.node.trust()[ASKED] == held
    sound = file.read_bytes()
    file.unlink()
    with pytest.raises(PolicyError, match="is not recognised here; add it"):
        asker.node.recognition(ASKED)
    assert ASKED not in asker.node.trust()
    file.write_bytes(sound)
    assert asker.node.recognition(ASKED) == held
    add_recognition(folder, recognition_of(load_card(asked.directory)), replace=True)
    assert asker.node.recognition(ASKED) == held


def test_a_changed_file_is_read_again(asker: RunningNode) -> None:
    file = asker.directory / "trust" / f"{ASKED}.json"
    asker.node.recognition(ASKED)
    sound, times = file.read_bytes(), file.stat()
    file.write_bytes(sound.replace(b'"remark":""', b'"remark":"x"'))
    assert asker.node.recognition(ASKED).remark == "x"
    assert asker.node.trust()[ASKED].remark == "x"
    file.write_bytes(b"{" + sound[1:-1] + b"!")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    with pytest.raises(StoreError, match="is no recognition"):
        asker.node.recognition(ASKED)
    with pytest.raises(StoreError):
        asker.node.trust()


@pytest.mark.parametrize(
    "name", ["", "..", "../keys/service", "XAB.centre", "xab.centre/..", "xab.centre\x00", "a" * 300]
)
def test_only_a_name_of_an_authority_is_looked_for(asker: RunningNode, name: str) -> None:
    with pytest.raises(MalformedError):
        asker.node.recognition(name)


def test_a_recipient_is_that_of_the_newest_designation(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    assert asker.node.recipient(ASKED) == asked.keys.delivery.recipient
    with pytest.raises(PolicyError, match="is known"):
        asker.node.recipient("xyz.nobody")
