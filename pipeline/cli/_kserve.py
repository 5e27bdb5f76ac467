"""What is said of KServe once a person has pushed a version."""

from __future__ import annotations

from graduate.components.kserve import manifest, serving
from graduate.publish import Version


def follow(version: Version) -> dict[str, str] | None:
    """Have the manifest, and the InferenceService where the config asked for that, follow; None without KServe.

    Raises:
        UserError: KServe does not come to serve the version.
    """
    return serving.again(version)


def told(served: dict[str, str] | None, version: Version) -> str:
    """A line for a person; "" without KServe, or where the roll-out has said it."""
    if not served or served["state"] == "serving":
        return ""
    return f"KServe: kubectl apply -f {version.folder.parent / manifest.FILE}"
