"""Servers that are not there, do not know us, or are not what they should be: one sentence, and what to do."""

import socket
import subprocess

import pytest

from tests.deploy_api import small
from tests.deploy_api.running import start

HEALTH = "healthz_service_get_healthz"


def error(done):
    """The error, without what was said before."""
    assert done.code in (1, 2), done.err
    return done.err.partition("error: ")[2]


@pytest.fixture
def closed():
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


def test_nobody_listens(deploy, spec, closed):
    done = deploy(spec, "--host", f"localhost:{closed}", "--json")
    assert error(done).startswith(f"http://localhost:{closed} cannot be reached: nobody answers there")
    assert "port-forward" in done.err
    assert done.json["status"] == "failed"


def test_a_name_that_does_not_exist(deploy, spec):
    done = deploy(spec, "--host", "https://kubeflow.invalid")
    assert error(done).startswith("https://kubeflow.invalid cannot be reached: its name is not known")


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("ftp://kf.example.org", "is no address of a server"),
        ("http://kf.example.org:http", "is no address"),
        ("https://ada:secret@kf.example.org", "--host holds a name or a password"),
    ],
)
def test_what_is_no_address(deploy, spec, host, said):
    done = deploy(spec, "--host", host)
    assert done.code == 2
    assert said in error(done)
    assert "secret" not in done.err


def test_no_host_at_all(deploy, spec, server):
    done = deploy(spec)
    assert done.code == 2
    assert "no Kubeflow Pipelines server is named" in error(done)
    assert deploy(spec, env={"KF_PIPELINES_ENDPOINT": server.host}).code == 0


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(server, deploy, spec):
    server.steer(faults=[{"operation": HEALTH, "how": "hang"}])
    done = deploy(spec, "--host", server.host, "--timeout", "0.5")
    assert "it did not answer in time" in error(done)
    assert "--timeout SECONDS waits longer" in done.err


def test_a_server_that_hangs_up(server, deploy, spec):
    server.steer(faults=[{"operation": HEALTH, "how": "drop"}])
    assert "the connection broke" in error(deploy(spec, "--host", server.host))


def test_another_web_server(server, deploy, spec):
    page = {"how": "answer", "status": 200, "body": "<!doctype html><title>Shop</title>"}
    server.steer(faults=[{"operation": HEALTH, **page}])
    done = deploy(spec, "--host", server.host)
    assert "answers with a web page instead of the Kubeflow Pipelines API" in error(done)
    assert f"{server.host}/pipeline" in done.err


def test_another_api(server, deploy, spec):
    server.steer(faults=[{"operation": HEALTH, "how": "answer", "status": 200, "body": {"up": True}}])
    assert "answers, but not as the API v2beta1 of Kubeflow Pipelines" in error(deploy(spec, "--host", server.host))


def test_a_path_under_which_there_is_nothing(server, deploy, spec):
    done = deploy(spec, "--host", f"{server.host}/elsewhere")
    assert error(done)
    assert "404" in done.err


def test_the_page_without_its_api_server(server, deploy, spec):
    server.steer(faults=[{"operation": HEALTH, "how": "answer", "status": 200, "body": {"apiServerReady": False}}])
    assert "is Kubeflow's page, and the API server behind it does not answer" in error(
        deploy(spec, "--host", server.host)
    )


def test_a_sign_in_page_is_not_followed(server, deploy, spec):
    server.steer(cookie="authservice_session=abc123")
    done = deploy(spec, "--host", server.host)
    assert "and sends us to https://dex.example.org" in error(done)
    assert "sign in" in done.err


@pytest.fixture
def certified(tmp_path):
    """A server whose certificate signed itself, as an operator's own authority would."""
    pem = tmp_path / "server.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    try:
        subprocess.run(
            [*words.split(), "-keyout", tmp_path / "key", "-out", tmp_path / "cert"], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate")
    pem.write_text((tmp_path / "key").read_text() + (tmp_path / "cert").read_text())
    found = start(certificate=str(pem))
    yield found, str(tmp_path / "cert")
    found.end()


def test_a_certificate_that_nobody_vouches_for(certified, deploy, spec):
    server, cert = certified
    done = deploy(spec, "--host", server.host)
    assert f"the certificate of {server.host} is not trusted: self-signed certificate" in error(done)
    assert deploy(spec, "--host", server.host, "--ca-cert", cert).code == 0
    trusting = deploy(spec, "--host", server.host, "--insecure")
    assert (trusting.code, "Warning" in trusting.err) == (0, False)


def test_certificates_that_are_not_there(deploy, spec):
    for path, said in (("/no/such.pem", "--ca-cert cannot be read"), (spec, "--ca-cert holds no certificate")):
        done = deploy(spec, "--host", "https://localhost:1", "--ca-cert", path)
        assert (done.code, said in error(done)) == (2, True), done.err


@pytest.mark.parametrize("root", ["/home/ada/artifacts", "file:///tmp/x", ""])
def test_a_local_root_is_refused_before_anybody_is_asked(deploy, tmp_path, root):
    path = tmp_path / "local.yaml"
    path.write_text(small.spec(root))
    done = deploy(str(path), "--host", "http://localhost:1")
    assert done.code == 2
    assert "containers of a cluster share no folder" in error(done)
    assert "--root minio://" in done.err
    assert "contacting" not in done.err


def test_a_spec_of_another_schema(deploy, tmp_path):
    path = tmp_path / "old.yaml"
    path.write_text(small.spec().replace("schemaVersion: 2.1.0", "schemaVersion: 2.0.0"))
    done = deploy(str(path), "--host", "http://localhost:1")
    assert (done.code, "a spec of schema 2.0.0" in error(done)) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["a.yaml", "--follow", "x"],
        ["--follow", "x", "--terminate", "y"],
        ["a.yaml", "--wait", "--schedule", "@daily"],
    ],
)
def test_what_does_not_go_together(deploy, words):
    assert deploy(*words).code == 2
