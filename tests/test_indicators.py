"""Indicators: recomputed from the raw files, split without loss, the same in any order, no person twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

import watershed_cp as wcp
from watershed_cp.errors import InputError
from watershed_cp.impact.indicators import compute_indicators, countable_tables, counted_rows, evaluate
from watershed_cp.impact.programme import Measure, Programme, read_programme
from watershed_cp.publish.summary import summarise
from watershed_cp.reference import data_path

DEMO = data_path("demo")
PEOPLE = Measure(table="attendance", how="distinct", column="person_id")


@pytest.fixture(scope="module")
def found(demo):
    whole = demo.indicators[demo.indicators["dimension"] == "programme"]
    return whole.set_index("indicator_id")["value"].to_dict()


def raw(name):
    return pd.read_csv(DEMO / f"{name}.csv", sep=";", decimal=",", encoding="utf-8-sig")


def test_people_of_the_demonstration_from_its_raw_files(found):
    came = raw("attendance").merge(
        raw("events")[["Código de evento", "Tipo de evento"]], on="Código de evento"
    )
    taught = came[came["Tipo de evento"].isin(["curso universitario", "taller", "visita técnica"])]
    by_role = taught.groupby("Papel")["Código de participante"].nunique()
    interns = came[(came["Tipo de evento"] == "pasantía") & (came["Papel"] == "estudiante")]
    better = came[came["Nota final"] > came["Nota inicial"]]
    assert {name: found[name] for name in ("students", "instructors", "msme_staff")} == {
        "students": by_role["estudiante"],
        "instructors": by_role["docente"],
        "msme_staff": by_role["personal de empresa"],
    }
    assert found["internships"] == interns["Código de participante"].nunique()
    assert found["better_knowledge"] == better["Código de participante"].nunique()


def test_partners_and_firms_of_the_demonstration_from_its_raw_files(found):
    signed = raw("stakeholders").query("Convenio == 'firmado'")
    assert found["stakeholders"] == len(signed)
    assert found["university_agreements"] == (signed["Tipo de organización"] == "universidad").sum()
    assert found["firms"] == raw("auditorias")["Código de empresa"].nunique()


def test_measures_of_the_demonstration_from_its_raw_files(found):
    measures = raw("recommendations")
    assert found["recommendations"] == (~measures["Estado"].isin(["rechazada", "abandonada"])).sum()
    done = measures[measures["Estado"].isin(["implementada", "verificada"])]
    assert found["savings_usd_yr"] == pytest.approx(done["Ahorro anual (USD)"].sum())
    for indicator, resource in (
        ("water_saving", "agua"),
        ("energy_saving", "energía"),
        ("materials_saving", "materiales"),
    ):
        rows = done[done["Recurso"] == resource].dropna(subset=["Ahorro", "Uso de línea base"])
        used = rows.groupby("Código de empresa")["Uso de línea base"].unique().explode()
        assert used.index.is_unique
        assert found[indicator] == pytest.approx(100 * rows["Ahorro"].sum() / used.sum())


def test_reductions_are_those_of_the_accounts(found, demo):
    loads = demo.programme_loads.set_index("pollutant")
    for indicator, pollutant in (
        ("bod_reduction", "BOD5"),
        ("cod_reduction", "COD"),
        ("tss_reduction", "TSS"),
    ):
        assert found[indicator] == pytest.approx(loads.loc[pollutant, "reduction_pct"])


@pytest.fixture(scope="module")
def every_part(demo):
    return compute_indicators(demo, everywhere())


def everywhere():
    """Give the built-in indicators, each split by every dimension."""
    built_in = read_programme(data_path("reference", "programme.toml"))
    dimensions = ("country", "basin_id", "sex", "sector")
    return built_in.model_copy(
        update={"indicator": tuple(one.model_copy(update={"by": dimensions}) for one in built_in.indicator)}
    )


def test_every_split_of_every_indicator_adds_up(every_part):
    told = every_part
    for name, rows in told[told["dimension"] != "published"].groupby("indicator_id"):
        whole = rows[rows["dimension"] == "programme"].iloc[0]
        parts = dict(list(rows.groupby("dimension")))
        assert {"year", "country", "basin_id", "sector"} <= set(parts), name
        assert ("sex" in parts) == (whole["rule"].split(" of ")[1].startswith("attendance")), name
        for dimension, part in parts.items():
            share = pd.notna(whole["denominator"])
            adding = ["numerator", "denominator"] if share and dimension != "year" else ["value"]
            assert part[adding].sum().tolist() == pytest.approx(whole[adding].tolist()), (name, dimension)
            assert part["rows"].sum() == whole["rows"], (name, dimension)


def test_every_indicator_is_the_same_in_any_order_of_every_table(demo, every_part):
    turned = replace(
        demo,
        registers={name: table.sample(frac=1, random_state=3) for name, table in demo.registers.items()},
        ledger=demo.ledger.sample(frac=1, random_state=4),
        msmes=demo.msmes.sample(frac=1, random_state=5),
    )
    pd.testing.assert_frame_equal(compute_indicators(turned, everywhere()), every_part)


@pytest.mark.slow
def test_what_lapsed_or_was_rejected_moves_no_indicator(demo, every_part):
    measures = demo.registers["recommendations"]
    gone = measures["status"].isin(["lapsed", "rejected"])
    assert gone.any()
    kept = replace(demo, registers={**demo.registers, "recommendations": measures[~gone]})
    pd.testing.assert_frame_equal(compute_indicators(kept, everywhere()), every_part)


@pytest.mark.parametrize("twin", ["p-1 ", "P-1", "LÓPEZ, Ana", "ana lopez"])
def test_one_person_spelt_twice_counts_once(twin):
    first = "P-1" if twin.strip().casefold() == "p-1" else "Ana López"
    told = compute_indicators(
        attended([("E1", first, "female", "GT"), ("E2", twin, "female", "HN"), ("E2", "P-2", "male", "HN")]),
        programme(),
    )
    assert told["value"].iloc[0] == 2


def test_what_the_real_programme_published_stands_apart(demo):
    published = demo.indicators[demo.indicators["dimension"] == "published"]
    assert published.set_index("indicator_id")["value"].to_dict() == {
        "students": 173,
        "instructors": 13,
        "university_agreements": 5,
        "firms": 58,
    }
    assert published["source"].str.startswith("https://www.wwfca.org/").all()
    others = demo.indicators[demo.indicators["dimension"] != "published"]
    assert not others.loc[others["published_low"].isna(), "source"].notna().any()


def test_savings_per_firm_stand_beside_those_of_sister_programmes(demo):
    rows = demo.indicators[demo.indicators["published_low"].notna()].set_index("indicator_id")
    assert rows["unit_per_firm"].to_dict() == {
        "water_saving": "m3/yr",
        "energy_saving": "kWh/yr",
        "savings_usd_yr": "USD/yr",
    }
    done = raw("recommendations").query("Estado in ('implementada', 'verificada') and Recurso == 'agua'")
    each = done["Ahorro"].sum() / done["Código de empresa"].nunique()
    assert rows.loc["water_saving", "value_per_firm"] == pytest.approx(each)
    assert rows["source"].str.startswith("http").all()


def test_a_public_edition_has_no_indicator(demo):
    from watershed_cp.impact.edition import public_accounts

    assert len(demo.indicators)
    assert public_accounts(demo).indicators.empty


def test_the_summary_tells_the_targets_in_three_lines(demo):
    told = summarise(demo, "en").splitlines()
    start = next(line for line, text in enumerate(told) if text.startswith("Targets"))
    assert told[start] == "Targets: 5 of 14 reached."
    assert told[start + 1].startswith(
        "  Furthest on: Energy saved, of what the firms with measures used, 26.6 / 20;"
    )
    assert told[start + 2] == (
        "  Furthest behind: Internships, 42 / 72; Stakeholders in partnerships, 18 / 28; Instructors trained, 13 / 20."
    )


def attended(people, dates=None):
    events = pd.DataFrame({"event_id": ["E1", "E2"], "kind": "course", "country": ["GT", "HN"]})
    events["date"] = pd.to_datetime(["2019-01-01", "2020-01-01"])
    events[["students", "instructors", "msme_personnel", "stakeholders"]] = 0
    rows = pd.DataFrame(people, columns=["event_id", "person_id", "sex", "country"]).assign(role="student")
    return world(events=events, attendance=rows)


def world(**registers):
    firms = pd.DataFrame({"msme_id": pd.Series(dtype=object), "country": None, "ciiu": None})
    placed = pd.DataFrame({"msme_id": pd.Series(dtype=object), "basin_id": None})
    ledger = firms[["msme_id"]]
    return SimpleNamespace(registers=registers, msmes=firms, ledger=ledger, assignments=placed)


def programme(**more):
    one = {
        "id": "p",
        "objective": "o",
        "name": {"es": "P", "en": "P"},
        "unit": "people",
        "table": "attendance",
    }
    one |= {"how": "distinct", "column": "person_id", "by": ("country", "sex"), **more}
    return Programme(objectives={"o": {"es": "O", "en": "O"}}, indicator=(one,))


PERSON = st.tuples(
    st.sampled_from(["E1", "E2"]),
    st.sampled_from(["P1", "P2", "P3", None]),
    st.sampled_from(["female", "male", None]),
    st.sampled_from(["GT", "HN"]),
)


@settings(max_examples=30)
@pytest.mark.slow
@given(st.lists(PERSON, min_size=1, max_size=8), st.randoms())
def test_order_changes_nothing_parts_add_up_and_nobody_counts_twice(people, chance):
    told = compute_indicators(attended(people), programme())
    mixed = list(people)
    chance.shuffle(mixed)
    pd.testing.assert_frame_equal(told, compute_indicators(attended(mixed), programme()))
    whole = told.iloc[0]
    codes = {person for _, person, _, _ in people if person}
    assert whole["value"] == (len(codes) or len(people))
    for _, parts in told[told["dimension"] != "programme"].groupby("dimension"):
        known = parts[parts["note"] != "attendances"] if codes else parts
        assert known["value"].sum() == whole["value"]


STATUS = st.sampled_from(["recommended", "accepted", "implemented", "verified", "lapsed", "rejected"])


@settings(max_examples=12)
@given(st.lists(STATUS, max_size=8))
def test_a_measure_that_lapsed_or_was_rejected_never_counts(statuses):
    measures = pd.DataFrame({"recommendation_id": map(str, range(len(statuses))), "status": statuses})
    measures["date_recommended"] = pd.Timestamp("2019-01-01")
    asked = Measure(table="recommendations", how="count")
    rows = counted_rows(countable_tables(world(recommendations=measures))["recommendations"], asked)
    assert evaluate(rows, asked)["value"] == len(
        [one for one in statuses if one not in ("lapsed", "rejected")]
    )


def test_without_codes_there_are_attendances():
    told = compute_indicators(
        attended([("E1", None, "female", "GT"), ("E2", None, "male", "HN")]), programme()
    )
    assert (told["value"].iloc[0], told["note"].iloc[0]) == (2, "attendances")


def test_without_a_list_the_heads_of_the_event_are_attendances():
    events = pd.DataFrame(
        {"event_id": ["E1"], "kind": "course", "country": "GT", "date": [pd.Timestamp("2019-01-01")]}
    )
    events = events.assign(students=3, instructors=1, msme_personnel=None, stakeholders=0)
    told = compute_indicators(world(events=events), programme(where={"role": "student"}))
    assert (told["value"].iloc[0], told["note"].iloc[0]) == (3, "attendances")


def test_a_table_that_is_not_there_is_said():
    told = compute_indicators(world(), programme(target=5))
    assert told[["note", "rows"]].to_numpy().tolist() == [["no_table", 0]]
    assert told["progress_pct"].isna().all()


def test_a_period_and_a_baseline():
    people = [("E1", "P1", "female", "GT"), ("E2", "P2", "male", "HN")]
    told = compute_indicators(
        attended(people), programme(period=("2019-01-01", "2019-12-31"), baseline=-1, target=3)
    ).iloc[0]
    assert (told["value"], told["progress_pct"]) == (1, 50)


@pytest.mark.parametrize("baseline", [0, 1])
def test_a_target_that_is_the_baseline_has_no_progress(baseline):
    people = [("E1", "P1", "female", "GT")]
    told = compute_indicators(attended(people), programme(baseline=baseline, target=baseline)).iloc[0]
    assert (told["value"], told["target"]) == (1, baseline)
    assert pd.isna(told["progress_pct"])


SHARE = Measure(table="recommendations", how="share", column="saving", of="baseline_use")


def shared(rows, measure=SHARE):
    table = pd.DataFrame(rows, columns=["msme_id", "resource", "saving", "baseline_use", "saving_unit"])
    return evaluate(counted_rows(table, measure), measure)


def test_what_a_firm_used_counts_once_whatever_the_unit_of_its_rows():
    told = shared(
        [
            ("F", "water", 10.0, 100.0, "m3/yr"),
            ("F", "water", 20_000.0, 100_000.0, "L/año"),
            ("G", "water", 30.0, 200.0, "m3/yr"),
        ]
    )
    assert {name: told[name] for name in ("rows", "left_out", "value", "numerator", "denominator")} == {
        "rows": 3,
        "left_out": 0,
        "value": 20,
        "numerator": 60,
        "denominator": 300,
    }
    assert "note" not in told


def test_of_figures_that_differ_the_largest_counts_and_it_is_said():
    told = shared([("F", "water", 10.0, 80.0, "m3/yr"), ("F", "water", 10.0, 100.0, "m3/yr")])
    assert (told["value"], told["denominator"], told["note"]) == (20, 100, "uses_differ")


def test_the_use_that_one_row_of_a_firm_gives_serves_its_other_rows():
    told = shared([("F", "water", 10.0, None, "m3/yr"), ("F", "water", 10.0, 100.0, "m3/yr")])
    assert (told["value"], told["rows"], told["left_out"]) == (20, 2, 0)


def test_energy_in_kwh_and_megajoules_materials_in_kilograms_and_pounds():
    told = shared([("F", "energy", 10.0, 100.0, "kWh/año"), ("G", "energy", 72.0, 360.0, "MJ/año")])
    assert (told["value"], told["numerator"], told["denominator"]) == (15, 30, 200)
    told = shared(
        [("F", "materials", 0.45359237, 4.5359237, "kg/yr"), ("G", "materials", 3.0, 10.0, "lb/yr")]
    )
    assert told["value"] == pytest.approx(20)


def test_a_unit_that_is_none_is_left_out_and_said():
    told = shared([("F", "water", 10.0, 100.0, "m3/yr"), ("G", "water", 5.0, 100.0, "cubetas")])
    assert (told["value"], told["left_out"], told["note"]) == (10, 1, "unit_unknown")


def test_one_unit_of_all_rows_cancels_though_nobody_knows_it():
    assert (
        shared([("F", "water", 10.0, 100.0, "cubetas"), ("G", "water", 20.0, 100.0, "cubetas")])["value"]
        == 15
    )


def test_water_and_energy_are_not_added():
    told = shared([("F", "water", 1.0, 10.0, "m3/yr"), ("F", "energy", 2.0, 10.0, "kWh/yr")])
    assert told["note"] == "several_units"
    assert pd.isna(told["value"])


def test_a_sum_is_given_in_the_unit_of_its_rule():
    total = Measure(table="recommendations", how="sum", column="saving", unit="m3/yr")
    assert (
        shared([("F", "water", 1.0, None, "m3/yr"), ("G", "water", 500.0, None, "L/yr")], total)["value"]
        == 1.5
    )
    none = shared([("F", "water", 1.0, None, "cubetas")], total)
    assert (none["left_out"], none["note"]) == (1, "unit_unknown")
    assert pd.isna(none["value"])


SAVED = st.tuples(
    st.sampled_from(["F", "G"]),
    st.sampled_from(["water", "energy"]),
    st.integers(0, 50),
    st.sampled_from([None, 60, 90]),
    st.sampled_from(["GT", "HN", None]),
    st.sampled_from(["2018-05-01", "2019-05-01", None]),
)


@settings(max_examples=30)
@pytest.mark.slow
@given(st.lists(SAVED, min_size=1, max_size=8), st.randoms())
def test_a_share_is_the_same_in_any_order_and_its_parts_add_up(rows, chance):
    def table(rows):
        made = pd.DataFrame(
            rows, columns=["msme_id", "resource", "saving", "baseline_use", "country", "date"]
        )
        return made.assign(saving_unit="kWh/yr", status="verified", date=pd.to_datetime(made["date"]))

    rule = programme(
        table="recommendations", how="share", column="saving", of="baseline_use", where={"resource": "energy"}
    )
    told = compute_indicators(world(recommendations=table(rows)), rule)
    mixed = list(rows)
    chance.shuffle(mixed)
    again = compute_indicators(world(recommendations=table(mixed)), rule)
    pd.testing.assert_frame_equal(told, again)
    whole = told.iloc[0]
    for dimension, parts in told[told["dimension"].isin(["country", "year"])].groupby("dimension"):
        what = ["numerator", *(["denominator"] if dimension == "country" else [])]
        sums = parts[what].sum(min_count=1).tolist()
        assert sums == pytest.approx(whole[what].tolist(), nan_ok=True)


@pytest.mark.parametrize(("resources", "unit"), [(["water", "water"], "m3/yr"), (["water", "energy"], None)])
def test_only_amounts_of_one_resource_are_told_per_firm(resources, unit):
    rows = [("a", resources[0], 6.0, 20.0, "m3/yr"), ("b", resources[1], 2.0, 20.0, "m3/yr")]
    table = pd.DataFrame(rows, columns=["msme_id", "resource", "saving", "baseline_use", "saving_unit"])
    rule = {**SHARE.model_dump(include={"table", "how", "column", "of"}), "by": (), "sisters": "water"}
    told = compute_indicators(world(recommendations=table.assign(status="verified")), programme(**rule)).iloc[
        0
    ]
    if unit:
        assert told[["unit_per_firm", "value_per_firm"]].tolist() == [unit, 4]
    else:
        assert told[["unit_per_firm", "value_per_firm", "published_low"]].isna().all()


def test_faults_of_the_file_are_told(tmp_path):
    file = tmp_path / "programme.toml"
    text = data_path("reference", "programme.toml").read_text(encoding="utf-8")
    for old, new, said in (
        (
            'how = "distinct"',
            'how = "distinct"\nformula = "1+1"',
            "The project file has an unknown key: “indicator.0.formula”. Remove it or write one of these: ",
        ),
        (
            'column = "person_id"',
            'column = "person"',
            "The value “indicator.0 = person” is not one of those expected. ",
        ),
        (
            'column = "person_id"\n',
            "",
            "The project file lacks “indicator.0.column”. Add it; the example that ",
        ),
        (
            'publisher = "WWF Mesoamerica Alliance"',
            "",
            "The project file lacks “publisher”. Add it; the example that ",
        ),
    ):
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError) as error:
            read_programme(file)
        assert error.value.faults[0].tell("en").startswith(f"{file}: {said}")


SPLIT = ("auditorias", "recommendations", "events", "attendance", "stakeholders")


@pytest.mark.slow
def test_an_indicator_is_the_same_from_two_files_as_from_one(demo, tmp_path):
    home = data_path("demo")
    for file in home.iterdir():
        if file.suffix in (".csv", ".xlsx", ".toml") and file.stem not in SPLIT:
            shutil.copy(file, tmp_path)
    for name in SPLIT:
        head, *rows = (home / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
        (tmp_path / name).mkdir()
        for part, lines in (("b", rows[::3]), ("a", [row for at, row in enumerate(rows) if at % 3])):
            (tmp_path / name / f"{part}.csv").write_text(head + "".join(lines), encoding="utf-8")
    settings = (tmp_path / "project.toml").read_text(encoding="utf-8")
    for name in SPLIT:
        settings = settings.replace(f'"{name}.csv"', f'"{name}"')
    (tmp_path / "project.toml").write_text(settings, encoding="utf-8")
    split = wcp.run(tmp_path / "project.toml")
    pd.testing.assert_frame_equal(split.indicators, demo.indicators, check_exact=True)
    pd.testing.assert_frame_equal(split.basin_loads, demo.basin_loads, check_exact=True)
    pd.testing.assert_frame_equal(split.training, demo.training, check_exact=True)
