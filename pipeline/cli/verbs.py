"""The static table of verbs: `graduate --help` is drawn from it, and only the verb that is called is imported.

A verb's module has `HELP` (the same line as here), `add_arguments(parser)` and `run(args) -> int`.
"""

from __future__ import annotations

from typing import NamedTuple

EXIT_CODES: dict[int, str] = {
    0: "pushed; or the verb did what was asked; or the run stopped at --until",
    1: "failed",
    2: "bad command or config",
    3: "refused by the gate",
    4: "training found sick",
    5: "data refused",
    130: "interrupted",
}

ENVIRONMENT: dict[str, str] = {
    "GRADUATE_WORKDIR": "the work folder where --workdir is not given (default ./.graduate)",
    "GRADUATE_STORE": "the store that lineage reads where neither --store nor --workdir is given",
    "GRADUATE_STORE_PASSWORD": "the password of that store: a URL never holds one",
    "KF_PIPELINES_ENDPOINT": "the Kubeflow Pipelines server where deploy is given no --host",
    "KF_PIPELINES_TOKEN": "the token that deploy sends; docs/deploy.md has the other ways",
    "NO_COLOR": "set to anything: no colours",
}


class Verb(NamedTuple):
    """One line of the table; `exit_codes` are those that the verb can end with, besides 130."""

    module: str
    group: str
    help: str
    examples: tuple[tuple[str, str], ...] = ()
    exit_codes: tuple[int, ...] = (0, 1, 2)


def _module(name: str) -> str:
    return f"graduate.pipeline.cli.{name}"


VERBS: dict[str, Verb] = {
    "init": Verb(
        _module("init"),
        "From data to a pushed model",
        "look at data and write a commented config for them",
        (
            ("graduate init pets", "a folder of class folders; writes pipeline.yaml, then: graduate run pipeline.yaml"),
            ("graduate init houses.csv --label price -o houses.yaml", "a table, and what is to be predicted"),
        ),
        (0, 1, 2, 5),
    ),
    "data": Verb(
        _module("data"),
        "From data to a pushed model",
        "look at data: kind, classes, sizes, duplicates, doubtful files; as a page too",
        (
            ("graduate data pets", "what a run would refuse, and what a model may suffer from"),
            ("graduate data pets --page pets.html", "examples, near duplicates side by side, outliers"),
            ("graduate data houses.csv --json", "for a program"),
        ),
        (0, 1, 2, 5),
    ),
    "run": Verb(
        _module("run"),
        "From data to a pushed model",
        "run a pipeline: data, training, evaluation, gate, push",
        (
            (
                "graduate run examples/digits.yaml",
                "the whole pipeline; the same command again goes on or has nothing to do",
            ),
            ("graduate run my.yaml --set training.learning_rate=0.003", "override a key"),
            ("graduate run my.yaml --until Transform", "stop after a node"),
            ("graduate run my.yaml --json | tail -1", "the result for a program"),
        ),
        (0, 1, 2, 3, 4, 5),
    ),
    "tune": Verb(
        _module("tune"),
        "From data to a pushed model",
        "search for the settings of a training: what was tried, what was sick, what is best",
        (
            ("graduate tune examples/digits_tuned.yaml", "all trials, the best first; graduate run trains with it"),
            ("graduate tune my.yaml --trials 24", "more of them: those that there are stay"),
            ("graduate tune my.yaml --set tuning.algorithm=hyperband", "override a key"),
            ("graduate tune my.yaml --json | tail -1", "the trials for a program"),
        ),
        (0, 1, 2, 4, 5),
    ),
    "predict": Verb(
        _module("predict"),
        "From data to a pushed model",
        "predict with a pushed model, on raw files",
        (
            ("graduate predict latest photo.png", "label, probabilities and version"),
            ("graduate predict .graduate/models/digits images/*.png --json", "a JSON line each"),
            ("graduate predict digits:serving scans/ -o scans.parquet", "a whole folder; goes on where it was stopped"),
        ),
    ),
    "serve": Verb(
        _module("serve"),
        "From data to a pushed model",
        "try a pushed model: TensorFlow Serving's REST API and a page, on this machine alone",
        (
            ("graduate serve digits", "prints the address; a version that is pushed meanwhile takes over"),
            ("graduate serve .graduate/models/digits --port 0 --no-browser", "a folder of versions, on a free port"),
        ),
    ),
    "models": Verb(
        _module("models"),
        "Models that were pushed",
        "list pushed models: version, metrics, run, which one serves",
        (("graduate models", "every pipeline of the work folder"),),
    ),
    "rollback": Verb(
        _module("rollback"),
        "Models that were pushed",
        "make an earlier version serve again",
        (("graduate rollback digits", "the version before the one that serves"),),
    ),
    "bless": Verb(
        _module("bless"),
        "Models that were pushed",
        "push a model that the gate refused, recorded with who and why",
        (('graduate bless latest --because "the test split is too small for digit 8"', "override a refusal by hand"),),
    ),
    "watch": Verb(
        _module("watch"),
        "Trainings, also of your own scripts",
        "run your own training script, unmodified, and say what is wrong with it",
        (
            ("graduate watch train.py --epochs 3", "the script's output, then the findings; exit 4 if it is sick"),
            ("graduate watch --json train.py | tail -1", "the findings for a program"),
            ("graduate watch --page report.html train.py", "the report as a page"),
            ("graduate watch -m my_package.train", "a module, as python -m runs it"),
        ),
        (0, 1, 2, 4),
    ),
    "diagnose": Verb(
        _module("diagnose"),
        "Trainings, also of your own scripts",
        "say what was wrong with a training: a trace, a run, TensorBoard files, a CSV log",
        (
            ("graduate diagnose latest", "the training of the last run"),
            ("graduate diagnose runs/7/trace", "a trace that a recorder or graduate watch --trace wrote"),
            ("graduate diagnose logs/fit", "somebody's TensorBoard logs: fewer columns, more rules skipped"),
        ),
        (0, 1, 2, 4),
    ),
    "compare": Verb(
        _module("compare"),
        "Trainings, also of your own scripts",
        "say where two trainings parted: at which step, in what, in which layer first",
        (
            (
                "graduate compare runs/7/trace runs/8/trace",
                "the first step that differs, and what is different about it",
            ),
        ),
    ),
    "explain": Verb(
        _module("explain"),
        "Trainings, also of your own scripts",
        "explain a fault: what its rule sees and cannot see, thresholds, remedies, sources",
        (
            ("graduate explain", "all faults"),
            ("graduate explain vanishing-gradient", "the page of one"),
        ),
    ),
    "compile": Verb(
        _module("compile"),
        "Kubeflow",
        "write a config as a pipeline spec for Kubeflow Pipelines",
        (
            (
                "graduate compile examples/digits.yaml --image registry/graduate:1 --root minio://mlpipeline/v2/artifacts",
                "digits.kubeflow.yaml: the same bytes for the same input",
            ),
            ("graduate compile my.yaml -o - | less", "image and root as the config's group kubeflow says"),
        ),
        (0, 1, 2),
    ),
    "simulate": Verb(
        _module("simulate"),
        "Kubeflow",
        "run a compiled pipeline spec without a cluster, as Kubeflow's launcher would",
        (
            ("graduate simulate digits.kubeflow.yaml", "a process for each container; ends as a run does"),
            ("graduate simulate my.yaml --param training.learning_rate=0.003", "a parameter of the run"),
            ("graduate simulate my.yaml --project configs", "where the files that the config names lie"),
            ("graduate simulate my.yaml --put minio://bucket/pets=pets", "a folder as what the bucket holds"),
        ),
        (0, 1, 2, 3, 4, 5),
    ),
    "deploy": Verb(
        _module("deploy"),
        "Kubeflow",
        "run a pipeline on Kubeflow: upload it, start or schedule it, follow it to its verdict",
        (
            ("graduate deploy my.yaml --host http://localhost:8080 --wait", "the exit codes are those of graduate run"),
            (
                "graduate deploy my.yaml --host https://kf.example.org/pipeline --namespace me --schedule '0 6 * * *'",
                "each morning at six, by the cluster's clock",
            ),
            ("graduate deploy --follow RUN_ID", "go on watching a run; $KF_PIPELINES_ENDPOINT is the host"),
        ),
        (0, 1, 2, 3, 4, 5),
    ),
    "runs": Verb(
        _module("runs"),
        "Lineage",
        "list runs: status, what changed since the one before, metric, verdict",
        (
            ("graduate runs", "the last twenty, the latest first"),
            ("graduate runs digits --status refused,sick --since 2d", "what was refused in the last two days"),
            ("graduate runs --where 'accuracy>0.95' --where 'training.learning_rate<0.01'", "by metrics and config"),
        ),
    ),
    "why": Verb(
        _module("why"),
        "Lineage",
        "say why a run was pushed, refused or found sick, or why a node ran or was cached",
        (
            ("graduate why latest", "each verdict, the findings, and the data, schema, code and config behind it"),
            ("graduate why digits:serving --all", "with every check that passed"),
            ("graduate why execution:22", "why a node ran: what it obeys that changed"),
        ),
    ),
    "serving": Verb(
        _module("serving"),
        "Lineage",
        "say what serves now: since when, by whom, from which run, data and code",
        (("graduate serving", "every pipeline of the work folder, and whether its folder agrees"),),
    ),
    "lineage": Verb(
        _module("lineage"),
        "Lineage",
        "draw what a model, a run or an artifact was made from, and what came of it",
        (
            ("graduate lineage serving --upstream", "data, schema, training and verdicts behind the model that serves"),
            ("graduate lineage 15 --downstream --depth 2", "what came of artifact 15, two executions far"),
            (
                "graduate lineage digits:latest --mermaid > run.mmd",
                "for a README; --dot for Graphviz, --page FILE to look at",
            ),
        ),
    ),
    "ui": Verb(
        _module("ui"),
        "Lineage",
        "look at runs, models and their lineage in the browser, on this machine alone",
        (
            ("graduate ui", "runs, DAGs, artifacts, two runs side by side; prints the address, Ctrl-C ends it"),
            ("graduate ui --store mlmd.sqlite --port 8080 --no-browser", "any ML Metadata store"),
        ),
    ),
    "affected": Verb(
        _module("affected"),
        "Lineage",
        "find the models that contain a file, a span or a data set",
        (
            (
                "graduate affected 7/digit-0301.png",
                "a source file, by its path in the data folder; also renamed copies of it",
            ),
            ("graduate affected 090a1b0e253b", "by the beginning of its SHA-256"),
            ("graduate affected '7/*' --json", "a class, for a program"),
        ),
    ),
    "diff": Verb(
        _module("diff"),
        "Lineage",
        "say what differs between two runs or models, and what can explain the metric",
        (
            ("graduate diff digits:1795829680 digits:serving", "two versions, by the runs that made them"),
            ("graduate diff RUN latest --json", "for a program"),
            ("graduate diff RUN RUN --other-workdir ../elsewhere/.graduate", "the second one of another work folder"),
        ),
    ),
    "export": Verb(
        _module("export"),
        "Lineage",
        "write a run's or a model's lineage as OpenLineage, PROV, ML-BOM or Model Card",
        (
            ("graduate export serving --as mlbom -o bom.json", "CycloneDX, of the model that serves"),
            ("graduate export latest --as openlineage", "the last run's events, a JSON line each"),
        ),
    ),
    "reproduce": Verb(
        _module("reproduce"),
        "Lineage",
        "make a model again from its record, and say whether its weights came out the same",
        (
            (
                "graduate reproduce digits:1795829680",
                "in ./reproduced-digits-1795829680; exit 0 if bit for bit the same",
            ),
            ("graduate reproduce serving --check", "only say whether data, code and libraries are still the same"),
            ("graduate reproduce latest --check -o again.yaml", "and write its config"),
        ),
    ),
    "gc": Verb(
        _module("gc"),
        "Lineage",
        "list, and with --yes delete, what no pushed model and no recent run needs",
        (
            ("graduate gc", "what would go, how large it is, and why; nothing is deleted"),
            (
                "graduate gc --keep-runs 3 --yes",
                "keep the caches of the last three runs of each pipeline, delete the rest",
            ),
        ),
    ),
    "show": Verb(
        _module("show"),
        "Configs and data",
        "draw the pipeline of a config, or tell what came of a run",
        (
            ("graduate show examples/digits.yaml", "nodes, arrows, and the keys each node obeys"),
            ("graduate show my.yaml --mermaid > pipeline.mmd", "for a README"),
            ("graduate show latest", "every verdict of the last run, with the findings of its training"),
        ),
        (0, 2),
    ),
    "config": Verb(
        _module("config"),
        "Configs and data",
        "print a config's JSON Schema, or a config with every default",
        (
            ("graduate config schema > config.schema.json", "completion and checks in an editor"),
            ("graduate config resolve my.yaml --set training.seed=3", "what a run would obey"),
        ),
        (0, 2),
    ),
    "schema": Verb(
        _module("schema"),
        "Configs and data",
        "compare the data's schema with what came, and accept a change",
        (
            ("graduate schema diff my.yaml", "what changed in the data"),
            ("graduate schema accept my.yaml", "take the change over"),
        ),
        (0, 1, 2, 5),
    ),
    "doctor": Verb(
        _module("doctor"),
        "Configs and data",
        "check this machine: Python, libraries, GPU, disk, store",
        (("graduate doctor", "a line each; exit 1 if something would stop a run"),),
        (0, 1, 2),
    ),
}

FIRST_COMMANDS: tuple[tuple[str, str], ...] = (
    ("graduate run examples/digits.yaml", "train, evaluate and push a model, in about a minute"),
    ("graduate init pets", "look at data of your own, and write a config"),
    ("graduate models", "what was pushed, and which version serves"),
    ("graduate show examples/digits.yaml", "the pipeline that just ran"),
)
