"""Put the stages of a `dvc.yaml` among the jobs, and those that train a model into the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_ci.spec.draft import Draft, Drafts, StageDraft
from ml_ci.spec.dvc.lock import join_commands
from ml_ci.spec.dvc.looked import Looked
from ml_ci.spec.dvc.pipeline import Pipeline, Read, choose_stages, find_reads, read_pipeline
from ml_ci.spec.dvc.problem import At, StageError
from ml_ci.spec.dvc.stage import Stage
from ml_ci.spec.entry_shape import FileShape
from ml_ci.spec.job_shape import JobShape
from ml_ci.spec.notation import find_stage
from ml_ci.spec.pipeline_shape import PipelineShape
from ml_ci.spec.problems import Place, Problem, show, suggest
from ml_ci.spec.shape import OutputsShape
from ml_ci.spec.values import StageJob, name_output


def add_stages(drafts: Drafts, looked: Looked) -> Drafts:
    """Give the drafts with the stages of `dvc:` as jobs; those that models are trained by are the models' own.

    StageError for what is wrong first, in `ml-ci.yaml` or beside it.
    """
    trained = {draft.name: find_stage(draft.keys.train or "") for draft in drafts.models if "train" not in draft.broken}
    named = {name: one for name, one in trained.items() if one is not None}
    if drafts.dvc is not None:
        return _Joining(drafts, drafts.dvc, read_pipeline(drafts.dvc.file, looked), looked).join(named)
    for name, (file, _) in named.items():
        message = f"nothing says that the stages of {file} are jobs; add dvc: {file} at the top"
        raise StageError(Problem(("models", name, "train"), message))
    return drafts


@dataclass
class _Joining:
    drafts: Drafts
    keys: PipelineShape
    pipeline: Pipeline
    looked: Looked
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def join(self, named: Mapping[str, tuple[str, str]]) -> Drafts:
        trained = {model: self._find(model, *one) for model, one in named.items()}
        owners = {name: name for name in self.pipeline.stages}
        owners |= {stage: model for model, stage in reversed(trained.items())}  # the first model's, of several
        left = {out.path: owners[name] for name, stage in self.pipeline.stages.items() for out in stage.outs}
        for job in self.drafts.jobs:
            left |= {name_output(one): job.name for one in job.keys.outputs if "outputs" not in job.broken}
        reads = {
            name: tuple(find_reads(stage, left, self.looked)) if not stage.frozen else ()
            for name, stage in self.pipeline.stages.items()
        }
        stages_of = {owner: name for name, owner in owners.items()}
        needs = {
            name: [stages_of[one.owner] for one in found if one.owner in stages_of] for name, found in reads.items()
        }
        self.beside = {name: _list_beside(reads[name], left) for name in reads}
        chosen = choose_stages(self.pipeline, self.keys.stages, needs) | {*trained.values()}
        if self.keys.stages:
            chosen = choose_stages(self.pipeline, [*chosen], needs)
        jobs = tuple(
            self._draft(name, stage, reads[name])
            for name, stage in self.pipeline.stages.items()
            if name in chosen and name not in trained.values()
        )
        models = tuple(
            self._train(model, trained[model.name], reads[trained[model.name]]) if model.name in trained else model
            for model in self.drafts.models
        )
        beside = {self.pipeline.file: next(iter(self.pipeline.stages.values())).at.document}
        return replace(self.drafts, models=models, jobs=(*self.drafts.jobs, *jobs), beside=beside)

    def _find(self, model: str, file: str, name: str) -> str:
        place: Place = ("models", model, "train")
        if file != self.pipeline.file:
            raise StageError(Problem(place, f"the stages are those of {self.pipeline.file}, not of {file}"))
        for job, stage in self.pipeline.stages.items():
            if name in (job, stage.name):
                return job
        known = list(self.pipeline.stages)
        hint = suggest(name, known) or f"; stages are {', '.join(known)}"
        raise StageError(Problem(place, f"there is no stage {show(name)} in {file}{hint}"))

    def _draft(self, name: str, stage: Stage, reads: tuple[Read, ...]) -> StageDraft:
        keys = JobShape.model_construct(
            run=None,
            function=None,
            outputs=[out.path for out in stage.outs],
            data=_data(reads),
            needs=[],
            params=dict(stage.params) if not stage.frozen else None,
            code=_programs(reads, stage, self.looked),
            cwd=stage.wdir,
            **self._options(),
        )
        return StageDraft(
            name, keys, self.drafts.dvc_line, stage=self._job(stage, name), at=stage.at, places=_places(stage)
        )

    def _options(self) -> dict[str, Any]:
        keys = self.keys
        names = ("seed", "budget", "resources", "ignore", "python", "env", "fetch")
        return {name: getattr(keys, name) for name in names}

    def _job(self, stage: Stage, name: str, model: str | None = None) -> StageJob:
        return StageJob(
            stage=stage.name,
            file=self.pipeline.file,
            command="" if stage.frozen else join_commands(stage.commands),
            cwd=stage.wdir,
            left=tuple(out.path for out in stage.outs),
            model=model,
            deps=() if stage.frozen else tuple(stage.deps),
            asked={} if stage.frozen else stage.asked,
            beside=self.beside[name],
            pinned=self._pin(stage, name) if stage.frozen else {},
            always=stage.always,
        )

    def _pin(self, stage: Stage, name: str) -> Mapping[str, str]:
        """Give what the lock says that a frozen stage left; StageError where it does not say it of all."""
        locked = self.pipeline.locked.get(name)
        known = {} if locked is None else locked.outs
        for out in stage.outs:
            if known.get(out.path) is None:
                raise (stage.at / "frozen").wrong(
                    f"the stage is never run, and dvc.lock does not know what it left at {show(out.path)}; "
                    f"run `dvc repro --force {stage.name}` once, or thaw it: dvc unfreeze {stage.name}"
                )
        if not stage.outs:
            raise (stage.at / "frozen").wrong("the stage is never run, and leaves nothing: take it out, or thaw it")
        return {out.path: noted.md5 for out in stage.outs if (noted := known[out.path]) is not None}

    def _train(self, draft: Draft, name: str, reads: tuple[Read, ...]) -> Draft:
        stage, keys = self.pipeline.stages[name], draft.keys
        for key in ("params", "cwd"):
            if key in keys.model_fields_set:
                raise StageError(Problem(draft.place(key), f"the stage says it: {stage.at.file} line {stage.at.line}"))
        if keys.run:
            raise StageError(Problem(draft.place("run"), "there is train: already, which names a stage; keep one"))
        model = _find_model(draft, stage)
        own = {entry.path for entry in keys.data.files.values()}
        more = {path: entry for path, entry in _data(reads).items() if path not in own}
        options = {key: value for key, value in self._options().items() if key not in keys.model_fields_set}
        keys = keys.model_copy(
            update={
                **options,
                "train": None,
                "run": (stage.name,),  # for the checks: a command that leaves a model
                "outputs": OutputsShape.model_construct(model=model, predictions=None),
                "params": dict(stage.params) if not stage.frozen else None,
                "cwd": stage.wdir,
                "code": [*_programs(reads, stage, self.looked), *keys.code],
            }
        )
        return replace(draft, keys=keys, stage=self._job(stage, name, model), read=more)


def _find_model(draft: Draft, stage: Stage) -> str:
    """Give the path of the model among what a stage leaves; StageError where nothing says which it is."""
    outputs = draft.keys.outputs
    results = [out.path for out in stage.outs if out.result]
    if outputs is not None and outputs.predictions:
        raise StageError(
            Problem(draft.place("outputs", "predictions"), "a stage leaves a model; name it: {model: PATH}")
        )
    if outputs is not None and outputs.model:
        if not any(outputs.model == path or outputs.model.startswith(f"{path}/") for path in results):
            hint = suggest(outputs.model, results) or f"; it leaves {', '.join(results) or 'nothing'}"
            message = f"the stage {show(stage.name)} does not leave {show(outputs.model)}{hint}"
            raise StageError(Problem(draft.place("outputs", "model"), message))
        return outputs.model
    if len(results) != 1:
        what = f"leaves {', '.join(results)}; say which is the model" if results else "leaves no model under outs:"
        example = f": outputs: {{model: {results[0]}}}" if results else ""
        raise StageError(Problem(draft.place("train"), f"the stage {show(stage.name)} {what}{example}"))
    return results[0]


def _list_beside(reads: tuple[Read, ...], left: Mapping[str, str]) -> Mapping[str, str]:
    """Give what else those leave that a stage reads of: in DVC's workspace it lies there, and a stage may open it."""
    owners = {one.owner for one in reads if one.owner is not None}
    read = {one.path for one in reads}
    return {path: owner for path, owner in left.items() if owner in owners and path not in read}


def _data(reads: tuple[Read, ...]) -> dict[str, FileShape]:
    return {
        one.path: FileShape.model_construct(path=one.path, columns=None, job=one.owner)
        for one in reads
        if not one.program
    }


def _programs(reads: tuple[Read, ...], stage: Stage, looked: Looked) -> list[str]:
    """Give the globs of the programs that a stage names, and the values that count of no file of parameters."""
    if stage.frozen:
        return []
    names = [one.path for one in reads if one.program]
    return [f"{path}/**" if looked.below(path) else path for path in dict.fromkeys(names)]


def _places(stage: Stage) -> Mapping[Place, At]:
    places: dict[Place, At] = {("data", path): at for path, at in stage.deps.items()}
    return {**places, **{("outputs", index): out.at for index, out in enumerate(stage.outs)}}
