import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from comity.exchange.case_uco import encode_case
from comity.exchange.dossier_head import CASE_UCO
from comity.exchange.view import CaseView, Held, fold_case
from comity.kernel.canonical import parse_json
from support.dossiers import Forge, dossier_of, written
from support.world import SampleCase, World, open_case, sample_case


def view_of(case: SampleCase) -> CaseView:
    held = [Held(id=item.id, statement=item.statement) for item in case.said]
    return fold_case(case.id, held, as_of=case.world.now)


@pytest.fixture(scope="module")
def case() -> SampleCase:
    return sample_case(World())


def graph(view: CaseView) -> list[dict[str, object]]:
    nodes: list[dict[str, object]] = json.loads(encode_case(view))["@graph"]
    return nodes


def test_the_community_validator_accepts_it_at_its_strict_default(case: SampleCase, tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(encode_case(view_of(case)))
    program = Path(sys.executable).with_name("case_validate")
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforms: True" in done.stdout


def test_order_custody_and_exhibit_have_their_classes(case: SampleCase) -> None:
    kinds = [node["@type"] for node in graph(view_of(case))]
    assert kinds.count("investigation:Authorization") == 1
    assert kinds.count("investigation:ProvenanceRecord") == 1
    assert kinds.count("investigation:InvestigativeAction") == 5
    assert kinds.count("identity:Identity") == 2


def test_each_step_is_informed_by_the_one_before(case: SampleCase) -> None:
    steps = [node for node in graph(view_of(case)) if node["@type"] == "investigation:InvestigativeAction"]
    informed = [step.get("investigation:wasInformedBy") for step in steps]
    assert informed == [None, *({"@id": step["@id"]} for step in steps[:-1])]


def test_every_identifier_ends_in_a_uuid_and_none_is_used_twice(case: SampleCase) -> None:
    identifiers = re.findall(r'"@id":"([^"]+)","@type"', encode_case(view_of(case)).decode())
    assert len(identifiers) == len(set(identifiers)) > 10
    for identifier in identifiers:
        assert re.fullmatch(
            r"kb:[a-z-]+-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", identifier
        )


def test_the_same_view_gives_the_same_bytes_in_one_spelling(case: SampleCase) -> None:
    data = encode_case(view_of(case))
    assert data == encode_case(view_of(case))
    parse_json(data)
    assert data == Forge(written(dossier_of(case))).members[CASE_UCO]


def test_a_case_without_exhibits_is_described_too() -> None:
    assert [node["@type"] for node in graph(view_of(open_case(World())))] == ["investigation:Investigation"]
