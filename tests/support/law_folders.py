"""A law folder of a user: an own instrument of fictitious states, whose rules rest on memory until they are read."""

from pathlib import Path

INSTRUMENT = "own_accord"
EVIDENCE = '"Accord between two fictitious states, as remembered",M'

TEXT = """Accord on assistance

Article 1
Purpose

The parties help each other.

Article 2 - Preservation

1. A party may ask another to preserve stored data.
2. The request names:
(a) the authority that asks;
(b) the data.
3. The data is kept for 30 days at least.

Article 3. Entry into force

The Accord is in force from its signature, which article 2 does not put off.
"""

_TABLES = {
    "instruments.csv": (
        "instrument,kind,family,title,short_title,citation,depositary,chart,parent,adopted,opened,signature_closes,"
        "in_force_since,threshold,entry_provision,treaty_delay,party_delay,withdrawal_provision,withdrawal_delay,"
        "parties,parties_until,territories,scope,source,grade\n"
        f"{INSTRUMENT},treaty,assistance,Accord on assistance,Own Accord,own file,,,,,,,2020-01-01,,3,,,,,loaded,"
        f"2026-11-01,silent,stored data,{EVIDENCE}\n"
    ),
    f"{INSTRUMENT}/provisions.csv": (
        "provision,title,paraphrase,duty,parent,see,source,grade\n"
        f"1,Purpose,Both help each other.,shall,,,{EVIDENCE}\n"
        f"2,Preservation,Stored data is preserved on request.,shall,,,{EVIDENCE}\n"
        f"2(2),Preservation,Lists what a request names.,shall,,,{EVIDENCE}\n"
        f"2(3),Preservation,The data is kept for thirty days at least.,shall,,,{EVIDENCE}\n"
        f"3,Entry into force,It is in force from its signature.,,,,{EVIDENCE}\n"
        f"4,Remembered wrongly,There is no such article.,,,,{EVIDENCE}\n"
    ),
    f"{INSTRUMENT}/carriers.csv": (
        "measure,provision,duty,askers,channels,channel_provision,dual_criminality,dual_provision,"
        "reservation_provision,dual_note,covers,reach_provision,reach,oral,language_provision,source,grade\n"
        "preservation,2,shall,contact_point,contact_point,2,not_a_condition,,,no condition,any_offence,1,"
        f"any offence,yes,,{EVIDENCE}\n"
    ),
    f"{INSTRUMENT}/contents.csv": (
        "measures,provision,key,requirement,paraphrase,source,grade\n"
        f"preservation,2(2)(a),requesting_authority,listed,the authority that asks,{EVIDENCE}\n"
    ),
    f"{INSTRUMENT}/clocks.csv": (
        "clock,measures,provision,kind,character,length,start_event,ends_with,calendar,paraphrase,source,grade\n"
        "own-accord-floor,preservation,2(3),floor,treaty_duty,30,preserved,,calendar_days,kept for thirty days,"
        f"{EVIDENCE}\n"
    ),
    f"{INSTRUMENT}/actions.csv": (
        "participant,act,on,known_by,confidence,provision,about,note,source,grade\n"
        "XAA,ratification,2020-01-01,,confirmed,,,,own file,S\n"
        "XBB,ratification,2020-01-01,,confirmed,,,,own file,S\n"
    ),
    "profiles.csv": (
        "participant,instrument,aspect,value,since,note,source,grade\n"
        "XBB,,language,en fr,,,a note verbale,T\n"
        "XBB,,answers_within,24 hours,2021-01-01,,a note verbale,T\n"
        f"XAA,{INSTRUMENT},oral,yes,,,a note verbale,T\n"
        f"XBB,{INSTRUMENT},oral,yes,,,a note verbale,T\n"
        "XBB,reciprocity,reciprocity,yes,,,a note verbale,T\n"
    ),
}


def make_law_folder(path: Path) -> Path:
    """Write the folder and return it."""
    for name, table in _TABLES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(table, encoding="utf-8")
    return path
