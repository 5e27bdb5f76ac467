"""A Trainer on several machines: the step's own container is the chief, and starts and watches the other workers.

`train_together` (together.py) is called by the step; a `Launcher` starts workers: as pods of an indexed Job
(`KubernetesJob`), or as processes of this machine (`LocalProcesses`). Each worker is the same step again (member.py),
which tells by heart-beats that it lives (beats.py). docs/workers.md says what a person sees of it.
"""

from __future__ import annotations

from graduate.pipeline.workers.beats import is_member as is_member
from graduate.pipeline.workers.beats import join as join
from graduate.pipeline.workers.together import train_together as train_together
