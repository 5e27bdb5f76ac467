"""What goes out and what does not."""

from __future__ import annotations

import json

import pytest

from graduate.pipeline.lineage.export import secrets


@pytest.mark.parametrize(
    "key",
    [
        "password", "db_password", "DB_PASSWD", "token", "hf_token", "authToken", "api_key", "apiKey", "APIKey",
        "secret", "client_secret", "aws_secret_access_key", "AWS_ACCESS_KEY_ID", "credentials", "Authorization",
        "private_key", "key", "basic.auth", "sas-signature",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_key(key):
    assert secrets.is_secret(key)
    assert secrets.masked({"a": [{key: "s3cr3t"}]}) == {"a": [{key: "***"}]}


@pytest.mark.parametrize(
    "key",
    [
        "label_key", "feature_key", "tokens", "max_token_length", "tokenizer", "vocab_size", "keys", "keyboard",
        "author", "passes", "secretary", "learning_rate", "primary_key", "",
    ],
)  # fmt: skip
def test_other_keys_are_left_alone(key):
    assert not secrets.is_secret(key)


@pytest.mark.parametrize("nothing", [None, "", False])
def test_where_there_is_nothing_nothing_is_hidden(nothing):
    assert secrets.masked({"password": nothing}) == {"password": nothing}


def test_json_inside_a_text_is_looked_into():
    told = json.dumps({"user": "ada", "password": "s3cr3t"})
    assert json.loads(secrets.masked({"custom_config": told})["custom_config"]) == {"user": "ada", "password": "***"}
    untouched = '{"b": 1,  "a": [2]}'
    assert secrets.masked(untouched) == untouched
    assert secrets.masked("{not json") == "{not json"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("s3://key:word@bucket/x", "s3://bucket/x"),
        ("https://token@host/repo.git", "https://host/repo.git"),
        ("ssh://git@host/repo.git", "ssh://git@host/repo.git"),
        ("ssh://git:word@host/repo.git", "ssh://host/repo.git"),
        ("gs://b/x?X-Goog-Signature=abc&part=1", "gs://b/x?X-Goog-Signature=***&part=1"),
        ("https://h/x?sig=abc%2F&sv=2#top", "https://h/x?sig=***&sv=2#top"),
        ("see mysql://u:p@h/db and s3://a:b@c/d", "see mysql://h/db and s3://c/d"),
        ("mail ada@host about 1/2", "mail ada@host about 1/2"),
        ("/a/path@2", "/a/path@2"),
    ],
)
def test_a_uri_goes_out_without_its_credentials(given, expected):
    assert secrets.uri(given) == expected
