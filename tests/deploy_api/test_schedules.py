"""Runs that are started again and again."""

import pytest


def schedules(server):
    return [
        (one["operation"].removeprefix("recurring_run_service_").removesuffix("_recurring_run"), one.get("body"))
        for one in server.seen()
        if "recurring_run" in one["operation"] and "_list_" not in one["operation"]
    ]


def test_five_fields_are_kubeflows_six(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--schedule", "0 9 * * 1-5", "--json")
    assert done.code == 0, done.err
    ((operation, body),) = schedules(server)
    assert operation == "create"
    assert body["trigger"] == {"cron_schedule": {"cron": "0 0 9 * * 1-5"}}
    assert (body["mode"], body["max_concurrency"], body["no_catchup"]) == ("ENABLE", "1", True)
    assert (done.json["status"], done.json["run_id"]) == ("scheduled", None)
    assert done.json["page"] == f"{server.host}/#/recurringrun/details/{done.json['schedule_id']}"


def test_the_same_order_twice_is_one_schedule(server, deploy, spec):
    first, second = (deploy(spec, "--host", server.host, "--schedule", "@daily", "--json").json for _ in range(2))
    assert first["schedule_id"] == second["schedule_id"]
    assert [operation for operation, _ in schedules(server)] == ["create", "enable"]


def test_another_order_takes_the_place_of_the_first(server, deploy, spec):
    deploy(spec, "--host", server.host, "--schedule", "@daily")
    done = deploy(spec, "--host", server.host, "--schedule", "@hourly", "--param", "training.steps=5")
    assert done.code == 0
    assert [operation for operation, _ in schedules(server)] == ["create", "create", "disable"]
    assert "(@daily) is switched off" in done.err
    back = deploy(spec, "--host", server.host, "--schedule", "@daily")
    assert back.out.startswith("scheduled already")
    assert [operation for operation, _ in schedules(server)][3:] == ["enable", "disable"]


@pytest.mark.parametrize("cron", ["0 9 * *", "60 9 * * *", "@dayly", "0 9 * * 7", "5-1 * * * *"])
def test_what_is_no_schedule_is_said_before_anybody_is_asked(server, deploy, spec, cron):
    done = deploy(spec, "--host", server.host, "--schedule", cron)
    assert done.code == 2
    assert "error: --schedule" in done.err
    assert server.seen() == []
