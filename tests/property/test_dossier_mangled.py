"""No change of a dossier passes, unless it changes nothing that the report says is proved."""

import io
import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.container import open_container
from comity.exchange.dossier_check import DossierReport
from comity.exchange.dossier_head import HEAD, PROOF_SUFFIX
from support.dossiers import Forge, dossier_of, verified, written
from support.world import SampleCase, World, sample_case

REFUSALS = (MalformedError, PolicyError, VerificationError)


@cache
def honest() -> tuple[SampleCase, bytes]:
    case = sample_case(World())
    return case, written(dossier_of(case))


def check_refused(file: bytes) -> None:
    with pytest.raises(REFUSALS):
        verified(file, honest()[0].world)


def proved(report: DossierReport) -> list[tuple[str, str, str]]:
    """Return the facts without times of witnesses: where a line is spoilt, a later witness makes the quorum."""
    told = [(fact.topic, fact.text.partition("; witnessed by")[0], fact.where) for fact in report.facts]
    return [(topic, re.sub("logged by [^ ]+", "logged", text), where) for topic, text, where in told]


@settings(max_examples=300, deadline=None)
@given(place=st.floats(min_value=0, max_value=1, exclude_max=True), bit=st.integers(min_value=0, max_value=7))
def test_no_flipped_bit_passes(place: float, bit: int) -> None:
    file = bytearray(honest()[1])
    file[int(place * len(file))] ^= 1 << bit
    check_refused(bytes(file))


@settings(max_examples=100, deadline=None)
@given(place=st.floats(min_value=0, max_value=1, exclude_max=True), inserted=st.binary(max_size=30))
def test_no_cut_and_no_insertion_passes(place: float, inserted: bytes) -> None:
    file = honest()[1]
    cut = int(place * len(file))
    check_refused(file[:cut])
    check_refused(file[cut + 1 :])
    check_refused(file[:cut] + inserted + b"x" + file[cut:])


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_member_changed_under_fitting_manifests_changes_nothing_that_is_proved(data: st.DataObject) -> None:
    case, file = honest()
    forge = Forge(file)
    name = data.draw(st.sampled_from(sorted(forge.members)))
    content = bytearray(forge.members[name])
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        place = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "double"])):
            case "flip":
                content[place] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
            case "cut":
                del content[place:]
                content += b" "
            case "double":
                content[place:place] = content[place : place + 8]
    if bytes(content) == forge.members[name]:
        return
    forge.members[name] = bytes(content)
    try:
        changed = forge.file()
        report = verified(changed, case.world)
    except REFUSALS:
        return
    # The head's own words and the lines of witnesses beyond the quorum are vouched for by nobody and say nothing here.
    assert name == HEAD or name.endswith(PROOF_SUFFIX), f"{name} was changed and passed"
    assert proved(report) == proved(verified(file, case.world))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_members_exchanged_for_each_other_are_refused(data: st.DataObject) -> None:
    forge = Forge(honest()[1])
    names = sorted(forge.members)
    one = data.draw(st.sampled_from(names))
    other = data.draw(st.sampled_from([name for name in names if forge.members[name] != forge.members[one]]))
    forge.members[one], forge.members[other] = forge.members[other], forge.members[one]
    try:
        changed = forge.file()
    except REFUSALS:
        return
    check_refused(changed)


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=2_000))
def test_any_bytes_are_refused_with_an_error_of_the_project(data: bytes) -> None:
    check_refused(data)


def test_the_honest_dossier_passes() -> None:
    case, file = honest()
    assert open_container(io.BytesIO(file)).verify().digests
    assert proved(verified(file, case.world))
