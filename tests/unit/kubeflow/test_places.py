"""Where things lie in a container, and in a simulation that cannot mount."""

import json

import pytest

from graduate.pipeline.kubeflow import places
from graduate.pipeline.kubeflow.places import Mounts


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("minio://mlpipeline/v2/a/model", "/minio/mlpipeline/v2/a/model"),
        ("s3://bucket/a b/ü", "/s3/bucket/a b/ü"),
        ("gs://bucket/a", "/gcs/bucket/a"),
        ("/models/digits/3", "/models/digits/3"),
    ],
)
def test_the_launcher_puts_an_object_there(uri, path):
    assert places.in_container(uri) == path
    assert Mounts({}).local(uri) == path
    assert Mounts({}).everywhere(path) == uri


def test_the_longest_prefix_stands_for_a_path():
    mounts = Mounts({"/minio": "/tmp/l/minio", "/minio/other": "/tmp/o", "/project": "/home/me/examples"})
    assert mounts.local("minio://bucket/k") == "/tmp/l/minio/bucket/k"
    assert mounts.local("minio://other/k") == "/tmp/o/k"
    assert mounts.local("/projects/k") == "/projects/k"
    assert mounts.everywhere("/tmp/l/minio/bucket/k") == "minio://bucket/k"
    assert mounts.everywhere("/home/me/examples/my.py") == "/project/my.py"


def test_paths_within_json_are_made_local_and_nothing_else():
    mounts = Mounts({"/project": "/here"})
    told = {"base_dir": "/project", "files": ["/project/a.py", "project/b.py"], "text": "see /project", "n": 3}
    local = json.loads(mounts.locals_in(json.dumps(told)))
    assert local == {"base_dir": "/here", "files": ["/here/a.py", "project/b.py"], "text": "see /project", "n": 3}
    assert mounts.locals_in("{/project no json") == "{/project no json"


def test_only_what_the_launcher_knows_is_an_object_store():
    assert [
        uri
        for uri in ("s3://a", "minio://a", "gs://a", "https://a", "oci://a", "/a", "a")
        if places.in_object_store(uri)
    ] == [
        "s3://a",
        "minio://a",
        "gs://a",
    ]
