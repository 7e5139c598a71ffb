"""ci/check-layers finds each kind of wrong dependency, and lets the right ones be."""

import subprocess

import pytest

from support.suite import ROOT


def check(root, files):
    for folder in ["libs/base", "libs/pg", "libs/rpc", "services/catalog", "services/reviews"]:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return subprocess.run(
        [ROOT / "ci" / "check-layers", "--root", root], capture_output=True, text=True, check=False, timeout=60
    )


def test_lets_right_dependencies_be(tmp_path):
    done = check(
        tmp_path,
        {
            "services/catalog/domain/movie.h": '#pragma once\n#include <string>\n#include "base/result.h"',
            "services/catalog/app/catalog.cpp": '#include "catalog/domain/movie.h"\n#include <Eigen/Dense>',
            "services/catalog/store/pg.cpp": '#include <pqxx/pqxx>\nauto q = "SELECT 1";',
            "services/catalog/rpc/handler.cpp": '#include "marquee/catalog/v1/a.pb.h"\n#include "catalog/app/a.h"',
            "services/catalog/main.cpp": '#include "catalog/store/pg.h"\n#include "catalog/rpc/handler.h"',
            "services/catalog/domain/movie_test.cpp": '#include <gtest/gtest.h>\nsetenv("A", "b", 1);',
            "libs/pg/pool.cpp": "#include <pqxx/pqxx>",
        },
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("services/catalog/domain/a.cpp", '#include "catalog/store/a.h"', "domain never includes store"),
        ("services/catalog/app/a.cpp", '#include "catalog/rpc/a.h"', "app never includes rpc"),
        ("services/catalog/store/a.cpp", '#include "catalog/rpc/a.h"', "adapters don't know one another"),
        ("services/catalog/app/a.cpp", '#include "catalog/config.h"', "stands above the layers"),
        ("services/catalog/app/a.cpp", '#include "reviews/domain/a.h"', "services never include one another"),
        ("services/catalog/a_test.cpp", '#include "reviews/domain/a.h"', "services never include one another"),
        ("services/catalog/domain/a.cpp", '#include "pg/pool.h"', "a domain uses"),
        ("services/catalog/domain/a.cpp", "#include <nlohmann/json.hpp>", "a domain uses"),
        ("services/catalog/app/a.cpp", '#include "pg/pool.h"', "libs/pg belongs to consume, store"),
        ("services/catalog/app/a.cpp", '#include "marquee/catalog/v1/catalog.pb.h"', "protobuf and gRPC stay in"),
        ("services/catalog/rpc/a.cpp", "#include <pqxx/pqxx>", "pqxx stays in"),
        ("services/catalog/rpc/a.cpp", 'auto q = "SELECT id FROM movies";', "SQL stays in"),
        ("services/catalog/rpc/a.cpp", 'auto x = std::getenv("A");', "the environment is read in libs/config only"),
        (
            "services/catalog/rpc/a.cpp",
            'context->AddMetadata("authorization", text);',
            "text becomes gRPC metadata in libs/rpc/metadata.cpp only: gRPC ends the process at a wrong byte",
        ),
        ("services/catalog/rpc/a.cpp", "using namespace std;", "no `using namespace std`"),
        ("services/catalog/rpc/a.h", "#pragma once\n#include <grpcpp/grpcpp.h>", "too heavy for a header"),
        ("services/catalog/rpc/a.h", "int a;", "#pragma once"),
        ("services/catalog/utils/a.cpp", "int a;", "unknown kind of folder `utils`"),
        ("services/catalog/main.cpp", "\n" * 81, "main.cpp has 82 lines"),
        ("libs/base/a.cpp", '#include "pg/pool.h"', "libs/base depends on no sibling"),
        ("libs/pg/a.cpp", '#include "catalog/domain/a.h"', "libs never include a service"),
        ("libs/pg/a.cpp", '#include "marquee/catalog/v1/catalog.pb.h"', "protobuf and gRPC stay in"),
        ("libs/pg/a.cpp", "#include <librdkafka/rdkafkacpp.h>", "librdkafka stays in libs/kafka"),
    ],
)
def test_finds_what_is_wrong(tmp_path, name, text, reason):
    done = check(tmp_path, {name: text})
    assert done.returncode == 1
    assert reason in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith(name + ":")
