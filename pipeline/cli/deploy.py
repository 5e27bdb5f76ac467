"""`graduate deploy CONFIG --host URL`: compiled, uploaded, started or scheduled on Kubeflow, and followed."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import shlex
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.errors import UsageError, UserError
from graduate.pipeline.cli import _common
from graduate.pipeline.cli import compile as compile_verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from graduate.pipeline.config import PipelineConfig
    from graduate.pipeline.deploy.api import Api
    from graduate.pipeline.deploy.follow import Patience
    from graduate.pipeline.deploy.spec import Spec
    from graduate.pipeline.deploy.submit import Submitted
    from graduate.pipeline.result import RunResult

HELP = "run a pipeline on Kubeflow: upload it, start or schedule it, follow it to its verdict"

_AUTHENTICATION = """\
authentication, the first that there is:
  --token-env NAME            the environment variable NAME holds a token; default KF_PIPELINES_TOKEN
  KF_PIPELINES_SA_TOKEN_PATH  a file with a service account's token, read again for each request;
                              default: where a pod has it, /var/run/secrets/kubeflow/pipelines/token
  KF_PIPELINES_IAP_OAUTH2_CLIENT_ID   Google's Identity-Aware Proxy, as KFP's own client does it
  --cookie-env NAME           likewise a session's cookie; default KF_PIPELINES_COOKIE (it goes beside a token)
  ~/.config/kfp/context.json  namespace, cookie and header that KFP's own client keeps
No token is ever an argument, and none is written anywhere."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.epilog = _AUTHENTICATION
    parser.add_argument(
        "config",
        metavar="CONFIG",
        nargs="?",
        help="the YAML file that describes the pipeline; or a spec that graduate compile wrote",
    )
    compile_verb.add_where(parser)
    _common.add_set(parser)
    _what(parser)
    _where(parser)
    _how(parser)
    _common.add_json(parser, "print the result as one line of JSON, the last of stdout")


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--param",
        dest="parameters",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a parameter of this one run, e.g. training.learning_rate=0.01; the pipeline's version stays the same",
    )
    parser.add_argument("--experiment", metavar="NAME", help="the experiment of the run; default: the pipeline's name")
    parser.add_argument("--service-account", metavar="NAME", help="the Kubernetes service account of the run's pods")
    parser.add_argument(
        "--schedule",
        metavar="CRON",
        help="run it again and again: five fields of cron, e.g. '0 9 * * 1-5', or @daily, or '@every 6h'; "
        "an earlier schedule of this pipeline is switched off",
    )
    parser.add_argument("--follow", metavar="RUN_ID", help="follow a run that was started before, without a CONFIG")
    parser.add_argument("--terminate", metavar="RUN_ID", help="end a run on the cluster, without a CONFIG")


def _where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="URL", help="the Kubeflow Pipelines server; default $KF_PIPELINES_ENDPOINT")
    parser.add_argument("--namespace", metavar="NAME", help="yours, in a Kubeflow with several users")
    parser.add_argument("--token-env", metavar="NAME", help="the environment variable that holds the token")
    parser.add_argument("--cookie-env", metavar="NAME", help="the environment variable that holds the cookie")
    parser.add_argument("--ca-cert", metavar="FILE", help="certificates that are trusted, of an authority of your own")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate, and so anybody on the way")


def _how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="follow the run; the exit code is that of graduate run")
    parser.add_argument(
        "--store",
        metavar="URL",
        help="its ML Metadata, grpc://HOST:PORT, for what the API does not tell: metrics, verdicts, the pushed version",
    )
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, default=30.0, help="of one request; default 30")
    parser.add_argument("--poll", metavar="SECONDS", type=_seconds, default=3.0, help="between two looks; default 3")
    parser.add_argument(
        "--patience", metavar="SECONDS", type=_seconds, default=600.0, help="a server may be away so long; default 600"
    )


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    _check(args)
    # a shell starts what it puts in the background deaf to Ctrl-C; whoever sends one all the same means it
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        if args.terminate:
            return _terminate(args)
        if args.follow:
            return _follow_again(args)
        return _deploy(args)
    except KeyboardInterrupt:
        _say("interrupted: the same command takes up what is on the server; a run may have been started there")
        return errors.INTERRUPTED
    except UserError as error:
        if args.json and error.exit_code == errors.FAILED and not getattr(args, "printed", False):
            _print_json(args, status="failed", page=None, error=_described(error))
        raise


def _check(args: argparse.Namespace) -> None:
    others = [name for name in ("follow", "terminate") if getattr(args, name)]
    if len(others) + bool(args.config) != 1:
        raise UsageError(
            "graduate deploy takes one of CONFIG, --follow RUN_ID and --terminate RUN_ID",
            hint="see graduate deploy --help",
        )
    if args.store == "":
        raise UsageError("--store needs a URL", hint="grpc://HOST:PORT, or what docs/lineage_stores.md names")
    if args.schedule and (args.wait or others):
        raise UsageError("--schedule starts nothing now that could be followed", hint="leave --wait out")
    if args.schedule:
        from graduate.pipeline.deploy import cron

        args.schedule = cron.checked(args.schedule)


def _deploy(args: argparse.Namespace) -> int:
    from graduate.pipeline.deploy import address, parameters, submit, text

    host = address.of(args.host)
    source = _source(args)
    api = _api(args, host)
    namespace = submit.namespace_of(api, args.namespace, _say)  # a wrong host is told before anything is compiled
    spec = source()
    given = parameters.of(args.parameters, spec.parameters)
    name = _run_name(spec.name)
    order = submit.Order(spec, name, args.experiment or spec.name, namespace, given, args.service_account)
    submitted = submit.schedule(api, order, args.schedule, _say) if args.schedule else submit.run(api, order, _say)
    if args.wait:
        return _follow(args, api, str(submitted.run_id), spec, submitted.page, submitted)
    status = "scheduled" if args.schedule else "submitted"
    if args.json:
        _print_json(args, submitted=submitted, status=status, page=submitted.page)
    else:
        print(text.started(submitted, host))
    return errors.OK


def _follow_again(args: argparse.Namespace) -> int:
    from graduate.pipeline.deploy import address, follow

    host = address.of(args.host)
    api = _api(args, host)
    run = api.read(f"tell of the run {args.follow}", api.runs.run_service_get_run, args.follow)
    return _follow(args, api, args.follow, follow.spec_of(api, run), address.run_page(host, args.follow))


def _terminate(args: argparse.Namespace) -> int:
    from graduate.pipeline.deploy import address

    host = address.of(args.host)
    api = _api(args, host)
    api.read(f"end the run {args.terminate}", api.runs.run_service_terminate_run, args.terminate)
    page = address.run_page(host, args.terminate)
    if args.json:
        _print_json(args, run_id=args.terminate, status="interrupted", page=page)
    else:
        print(f"asked to end: {args.terminate}\npage  {page}")
    return errors.OK


def _follow(
    args: argparse.Namespace, api: Api, run_id: str, spec: Spec, page: str, submitted: Submitted | None = None
) -> int:
    from graduate.pipeline.deploy import follow, outcome, text
    from graduate.pipeline.view import live, style

    _say(f"page  {page}")
    start = time.monotonic()
    view: Any = live.open_view([task.name for task in spec.tasks], f"{spec.name} on {api.host}", sys.stderr)
    again = shlex.join(["graduate", "deploy", "--follow", run_id, "--host", api.host])
    try:
        seen = follow.follow(api, run_id, spec, view, _patience(args))
    except KeyboardInterrupt:
        end = again.replace("--follow", "--terminate", 1)
        _say(f"the run goes on. To follow it again: {again}\nto end it: {end}")
        if args.json:
            _print_json(args, submitted=submitted, run_id=run_id, status="running", page=page)
        return errors.INTERRUPTED
    except UserError as error:
        if args.json:
            _print_json(args, submitted=submitted, run_id=run_id, status="running", page=page, error=_described(error))
        raise UserError(
            error.message, where=error.where, hint=f"{error.hint or ''}\nthe run goes on; to follow it again: {again}"
        ) from None
    result = _with_metadata(outcome.of(run_id, seen), args.store)
    failure, seconds = outcome.failure(seen, result), round(time.monotonic() - start, 3)
    if args.json:
        _print_json(
            args, result=result, submitted=submitted, status=result.status, page=page, error=failure, seconds=seconds
        )
    else:
        print(text.ended(result, page, failure, seconds, colour=style.wanted(sys.stdout)))
    return result.exit_code


def _with_metadata(result: RunResult, store: str | None) -> RunResult:
    """What the store adds; a store that cannot be read changes no run's outcome."""
    if store is None:
        return result
    from graduate.pipeline.deploy import metadata

    try:
        return metadata.told(result, store)
    except UserError as error:
        _say(f"metrics and verdicts are not known: {error}")
        return result


def _source(args: argparse.Namespace) -> Callable[[], Spec]:
    """What gives the spec; what is wrong with CONFIG itself is told now."""
    from graduate.pipeline.deploy import spec

    args.overrides = compile_verb.overrides(args)
    given = _given_spec(args.config)
    if given is not None:
        if args.overrides:
            raise UsageError("--set, --image and --root change a config; this is a compiled spec", where=args.config)
        parsed = spec.parse(given, args.config)
        spec.check_root(parsed.root, args.config)
        return lambda: parsed
    config = _common.load_config(args)
    spec.check_root(config.kubeflow.root if config.kubeflow else None, args.config)
    from graduate.pipeline.kubeflow import checks

    checks.check(config)
    return lambda: _compiled(config, args.config)


def _compiled(config: PipelineConfig, where: str) -> Spec:
    from graduate.pipeline.deploy import spec

    _say("compiling … (TensorFlow and TFX are imported)")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")  # of TFX's and Beam's imports
    logging.disable(logging.WARNING)
    from graduate.pipeline.kubeflow import compile_config

    return spec.parse(compile_config(config), where)


def _given_spec(path: str) -> str | None:
    """The text of a compiled spec; None for anything else, which the config's own reader tells about."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = Path(path).read_text(encoding="utf-8")
        if any(line.startswith("schemaVersion:") for line in text.splitlines()):
            return text
    return None


def _api(args: argparse.Namespace, host: str) -> Api:
    from graduate.pipeline.deploy import address, api, credentials

    found = credentials.find(host, args.token_env, args.cookie_env)
    if found.source != "none" and address.is_open(host):
        _say(f"{found.source} goes to {host} unencrypted: whoever is on the way can read it; https hides it")
    _say(f"contacting {host} …")
    return api.Api(host, found, timeout=args.timeout, ca_cert=args.ca_cert, insecure=args.insecure, say=_say)


def _patience(args: argparse.Namespace) -> Patience:
    from graduate.pipeline.deploy.follow import Patience

    return Patience(args.poll, args.patience)


def _run_name(pipeline: str) -> str:
    import datetime
    import secrets

    return f"{pipeline}-{datetime.datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _described(error: UserError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, "where": error.where, "node": None}


def _print_json(args: argparse.Namespace, **fields: Any) -> None:
    from graduate.pipeline.deploy import text

    print(json.dumps(text.to_json(**fields), ensure_ascii=False), flush=True)
    args.printed = True


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1e6:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of seconds")


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may have gone
        print(text, file=sys.stderr, flush=True)
