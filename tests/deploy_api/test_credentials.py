"""Tokens and cookies reach the server, and nothing else."""

import pytest

from tests.deploy_api.running import QUICK

TOKEN = "eyJhbGciOi.SECRET-of-ada.x"


def sent(server, key):
    return {one[key] for one in server.seen()}


def told_nowhere(done, tmp_path, secret=TOKEN):
    assert secret not in done.out + done.err
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "token"]
    assert not [path for path in kept if secret in path.read_text(errors="replace")]


def test_nobody_is_told_to_say_who_it_is(server, deploy, spec):
    server.steer(token=TOKEN)
    done = deploy(spec, "--host", server.host)
    assert done.code == 1
    assert "wants to know who asks (401" in done.err
    assert "KF_PIPELINES_TOKEN" in done.err


@pytest.mark.parametrize(("name", "words"), [("KF_PIPELINES_TOKEN", []), ("MINE", ["--token-env", "MINE"])])
def test_a_token_of_the_environment(server, deploy, spec, tmp_path, name, words):
    server.steer(token=TOKEN)
    done = deploy(spec, "--host", server.host, "--wait", "--json", "--debug", *words, *QUICK, env={name: TOKEN})
    assert done.code == 0, done.err
    assert sent(server, "authorization") == {f"Bearer {TOKEN}"}
    told_nowhere(done, tmp_path)


def test_a_token_that_is_not_accepted_is_not_repeated(server, deploy, spec, tmp_path):
    """The server's own message quotes it."""
    server.steer(token="another")
    done = deploy(spec, "--host", server.host, "--json", "--debug", env={"KF_PIPELINES_TOKEN": TOKEN})
    assert done.code == 1
    assert "does not accept the token of KF_PIPELINES_TOKEN (401: no user for Bearer ***)" in done.err
    told_nowhere(done, tmp_path)


def test_a_service_accounts_token_is_read_again_for_each_request(server, deploy, spec, tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    server.steer(token=TOKEN)
    done = deploy(spec, "--host", server.host, env={"KF_PIPELINES_SA_TOKEN_PATH": str(path)})
    assert done.code == 0, done.err
    assert sent(server, "authorization") == {f"Bearer {TOKEN}"}
    told_nowhere(done, tmp_path)


def test_a_cookie_passes_a_sign_in_page(server, deploy, spec, tmp_path):
    cookie = "authservice_session=MTY5-secret"
    server.steer(cookie=cookie)
    done = deploy(spec, "--host", server.host, "--cookie-env", "SESSION", env={"SESSION": cookie})
    assert done.code == 0, done.err
    told_nowhere(done, tmp_path, cookie)


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["--token-env", "MINE"], {}, "--token-env MINE: this environment variable is empty or not set"),
        (["--cookie-env", "MINE"], {"MINE": " "}, "--cookie-env MINE: this environment variable is empty"),
        ([], {"KF_PIPELINES_SA_TOKEN_PATH": "/no/such/token"}, "the service account's token cannot be read"),
        (
            [],
            {"KF_PIPELINES_TOKEN": f"{TOKEN}\nX-Injected: 1"},
            "has a line break or a letter that no header can carry",
        ),
    ],
)
def test_credentials_that_are_not_there(server, deploy, spec, words, env, said):
    done = deploy(spec, "--host", server.host, *words, env=env)
    assert done.code == 2
    assert said in done.err
    assert TOKEN not in done.err
    assert server.seen() == []


def test_a_namespace_that_is_not_ours(server, deploy, spec):
    server.steer(multi_user=True)
    done = deploy(spec, "--host", server.host, "--namespace", "others")
    assert done.code == 1
    assert "does not allow us to look for the experiment small (403: User 'ada' is not authorized" in done.err
    assert "--namespace" in done.err


def test_several_users_need_a_namespace(server, deploy, spec):
    server.steer(multi_user=True)
    done = deploy(spec, "--host", server.host)
    assert (done.code, "in whose namespace?" in done.err) == (2, True)
    done = deploy(spec, "--host", server.host, "--namespace", "team", "--wait", "--json", *QUICK)
    assert (done.code, done.json["status"]) == (0, "pushed")


def test_one_user_needs_none(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--namespace", "team")
    assert done.code == 0
    assert "--namespace team is not needed" in done.err


def test_a_token_that_runs_out_while_following(server, deploy, spec):
    expired = {"operation": "run_service_get_run", "how": "answer", "status": 401, "after": 3, "times": 99}
    server.steer(faults=[expired])
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK, env={"KF_PIPELINES_TOKEN": TOKEN})
    assert (done.code, done.json["status"]) == (1, "running")
    assert "it may have run out" in done.err
    assert f"the run goes on; to follow it again: graduate deploy --follow {done.json['run_id']}" in done.err
