"""The main job on one page: read, place, count, publish."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from watershed_cp.basins.assignment import assign, basin_probabilities
from watershed_cp.basins.catalogue import nest_levels, read_basins, read_built_in
from watershed_cp.errors import InputError, IntakeError, Text
from watershed_cp.impact.aggregation import Accounts, close_accounts, measured_period, says_synthetic
from watershed_cp.impact.control import check_controls
from watershed_cp.impact.disclosure import MINIMUM_MSMES
from watershed_cp.impact.edition import public_accounts
from watershed_cp.impact.indicators import compute_indicators
from watershed_cp.impact.programme import read_programme
from watershed_cp.impact.risk import check_sensitivity
from watershed_cp.intake.corrections import list_firms, read_corrections
from watershed_cp.intake.geocoding import geocode_firms
from watershed_cp.intake.locations import say_repairs
from watershed_cp.intake.providers import OnlineGeocoder
from watershed_cp.intake.readers import check_references, read_register
from watershed_cp.loads.audits import audit_loads, measurements
from watershed_cp.messages import fault
from watershed_cp.project import BUILT_IN, PRIORITY, Project, read_project
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import folium
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Fault, Language
    from watershed_cp.project import Basins
    from watershed_cp.publish.posters import FormName

__all__ = ["Impact", "aggregate", "run"]


@dataclass(frozen=True)
class Impact(Accounts):
    """The accounts of a run, ready to be looked at and written down.

    Attributes
    ----------
    settings : mapping
        The project's settings, as the manifest repeats them.
    inputs : tuple of pathlib.Path
        The files that were read.
    home : pathlib.Path or None
        The project's folder, from which the manifest names them.
    languages : tuple of str
        Languages of what is written, the first one first.
    posters : tuple of str
        Forms in which :meth:`save` draws posters.
    poster_languages : tuple of str
        Their languages.
    notes : tuple of Fault
        What was decided in reading the tables.
    target_pct : float or None
        Reduction that the programme has promised, percent of the baseline.
    audience : {"programme", "public"}
        For whom :meth:`map` and :meth:`save` are.
    minimum_msmes : int
        Firms that a total of the public edition needs at least.
    """

    settings: Mapping[str, Any] | None = None
    inputs: tuple[Path, ...] = ()
    home: Path | None = None
    languages: tuple[Language, ...] = ("es", "en")
    posters: tuple[FormName, ...] = ("a3",)
    poster_languages: tuple[Language, ...] = ("es",)
    notes: tuple[Fault, ...] = ()
    target_pct: float | None = None
    audience: Literal["programme", "public"] = "programme"
    minimum_msmes: int = MINIMUM_MSMES

    @functools.cached_property
    def published(self) -> Accounts:
        """What is published: these accounts, or their public edition."""
        if self.audience == "programme":
            return self
        return public_accounts(self, minimum_msmes=self.minimum_msmes)

    def map(self) -> folium.Map:
        """Draw the interactive map; a notebook shows it, and layers can be added to it.

        Returns
        -------
        folium.Map
            A map whose ``save(path)`` writes one self-contained page.
        """
        from watershed_cp.publish.maps import build_map

        return build_map(self.published, languages=self.languages, target_pct=self.target_pct)

    def save(self, folder: str | Path, *, progress: Callable[[str], None] | None = None) -> Path:
        """Write map, report, posters, tables and manifest; the folder is whole or absent.

        Parameters
        ----------
        folder : str or pathlib.Path
            Folder to write; one that an earlier run wrote is replaced.
        progress : callable, optional
            Told the key of each step.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        InputError
            If the folder holds anything that this program did not write, or one of the inputs.
        """
        from watershed_cp.publish.folder import describe_run, write_folder

        public = self.audience == "public"
        manifest = describe_run(self.inputs, home=self.home, settings=self.settings, public=public)

        def fill(aside: Path) -> None:
            self._write(aside, manifest, progress or (lambda _: None))

        return write_folder(folder, fill, inputs=self.inputs, manifest=manifest)

    def list_unplaced(self) -> int:
        """Add the firms that no coordinates place to the project's workbook of corrections.

        Returns
        -------
        int
            How many were added; 0 for accounts that no project file made.
        """
        if self.home is None or self.settings is None:
            return 0
        path = self.home / self.settings["geocoding"]["corrections"]
        return list_firms(self.msmes, path, language=self.languages[0])

    def _write(self, folder: Path, manifest: Mapping[str, Any], progress: Callable[[str], None]) -> None:
        from watershed_cp.publish.report import save_report
        from watershed_cp.publish.tables import save_tables

        progress("tables")
        (folder / "tables").mkdir()
        save_tables(self.published, folder / "tables", language=self.languages[0])
        progress("map")
        self.map().save(folder / "index.html")
        progress("report")
        save_report(self.published, folder / "report.html", languages=self.languages, manifest=manifest)
        if self.posters:
            from watershed_cp.publish.posters import save_posters

            progress("posters")
            (folder / "posters").mkdir()
            languages, forms = self.poster_languages, self.posters
            save_posters(self.published, folder / "posters", languages=languages, forms=forms)
            self._print_report(folder, manifest)

    def _print_report(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Write the report for paper, one PDF a language."""
        from watershed_cp.publish.reportpdf import save_report_pdf

        for language in self.languages:
            path = folder / f"report_{language}.pdf"
            save_report_pdf(self.published, path, language=language, manifest=manifest)


def run(
    project: str | Path | Project,
    *,
    out: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Impact:
    """Do the whole job of a project file: read the tables, place the firms, count the loads, book the ledger.

    Parameters
    ----------
    project : str, pathlib.Path or Project
        A project file, or one that is read already.
    out : str or pathlib.Path, optional
        Folder to write; without it nothing is written.
    progress : callable, optional
        Told the key of each step, for a display.

    Returns
    -------
    Impact
        Totals, ledger and what they rest on.

    Raises
    ------
    MissingFileError
        If a file that the project names is not there.
    IntakeError
        If tables have faults: all of them, of all tables.
    InputError
        If the project file or the watershed layer cannot be used, or a control total is not reached.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> len(impact.msmes)
    58
    """
    settings = project if isinstance(project, Project) else read_project(project)
    step = progress or (lambda _: None)
    step("read")
    tables = _read_tables(settings)
    basins = _read_outlines(settings, settings.basins)
    step("place")
    placed = assign(tables["msmes"], basins, language=settings.project.language)
    step("count")
    impact = _with_settings(_count(settings, tables, placed, basins), settings, tables)
    check_sensitivity(settings.monitoring.sensitivity, basins.index)
    check_controls(impact.ledger, settings.control)
    if settings.indicators is not None:
        promised = read_programme(_programme_file(settings))
        impact = replace(impact, indicators=compute_indicators(impact, promised))
    if out is not None:
        impact.save(out, progress=progress)
    return impact


def _count(
    settings: Project, tables: Mapping[str, pd.DataFrame], placed: pd.DataFrame, basins: gpd.GeoDataFrame
) -> Accounts:
    """Turn what was measured into claims by the project's rules, and close the accounts."""
    msmes, audits = tables["msmes"], tables.get("audits")
    rules = settings.accounting
    claims = audit_loads(
        audits,
        reductions=tables.get("reductions"),
        msmes=msmes,
        censoring_rule=rules.censoring,
        minimum_evidence=rules.minimum_evidence,
        period=rules.period,
        recommendations=tables.get("recommendations"),
        days_per_year=rules.days_per_year,
    )
    return close_accounts(
        claims,
        placed,
        basins,
        msmes=msmes,
        measurements=None if audits is None else measurements(audits),
        probabilities=basin_probabilities(msmes, basins),
        levels=_sub_basins(settings, basins),
        title=_title(settings),
    )


def _with_settings(accounts: Accounts, settings: Project, tables: Mapping[str, pd.DataFrame]) -> Impact:
    """Give the accounts what the project says of how they are to be read and published."""
    rules = settings.accounting
    measured = [tables[name] for name in ("audits", "reductions") if name in tables]
    return _impact(
        accounts,
        registers=tables,
        period=measured_period(*measured),
        synthetic=any(map(says_synthetic, tables.values())),
        censoring=rules.censoring,
        minimum_evidence=rules.minimum_evidence,
        economics=settings.economics,
        lending=settings.lending,
        accounting_period=rules.period,
        monitoring=settings.monitoring,
        settings=settings.model_dump(mode="json"),
        inputs=tuple(_inputs(settings)),
        home=settings.folder,
        languages=_languages(settings),
        posters=settings.publish.posters,
        notes=tuple(note for table in tables.values() for note in table.attrs.get("notes", ())),
        poster_languages=settings.publish.poster_languages or (settings.project.language,),
        target_pct=settings.publish.target_pct,
        audience=settings.publish.audience,
        minimum_msmes=settings.publish.minimum_msmes,
    )


def aggregate(
    loads: pd.DataFrame,
    placed: pd.DataFrame,
    basins: gpd.GeoDataFrame,
    *,
    msmes: pd.DataFrame | None = None,
    probabilities: pd.DataFrame | None = None,
) -> Impact:
    """Add up claims per watershed and keep the ledger.

    Parameters
    ----------
    loads : pandas.DataFrame
        Claims in kg/yr, from :func:`audit_loads`.
    placed : pandas.DataFrame
        From :func:`assign`, columns of :data:`watershed_cp.tables.ASSIGNMENTS`.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, EPSG:4326.
    msmes : pandas.DataFrame, optional
        The firms, for their names on the map.
    probabilities : pandas.DataFrame, optional
        From :func:`basin_probabilities`; by default only what `placed` tells is expected.

    Returns
    -------
    Impact
        ``basin_loads``, ``ledger``, ``save(folder)``, ``map()``.

    Raises
    ------
    ArithmeticError
        If a claim was lost or doubled; a defect of this package.

    Examples
    --------
    >>> import pandas as pd
    >>> basins = read_basins()
    >>> placed = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["motagua"], "status": ["inside"]})
    >>> loads = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0]})
    >>> float(aggregate(loads, placed, basins).basin_loads["reduction_kg_yr"].sum())
    5.0
    """
    return _impact(close_accounts(loads, placed, basins, msmes=msmes, probabilities=probabilities))


def _impact(accounts: Accounts, **more: Any) -> Impact:
    known = {field.name: getattr(accounts, field.name) for field in fields(Accounts)}
    return Impact(**{**known, **more})


def _read_tables(settings: Project) -> dict[str, pd.DataFrame]:
    """Read every table before anything is said, so that all faults are told at once."""
    faults: list[Fault] = []
    found: dict[str, pd.DataFrame] = {}
    for name, source in settings.sources.items():
        try:
            found[name] = read_register(settings.path(source.source), name, sheet=source.sheet)
        except InputError as error:
            faults.extend(error.faults)
    try:
        corrections = read_corrections(settings.path(settings.geocoding.corrections))
        if "msmes" in found:
            placed = geocode_firms(found["msmes"], geocoder=_geocoder(settings), corrections=corrections)
            told = [say_repairs(cell, settings.project.language) for cell in placed["repairs"]]
            found["msmes"] = placed.assign(repairs=told)
    except InputError as error:
        faults.extend(error.faults)
    faults.extend(check_references(found))
    if faults:
        raise IntakeError(*faults)
    return found


def _geocoder(settings: Project) -> OnlineGeocoder | None:
    """Give who is asked for addresses, if the project asks anyone; its key comes from the environment."""
    asked = settings.geocoding
    if asked.provider == "none":
        return None
    cache = settings.folder / "geocoding_cache"
    return OnlineGeocoder.for_project(asked.provider, cache, contact=asked.contact, server=asked.server)


def _read_outlines(settings: Project, chosen: Basins) -> gpd.GeoDataFrame:
    source: str | Path = PRIORITY if chosen.source == PRIORITY else settings.path(chosen.source)
    if chosen.source == PRIORITY and chosen.sensitivity is not None:
        raise InputError(fault("sensitivity_of_built_in"))
    basins = read_basins(
        source, id_column=chosen.id, name_column=chosen.name, sensitivity_column=chosen.sensitivity
    )
    if chosen.accuracy_m is not None:
        basins["accuracy_m"] = basins["accuracy_m"].fillna(chosen.accuracy_m)
    return basins


def _sub_basins(settings: Project, basins: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Give layers of sub-basins by name of their level: those of the project, or of the built-in watersheds."""
    if settings.sub_basins:
        return nest_levels([_read_outlines(settings, layer) for layer in settings.sub_basins], basins)
    if settings.basins.source != PRIORITY:
        return {}
    units = read_built_in("subbasins").set_index("basin_id")
    return {f"sub_basin_{level}": layer for level, layer in units.groupby("level")}


def _programme_file(settings: Project) -> Path:
    source = settings.indicators.source if settings.indicators else BUILT_IN
    return data_path("reference", "programme.toml") if source == BUILT_IN else settings.path(source)


def _title(settings: Project) -> Text | None:
    title = settings.project.title
    if isinstance(title, dict):
        first = next(iter(title.values()), "")
        return Text(title.get("es", first), title.get("en", first))
    return Text(title, title) if title else None


def _languages(settings: Project) -> tuple[Language, ...]:
    """Put the project's language first."""
    first = settings.project.language
    return tuple(sorted(settings.publish.languages, key=lambda language: language != first))


def _inputs(settings: Project) -> Sequence[Path]:
    paths = [settings.path(source.source) for source in settings.sources.values()]
    outlines = [layer.source for layer in (settings.basins, *settings.sub_basins) if layer.source != PRIORITY]
    paths += [settings.path(source) for source in outlines]
    if settings.indicators is not None and settings.indicators.source != BUILT_IN:
        paths.append(_programme_file(settings))
    corrections = settings.path(settings.geocoding.corrections)
    if corrections.exists():
        paths.append(corrections)
    return list(dict.fromkeys(paths))
