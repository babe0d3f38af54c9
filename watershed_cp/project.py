"""The project file: where the tables are and how they are to be counted. Frozen; unknown keys are refused.

Every setting has a default; only ``[basins]`` and ``[msmes]`` are required. Paths are relative to the file.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from watershed_cp.errors import InputError, MissingFileError, Text
from watershed_cp.messages import fault, texts

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from watershed_cp.errors import Fault

__all__ = [
    "BUILT_IN",
    "PRIORITY",
    "Accounting",
    "Basins",
    "Control",
    "Economics",
    "Geocoding",
    "Indicators",
    "InspectWeights",
    "Lending",
    "Monitoring",
    "Project",
    "Publish",
    "Ranking",
    "Source",
    "Title",
    "Weights",
    "read_project",
    "read_settings",
    "weights_for",
]

Settings = TypeVar("Settings", bound=BaseModel)
PRIORITY = "priority"
"""``basins.source`` of the four built-in watersheds."""
BUILT_IN = "built-in"
"""``indicators.source`` of the programme that the tool was made for."""
Grade = Literal["A", "B", "C", "D", "E"]
BELIEF = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2}
"""How much a load of each grade of evidence is believed: this project's own choice."""

_VALUE_RULES = {
    "period_reversed": "project_period",
    "literal": "project_choice",
    "string": "project_text",
    "float": "project_number",
    "than": "project_range",
    "tuple": "project_list",
    "finite": "project_number",
    "date": "project_date",
    "bool": "project_boolean",
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Title(_Section):
    """``[project]``: how the work is called."""

    title: str | dict[Literal["es", "en"], str] = ""
    """One title, or one for each language."""
    language: Literal["es", "en"] = "es"
    """Language of the printed summary and the first language of the page."""


class Basins(_Section):
    """``[basins]``: the watersheds; ``[[sub_basins]]``: a level of their parts."""

    source: Annotated[str, Field(min_length=1)]
    """``"priority"``, or a vector file."""
    id: str | None = None
    """Column that identifies a watershed."""
    name: str | None = None
    """Column with its name."""
    sensitivity: str | None = None
    """Column that says how much a load matters there, such as the people who drink the water."""
    accuracy_m: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    """Accuracy of the outlines in metres, where the file does not say."""


class Source(_Section):
    """``[msmes]``, ``[audits]``, ``[reductions]`` and the other registers: a table."""

    source: Annotated[str, Field(min_length=1)]
    """Spreadsheet or text file."""
    sheet: str | None = None
    """Sheet of a workbook; by default the first that fits."""


class Geocoding(_Section):
    """``[geocoding]``: how firms without coordinates are placed."""

    provider: Literal["none", "nominatim", "photon", "arcgis", "google", "here"] = "none"
    """Who is asked for addresses; with none, nothing leaves the computer and only municipalities are looked up."""
    contact: str = ""
    """Who asks, an e-mail address, as the public services want to know."""
    server: str = ""
    """Host of a Nominatim or Photon of one's own."""
    corrections: Annotated[str, Field(min_length=1)] = "ubicaciones.xlsx"
    """Workbook in which the user places firms by hand; runs only add to it."""


class Accounting(_Section):
    """``[accounting]``: the rules of counting."""

    period: tuple[dt.date, dt.date] | None = None
    """First and last day; a claim outside, or one without a date, does not count."""
    minimum_evidence: Grade = "E"
    """Weakest evidence grade that is credited."""
    censoring: Literal["zero", "half", "full", "interval", "ros"] = "half"
    """What a value below the limit of detection counts as: nothing, half of the limit, all of it; what is certain
    (nothing before, all after); or what regression on order statistics expects."""
    days_per_year: Annotated[float, Field(gt=0, le=366)] = 365
    """Operating days per year where an audit gives none."""

    @model_validator(mode="after")
    def _period_in_order(self) -> Accounting:
        if self.period and self.period[0] > self.period[1]:
            raise PydanticCustomError("period_reversed", "the first day is after the last")
        return self


class Control(_Section):
    """``[[control]]``: a sum that is known from elsewhere, and that the ledger must reach."""

    pollutant: Annotated[str, Field(min_length=1)]
    """Code of the pollutant."""
    reduction_kg_yr: Annotated[float, Field(allow_inf_nan=False)]
    """What the reductions must add up to."""
    basin: str | None = None
    """Watershed; by default all of them."""
    fate: str = "credited"
    """Fate of the rows that are added up."""
    tolerance_kg_yr: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """How far the sum may be off, for the rounding of what was published."""


class Economics(_Section):
    """``[economics]``: how money is compared."""

    discount_rate_pct: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 10.0
    """Real discount rate of the net present value, percent a year; the default is this project's own choice."""
    dollars_of: Annotated[int, Field(ge=2015, le=2025)] = 2023
    """Year in whose US dollars amounts are given: one of ``us_consumer_prices``."""


class Indicators(_Section):
    """``[indicators]``: what the programme has promised."""

    source: Annotated[str, Field(min_length=1)]
    """``"built-in"``, or a file that declares them."""


class Lending(_Section):
    """``[lending]``: how measures are ranked for credit; the weights are this project's own choice."""

    residual_load: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Weight of the load that the firm still discharges."""
    delivery: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Weight of the share of it that arrives at the outlet."""
    payback: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Weight of a short payback."""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Weight of how sure watershed, measurement and range of the load are."""
    evidence: dict[Grade, Annotated[float, Field(ge=0, le=1)]] = {}
    """What a grade of evidence gives to it, other than :data:`BELIEF`."""
    near_km: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 50.0
    """Distance within which a consultant is near a firm."""

    @property
    def weights(self) -> tuple[float, float, float, float]:
        """The weights in the order of the parts of a score."""
        return self.residual_load, self.delivery, self.payback, self.confidence

    @property
    def belief(self) -> dict[str, float]:
        """What each grade of evidence gives to the confidence."""
        return BELIEF | {str(grade): share for grade, share in self.evidence.items()}


class Publish(_Section):
    """``[publish]``: what is written and for whom."""

    languages: Annotated[tuple[Literal["es", "en"], ...], Field(min_length=1, max_length=2)] = ("es", "en")
    """Languages of the page, between which the reader switches."""
    posters: tuple[Literal["a3", "slide", "factsheet", "branch"], ...] = ("a3",)
    """Forms of the posters: A3 paper, slides of 16 to 9, fact sheets of A4, guidelines of
    branches; an empty list draws none."""
    poster_languages: tuple[Literal["es", "en"], ...] = ()
    """Languages of the posters; by default that of the project."""
    target_pct: Annotated[float, Field(gt=0, le=100)] | None = None
    """Reduction that the programme has promised, percent of the baseline; the page shows how far it is."""
    audience: Literal["programme", "public"] = "programme"
    """For the programme's own use, or for anybody: a public edition shows no firm and no total that betrays one."""
    minimum_msmes: Annotated[int, Field(ge=3)] = 5
    """Firms that a total of the public edition needs at least."""


_Exponent = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class Weights(_Section):
    """Exponents of the factors of a rank: 0 leaves a factor out, 2 counts it twice."""

    load: _Exponent = 1.0
    """Share of what all firms release of the pollutant."""
    delivery: _Exponent = 1.0
    """Share of it that arrives at the outlet."""
    sensitivity: _Exponent = 0.0
    """What the layers of watersheds or ``[monitoring] sensitivity`` say of the place."""
    time: _Exponent = 0.0
    """Years since the last visit."""
    attendance: _Exponent = 0.0
    """One over one plus the times its people attended."""
    payback: _Exponent = 0.0
    """One over one plus the years in which its open measures pay back."""

    def spoken(self) -> str:
        """Write the weights that count, as in ``load^1 * delivery^1``."""
        return " * ".join(f"{name}^{value:g}" for name, value in self.model_dump().items() if value)


class InspectWeights(Weights):
    """Whom to inspect next."""

    sensitivity: _Exponent = 1.0
    time: _Exponent = 1.0


class VisitWeights(Weights):
    """Whom to visit next."""

    time: _Exponent = 1.0


class InviteWeights(Weights):
    """Whom to invite next."""

    attendance: _Exponent = 1.0


class LendWeights(Weights):
    """Whom to lend to next."""

    payback: _Exponent = 1.0


class Ranking(_Section):
    """``[ranking]``: the weights of ``watershed-cp rank``; those of ``--for inspect`` stand in ``[monitoring]``."""

    visit: VisitWeights = VisitWeights()
    """Load, delivery and time since the last visit."""
    invite: InviteWeights = InviteWeights()
    """Load, delivery and how often its people came already."""
    lend: LendWeights = LendWeights()
    """Load, delivery and payback of the measures that wait for money."""


class Monitoring(_Section):
    """``[monitoring]``: the order of the next inspections."""

    weights: InspectWeights = InspectWeights()
    """Exponents of load, delivery, sensitivity and time."""
    sensitivity: dict[str, Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]] = {}
    """How much a watershed or a receiving body counts, times what the finest layer says; by default 1."""
    as_of: dt.date | None = None
    """Day to which the time since a visit is counted; by default that of the last visit recorded."""


class Project(_Section):
    """A whole project file."""

    project: Title = Title()
    basins: Basins
    sub_basins: tuple[Basins, ...] = ()
    """Layers of sub-basins, the coarsest first; without any, the built-in watersheds bring their own."""
    msmes: Source
    audits: Source | None = None
    reductions: Source | None = None
    recommendations: Source | None = None
    events: Source | None = None
    attendance: Source | None = None
    stakeholders: Source | None = None
    loans: Source | None = None
    consultants: Source | None = None
    limits: Source | None = None
    inspections: Source | None = None
    geocoding: Geocoding = Geocoding()
    accounting: Accounting = Accounting()
    economics: Economics = Economics()
    lending: Lending = Lending()
    control: tuple[Control, ...] = ()
    indicators: Indicators | None = None
    monitoring: Monitoring = Monitoring()
    ranking: Ranking = Ranking()
    publish: Publish = Publish()
    folder: Path = Field(default=Path(), exclude=True)
    """Folder of the file; paths are relative to it."""

    @property
    def sources(self) -> dict[str, Source]:
        """The tables that the project names, by the name of their section."""
        sections = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: section for name, section in sections if isinstance(section, Source)}

    def path(self, source: str) -> Path:
        """Give the path of a source of this project."""
        return self.folder / source


def weights_for(purpose: str, settings: Project | None = None) -> Weights:
    """Give the weights by which firms are ranked for a purpose, those of a project or the usual ones.

    Examples
    --------
    >>> weights_for("lend").spoken()
    'load^1 * delivery^1 * payback^1'
    """
    monitoring, ranking = (
        (Monitoring(), Ranking()) if settings is None else (settings.monitoring, settings.ranking)
    )
    weights: Weights = monitoring.weights if purpose == "inspect" else getattr(ranking, purpose)
    return weights


def read_project(path: str | Path) -> Project:
    """Read a project file and tell every fault in it at once.

    Parameters
    ----------
    path : str or pathlib.Path
        A TOML file.

    Returns
    -------
    Project
        Frozen settings; ``folder`` is the folder of the file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    InputError
        If it is no TOML, lacks a key, has an unknown one, or a value of the wrong kind.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> read_project(data_path("demo", "project.toml")).basins.source
    'priority'
    """
    file = Path(path)
    return read_settings(file, Project, folder=file.resolve().parent)


def read_settings(path: str | Path, model: type[Settings], **more: object) -> Settings:
    """Read a TOML file into a model and tell every fault in it at once.

    Parameters
    ----------
    path : str or pathlib.Path
        A TOML file.
    model : type of pydantic.BaseModel
        What it must hold.
    **more
        Fields that the file itself may not set.

    Returns
    -------
    BaseModel
        Frozen settings.

    Raises
    ------
    MissingFileError
        If there is no such file.
    InputError
        If it is no TOML, lacks a key, has an unknown one, or a value of the wrong kind.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> read_settings(data_path("demo", "project.toml"), Project).publish.target_pct
    10.0
    """
    file = Path(path)
    if not file.is_file():
        raise MissingFileError(fault("file_missing", file=file))
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(fault("project_not_toml", file=file, detail=_why_not_toml(error))) from None
    for name in more:
        if name in raw:
            raise InputError(fault("project_unknown_key", file=file, value=name, known=_known(model, ())))
    try:
        # strict JSON has dates as text and one kind of list
        return model.model_validate_json(json.dumps({**raw, **more}, default=str))
    except ValidationError as error:
        raise InputError(*(_fault(file, detail, model) for detail in error.errors())) from None


def _why_not_toml(error: Exception) -> Text:
    words = texts("not_toml")
    if isinstance(error, UnicodeDecodeError):
        return words["encoding"]
    place = re.search(r"at line (?P<line>\d+), column (?P<column>\d+)", str(error))
    if place is None:
        return words["end"]
    return Text(*(one.format_map(place.groupdict()) for one in words["place"]))


def _fault(file: Path, detail: ErrorDetails, model: type[BaseModel]) -> Fault:
    key = _written_key(detail)
    if detail["type"] == "extra_forbidden":
        known = _known(model, detail["loc"][:-1])
        close = difflib.get_close_matches(str(detail["loc"][-1]), known.split(", "), n=1)
        return fault("project_unknown_key", file=file, value=key, known=close[0] if close else known)
    about = detail.get("ctx", {})
    if detail["type"] == "missing":
        return fault(
            "project_key_missing", file=file, value=".".join(filter(None, (key, *about.get("lacks", ()))))
        )
    expected = about.get("expected", "").replace(" or ", ", ")
    written = about.get("written", detail["input"])
    rule = next((rule for kind, rule in _VALUE_RULES.items() if kind in detail["type"]), "project_value")
    bounds = {key: text for key, text in texts("setting_bound").items() if key in about}
    bound = next((Text(*(one.format(limit=about[key]) for one in text)) for key, text in bounds.items()), "")
    told = {"expected": expected, "bound": bound}
    return fault(rule, file=file, value=f"{key} = {written}" if key else written, **told)


def _written_key(detail: ErrorDetails) -> str:
    """Write a key as the file does, dotted; a table of a list has its number, a value of a list that of its list."""
    parts = [part for part in detail["loc"] if part not in ("str", "dict")]
    if parts and isinstance(parts[-1], int) and not isinstance(detail["input"], dict):
        parts.pop()
    return ".".join(str(part) for part in parts)


def _known(model: type[BaseModel], section: tuple[str | int, ...]) -> str:
    for name in section:
        if isinstance(name, int):  # of a list, whose sections are all alike
            continue
        field = model.model_fields[str(name)].annotation
        candidates = [field, *getattr(field, "__args__", ())]
        model = next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel))
    return ", ".join(name for name in model.model_fields if name != "folder")
