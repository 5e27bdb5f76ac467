"""`graduate serve MODEL`: TensorFlow Serving's REST API and a page over a pushed model, on this machine alone."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING

from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.model_ids import Model
    from graduate.pipeline.serve.server import Server

HELP = "try a pushed model: TensorFlow Serving's REST API and a page, on this machine alone"
PORT = 8501  # TensorFlow Serving's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="as of graduate predict; a folder of versions, NAME, serving and NAME:serving follow newer versions",
    )
    parser.add_argument(
        "--port", type=_common.port, default=PORT, metavar="N", help=f"the port; default {PORT}, 0 takes a free one"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    _common.add_workdir(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from graduate.pipeline import model_ids
    from graduate.pipeline.serve.server import Server

    model = model_ids.resolve(args.model, _common.workspace(args))
    # a shell starts what it puts in the background deaf to Ctrl-C; whoever sends one all the same means it
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        with Server(args.port, debug=args.debug) as server:  # a port in use is told before the model is loaded
            _serve(server, model, args)
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)
    return 0


def _serve(server: Server, model: Model, args: argparse.Namespace) -> None:
    from graduate.pipeline.serve.rest import Rest
    from graduate.pipeline.serve.servable import Servable
    from graduate.pipeline.serve.versions import Versions, watched

    quiet = not args.debug
    place = watched(args.model, model)
    versions = Versions(Servable(model, quiet=quiet), place, lambda other: Servable(other, quiet=quiet))
    server.api = Rest(versions)
    print(server.url, flush=True)
    what = f"{model.name}, version {versions.now.version}" + (f", and what is newer in {place}" if place else "")
    print(f"serving {what}, for this machine alone; Ctrl-C ends it", file=sys.stderr, flush=True)
    if not args.no_browser and _common.has_browser():
        import webbrowser

        webbrowser.open(server.url)
    stop = threading.Event()
    versions.watch(stop)
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        stop.set()
        server.finish()
