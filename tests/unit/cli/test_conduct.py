"""The observatory's commands, as somebody types them: an exercise ledger, claims, the replies, and no rank anywhere."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from comity.cli.conduct import conduct
from comity.cli.main import cli
from comity.conduct.inquiry.statements import Consent
from comity.conduct.statements import Period
from comity.conduct.verbs import breaches
from comity.errors import ConflictError, Error, MalformedError, NotFoundError, PolicyError
from comity.parties.trust_folder import add_recognition
from support import conduct_records as make
from support.conduct_records import claim, operation, reply
from support.inquiries import AUTHORITIES, INVESTIGATOR, SampleInquiry, start, trail_file, worked_example
from support.paths import ROOT

ON = ("--on", "2026-06-30")
FIXTURES = ROOT / "tests" / "fixtures" / "conduct"


def call(*words: str) -> Result:
    done = CliRunner().invoke(cli, ["conduct", *words], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def run(*words: str) -> str:
    return call(*words).stdout


def data(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


ferry = operation("Night ferry")
said = claim(ferry, by="XBB", about="XAA")
lab = claim(ferry, by="Lantern Labs", about="XAA", said="2026-03-10", basis_tier=1)
answered = reply(ferry, [said], by="XAA", text="Nothing of the kind.")
harbour = operation("Harbour list", category="disinformation", occurred=Period(begin="2022"))
gone = claim(harbour, by="Lantern Labs", about="XEE", said="2022-12-01", basis_tier=1)
taken_back = make.retraction(gone)
RECORDS = (ferry, said, lab, answered, harbour, gone, taken_back)


@pytest.fixture
def observatory(tmp_path: Path) -> str:
    folder = tmp_path / "obs"
    run("--folder", str(folder), "init", "--exercise", str(folder))
    lines = "\n".join(json.dumps(record.to_json()) for record in RECORDS)
    (tmp_path / "records.jsonl").write_text(f"{lines}\n", encoding="utf-8")
    run("--folder", str(folder), "import", "records", str(tmp_path / "records.jsonl"), "--on", "2026-06-01")
    return str(folder)


def ask(observatory: str, *words: str) -> str:
    return run("--folder", observatory, *words)


# Reading.


def test_a_claim_is_listed_with_its_reply(observatory: str) -> None:
    lines = ask(observatory, "claims", *ON).splitlines()
    first = next(number for number, line in enumerate(lines) if "State XBB claims" in line)
    assert lines[first + 1] == "  reply: State XAA denies it, 2026-03-05; in its words: Nothing of the kind."
    assert sum(line.startswith("  reply: ") for line in lines) == 3


def test_operations_come_by_title_with_how_much_is_on_record(observatory: str) -> None:
    lines = ask(observatory, "operations", *ON).splitlines()
    assert [line[14:] for line in lines] == [
        (
            "“Harbour list” (disinformation, 2022): 0 claims from 0 voices (1 retracted or corrected), "
            "0 replies, 0 findings"
        ),
        "“Night ferry” (sabotage, 2026-02-11 to 2026-02-14): 2 claims from 2 voices, 1 reply, 0 findings",
    ]
    assert [each["title"] for each in data("--folder", observatory, "operations", *ON)] == [
        "Harbour list",
        "Night ferry",
    ]


def test_operations_are_found_by_text_category_and_page(observatory: str) -> None:
    assert "Night" in ask(observatory, "operations", "--find", "FERRY", *ON)
    assert "Night" not in ask(observatory, "operations", "--category", "disinformation", *ON)
    paged = call("--folder", observatory, "operations", "--limit", "1", *ON)
    assert f"go on with --after {harbour.id[:12]}" in paged.stderr
    assert ask(observatory, "operations", "--after", harbour.id[:12], *ON).startswith(ferry.id[:12])
    both = ("operations", "--find", "r")
    assert len(ask(observatory, *both, *ON).splitlines()) == 2
    assert ask(observatory, *both, "--after", harbour.id[:12], *ON).startswith(ferry.id[:12])
    with pytest.raises(MalformedError, match="no category nope"):
        ask(observatory, "operations", "--category", "nope")


def test_a_record_is_shown_by_the_beginning_of_its_id(observatory: str) -> None:
    assert ask(observatory, "show", answered.id[:8], *ON).startswith(f"reply {answered.id}\n")
    shown = data("--folder", observatory, "show", ferry.id, *ON)
    assert [each["id"] for each in shown["claims"]] == [said.id, lab.id]
    assert shown["claims"][0]["replies"][0]["id"] == answered.id
    assert shown["claims"][1]["no_reply"] == "no reply on record, and no search for one"
    assert shown["provenances"][0]["source"] == "records.jsonl"
    with pytest.raises(NotFoundError, match="no record has an id that begins with 'abcxyz'"):
        ask(observatory, "show", "abcxyz")
    with pytest.raises(NotFoundError, match="more than one record"):
        ask(observatory, "show", "")


def test_a_claim_is_shown_with_the_replies_and_a_retracted_one_as_retracted(observatory: str) -> None:
    lines = ask(observatory, "show", said.id, *ON).splitlines()
    assert lines[1] == "  reply: State XAA denies it, 2026-03-05; in its words: Nothing of the kind."
    lines = ask(observatory, "show", gone.id, *ON).splitlines()
    assert lines[lines.index(f"claim {gone.id}") + 1] == "retracted; it stays on record as retracted"
    shown = data("--folder", observatory, "show", gone.id, *ON)
    assert (shown["retracted"], shown["stands"], shown["no_reply"]) == (
        True,
        False,
        "no reply on record, and no search for one",
    )


def test_a_retracted_reply_is_told_as_retracted_wherever_it_stands(observatory: str, tmp_path: Path) -> None:
    back = make.retraction(answered)
    (tmp_path / "back.jsonl").write_text(json.dumps(back.to_json()), encoding="utf-8")
    ask(observatory, "import", "records", str(tmp_path / "back.jsonl"), "--on", "2026-06-01")
    listed = data("--folder", observatory, "claims", *ON)
    replies = [each for claimed in listed for each in claimed["replies"]]
    assert [(each["id"], each["retracted"], each["corrections"]) for each in replies] == [
        (answered.id, True, [back.id])
    ]
    assert data("--folder", observatory, "show", answered.id, *ON)["retracted"]
    assert "\nretracted; it stays on record" in ask(observatory, "show", answered.id, *ON)
    # What became of it comes before its words.
    assert "denies it, 2026-03-05; the reply is retracted; in its words: " in ask(observatory, "claims", *ON)
    assert ", 0 replies (1 retracted or corrected), " in ask(observatory, "operations", "--find", "ferry", *ON)
    (night,) = data("--folder", observatory, "operations", "--find", "ferry", *ON)
    assert (night["replies"], night["standing"]) == (1, {"claims": 2, "replies": 0, "findings": 0})


def test_disputed_claims_and_those_about_a_retracted_operation_say_so(observatory: str, tmp_path: Path) -> None:
    second = claim(ferry, by="Lantern Labs", about="XDD", said="2026-03-11", basis_tier=1)
    third = claim(ferry, by="Lantern Labs", about="XEE", said="2026-03-12", basis_tier=1)
    given = [second, third, make.correction(lab, second), make.correction(lab, third)]
    given.append(make.retraction(harbour, by=make.company("records.jsonl")))
    (tmp_path / "more.jsonl").write_text("\n".join(json.dumps(each.to_json()) for each in given), encoding="utf-8")
    ask(observatory, "import", "records", str(tmp_path / "more.jsonl"), "--on", "2026-06-01")
    listed = ask(observatory, "claims", *ON).splitlines()
    (line,) = (each for each in listed if each.startswith(lab.id[:12]))
    assert line.endswith("; the claim is corrected, and corrections differ; the claim is disputed")
    (line,) = (each for each in listed if each.startswith(gone.id[:12]))
    assert line.endswith("; the claim is retracted; the operation itself is retracted")
    assert "“Harbour list” (disinformation, 2022, retracted)" in ask(observatory, "operations", *ON)
    page = tmp_path / "page.html"
    ask(observatory, "report", "state", "XEE", "-o", str(page), *ON)
    assert "<bdi>2022</bdi>, retracted)" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["claims", "Lantern Co., Ltd.", "What XBB claims: everything!"])
def test_no_name_can_stop_a_list(name: str, observatory: str, tmp_path: Path) -> None:
    odd = operation(name)
    told = claim(odd, by=name, about="XAA", said="2026-03-02")
    (tmp_path / "odd.jsonl").write_text(
        "\n".join(json.dumps(record.to_json()) for record in (odd, told)), encoding="utf-8"
    )
    ask(observatory, "import", "records", str(tmp_path / "odd.jsonl"), "--on", "2026-06-01")
    assert f"{name} claims that" in ask(observatory, "claims", *ON)
    assert name in ask(observatory, "operations", *ON)
    assert name in ask(observatory, "pairs", "XAA", *ON)
    page = str(tmp_path / "page.html")
    assert ask(observatory, "report", "state", "XAA", "-o", page, *ON)


def test_an_operation_that_was_not_known_yet_is_not_shown(observatory: str) -> None:
    with pytest.raises(NotFoundError):
        ask(observatory, "show", ferry.id, "--on", "2026-05-01")


def test_a_retracted_claim_is_listed_as_retracted(observatory: str) -> None:
    listed = ask(observatory, "claims", "--about", "XEE", *ON)
    assert "the claim is retracted" in listed
    assert f"Lantern Labs retracts {gone.id[:12]} on 2026-04-10: The claimant withdraws it." in listed


def test_claims_come_in_pages_of_whole_operations_that_go_on(observatory: str) -> None:
    first = call("--folder", observatory, "claims", "--limit", "1", *ON)
    assert first.stdout.startswith(gone.id[:12])
    assert f"claims about 1 of 2 operations; go on with --after {harbour.id[:12]}" in first.stderr
    later = call("--folder", observatory, "claims", "--limit", "1", "--after", harbour.id[:12], *ON)
    assert [line[:12] for line in later.stdout.splitlines() if not line.startswith(" ")] == [said.id[:12], lab.id[:12]]
    assert "go on" not in later.stderr
    assert len(data("--folder", observatory, "claims", "--limit", "0", *ON)) == 3
    with pytest.raises(NotFoundError, match="is not among those that are asked for"):
        ask(observatory, "claims", "--about", "XEE", "--after", ferry.id, *ON)


def test_claims_can_be_left_out_and_then_the_list_says_so(observatory: str) -> None:
    done = call("--folder", observatory, "claims", "--about", "XAA", "--without-claimant", "Lantern Labs", *ON)
    assert "Lantern" not in done.stdout
    assert "1 claim; 1 left out: counted state or affiliated, without the claimants Lantern Labs" in done.stderr
    words = ("claims", "--about", "XAA", "--without-claimant", "Lantern Labs", "--all", *ON)
    everything = data("--folder", observatory, *words)
    assert [each.get("left_out") for each in everything] == [None, "claimant"]


def test_claims_of_one_claimant_are_found_by_code_and_by_name(observatory: str) -> None:
    for name in ("XBB", "xbb", "State XBB"):
        assert [each["id"] for each in data("--folder", observatory, "claims", "--claimant", name, *ON)] == [said.id]
    assert len(data("--folder", observatory, "claims", "--claimant", "lantern labs", *ON)) == 2


def test_what_a_record_holds_cannot_move_the_cursor_or_turn_the_direction(observatory: str, tmp_path: Path) -> None:
    sly = operation("Lamp\u202e")
    told = reply(sly, by="XAA", text="one\n\x1b[2Jtwo\u2028three", to=())
    path = tmp_path / "sly.jsonl"
    path.write_text("".join(json.dumps(each.to_json()) + "\n" for each in (sly, told)), encoding="utf-8")
    ask(observatory, "import", "records", str(path), "--on", "2026-06-01")
    shown = ask(observatory, "show", sly.id, *ON)
    assert not re.search("[\x1b\u2028\u202e]", shown)
    assert "one \ufffd[2Jtwo three" in shown


def test_what_a_file_holds_cannot_move_the_cursor_on_stderr_or_in_json(observatory: str, tmp_path: Path) -> None:
    odd = operation("Buoy \u009b2J \u202elist", hit=[])
    (tmp_path / "odd.jsonl").write_text(json.dumps(odd.to_json()), encoding="utf-8")
    ask(observatory, "import", "records", str(tmp_path / "odd.jsonl"), "--on", "2026-06-01")
    told = run("--folder", observatory, "operations", "--json", *ON)
    assert "\\u009b2J \\u202elist" in told
    assert json.loads(told)[0]["title"] == "Buoy \u009b2J \u202elist"
    heading, *rows = (FIXTURES / "dcid.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{heading},\x1b[2Jnew", *(f"{row}," for row in rows)]
    (tmp_path / "odd.csv").write_text("\n".join(lines), encoding="utf-8")
    noted = call("--folder", observatory, "import", "dcid", str(tmp_path / "odd.csv"), "--on", "2026-06-01")
    assert "\x1b" not in noted.stderr
    assert "\ufffd[2Jnew are not known" in noted.stderr


# Counting.


def test_a_figure_names_its_rule_and_the_replies(observatory: str) -> None:
    told = ask(observatory, "figures", *ON)
    assert told.startswith("how often claims name a participant; not how often it acted\ncounted state or affiliated")
    assert "by 2 claims of 2 voices; replies: denial 1" in told
    counted = data("--folder", observatory, "figures", "XAA", *ON)
    assert [count["participant"] for count in counted["counts"]] == ["XAA"]
    assert data("--folder", observatory, "figures", "XBB", *ON)["counts"] == []
    assert [(period["begin"], period["censored"]) for period in counted["periods"]] == [("2026-01-01", True)]


def test_how_a_share_moves_is_told_line_by_line(observatory: str) -> None:
    lines = data("--folder", observatory, "sensitivity", "XAA", *ON)["lines"]
    changes = list(dict.fromkeys(line["change"] for line in lines))
    assert changes[:2] == ["none", "rule"]
    assert {"sources", "claimants", "categories", "single_voices", "clustering", "months"} <= set(changes)
    assert "without one claimant lantern labs: 1 of 1 (100 %)" in ask(observatory, "sensitivity", "XAA", *ON)


def test_an_option_that_means_nothing_is_refused(observatory: str) -> None:
    for words, error in (
        (("figures", "--rule", "loudest"), NotFoundError),
        (("figures", "--without-bloc", "atlantis"), NotFoundError),
        (("figures", "--without-category", "rudeness"), MalformedError),
        (("figures", "--without-months", "-1"), MalformedError),
        (("figures", "--without-months", "99999999"), MalformedError),
        (("figures", "--without-source", "Nobody"), NotFoundError),
        (("sensitivity", "XAA", "--without-claimant", "Lantern Lab"), NotFoundError),
        (("figures", "QQQ"), NotFoundError),
    ):
        with pytest.raises(error):
            ask(observatory, *words, *ON)


def test_a_figure_may_be_of_any_day_of_the_calendar(observatory: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert ask(observatory, "figures", "XAA", "--without-months", "1200", "--on", day)


def test_pairs_ask_for_a_state_or_a_bloc(observatory: str) -> None:
    told = ask(observatory, "pairs", "XAA", "XBB", *ON)
    assert told.startswith("claims beside commitments; not a finding, and no breach follows from a line\n")
    assert "    reply: State XAA denies it, 2026-03-05; in its words: Nothing of the kind." in told
    assert (
        "Fictitious participant XBB\n  commitments: no public record found; searched on 2026-06-30: 2 operations"
        in told
    )
    for words in (("pairs",), ("pairs", "XAA", "--bloc", "eu")):
        with pytest.raises(MalformedError):
            ask(observatory, *words)
    with pytest.raises(MalformedError, match="the period ends on 2026-01-01"):
        ask(observatory, "pairs", "XAA", "--from", "2026-02-01", "--to", "2026-01-01")


# Fairness.


def words_of_commands() -> list[tuple[str, str]]:
    return [(name, command.help or "") for name, command in conduct.commands.items()]


@pytest.mark.parametrize(("name", "text"), words_of_commands())
def test_no_command_speaks_of_deeds_as_facts(name: str, text: str) -> None:
    assert breaches(text) == (), name


def options(command: click.Command) -> list[str]:
    inner = [each for child in getattr(command, "commands", {}).values() for each in options(child)]
    return [name for parameter in command.params for name in parameter.opts] + inner


def test_no_command_can_sort_rank_or_score() -> None:
    for name in options(conduct):
        assert not re.search(r"sort|rank|order|score|top|most|worst", name), name


@pytest.mark.parametrize("words", [("figures",), ("operations",), ("pairs", "XAA")])
def test_every_list_of_states_or_operations_is_by_name(
    words: tuple[str, ...], observatory: str, tmp_path: Path
) -> None:
    many = [claim(ferry, by=f"Company {number}", about="XEE", said="2026-03-20") for number in range(6)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(each.to_json()) + "\n" for each in many), encoding="utf-8")
    ask(observatory, "import", "records", str(path), "--on", "2026-06-01")
    if words == ("figures",):
        names = [count["name"] for count in data("--folder", observatory, "figures", *ON)["counts"]]
        assert names == ["Fictitious participant XAA", "Fictitious participant XEE"]
    elif words == ("operations",):
        titles = [each["title"] for each in data("--folder", observatory, "operations", *ON)]
        assert titles == sorted(titles)
    else:
        sides = data("--folder", observatory, "pairs", "XEE", "XAA", *ON)["sides"]
        assert [side["participant"] for side in sides] == ["XAA", "XEE"]


# Entering and handing on.


def test_a_ledger_is_made_once_and_knows_its_world(tmp_path: Path) -> None:
    folder = str(tmp_path / "a" / "b")
    assert "a ledger for an exercise was made" in run("init", folder, "--exercise")
    with pytest.raises(ConflictError, match="nothing was made"):
        run("init", folder)
    real = str(tmp_path / "real")
    run("--folder", real, "init")
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(ferry.to_json()) + "\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="XBB is fictitious"):
        run("--folder", real, "import", "records", str(path))


@pytest.mark.parametrize("words", [("operations",), ("claims",), ("show", said.id), ("pairs", "XAA"), ("figures",)])
def test_an_exercise_is_said_to_be_one_whatever_is_asked(words: tuple[str, ...], observatory: str) -> None:
    assert call("--folder", observatory, *words, *ON).stderr.startswith("EXERCISE: ")


@pytest.mark.parametrize("exercise", [True, False])
@pytest.mark.parametrize("form", ["json", "csv", "stix"])
def test_an_exercise_that_was_handed_on_is_taken_by_no_other_ledger(
    form: str, tmp_path: Path, *, exercise: bool
) -> None:
    # Nobody in this record has a code, so that only what the file says of itself tells the worlds apart.
    drill = operation("Harbour drill", hit=[])
    (tmp_path / "drill.jsonl").write_text(json.dumps(drill.to_json()), encoding="utf-8")
    flags = (["--exercise"], []) if exercise else ([], ["--exercise"])
    for name, flag in zip(("one", "other"), flags, strict=True):
        run("init", str(tmp_path / name), *flag)
    one, other = (("--folder", str(tmp_path / name)) for name in ("one", "other"))
    run(*one, "import", "records", str(tmp_path / "drill.jsonl"), "--on", "2026-06-01")
    out = tmp_path / {"json": "out.jsonl", "csv": "tables", "stix": "out.json"}[form]
    run(*one, "export", form, "-o", str(out))
    source = "stix" if form == "stix" else "records"
    files = [str(path) for path in sorted(out.iterdir())] if form == "csv" else [str(out)]
    assert "0 new records, 1 held already" in run(*one, "import", source, *files)
    if form == "stix" and not exercise:
        return
    with pytest.raises(PolicyError, match=r"is of (an|no) exercise"):
        run(*other, "import", source, *files)


def test_the_data_directory_is_where_a_ledger_lies_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(NotFoundError, match=r"make one with comity conduct init .*observatory"):
        run("operations")
    run("init", "--exercise")
    assert (tmp_path / "comity" / "observatory" / "ledger.db").exists()
    assert run("operations") == ""


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("cfr", ("cfr.csv",)),
        ("dcid", ("dcid.csv",)),
        ("eurepoc", ("eurepoc_incidents.csv", "eurepoc_attributions.csv", "eurepoc_receivers.csv")),
        ("fiat", ("fiat.csv",)),
        ("galaxy", ("galaxy_threat_actor.json",)),
        ("misp-event", ("misp_events.json",)),
    ],
)
def test_every_collection_is_read_by_its_own_importer(source: str, names: tuple[str, ...], tmp_path: Path) -> None:
    folder = str(tmp_path)
    run("init", folder, "--exercise")
    files = [str(FIXTURES / name) for name in names]
    (told,) = json.loads(run("--folder", folder, "import", source, *files, "--on", "2026-11-01", "--json"))
    assert told["new"] > 1
    assert [file["name"] for file in told["files"]] == list(names)
    again = run("--folder", folder, "import", source, *files, "--on", "2026-11-02")
    assert ": 0 new records, " in again


def test_a_source_that_lacks_its_files_is_refused(observatory: str) -> None:
    one = str(FIXTURES / "cfr.csv")
    for words in (("cfr",), ("misp-galaxy", one), ("eurepoc", one)):
        with pytest.raises(MalformedError):
            ask(observatory, "import", *words)
    with pytest.raises(MalformedError, match="records come as"):
        ask(observatory, "import", "records", str(FIXTURES.parent / "none.txt"))


def test_what_could_not_be_read_is_told_on_stderr(tmp_path: Path) -> None:
    run("init", str(tmp_path), "--exercise")
    words = ("import", "galaxy", str(FIXTURES / "galaxy_threat_actor.json"), "--on", "2026-11-01")
    done = call("--folder", str(tmp_path), *words)
    assert (
        "left out: galaxy_threat_actor.json, values[5] (GROUP SILT), country: 'ZZ' is no two-letter code" in done.stderr
    )
    assert "left out" not in done.stdout


@pytest.mark.parametrize("form", ["stix", "csv", "json"])
def test_what_goes_out_comes_in_again_without_loss(form: str, observatory: str, tmp_path: Path) -> None:
    before = ask(observatory, "export", "json")
    target = tmp_path / ("bundle.json" if form == "stix" else "records.jsonl" if form == "json" else "tables")
    target.unlink(missing_ok=True)
    ask(observatory, "export", form, "-o", str(target))
    files = sorted(str(path) for path in target.iterdir()) if form == "csv" else [str(target)]
    copy = str(tmp_path / "copy")
    run("init", copy, "--exercise")
    source = "stix" if form == "stix" else "records"
    run("--folder", copy, "import", source, *files, "--keep-provenance", "--on", "2026-06-20")
    after = run("--folder", copy, "export", "json")
    assert sorted(after.splitlines()) == sorted(before.splitlines())
    fresh = str(tmp_path / "fresh")
    run("init", fresh, "--exercise")
    run("--folder", fresh, "import", source, *files, "--on", "2026-06-20")
    came = {json.loads(line)["provenance"]["source"] for line in run("--folder", fresh, "export", "json").splitlines()}
    assert came <= {Path(name).name for name in files}


def test_a_table_names_the_correction_and_one_kind_goes_to_stdout(observatory: str) -> None:
    rows = list(csv.DictReader(io.StringIO(ask(observatory, "export", "csv", "--kind", "claim"))))
    states = {row["record id"]: row["record state"] for row in rows}
    assert states == {said.id: "standing", lab.id: "standing", gone.id: "retracted"}
    with pytest.raises(PolicyError, match="name a folder with -o"):
        ask(observatory, "export", "csv")
    with pytest.raises(NotFoundError, match="no record of kind 'verdict'"):
        ask(observatory, "export", "csv", "--kind", "verdict")


def test_an_export_can_be_about_one_state_or_one_operation(observatory: str, tmp_path: Path) -> None:
    def ids(*words: str) -> set[str]:
        return {json.loads(line)["id"] for line in ask(observatory, "export", "json", *words).splitlines()}

    assert ids("--about", "XEE") == {harbour.id, gone.id, taken_back.id}
    assert ids("--operation", ferry.id[:12]) == {ferry.id, said.id, lab.id, answered.id}
    there = tmp_path / "there.json"
    there.write_text("x", encoding="utf-8")
    with pytest.raises(ConflictError):
        ask(observatory, "export", "stix", "-o", str(there))
    assert there.read_text(encoding="utf-8") == "x"


def test_what_is_served_holds_every_place_from_which_a_record_came(
    observatory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tmp_path / "again.jsonl"
    again.write_text(json.dumps(ferry.to_json()), encoding="utf-8")
    run("--folder", observatory, "import", "records", str(again), "--on", "2026-06-09")
    served: list[Any] = []

    def serve(held: Any, **options: Any) -> None:
        served.extend(record.to_json() for record in held.records())
        assert (held.count(), options) == (len(RECORDS), {"port": 8450, "tlp": "white", "exercise": True})

    monkeypatch.setattr("comity.conduct.exporting.taxii.serve_taxii", serve)
    assert "read-only" in call("--folder", observatory, "serve").stderr
    exported = [json.loads(line) for line in ask(observatory, "export", "json").splitlines()]
    assert served == [
        {name: value for name, value in line.items() if name not in {"standing", "notice", "exercise"}}
        for line in exported
    ]
    assert [each["provenance"]["source"] for each in served if each["id"] == ferry.id] == [
        "records.jsonl",
        "again.jsonl",
    ]


def test_a_report_is_one_file_without_a_script(observatory: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for words in (("state", "XAA"), ("pair", "XAA", "XBB"), ("operation", ferry.id[:12])):
        told = data("--folder", observatory, "report", *words, "-o", str(page), *ON)
        text = page.read_text(encoding="utf-8")
        assert told["bytes"] == len(text.encode())
        assert "<script" not in text
        assert "Content-Security-Policy" in text
        assert "<table" in text
    with pytest.raises(MalformedError, match="a report about a pair takes 2 names, got 1"):
        ask(observatory, "report", "pair", "XAA", "-o", str(page))
    with pytest.raises(NotFoundError, match="is of the kind claim; wanted is operation"):
        ask(observatory, "report", "operation", said.id, "-o", str(page))


# Grading, practice, inquiries.


def test_a_claim_is_graded_by_coders_who_make_no_claims(observatory: str, tmp_path: Path) -> None:
    form = tmp_path / "grade.toml"
    assert len(re.findall(r'^# [a-z_]+ = "yes"$', ask(observatory, "grade", "--questions"), re.MULTILINE)) == 18
    form.write_text('[answers]\nopen_data = "no"\nmethod_explained = "yes"\n', encoding="utf-8")
    words = ("--answers", str(form), "--on", "2026-06-10")
    for coder in ("Coder One", "Coder Two"):
        ask(observatory, "grade", said.id, "--coder", coder, *words)
    graded = data("--folder", observatory, "grade", said.id, *ON)
    assert [coder["coder"] for coder in graded["coders"]] == ["Coder One", "Coder Two"]
    agreed = data("--folder", observatory, "grade", "--agreement", *ON)
    assert agreed["agreeing"] == "2 of 2 pairs of answers"
    with pytest.raises(PolicyError, match="makes claims and cannot grade them"):
        ask(observatory, "grade", said.id, "--coder", "Lantern Labs", *words)
    form.write_text('coder = "Coder One"\n[answers]\nis_it_true = "yes"\n', encoding="utf-8")
    with pytest.raises(MalformedError, match="is_it_true"):
        ask(observatory, "grade", said.id, *words)
    for text, message in (("[answers", "no TOML"), ("marks = 3", "unknown member 'marks'"), ("", "whose answers")):
        form.write_text(text, encoding="utf-8")
        with pytest.raises(MalformedError, match=message):
            ask(observatory, "grade", said.id, *words)


def test_the_lens_is_labelled_and_weighs_nothing_that_nobody_graded(observatory: str) -> None:
    told = ask(observatory, "lens", ferry.id[:12], "--about", "XAA", *ON)
    assert told.startswith("a lens, not a finding: claims that name Fictitious participant XAA about “Night ferry”")
    assert "State XAA, weighs nothing since nobody graded it" in told
    assert "assumptions" in told
    seen = data("--folder", observatory, "lens", ferry.id, "--about", "XAA", *ON)
    assert (seen["label"], seen["opinion"]["uncertainty"]) == ("a lens, not a finding", "1")


def test_a_drill_is_entered_answered_and_shown_with_what_is_not_proven(observatory: str) -> None:
    at = ("--at", "2026-06-01T09:00:00Z")
    ping = json.loads(ask(observatory, "drill", "ping", "XBB", "XAA", "--point", "Desk", *at))
    other = json.loads(ask(observatory, "drill", "ping", "XBB", "XAA", "--point", "Desk", *at))
    assert ping["body"]["nonce"] != other["body"]["nonce"]
    late = ("--at", "2026-06-01T09:12:00Z")
    answer = json.loads(ask(observatory, "drill", "answer", ping["id"][:12], "--point", "Night", *late))
    assert answer["body"]["nonce"] == ping["body"]["nonce"]
    words = ("drill", "table", "--at", "2026-06-02T00:00:00Z")
    told = ask(observatory, *words)
    assert "not proven: that the ping reached the other side" in told
    states = sorted(row["state"] for row in data("--folder", observatory, *words)["drills"])
    assert states == ["answered", "not_served"]
    assert ask(observatory, *words, "--csv").startswith("to,to_name,by,by_name,drill,sent")


def test_a_body_is_checked_as_its_readers_will_and_printed_to_be_said(observatory: str, tmp_path: Path) -> None:
    body = {
        "operation": ferry.id,
        "by": {"name": "State XAA", "kind": "state", "participant": "XAA"},
        "kind": "denial",
        "said": "2026-06-20",
    }
    path = tmp_path / "reply.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    words = ("draft", str(path), "--kind", "reply", "--at", "2026-06-30T09:00:00Z", "--issuer")
    told = json.loads(ask(observatory, *words, "xaa.foreign-office"))
    assert told == {"kind": "reply", "body": body, "subject": None, "follows": []}
    noted = call("--folder", observatory, *words, "xbb.foreign-office")
    assert "taken, as what State XAA says in the words of xbb.foreign-office" in noted.stderr
    with pytest.raises(PolicyError, match="lies after 2026-06-01"):
        ask(observatory, *words[:5], "2026-06-01T09:00:00Z", "--issuer", "xaa.foreign-office")


def test_catalogues_positions_and_vocabularies_can_be_looked_up() -> None:
    told = run("catalogues")
    assert told.startswith("UN norms of responsible state behaviour (gge_norms, version 2015, 11 items)")
    norms = run("catalogues", "gge_norms")
    assert "  f  no damage by networks to critical infrastructure" in norms
    assert data("catalogues", "osce_cbms", "--version", "2013")[0]["version"] == "2013"
    assert run("catalogues", "--csv").startswith("catalogue,item,version,label,nature")
    with pytest.raises(MalformedError, match="--version is that of one catalogue; name it"):
        run("catalogues", "--version", "2013")
    assert "33 states with a national position" in run("positions", *ON)
    assert run("positions", "--csv", *ON).startswith("participant,name,position")
    assert "Portugal (PRT)" in run("vocabulary", "agencies", "portugal")
    assert data("vocabulary", "techniques", "Develop Memes") == [
        {"code": "disarm:T0086.001", "name": "Develop Memes", "tactics": "Develop Content"}
    ]
    for which in ("countermeasures", "detections", "actor-types"):
        assert data("vocabulary", which)
    assert call("vocabulary", "agencies", "no such name").stderr == "nothing is called so in this list\n"


def test_a_pact_begins_from_a_template_and_its_returns_are_counted(observatory: str) -> None:
    assert "contact_and_notification" in run("pact", "templates")
    days = ("--signed", "2024-01-10", "--begins", "2024-02-01", "--by", "Coder One", *ON)
    form = "contact_and_notification"
    pact = json.loads(ask(observatory, "pact", "begin", form, "XBB", "XAA", "--without", "talk", *days))
    assert (pact["body"]["parties"], pact["provenance"]["source"]) == (["XAA", "XBB"], "Coder One")
    words = ("pact", "return", pact["id"][:12], "contacts", "--by", "XAA")
    made = json.loads(ask(observatory, *words, "--what", "nil", "--when", "2025-01-20", *ON))
    assert made["body"] == {"pact": pact["id"], "measure": "contacts", "by": "XAA", "on": "2025-01-20", "what": "nil"}
    rows = {
        (row["party"], row["measure"]): row for row in data("--folder", observatory, "pact", "table", *ON)["returns"]
    }
    assert (rows["XAA", "contacts"]["periods_ended"], rows["XAA", "contacts"]["periods_with_return"]) == (2, 1)
    assert rows["XBB", "contacts"]["periods_with_return"] == 0
    assert ("XAA", "talk") not in rows
    told = ask(observatory, "pact", "table", *ON)
    assert told.startswith("returns held on 2026-06-30; one that is not held may have been made")
    assert ask(observatory, "pact", "table", "--csv", *ON).startswith("pact,title,party,party_name,measure")
    with pytest.raises(MalformedError, match="the return is by XEE, no party of"):
        ask(observatory, "pact", "return", pact["id"], "contacts", "--by", "XEE", "--what", "nil", *ON)
    with pytest.raises(MalformedError, match="the return is a drill, which is no return under 'contacts'"):
        ask(observatory, *words, "--what", "drill", *ON)


def test_a_disclosure_goes_from_form_to_table(observatory: str, tmp_path: Path) -> None:
    form = ask(observatory, "disclose", "--template", "--state", "XAA")
    filled = form.replace("# said = 2027-01-31", "said = 2026-06-02").replace('said_by = ""', 'said_by = "State XAA"')
    filled = filled.replace('[answers.doctrine]\nanswer = ""', '[answers.doctrine]\nanswer = "declined"')
    path = tmp_path / "form.toml"
    path.write_text(filled, encoding="utf-8")
    ask(observatory, "disclose", "--answers", str(path), "--on", "2026-06-10")
    told = ask(observatory, "disclose", "--state", "XAA", *ON)
    assert "declined, said 2026-06-02 by State XAA" in told
    assert "not asked" in told
    assert ask(observatory, "disclose", "--csv", *ON).startswith("participant,name,question,answer")
    with pytest.raises(MalformedError, match="not both"):
        ask(observatory, "disclose", "--template", "--answers", str(path))
    with pytest.raises(MalformedError, match="--state, --csv and --json go without it"):
        ask(observatory, "disclose", "--answers", str(path), "--csv")


def test_commitments_of_a_state_are_listed_as_lines_data_and_table(observatory: str) -> None:
    assert ask(observatory, "commitments", "PRT", *ON).startswith("Portugal on 2026-06-30: ")
    listed = data("--folder", observatory, "commitments", "PRT", *ON)
    table = list(csv.reader(io.StringIO(ask(observatory, "commitments", "PRT", "--csv", *ON))))
    assert len(table) == 1 + len(listed["commitments"]) + len(listed["unknown"])


def test_an_inquiry_needs_a_folder_of_statements_or_a_trust_folder(observatory: str, tmp_path: Path) -> None:
    assert call("--folder", observatory, "investigate").stderr.endswith("\nno mandate is held\n")
    assert json.loads(ask(observatory, "investigate", "--json")) == []
    with pytest.raises(NotFoundError, match="holds 0 statements"):
        run("investigate", str(tmp_path))
    trail = tmp_path / "trail.zip"
    trail.write_bytes(b"PK")
    with pytest.raises(MalformedError, match="name yours with --trust"):
        run("investigate", str(trail))


# The desk.


def test_an_authority_s_commands_do_not_load_the_observatory() -> None:
    script = (
        "import sys, importlib; from comity.cli.main import COMMANDS\n"
        "for name, (module, _, _) in COMMANDS.items():\n"
        "    if name != 'conduct': importlib.import_module(module)\n"
        "print(*[name for name in sys.modules if name.startswith('comity.conduct')])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == ""


def test_asking_for_help_loads_neither_the_ledger_nor_a_server() -> None:
    script = "import sys, comity.cli.conduct; print(*{n.split('.')[0] for n in sys.modules}, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"starlette", "uvicorn", "msgspec", "pysqlite3", "comity.conduct"})


@pytest.fixture(scope="module")
def inquiry() -> SampleInquiry:
    return worked_example()


def test_a_trail_is_checked_in_full_and_ends_with_what_is_not_proved(inquiry: SampleInquiry, tmp_path: Path) -> None:
    for name in AUTHORITIES:
        add_recognition(tmp_path / "trust", inquiry.world.recognition(name))
    trail = tmp_path / "finding.trail"
    trail.write_bytes(trail_file(inquiry))
    told = run("investigate", str(trail), "--trust", str(tmp_path / "trust"))
    assert told.startswith(f"EXERCISE: inquiry {inquiry.id}: every check holds; its newest finding is published\n")
    assert told.index("\nfinding\n") < told.index("\ndissent\n") < told.index("\nnot proved\n")
    found = data("investigate", str(trail), "--trust", str(tmp_path / "trust"))
    assert found["not_proved"][0].startswith("that the conclusion is right")
    spoiled = bytearray(trail.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    trail.write_bytes(bytes(spoiled))
    with pytest.raises(Error):
        run("investigate", str(trail), "--trust", str(tmp_path / "trust"))


def test_what_an_investigator_reports_of_a_state_is_not_told_as_its_own_word(tmp_path: Path) -> None:
    inquiry = start()
    reported = Consent(participant="XBB", consent="given", reported_from="a newspaper")
    inquiry.say(INVESTIGATOR, "consent", reported)
    for number, item in enumerate(inquiry.said):
        (tmp_path / f"{number:02}.json").write_bytes(item.said.spoken.envelope.encoded)
    told = run("investigate", str(tmp_path), "--at", "2027-01-01T00:00:00Z")
    assert f"\n  consent of XBB: given; reported by {INVESTIGATOR} from a newspaper\n" in told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--next", "draft.json"], "name the inquiry"),
        (["--trail", "new.trail"], "name the inquiry"),
        (["--made-by", "xcb.inquiry"], "go with --trail"),
        ([".", "--trust", "trust"], "--trust goes with the file"),
        (["deadbeef", "--trail", "new.trail", "--next", "draft.json"], "not both"),
    ],
)
def test_investigate_passes_over_no_option(arguments: list[str], reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        run("investigate", *arguments)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("export json --tlp red", "--tlp marks a bundle of stix"),
        ("export stix --kind claim", "which table of csv goes to stdout"),
        ("export csv --kind claim -o tables", "which table of csv goes to stdout"),
        ("import records x.toml --list threat-actor", "--list goes with misp-galaxy; records would pass it over"),
        ("import cfr x.csv --keep-provenance", "--keep-provenance goes with records or stix; cfr would"),
        ("import eurepoc x.csv", "in this order, got 1"),
        ("grade --questions --answers x.toml", "give one of --questions, --answers and --agreement"),
        ("grade abcd --coder Somebody", "--coder goes with --answers"),
        ("disclose --by Somebody", "--by goes with --answers"),
        ("disclose --template --csv", "--csv and --json go without it"),
    ],
)
def test_an_option_that_would_be_passed_over_is_refused(observatory: str, words: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        ask(observatory, *words.split())


def test_an_empty_ledger_says_that_it_has_no_table(tmp_path: Path) -> None:
    run("init", str(tmp_path / "empty"))
    with pytest.raises(NotFoundError, match="'claim' is among them; there are none at all"):
        ask(str(tmp_path / "empty"), "export", "csv", "--kind", "claim")


def test_a_folder_of_statements_is_told_as_unchecked_with_replies_and_dissent(
    inquiry: SampleInquiry, tmp_path: Path
) -> None:
    for number, item in enumerate(inquiry.said):
        (tmp_path / f"{number:02}.json").write_bytes(item.said.spoken.envelope.encoded)
    told = run("investigate", str(tmp_path), "--at", "2027-01-01T00:00:00Z")
    assert told.startswith("as the files say: signatures and places in logs are not checked here")
    for part in (
        "  consent of XBB: refused",
        "  reply of State XBB: denial",
        "  dissent of member from",
        "  corrected: found by",
    ):
        assert f"\n{part}" in told
    assert all(breaches(line) == () for line in told.splitlines())
    # An answer is read with its words and whose log it stands in, like the conclusion.
    reply = next(line for line in told.splitlines() if line.startswith("  reply of State XBB"))
    assert "; so says xbb." in reply
    assert "; in its words: " in reply
    assert "\n  correction of finding " in told
    found = data("investigate", str(tmp_path), "--at", "2027-01-01T00:00:00Z")
    assert {consent["issuer"] for consent in found["consents"]} >= {"xbb.foreign-office"}
    assert [finding["state"] for finding in found["findings"]] == ["corrected", "published"]
    (tmp_path / "00.json").unlink()
    with pytest.raises(MalformedError, match="holds one mandate, this one 0"):
        run("investigate", str(tmp_path))
    (tmp_path / "99.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MalformedError, match=r"99\.json: "):
        run("investigate", str(tmp_path))
