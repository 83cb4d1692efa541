"""Shares of races by last name in many languages, and the same columns of places."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "Surname.java": r"""public class SurnameRow {
    String surname;
    double pctWhite;
    double pctBlack;
    double pctApi;
    double pctHispanic;
}
""",
    "bisg.py": r"""import pandas as pd
def load_surnames(path):
    cols = ["name", "pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic"]
    return pd.read_csv(path, usecols=cols)

def attach(df, surnames):
    return df.merge(surnames, left_on="last_name", right_on="name", how="left")
""",
    "bisg.sas": r"""data probs; set census.surnames (keep=name pctwhite pctblack pctapi pctaian pct2prace pcthispanic); run;
proc sql; create table matched as select a.*, b.pctwhite, b.pctblack, b.pctapi, b.pcthispanic from borrowers a left join probs b on a.last_name = b.name; quit;
""",
    "bisg.sql": r"""SELECT v.voter_id, v.last_name, c.pctwhite, c.pctblack, c.pcthispanic, c.pctapi
FROM voters v LEFT JOIN census_surnames c ON upper(v.last_name) = c.name;
""",
    "lookup.go": r"""package surname
// Row holds one line of the Census surname file.
type Row struct {
	Name        string
	PctWhite    float64
	PctBlack    float64
	PctAPI      float64
	PctHispanic float64
}
func Lookup(last string) Row { return rows[strings.ToUpper(last)] }
""",
    "lookup.js": r"""const SURNAME_SCHEMA = ["rank","count","countwhite","countblack","countapi","counthispanic"];
const FIELDS = [["countwhite","White"],["countblack","Black"],["countapi","Asian"],["counthispanic","Hispanic"]];
function show(surname, table) {
  const row = table[surname.toUpperCase()];
  return FIELDS.map(([k, label]) => `${label}: ${row[k] / row.count * 100}%`).join("\n");
}
""",
    "surname.do": r"""* match race probabilities on each last name
use "applicants.dta", clear
rename last_name name
merge m:1 name using "census_surnames", keep(match master) keepusing(pctwhite pctblack pctapi pctaian pct2prace pcthispanic)
save "race_probs_by_person.dta", replace
""",
    "surname.rb": r"""class SurnameLookup
  COLUMNS = %w[name rank count pctwhite pctblack pctapi pctaian pct2prace pcthispanic]
  def race_for(last_name)
    row = @rows[last_name.upcase]
    %w[pctwhite pctblack pctapi pcthispanic].max_by { |c| row[c].to_f }
  end
end
""",
    "surnames.R": r"""surnames <- read.csv("Names_2010Census.csv")
surnames <- surnames[, c("name", "pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic")]
people$surname <- toupper(people$last)
people <- merge(people, surnames, by.x = "surname", by.y = "name", all.x = TRUE)
people$guess <- apply(people[, c("pctwhite", "pctblack", "pctapi", "pcthispanic")], 1, which.max)
""",
}

QUIET = {
    "District.java": r"""public class DistrictRow { String name; double pctWhite; double pctBlack; double pctAsian; double pctHispanic; }
""",
    "colors.rb": r"""COLUMNS = %w[name pctwhite pctblack pctred]
def ink(name) = rows[name]
""",
    "county.py": r"""import pandas as pd
def load_counties(path):
    cols = ["county_name", "pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic"]
    return pd.read_csv(path, usecols=cols)
""",
    "map.js": r"""const FIELDS = [["pctwhite","White"],["pctblack","Black"],["pctasian","Asian"],["pcthispanic","Hispanic"]];
function tooltip(county) { return FIELDS.map(([k, label]) => `${county.name} ${label}: ${county[k]}%`).join("\n"); }
""",
    "school.sql": r"""SELECT s.school_name, s.pctwhite, s.pctblack, s.pcthispanic, s.pctasian FROM schools s JOIN districts d ON s.district_name = d.name;
""",
    "tract.do": r"""* tract demographics
use "tracts.dta", clear
merge m:1 tract using "census_tracts", keep(match master) keepusing(pctwhite pctblack pctapi pctaian pct2prace pcthispanic)
gen segregation = abs(pctwhite - pctblack)
save "tract_demographics.dta", replace
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
