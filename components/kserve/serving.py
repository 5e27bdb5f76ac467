"""What whoever pushes does for KServe: the manifest written beside the versions, and applied where it is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace

from graduate.components.kserve import cluster as clusters
from graduate.components.kserve import manifest as manifests
from graduate.components.kserve.rollout import Question, roll_out
from graduate.publish import Version

RUN = "graduate/run"  # annotation


def serve(settings: str, version: Version, question: Callable[[], Question | None], run_id: str) -> dict[str, str]:
    """Write the manifest; apply it and wait for the version's answer where the settings say so and there is a cluster.

    Args:
        settings: JSON of `manifest.Settings`.
        version: what was pushed.
        question: finds what it has to answer; a manifest that is only written needs none.
        run_id: the run that pushed it.

    Returns:
        What came of it: `name`, `namespace`, `state` (`written` or `serving`), `version` and, of a roll-out, `url`.

    Raises:
        UserError: the roll-out fails; what served before serves still.
    """
    asked = manifests.Settings.of(json.loads(settings))
    written = manifests.write(asked, version)
    told = {"name": asked.name, "namespace": asked.namespace, "state": "written", "version": str(version.number)}
    if not asked.apply:
        return told
    cluster = clusters.connect(asked.namespace)
    if cluster is None:
        _say(f"KServe: there is no cluster here; {version.folder.parent / manifests.FILE} is written, not applied")
        return told
    if run_id:
        written["metadata"]["annotations"][RUN] = run_id
    manifests.keep(replace(asked, namespace=cluster.namespace), version.folder.parent)
    url = roll_out(cluster, written, version.number, question(), asked.timeout_s, _say)
    _say(f"KServe: version {version.number} answers at {url}")
    return {**told, "namespace": cluster.namespace, "state": "serving", "url": url}


def again(version: Version) -> dict[str, str] | None:
    """The same for a version that a person pushes, by the settings that the Pusher left beside the versions.

    A roll-out waits until the version is loaded; a row whose answer is known is at hand for a Pusher alone.

    Returns:
        As `serve`; None where no Pusher has written a manifest for that folder.

    Raises:
        UserError: the roll-out fails; what KServe served before it serves still.
    """
    place = version.folder.parent
    asked = manifests.kept(place)
    if asked is not None:
        return serve(json.dumps(asked.to_json()), version, lambda: None, "")
    if (place / manifests.FILE).is_file():
        _say(f"KServe: {place / manifests.FILE} names another version still; the next run that pushes writes it anew")
    return None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
