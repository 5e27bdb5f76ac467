"""A real Kubernetes API server: kube-apiserver and etcd as plain processes, built from the Go module proxy once.

No kubelet, no scheduler, no controllers: what is applied is checked, kept and told, and nothing comes of it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SOURCE = Path(__file__).parent / "apiserver"
BIN = Path.home() / ".cache" / "graduate-tests" / "kubernetes-1.34.4"
PROGRAMS = {"etcd": "go.etcd.io/etcd/server/v3", "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver"}
BUILD = "GRADUATE_TEST_API_SERVER"  # an environment variable: it costs what a third of all tests cost
BUILD_TIMEOUT = 2400  # of two busy cores; a quarter of it on idle ones


def why_not() -> str | None:
    """Why there is none here; None if there is one."""
    if all((BIN / name).is_file() for name in PROGRAMS):
        return None
    if not shutil.which("go"):
        return "kube-apiserver is built with Go, which is missing"
    return None if os.environ.get(BUILD) else f"kube-apiserver is not built yet: {BUILD}=1 has it built, in ten minutes"


def built(name: str) -> Path:
    """A program, built where it is missing.

    Raises:
        RuntimeError: it cannot be built, e.g. because the Go module proxy is out of reach.
    """
    program = BIN / name
    if not program.is_file():
        BIN.mkdir(parents=True, exist_ok=True)
        aside = BIN / f".{name}.{os.getpid()}"
        command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(aside), PROGRAMS[name]]
        done = subprocess.run(
            ["nice", *command], cwd=SOURCE, capture_output=True, text=True, timeout=BUILD_TIMEOUT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name} cannot be built: {done.stderr[-1500:]}")
        aside.rename(program)
    return program


@dataclass(frozen=True)
class Server:
    """A running API server.

    Attributes:
        url: where it listens.
        ca: the certificate that it is known by.
        token: of somebody who may do everything.
        folder: for kubeconfigs.
    """

    url: str
    ca: Path
    token: str
    folder: Path

    def kubeconfig(self, token: str | None = None, namespace: str = "default") -> Path:
        """A kubeconfig of a user: the administrator unless another token is given."""
        user = {"name": "user", "user": {"token": token or self.token}}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user", "namespace": namespace}}],
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}],
            "users": [user],
        }
        path = self.folder / f"kubeconfig-{secrets.token_hex(4)}"
        path.write_text(yaml.safe_dump(content))
        return path

    def client(self, token: str | None = None) -> Any:
        """A client of the Kubernetes API."""
        from kubernetes import client, config

        asked = client.Configuration()
        config.load_kube_config(str(self.kubeconfig(token)), client_configuration=asked)
        return client.ApiClient(asked)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start one on free ports of the loopback interface; it ends with the block."""
    api, client, peer = _ports(3)
    token, account = secrets.token_hex(16), folder / "account.key"
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    account.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    here = "http://127.0.0.1"
    etcd = [
        str(built("etcd")), f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=error",
        f"--listen-client-urls={here}:{client}", f"--advertise-client-urls={here}:{client}",
        f"--listen-peer-urls={here}:{peer}", f"--initial-advertise-peer-urls={here}:{peer}",
        f"--initial-cluster=default={here}:{peer}",
    ]  # fmt: skip
    apiserver = [
        str(built("kube-apiserver")), f"--etcd-servers={here}:{client}", f"--cert-dir={folder / 'certificates'}",
        "--bind-address=127.0.0.1", f"--secure-port={api}", f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={account}", f"--service-account-signing-key-file={account}",
        "--disable-admission-plugins=ServiceAccount",
    ]  # fmt: skip
    with _process(etcd, folder / "etcd.log"), _process(apiserver, folder / "apiserver.log") as process:
        server = Server(f"https://127.0.0.1:{api}", folder / "certificates" / "apiserver.crt", token, folder)
        _wait(server, process, folder / "apiserver.log")
        yield server


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            asked = urllib.request.Request(f"{server.url}/readyz", headers={"Authorization": f"Bearer {server.token}"})
            with urllib.request.urlopen(
                asked, context=create_default_context(cafile=str(server.ca)), timeout=5
            ) as said:
                if said.status == 200:
                    return
        time.sleep(0.5)
    raise RuntimeError(f"kube-apiserver did not start: {log.read_text()[-2000:]}")


def _ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_:
        sockets = [open_.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
