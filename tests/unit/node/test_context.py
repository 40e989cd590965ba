"""What a node recognises is what lies in its trust folder now, whoever asks and how often."""

import os

import pytest

from comity.errors import MalformedError, PolicyError, StoreError
from comity.law.register import load_register
from comity.node.context import read_law
from comity.node.inception import load_card
from comity.parties.trust_folder import add_recognition
from support.nodes import ASKED, ASKER, Network, RunningNode, recognition_of


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


def test_competences_are_those_of_the_newest_logged_keys_statement(asker: RunningNode) -> None:
    assert asker.node.competences(ASKED) == ("central_authority", "contact_point")
    assert asker.node.competences("xyz.nobody") == ()
    with asker.node.database.transaction() as tx:
        tx._connection.execute("DELETE FROM designation")
    assert asker.node.competences(ASKED) == ()
    # Before its first keys statement is logged, a node goes by its settings.
    assert asker.node.competences(ASKER) == asker.node.settings.competences != ()


def test_the_law_of_a_node_is_the_installed_one_with_what_its_folder_adds(asker: RunningNode) -> None:
    assert read_law(asker.directory) is load_register()
    folder = asker.directory / "law" / "budapest"
    folder.mkdir(parents=True)
    columns = "participant,act,on,known_by,confidence,provision,about,note,source,grade"
    file = folder / "actions.csv"
    file.write_text(f"{columns}\nXAA,accession,2020-01-01,,confirmed,,,exercise,told here,T\n", encoding="utf-8")
    register = read_law(asker.directory)
    assert len(register.actions) == len(load_register().actions) + 1
    file.write_text(f"{columns}\nXAA,accession\n", encoding="utf-8")
    with pytest.raises(MalformedError, match=r"actions\.csv:2: wanted 10 cells, got 2"):
        read_law(asker.directory)
