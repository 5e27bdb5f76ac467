"""From a spec to a run or a schedule: experiment, pipeline, version, run; each is looked for before it is made."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate.errors import UsageError, UserError
from graduate.pipeline.deploy import address, credentials
from graduate.pipeline.deploy.api import Api, Say
from graduate.pipeline.deploy.faults import Fault
from graduate.pipeline.deploy.spec import Spec

_EQUALS = 1  # Predicate.EQUALS of the API's filter
_DESCRIPTION = "made by graduate deploy"


@dataclass(frozen=True)
class Order:
    """What a run is to be.

    Attributes:
        run_name: the run's display name, of which there is one.
        namespace: of a Kubeflow with several users; None on one without.
        parameters: in the types that the spec declares.
        service_account: of Kubernetes, which the run's pods have.
    """

    spec: Spec
    run_name: str
    experiment: str
    namespace: str | None
    parameters: Mapping[str, Any]
    service_account: str | None = None


@dataclass(frozen=True)
class Submitted:
    """What was made of it on the server; `run_id` or `schedule_id`."""

    page: str
    pipeline_id: str
    version_id: str
    version: str
    uploaded: bool
    experiment_id: str
    run_id: str | None = None
    schedule_id: str | None = None
    created: bool = True


def namespace_of(api: Api, given: str | None, say: Say) -> str | None:
    """The namespace to work in, and the proof that there is a Kubeflow Pipelines server that knows us.

    Raises:
        UsageError: the server has several users, and none is named.
        UserError: there is no such server.
    """
    try:
        health = api.once(api.health.healthz_service_get_healthz)
    except Fault as fault:
        if not (fault.kind == "status" and fault.passes):
            raise api.explained(fault, "say how it is") from None
        health = api.read("say how it is", api.health.healthz_service_get_healthz)
    if health.get("apiServerReady") is False:
        raise UserError(
            f"{api.host} is Kubeflow's page, and the API server behind it does not answer",
            hint="kubectl -n kubeflow get pods -l app=ml-pipeline",
        )
    if "multi_user" not in health:
        raise UserError(
            f"{api.host} answers, but not as the API v2beta1 of Kubeflow Pipelines",
            hint="Kubeflow Pipelines 2.0 or later; is it another service's address?",
        )
    if not health["multi_user"]:
        if given:
            say(f"{api.host} has no users and namespaces of its own: --namespace {given} is not needed")
        return None
    found = given or credentials.namespace()
    if not found:
        raise UsageError(f"{api.host} has several users: in whose namespace?", hint="--namespace NAME")
    return found


def run(api: Api, order: Order, say: Say) -> Submitted:
    """Upload what is not there, and start a run."""
    import kfp_server_api as kfp

    experiment_id, pipeline_id, version_id, uploaded = _prepare(api, order, say)
    body = kfp.V2beta1Run(
        display_name=order.run_name,
        description=_DESCRIPTION,
        experiment_id=experiment_id,
        pipeline_version_reference=kfp.V2beta1PipelineVersionReference(pipeline_id, version_id),
        runtime_config=kfp.V2beta1RuntimeConfig(parameters=dict(order.parameters)),
        service_account=order.service_account,
    )

    listing = api.runs.run_service_list_runs
    found, _ = api.make(
        f"start a run of {order.spec.name}",
        lambda: _named(api, "look for the run", listing, "runs", order.run_name, experiment_id),
        lambda: api.once(api.runs.run_service_create_run, body=body),
    )
    run_id = _id(found, "run_id", api)
    page = address.run_page(api.host, run_id)
    return Submitted(page, pipeline_id, version_id, order.spec.version, uploaded, experiment_id, run_id=run_id)


def schedule(api: Api, order: Order, cron: str, say: Say) -> Submitted:
    """Upload what is not there, and run it again and again; an earlier schedule of this pipeline is switched off.

    The same order given twice is one schedule.
    """
    import kfp_server_api as kfp

    experiment_id, pipeline_id, version_id, uploaded = _prepare(api, order, say)
    name = f"{order.spec.name}-{_fingerprint(order, cron)}"
    body = kfp.V2beta1RecurringRun(
        display_name=name,
        description=_DESCRIPTION,
        experiment_id=experiment_id,
        namespace=order.namespace,
        pipeline_version_reference=kfp.V2beta1PipelineVersionReference(pipeline_id, version_id),
        runtime_config=kfp.V2beta1RuntimeConfig(parameters=dict(order.parameters)),
        service_account=order.service_account,
        trigger=kfp.V2beta1Trigger(cron_schedule=kfp.V2beta1CronSchedule(cron=cron)),
        mode=kfp.RecurringRunMode.ENABLE,
        max_concurrency="1",  # two runs would push beside each other
        no_catchup=True,  # data are those of now: what was missed is not made up for
    )
    api_of = api.schedules
    listing = api_of.recurring_run_service_list_recurring_runs
    found, made = api.make(
        f"schedule {order.spec.name}",
        lambda: _named(api, "look for the schedule", listing, "recurringRuns", name, experiment_id),
        lambda: api.once(api_of.recurring_run_service_create_recurring_run, body=body),
    )
    schedule_id = _id(found, "recurring_run_id", api)
    if not made:
        api.read("switch the schedule on", api_of.recurring_run_service_enable_recurring_run, schedule_id)
    _switch_off_others(api, order, experiment_id, schedule_id, say)
    page = address.schedule_page(api.host, schedule_id)
    return Submitted(
        page,
        pipeline_id,
        version_id,
        order.spec.version,
        uploaded,
        experiment_id,
        schedule_id=schedule_id,
        created=made,
    )


def _prepare(api: Api, order: Order, say: Say) -> tuple[str, str, str, bool]:
    spec, namespace = order.spec, order.namespace
    experiment_id = _experiment(api, order.experiment, namespace)
    pipeline_id = _pipeline(api, spec.name, namespace)
    version_id, uploaded = _version(api, spec, pipeline_id)
    say(f"pipeline {spec.name}, version {spec.version}" + ("" if uploaded else ", which is there already"))
    return experiment_id, pipeline_id, version_id, uploaded


def _experiment(api: Api, name: str, namespace: str | None) -> str:
    import kfp_server_api as kfp

    body = kfp.V2beta1Experiment(display_name=name, namespace=namespace)
    listing = api.experiments.experiment_service_list_experiments
    found, _ = api.make(
        f"make the experiment {name}",
        lambda: _named(api, f"look for the experiment {name}", listing, "experiments", name, namespace=namespace),
        lambda: api.once(api.experiments.experiment_service_create_experiment, body=body),
    )
    return _id(found, "experiment_id", api)


def _pipeline(api: Api, name: str, namespace: str | None) -> str:
    import kfp_server_api as kfp

    body = kfp.V2beta1Pipeline(display_name=name, namespace=namespace, description=_DESCRIPTION)
    listing = api.pipelines.pipeline_service_list_pipelines
    found, _ = api.make(
        f"make the pipeline {name}",
        lambda: _named(api, f"look for the pipeline {name}", listing, "pipelines", name, namespace=namespace),
        lambda: api.once(api.pipelines.pipeline_service_create_pipeline, body=body),
    )
    return _id(found, "pipeline_id", api)


def _version(api: Api, spec: Spec, pipeline_id: str) -> tuple[str, bool]:
    name, listing = spec.version, api.pipelines.pipeline_service_list_pipeline_versions

    def find() -> dict[str, Any] | None:
        doing = f"look for the version {name}"
        answer = api.read(doing, listing, pipeline_id, filter=_filter(name), page_size=10)
        return _first(answer.get("pipeline_versions"), name)

    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "pipeline.yaml")
        package.write_text(spec.text, encoding="utf-8", newline="")
        upload = api.uploads.upload_pipeline_version
        found, made = api.make(
            f"upload the pipeline {spec.name}",
            find,
            lambda: api.once(upload, str(package), name=name, pipelineid=pipeline_id, description=_DESCRIPTION),
        )
    return _id(found, "pipeline_version_id", api), made


def _switch_off_others(api: Api, order: Order, experiment_id: str, kept: str, say: Say) -> None:
    """Two schedules of one pipeline would train and push twice: the newest alone stays on."""
    listing = api.schedules.recurring_run_service_list_recurring_runs
    token = ""
    while True:
        answer = api.read("list schedules", listing, experiment_id=experiment_id, page_size=100, page_token=token)
        for one in answer.get("recurringRuns") or answer.get("recurring_runs") or ():
            ours = str(one.get("display_name")).rpartition("-")[0] == order.spec.name
            other = one.get("recurring_run_id")
            if ours and other != kept and one.get("description") == _DESCRIPTION and one.get("status") != "DISABLED":
                api.read("switch a schedule off", api.schedules.recurring_run_service_disable_recurring_run, other)
                say(f"the schedule {one['display_name']} ({_cron(one)}) is switched off")
        token = answer.get("next_page_token") or ""
        if not token:
            return


def _cron(recurring_run: Mapping[str, Any]) -> str:
    return str(((recurring_run.get("trigger") or {}).get("cron_schedule") or {}).get("cron") or "periodic")


def _fingerprint(order: Order, cron: str) -> str:
    import hashlib

    said = [order.spec.version, cron, dict(order.parameters), order.service_account, order.namespace]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]


def _named(
    api: Api,
    doing: str,
    listing: Callable[..., Any],
    key: str,
    name: str,
    experiment_id: str | None = None,
    namespace: str | None = None,
) -> dict[str, Any] | None:
    options = {"experiment_id": experiment_id, "namespace": namespace}
    given = {option: value for option, value in options.items() if value}
    answer = api.read(doing, listing, filter=_filter(name), page_size=10, **given)
    return _first(answer.get(key) or answer.get("recurring_runs" if key == "recurringRuns" else key), name)


def _first(found: Any, name: str) -> dict[str, Any] | None:
    return next((one for one in found or () if one.get("display_name") == name), None)


def _filter(name: str) -> str:
    return json.dumps({"predicates": [{"operation": _EQUALS, "key": "display_name", "stringValue": name}]})


def _id(found: Mapping[str, Any], key: str, api: Api) -> str:
    value = found.get(key)
    if not value:
        raise UserError(f"{api.host} answers without {key}: is it the API of Kubeflow Pipelines 2?")
    return str(value)
