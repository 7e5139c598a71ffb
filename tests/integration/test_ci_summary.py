"""ci/test-summary counts what ran, and never takes a crash, a missing program or an empty run for a success."""

import subprocess

import pytest

from support.suite import ROOT

PASSED = '<testcase name="a" time="1"/>'
SKIPPED = '<testcase name="b" time="0"><skipped/></testcase>'
FAILED = '<testcase name="c" time="0"><failure/></testcase>'


def summary(folder, files, *arguments):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run(
        [ROOT / "ci" / "test-summary", folder, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.splitlines()[-1]


def program(status):
    return f'<testsuite><testcase name="p" time="1" status="{status}"/></testsuite>'


@pytest.mark.parametrize(
    ("files", "status", "line"),
    [
        ({}, 1, "0 passed, 0 failed, 0 skipped"),
        (
            {
                "unit/ctest.xml": program("run"),
                "unit/gtest/p.xml": f"<testsuites>{PASSED}{PASSED}{SKIPPED}</testsuites>",
                "e2e/pytest.xml": f"<testsuites>{PASSED}</testsuites>",
            },
            0,
            "3 passed, 0 failed, 1 skipped",
        ),
        (
            {"unit/ctest.xml": program("fail"), "unit/gtest/p.xml": f"<testsuites>{PASSED}{FAILED}</testsuites>"},
            1,
            "1 passed, 1 failed, 0 skipped",
        ),
        # It died before it wrote its file, while writing it, and after all its cases had passed.
        ({"unit/ctest.xml": program("fail")}, 1, "0 passed, 1 failed, 0 skipped"),
        ({"unit/ctest.xml": program("fail"), "unit/gtest/p.xml": "<testsuites>"}, 1, "0 passed, 1 failed, 0 skipped"),
        (
            {"unit/ctest.xml": program("fail"), "unit/gtest/p.xml": f"<testsuites>{PASSED}</testsuites>"},
            1,
            "1 passed, 1 failed, 0 skipped",
        ),
        # ctest's word for a program that was never built.
        ({"integration/ctest.xml": program("notrun")}, 1, "0 passed, 1 failed, 0 skipped"),
        ({"e2e/pytest.xml": f"<testsuites>{FAILED}{PASSED}</testsuites>"}, 1, "1 passed, 1 failed, 0 skipped"),
        ({"api/pytest.xml": f"<testsuites>{FAILED}{PASSED}</testsuites>"}, 1, "1 passed, 1 failed, 0 skipped"),
    ],
)
def test_counts(tmp_path, files, status, line):
    assert summary(tmp_path, files) == (status, line)


def test_what_kept_the_tests_from_running_is_a_failure(tmp_path):
    files = {"e2e/pytest.xml": f"<testsuites>{PASSED}</testsuites>"}
    assert summary(tmp_path, files, "--broken", "the build failed") == (1, "1 passed, 1 failed, 0 skipped")
