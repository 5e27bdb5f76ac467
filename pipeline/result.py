"""What a run came to: the same for every runner, for a first run and for one that had nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from graduate import errors
from graduate.verdict import VerdictRecord

Status = Literal["pushed", "refused", "sick", "data_refused", "failed", "interrupted", "stopped"]
# What a run is called whose first refusing verdict is of this node, in the order in which they are heard
REFUSALS: Mapping[str, Status] = {
    "DataGuard": "data_refused",
    "Preflight": "sick",
    "Tuner": "sick",
    "GradientDiagnostics": "sick",
    "Gate": "refused",
}
NodeState = Literal["ran", "cached", "skipped", "failed"]

EXIT_CODES: Mapping[str, int] = {
    "pushed": errors.OK,
    "stopped": errors.OK,
    "failed": errors.FAILED,
    "refused": errors.REFUSED,
    "sick": errors.SICK,
    "data_refused": errors.DATA_REFUSED,
    "interrupted": errors.INTERRUPTED,
}


@dataclass(frozen=True)
class NodeReport:
    """One node of a run; `reason` says why it ran, from which run it was cached, or which verdict skipped it."""

    node: str
    state: NodeState
    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class RunResult:
    """A finished run. `pushed_to` is the absolute version folder that holds `saved_model.pb`, or None."""

    run_id: str
    status: Status
    nodes: tuple[NodeReport, ...] = ()
    verdicts: tuple[VerdictRecord, ...] = ()
    pushed_to: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.status]

    def with_(self, **changes: Any) -> RunResult:
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "status": self.status,
            "nodes": [asdict(node) for node in self.nodes],
            "verdicts": [record.to_json() for record in self.verdicts],
            "pushed_to": self.pushed_to,
            "metrics": dict(self.metrics),
            "unchanged": self.unchanged,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunResult:
        return cls(
            run_id=value["run_id"],
            status=value["status"],
            nodes=tuple(NodeReport(**node) for node in value["nodes"]),
            verdicts=tuple(VerdictRecord.from_json(record) for record in value["verdicts"]),
            pushed_to=value["pushed_to"],
            metrics=value["metrics"],
            unchanged=value.get("unchanged", False),
        )
