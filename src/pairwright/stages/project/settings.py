"""`pairwright.toml`, read and checked: every key is known, every name it mentions exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from pairwright.errors import ConfigError, InputError
from pairwright.formats.trl import Shape, Style
from pairwright.judging.scores import Api
from pairwright.judging.strategies import STRATEGIES, Name
from pairwright.models.secrets import hidden
from pairwright.models.settings import EndpointSettings, Extra, ModelSettings, ServerSettings, Settings
from pairwright.pairing import POLICIES, check_policy
from pairwright.routing.decide import Overlap
from pairwright.stages.project.judge_kinds import KINDS, kind_of
from pairwright.stages.project.reward_settings import RewardSettings

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class ProjectSettings(Settings):
    """The project as a whole: where it is kept, and what it may spend."""

    store: str = Field("pairwright.db", description="a file beside this one, or a postgresql:// URL")
    guidelines: str = Field("guidelines.md", description="what judges and people are told to look for")
    seed: int = Field(0, ge=0, description="same seed: same pairs, same sides, same splits")
    prices: str | None = Field(None, description="a TOML file of your own prices")
    budget_usd: float | None = Field(None, ge=0, description="hard stop on the project's total spend")
    stop_within_s: float = Field(
        8.0, ge=0, description="seconds for calls in flight after SIGTERM or SIGHUP; Docker kills after 10"
    )
    batch_poll_s: float = Field(
        60.0, gt=0, description="seconds between looks at a batch with --via batch --wait"
    )
    lease_s: float = Field(
        60.0, ge=1, description="PostgreSQL: others take over from a process not heard of for so many seconds"
    )


class GenerateSettings(Settings):
    """Prompts to responses. Without models nothing is drawn: responses come from elsewhere."""

    models: list[str] = Field(default_factory=list, description="names from [models]")
    responses_per_prompt: int = Field(4, ge=1, le=16, description="different ones, over all models")
    mix: Literal["all", "weighted"] = Field(
        "all", description="all: the models take turns; weighted: drawn by `weights`"
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description='by model, for `mix = "weighted"`; a model not named has 1'
    )
    redraws: int = Field(3, ge=0, le=20, description="further draws when a response repeats another")
    keep_reasoning: bool = Field(True, description="keep what a model thought, beside its response")


class PairSettings(Settings):
    """Which responses to a prompt meet."""

    policy: str = Field(
        "all",
        description="all: every two; random: `k` pairs a prompt; reference: each against those of one model",
    )
    k: int = Field(1, ge=1, description="pairs a prompt, for `random`")
    reference: str | None = Field(None, description="the model, for `reference`")
    include_truncated: bool = Field(False, description="also pair responses that reached max_tokens")
    all_prompts: bool = Field(False, description="also pair prompts that came with a pair of their own")
    reasoning_counts: bool = Field(True, description="responses that differ in their reasoning only are two")

    @field_validator("policy")
    @classmethod
    def _is_known(cls, policy: str) -> str:
        if policy not in POLICIES:
            raise ValueError(f"[pair] policy {hidden(policy)} is not one of {', '.join(POLICIES)}")
        return policy

    @model_validator(mode="after")
    def _has_what_its_policy_needs(self) -> PairSettings:
        try:
            check_policy(self.policy, self.k, self.reference)
        except InputError as error:
            raise ValueError(f"[pair] {error}") from None
        return self


class JudgeSettings(Settings):
    """One judge.

    `kind` is chat, scores (a reward model or classifier behind an endpoint), scorer (a
    function of your own that scores a response), light (a reward model trained on the
    project's own labels), reward (another model of [rewards.NAME]), replay (recorded
    verdicts), or a plugin's name.
    """

    kind: str = Field("chat", description=f"{', '.join(KINDS)}, or a plugin's name")
    model: str | None = Field(None, description="for chat and scores: a name from [models]")
    path: str | None = Field(None, description="for replay: a file of recorded verdicts")
    api: Api = Field("pooling", description="for scores: how the endpoint is asked")
    label: str | None = Field(
        None, description="for scores: the class that means good, where there are several"
    )
    score: str | None = Field(None, description='for scorer: "file.py:function" of (prompt, response)')
    tie: float = Field(0.0, ge=0, description="for scorer: scores this close to each other are a tie")
    reward: str | None = Field(None, description="for reward: a name from [rewards]")
    single_order: bool = Field(False, description="half the price, and no check against position bias")
    temperature: float = Field(0.0, ge=0, le=2, description="above 0 where there are several samples")
    max_tokens: int | None = Field(None, ge=16, description="default 300; cot 1200; 4096 if its model thinks")
    strategy: Name = Field("plain", description="how it is asked, see Pairs and judging")
    strategies: list[Name] = Field(
        default_factory=list, description="several: each is a judge, NAME/STRATEGY"
    )
    samples: int = Field(1, ge=1, le=64, description="several: each is a judge, NAME/1, NAME/2, ...")
    sample: int = Field(0, exclude=True)
    answer_format: Literal["auto", "json_schema", "json_object", "text"] = Field(
        "auto", description="auto: json_schema where the endpoint has it, else json_object, else text"
    )
    logprobs: Literal["auto", "off"] = Field(
        "auto", description="auto: token probabilities of the verdict, where the endpoint gives them"
    )
    attempts: int = Field(2, ge=1, le=10, description="times to ask when the answer can't be read")
    show_reasoning: bool = Field(
        False, description="for chat and scores: shown what models thought, which users don't see"
    )
    longest: int | None = Field(
        None, ge=500, description="characters of a trajectory that are shown, from its two ends; else all"
    )
    extra: Extra = Field(
        default_factory=dict, description="further request fields; for a plugin its own settings"
    )


class RouteSettings(Settings):
    """When a pair is decided without a person.

    `guarantee`: where `target` of those accepted agree with people, with
    probability 1 - `delta`. `stated`: where judges call the same winner HIGH in
    both orders. `consistent`: the same winner in both orders, whatever was stated.
    """

    accept: Literal["guarantee", "stated", "consistent"] = Field(
        "guarantee", description="what decides a pair without a person"
    )
    target: float = Field(0.9, gt=0.5, lt=1, description="share of what is accepted that agrees with people")
    delta: float = Field(0.1, gt=0, lt=1, description="how probable it may be that the promise is broken")
    test: Literal["exact", "betting"] = Field(
        "exact",
        description="exact: when all drawn pairs are answered; betting: after every answer, accepting less",
    )
    calibration_pairs: int | None = Field(
        None, ge=1, description="drawn for people first; default: as needed"
    )
    new_pairs: Literal["draw", "same-stream"] = Field(
        "draw",
        description="pairs added later: draw a calibration sample of their own, or take them to be like "
        "those before (an assumption: votes on them are compared first, and more of them audited)",
    )
    ties: Literal["count", "apart"] = Field(
        "count",
        description="pairs people call a tie: count; or apart: the target is about pairs with a side",
    )
    audit: float = Field(
        0.02, ge=0, le=1, description="share of what is accepted that people check, for ever; more at first"
    )
    cascade: list[str] = Field(default_factory=list, description="judges from cheap to strong")
    trust: list[str] = Field(default_factory=list, description="judges to use although no better than chance")


class AnnotateSettings(Settings):
    """People: how many are asked, what they see, and who is let in."""

    seconds_per_pair: float = Field(45, gt=0, description="for estimates, until people's own pace is known")
    usd_per_pair: float = Field(0.30, ge=0, description="for estimates: crowd 0.10-0.50, expert 2-5")
    pay_per_answer: float = Field(0.0, ge=0, description="for statements of hours and pay")
    pay_per_hour: float = Field(0.0, ge=0, description="... of active time")
    pay_currency: str = Field("USD", max_length=12, description="... what these are in")
    form: Literal["pair", "rank"] = Field(
        "pair",
        description="pair: two responses at a time; rank: all open ones to a prompt are ranked at once",
    )
    overlap: int = Field(1, ge=1, le=20, description="people asked about every pair")
    overlap_unsure: int | None = Field(
        None, ge=1, le=20, description="people asked where judges are unsure (likeliest verdict under 75 %)"
    )
    overlap_most: int = Field(3, ge=1, le=50, description="people asked while they disagree; then a lead")
    sure: float = Field(
        0.0, ge=0, lt=1, description="ask one more person until a label is believed this surely; 0: no"
    )
    lease_minutes: float = Field(20, gt=0, description="how long an offered pair is kept for a person")
    reopen_minutes: float = Field(
        60, gt=0, description="how long after an answer its annotator may change it or take it back"
    )
    gold_rate: float = Field(0.0, ge=0, le=0.5, description="share of gold pairs mixed in, unseen as such")
    qualify_pairs: int = Field(5, ge=0, description="gold pairs a new person practises on; 0: none")
    qualify_right: float = Field(0.6, ge=0, le=1, description="share of them to get right before real work")
    skills_required: bool = Field(
        False,
        description="pairs that take a skill (`tag` or `domain` of their row) go only to those who have it; "
        "false: also to people without any skills",
    )
    pause_right: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the last `pause_gold` gold pairs to get right, or be paused; 0: nobody is",
    )
    pause_gold: int = Field(10, ge=3, le=200, description="gold pairs that `pause_right` looks back on")
    assist: Literal["after", "before", "off"] = Field(
        "after", description="what judges said is shown after the choice, before it (it sways), or never"
    )
    show_reasoning: bool = Field(
        False,
        description="annotators may open what models thought before they answered; else it is not sent",
    )
    criteria: list[str] = Field(
        default_factory=list, description="rated 1-5 for each response, such as helpfulness; default: none"
    )
    reasons: list[Reason] = Field(
        default_factory=list,
        max_length=8,
        description="an annotator may give for a choice, each with a key, such as accuracy; default: none",
    )
    too_fast_seconds: float = Field(5, ge=0, description="answers faster than this were not read")
    proxies: list[str] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="addresses of proxies whose headers are believed",
    )
    sso_header: str | None = Field(None, description="signed-in user's name, set by such a proxy")
    sso_leads: list[str] = Field(default_factory=list, description="names that the header makes leads")

    @field_validator("reasons")
    @classmethod
    def _each_once(cls, reasons: list[str]) -> list[str]:
        if len(set(reasons)) < len(reasons):
            raise ValueError(f"each reason once; got {', '.join(reasons)}")
        return reasons

    @property
    def overlaps(self) -> Overlap:
        return Overlap(self.overlap, self.overlap_unsure, sure=self.sure, most=self.overlap_most)


class LabelSettings(Settings):
    """How several people's answers become one label.

    auto: anchored where judges take part or several people overlap, Dawid-Skene where
    they overlap on 400 pairs, else majority.
    """

    method: Literal["auto", "majority", "gold", "dawid-skene", "anchored"] = Field(
        "auto", description="see Combining labels"
    )


class CheckSettings(Settings):
    """From where on `pairwright check` finds something off. Shares are 0 to 1."""

    skip: list[str] = Field(default_factory=list, description="checks not to run")
    severity: dict[str, Literal["info", "warning", "error", "off"]] = Field(
        default_factory=dict, description='by check or "check.part", over the defaults'
    )
    fail_on: Literal["error", "warning", "info", "off"] = Field(
        "off",
        description="findings so severe stop `pairwright export` and `run`; off: errors leave their pair out",
    )
    similar: float = Field(0.95, gt=0, le=1, description="too_similar: the most alike two responses may be")
    seconds: float | None = Field(None, ge=0, description="too_fast; default: [annotate] too_fast_seconds")
    words_per_second: float = Field(20, gt=0, description="too_fast: nobody reads faster")
    near: float = Field(
        0.85, gt=0.5, le=1, description="near_duplicates, split_overlap: word triples in common"
    )
    contamination: list[str] = Field(
        default_factory=list, description="files of benchmark texts, beside this one"
    )
    longer: float = Field(0.7, gt=0.5, lt=1, description="shortcuts: share in which the longer one is chosen")
    markup: float = Field(
        0.7, gt=0.5, lt=1, description="shortcuts: ... the one with more Markdown or emojis"
    )
    wins: float = Field(0.9, gt=0.5, lt=1, description="shortcuts: share of its pairs that one model wins")
    judge_fails: float = Field(0.02, ge=0, lt=1, description="judge_health: share of votes that failed")
    judge_contradicts: float = Field(
        0.3, ge=0, lt=1, description="judge_health: verdict changed with the order"
    )
    judge_drifts: float = Field(
        0.15, ge=0, lt=1, description="judge_health: answered otherwise when asked again"
    )
    fact_check: str | None = Field(
        None, description="a model of [models] that looks for errors in facts; costs"
    )
    plugins: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="settings of checks of your own, by name"
    )


class PlanMethod(Settings):
    """What one usual way to label costs and is worth, each from low to high."""

    usd: tuple[float, float] = Field(description="USD a pair")
    agreement: tuple[float, float] = Field(description="share that agrees with people")
    per_hour: tuple[float, float] = Field(description="pairs an hour, of one worker")


class ExportSettings(Settings):
    """What `run` and `export` write unless told otherwise."""

    shapes: tuple[Shape, ...] = Field(
        ("dpo", "kto"), description="dpo (ORPO reads the same rows), kto, unpaired"
    )
    split_pairs: bool = Field(False, description="kto, unpaired: call winners good and losers bad")
    style: Style = Field(
        "conversational", description="conversational: lists of messages; standard: plain strings"
    )
    file_format: Literal["jsonl", "parquet"] = Field("jsonl", description="of the files in `folder`")
    folder: str = Field("export", description="where they are written, beside this file")
    separator: str = Field("\n\n", description="standard style: stands between prompt and response")


class ProjectFile(Settings):
    """The whole of `pairwright.toml`."""

    project: ProjectSettings = ProjectSettings()
    endpoints: dict[str, EndpointSettings] = Field(default_factory=dict)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    generate: GenerateSettings = GenerateSettings()
    pair: PairSettings = PairSettings()
    judges: dict[str, JudgeSettings] = Field(default_factory=dict)
    route: RouteSettings = RouteSettings()
    annotate: AnnotateSettings = AnnotateSettings()
    label: LabelSettings = LabelSettings()
    check: CheckSettings = CheckSettings()
    rewards: dict[str, RewardSettings] = Field(default_factory=dict)
    plan: dict[str, PlanMethod] = Field(default_factory=dict)
    export: ExportSettings = ExportSettings()

    @model_validator(mode="after")
    def _names_exist(self) -> ProjectFile:
        for name, model in self.models.items():
            _require(model.endpoint, self.endpoints, f"[models.{name}] endpoint", "[endpoints.NAME]")
        for name in self.generate.models:
            _require(name, self.models, "[generate] models", "[models.NAME]")
        for name in self.generate.weights:
            _require(name, self.generate.models, "[generate.weights]", "[generate] models")
        if self.generate.mix == "weighted" and sum(self._weights().values()) <= 0:
            raise ValueError("[generate.weights] are all zero: give at least one model a positive weight")
        for name, judge in self.judges.items():
            self._has_what_its_kind_needs(name, judge)
            if "ranking" in (judge.strategy, *judge.strategies) and judge.single_order:
                raise ValueError(
                    f"[judges.{name}] a ranking shows every response first once, in two calls a prompt: "
                    "take single_order away"
                )
            if judge.samples > 1 and judge.temperature == 0:
                raise ValueError(
                    f"[judges.{name}] samples = {judge.samples} at temperature 0 are all the same: "
                    "set temperature = 1.0"
                )
        for name, reward in self.rewards.items():
            if reward.judge is not None:
                _require(reward.judge, self.judges, f"[rewards.{name}] judge", "[judges.NAME]")
        if self.check.fact_check is not None:
            _require(self.check.fact_check, self.models, "[check] fact_check", "[models.NAME]")
        for name in self.route.cascade:
            _require(name, self.judges, "[route] cascade", "[judges.NAME]")
        if len(set(self.route.cascade)) < len(self.route.cascade):
            raise ValueError(f"[route] cascade names a judge twice: {', '.join(self.route.cascade)}")
        if self.route.test == "betting" and len(self.route.cascade) > 1:
            raise ValueError('[route] test = "betting" tests one step: take cascade away, or test = "exact"')
        for name in self.route.trust:
            _require(name, self.judges, "[route] trust", "[judges.NAME]")
        return self

    def _has_what_its_kind_needs(self, name: str, judge: JudgeSettings) -> None:
        needs = kind_of(judge.kind).needs
        if needs is None:
            return
        value = getattr(judge, needs.setting)
        if value is None or needs.holds not in value:
            raise ValueError(
                f'[judges.{name}] of kind "{judge.kind}" needs {needs.setting} = {needs.example}'
            )
        if needs.table is not None:
            where = f"[judges.{name}] {needs.setting}"
            _require(value, getattr(self, needs.table), where, f"[{needs.table}.NAME]")

    def _weights(self) -> dict[str, float]:
        return {name: self.generate.weights.get(name, 1.0) for name in self.generate.models}


def _require(name: str, known: Any, where: str, table: str) -> None:
    if name not in known:
        raise ValueError(f"{where} names {hidden(name)}, which is not in {table}{nearest(name, list(known))}")


def nearest(name: str, known: list[str]) -> str:
    """` - did you mean "x"?` for the likeliest known name, or what names there are."""
    from rapidfuzz import process

    match = process.extractOne(name, known, score_cutoff=60)
    if match:
        return f' - did you mean "{match[0]}"?'
    return f" (known: {', '.join(known)})" if known else " (there is none yet)"


def read_settings(path: Path) -> ProjectFile:
    """Read and check a project file. Raises ConfigError naming file, line, key and remedy."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        twice = ". A table stands once: write into the one that is there" if "twice" in str(error) else ""
        raise ConfigError(f"{path}: is not valid TOML: {error}{twice}") from None
    try:
        return _one_by_one(ProjectFile.model_validate(values))
    except ValidationError as error:
        problems = [_problem(path, text, problem) for problem in error.errors()]
        raise ConfigError("\n".join(problems)) from None


_FOR_THINKING = 4096  # tokens, most of which are not the answer


def _one_by_one(file: ProjectFile) -> ProjectFile:
    """A judge of several strategies or samples is several judges: `main/cot`, `main/2`."""
    judges: dict[str, JudgeSettings] = {}
    names: dict[str, list[str]] = {}
    for name, judge in file.judges.items():
        for strategy in judge.strategies or [judge.strategy]:
            for sample in range(1, judge.samples + 1):
                parts = [name, *([strategy] if judge.strategies else [])]
                parts += [str(sample)] if judge.samples > 1 else []
                asked = file.models.get(judge.model or "")
                room = _FOR_THINKING if asked and asked.thinks else STRATEGIES[strategy].max_tokens
                most = judge.max_tokens or room
                update: dict[str, Any] = {
                    "strategy": strategy,
                    "strategies": [],
                    "samples": 1,
                    "sample": sample if judge.samples > 1 else 0,
                    "max_tokens": most,
                    # A score does not depend on what it is compared with: one order says it all.
                    "single_order": judge.single_order or kind_of(judge.kind).scores,
                }
                judges["/".join(parts)] = judge.model_copy(update=update)
                names.setdefault(name, []).append("/".join(parts))
    route = file.route.model_copy(
        update={
            "cascade": [each for name in file.route.cascade for each in names[name]],
            "trust": [each for name in file.route.trust for each in names[name]],
        }
    )
    return file.model_copy(update={"judges": judges, "route": route})


def _problem(path: Path, text: str, problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        name, table = location[-1], location[:-1]
        known = _keys_of(table)
        what = f"unknown key {hidden(name)} in {_table(table)}{nearest(name, known)}"
    elif problem["type"] == "value_error":
        what = str(problem["ctx"]["error"])
    else:
        shown = f", got {hidden(problem['input'], location[-1])}" if problem["type"] != "missing" else ""
        what = f"{_table(location[:-1])} {hidden(location[-1])[1:-1]}: {problem['msg']}{shown}"
    return f"{path}{_line(text, location)}: {what}"


def _table(location: list[str]) -> str:
    return f"[{'.'.join(location)}]" if location else "the file"


def _keys_of(table: list[str]) -> list[str]:
    """The keys a table may have: walk the settings classes along the location."""
    fields: Any = ProjectFile.model_fields
    named: dict[str, type[Settings]] = {
        "endpoints": EndpointSettings,
        "models": ModelSettings,
        "judges": JudgeSettings,
        "plan": PlanMethod,
    }
    if table[:1] == ["endpoints"] and "also" in table[2:]:
        return list(ServerSettings.model_fields)
    if table and table[0] in named:
        return list(named[table[0]].model_fields) if len(table) > 1 else []
    for part in table:
        inner = fields[part].annotation if part in fields else None
        fields = getattr(inner, "model_fields", {})
    return list(fields)


def _line(text: str, location: list[str]) -> str:
    """`:12`, where the key (or else its table) stands in the file; empty if it can't be told."""
    lines, table = text.splitlines(), ""
    for number, line in enumerate(lines, 1):
        if header := re.match(r"\s*\[\[?([^\]]+)\]", line):
            table = header[1].replace('"', "").replace(" ", "")
            if table == ".".join(location):
                return f":{number}"
        elif (key := re.match(r"\s*\"?([\w.-]+)\"?\s*=", line)) and ".".join(
            part for part in (table, key[1]) if part
        ) == ".".join(location):
            return f":{number}"
    return f" in {_table(location[:-1])}" if len(location) > 1 else ""
