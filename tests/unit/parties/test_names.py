"""Names of participants, as lists and treaties spell them, mean one participant or are refused."""

import csv
from pathlib import Path

import pytest

from comity.errors import NotFoundError
from comity.parties.names import normal_form, participant_named
from comity.parties.participants import load_participants
from support.paths import shared


def _named(file: Path, name: str, code: str) -> set[tuple[str, str]]:
    with file.open(encoding="utf-8-sig") as lines:
        return {(row[name], row[code]) for row in csv.DictReader(lines)}


def test_every_name_in_the_table_means_its_own_row() -> None:
    for row in load_participants().values():
        assert {participant_named(name).code for name in (row.name, *row.also)} == {row.code}


def test_every_name_in_the_lists_of_the_united_nations_means_its_code() -> None:
    # The data leave organisations without a code, and give two of them that of South Africa.
    organisations = {"Common Market for Eastern and Southern Africa", "Southern African Development Community"}
    rows = _named(shared("data/treaties/untc_actions_2015.csv"), "participant", "iso3")
    states = {(name, code) for name, code in rows if code and name not in organisations}
    assert len(states) > 200
    assert {(name, participant_named(name).code) for name, _ in states} == states


def test_organisations_other_than_the_european_union_are_no_participants() -> None:
    rows = _named(shared("data/treaties/untc_actions_2015.csv"), "participant", "iso3")
    organisations = {name for name, code in rows if not code}
    assert participant_named("European Union").code == "EUE"
    for name in organisations - {"European Union"}:
        with pytest.raises(NotFoundError):
            participant_named(name)


@pytest.mark.parametrize(
    ("file", "name", "code"),
    [
        ("budapest_ets185_2026.csv", "state", "iso3"),
        ("paris_agreement_2023.csv", "Name", "Code"),
        ("context/un_members_groups.csv", "name", "iso3"),
    ],
)
def test_every_name_in_other_lists_means_its_code(file: str, name: str, code: str) -> None:
    rows = {(text, {"EUU": "EUE"}.get(iso, iso)) for text, iso in _named(shared(f"data/treaties/{file}"), name, code)}
    assert rows
    assert {(text, participant_named(text).code) for text, _ in rows} == rows


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Czech Republic", "CZE"),
        ("Swaziland", "SWZ"),
        ("Turkey", "TUR"),
        ("The former Yugoslav Republic of Macedonia", "MKD"),
        ("\u201cthe former Yugoslav Republic of Macedonia\u201d", "MKD"),
        ("Macedonia, the former Yugoslav Republic of", "MKD"),
        ("Libyan Arab Jamahiriya", "LBY"),
        ("Burma", "MMR"),
        ("Zaire", "COD"),
        ("Upper Volta", "BFA"),
        ("Ceylon", "LKA"),
        ("Dahomey", "BEN"),
        ("Democratic Kampuchea", "KHM"),
        ("Byelorussian SSR", "BLR"),
        ("Ukrainian Soviet Socialist Republic", "UKR"),
        ("Federal Republic of Germany", "DEU"),
        ("Germany, Federal Republic of", "DEU"),
        ("Germany (Federal Republic of)", "DEU"),
        ("East Timor", "TLS"),
        ("St Kitts & Nevis", "KNA"),
        ("C\u00f4te d'Ivoire", "CIV"),
        ("C\u00f4te d\u2019Ivoire", "CIV"),
        ("COTE D'IVOIRE", "CIV"),
        ("Ivory Coast", "CIV"),
        ("Gambia (The)", "GMB"),
        ("The Bahamas", "BHS"),
        ("Netherlands, the Kingdom of the", "NLD"),
        ("Kingdom of the Netherlands", "NLD"),
        ("Korea, Republic of", "KOR"),
        ("Korea (Democratic People's Republic of)", "PRK"),
        ("Lao People\u2019s Democratic Republic", "LAO"),
        ("Congo", "COG"),
        ("Congo, The Democratic Republic Of The", "COD"),
        ("Yemen", "YEM"),
        ("Viet-Nam", "VNM"),
        ("Iran (R\u00e9publique islamique d')", "IRN"),
        ("R\u00e9publique-Unie de Tanzanie", "TZA"),
        ("l'Inde", "IND"),
        ("European Community", "EUE"),
        ("Hong Kong, China", "HKG"),
        ("St. Helena", "SHN"),
    ],
)
def test_usual_and_historical_forms_mean_the_participant_of_today(text: str, code: str) -> None:
    assert participant_named(text).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Czechoslovakia", "CSK"),
        ("Yugoslavia", "YUG"),
        ("former Yugoslavia", "YUG"),
        ("Federal Republic of Yugoslavia", "SCG"),
        ("Serbia and Montenegro", "SCG"),
        ("German Democratic Republic", "DDR"),
        ("USSR", "SUN"),
        ("Union of Soviet Socialist Republics", "SUN"),
        ("Democratic Yemen", "YMD"),
        ("Yemen, Democratic", "YMD"),
    ],
)
def test_the_name_of_a_former_state_means_that_state(text: str, code: str) -> None:
    assert participant_named(text).code == code


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("Korea", "Republic of Korea (KOR) or Democratic People's Republic of Korea (PRK)"),
        ("Virgin Islands", "British Virgin Islands (VGB) or United States Virgin Islands (VIR)"),
        ("The Channel Islands", "Guernsey (GGY) or Jersey (JEY)"),
    ],
)
def test_a_name_of_several_is_refused_with_all_of_them(text: str, candidates: str) -> None:
    with pytest.raises(NotFoundError) as refusal:
        participant_named(text)
    assert candidates in refusal.value.message


def test_a_near_name_is_named_and_never_taken() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean PRT \(Portugal\)"):
        participant_named("Portugall")


@pytest.mark.parametrize(
    "text", ["Holland", "Republic of Viet-Nam", "Republic of China", "Taiwan", "Kosovo", "", "PRT"]
)
def test_what_no_participant_is_called_is_refused(text: str) -> None:
    with pytest.raises(NotFoundError, match="no participant has the name"):
        participant_named(text)


def test_two_spellings_of_one_name_have_one_form() -> None:
    spellings = (
        "Bolivia (Plurinational State of)",
        "Bolivia, Plurinational State of",
        "The Plurinational State of Bolivia",
        "PLURINATIONAL  STATE OF BOLIVIA",
    )
    assert {normal_form(spelling) for spelling in spellings} == {"plurinational state of bolivia"}
