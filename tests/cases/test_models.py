"""Models whose input is poor: what is said, and by which exit status."""

import json


def test_evaluate_says_that_nobody_can_be_judged(ctl, tmp_path):
    """Zeros in a table would pass for a measurement (issue 8)."""
    (tmp_path / "movies.csv").write_text(
        "movieId,title,genres\n" + "".join(f"{i},M{i} (2000),Drama\n" for i in range(1, 9))
    )
    (tmp_path / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n" + "".join(f"{i},{1 + i % 8},4,1000000000\n" for i in range(1, 41))
    )
    done = ctl.try_run("evaluate", "--data", tmp_path)
    assert done.returncode == 1, done.stdout
    error = json.loads(done.stdout or done.stderr)["error"]
    assert error["reason"] == "nobody_to_judge"
    assert "two ratings" in error["message"]
