"""Grafana's dashboards: well-formed by dashboard-linter's rules, and every query finds data in a real Prometheus that
scraped the suite under load."""

import itertools
import json
import re
import subprocess

import confluent_kafka
import pytest

from support.api import PASSWORD, Api
from support.declared import SERVICES
from support.prometheus import Monitor
from support.suite import ROOT, Suite
from support.waiting import eventually

FOLDER = ROOT / "deploy" / "dashboards"
RULES = sorted((ROOT / "deploy" / "alerts" / "rules").glob("*.yml"))
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
# Those of Grafana that the dashboards use; a misspelt unit is shown as a suffix, silently.
UNITS = {"short", "none", "percentunit", "s", "bytes", "reqps", "ops", "rowsps", "Bps"}
# Panels that show 0 while all is well, and what the load below leaves at 0. All others must show more.
ZERO = {
    ("overview", "Server errors"),
    ("overview", "Server errors by service"),
    ("overview", "Degraded lists"),
    ("overview", "Burn rate"),
    ("service", "Failed transactions"),
    ("service", "Server errors"),
    ("ingest", "Refused"),
    ("ingest", "Queue and failures"),
    ("ingest", "Failed batches and lost events"),
    ("models", "Failed runs"),
    ("models", "Share of degraded answers", "B"),  # the gateway's stand-ins; the recommender's are not 0
    ("service", "Sessions"),  # counted once a minute
    # What a scrape sees of a moment: 0 between two calls, two batches or two steps.
    ("overview", "In flight"),
    ("overview", "Database pools"),
    ("overview", "Consumer lag"),
    ("service", "Connections", "A"),
    ("ingest", "Consumer lag"),
    ("models", "Progress"),
    # Everything here goes over loopback.
    ("node", "Network"),
}


# May have no data at all, and why.
EMPTY = {("ingest", "Wait for own writes, p99")}  # on a quick machine nobody has to wait


def panels():
    return [
        (board, panel) for board, content in BOARDS.items() for panel in content["panels"] if panel["type"] != "row"
    ]


def targets():
    return [(board, panel, target) for board, panel in panels() for target in panel["targets"]]


def name_of(one):
    return "-".join([one[0], one[1]["title"], *(target["refId"] for target in one[2:])]).replace(" ", "_")


def substituted(expression, rate_interval="10s"):
    """As Grafana sends it with "All" chosen everywhere."""
    values = {"$__rate_interval": rate_interval, "$__range": "5m", "$namespace": ".*", "$job": ".+", "$instance": ".+"}
    values["$release"] = ".*"
    for variable, value in values.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)?\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")


def selectors(expression):
    """(what stands before, metric, matchers) of each selector."""
    for found in SELECTOR.finditer(expression):
        by_name = re.search(r'__name__=~?"([^"]+)"', found[2])
        yield expression[: found.start()], found[1] or by_name[1], found[2]


def test_dashboards_are_what_generate_writes():
    subprocess.run([FOLDER / "generate", "--check"], check=True)


@pytest.mark.parametrize("board", BOARDS)
class TestDashboardLinterRules:
    def test_has_a_stable_identity_and_cannot_be_edited_in_place(self, board):
        content = BOARDS[board]
        assert content["uid"] == f"marquee-{board}"
        assert "marquee" in content["tags"]
        assert content["title"] and content["description"]
        assert content["editable"] is False
        assert len({panel["id"] for panel in content["panels"]}) == len(content["panels"])

    def test_chooses_data_source_job_and_instance_by_variables(self, board):
        variables = {one["name"]: one for one in BOARDS[board]["templating"]["list"]}
        assert variables["datasource"]["type"] == "datasource"
        assert variables["datasource"]["query"] == "prometheus"
        assert variables["datasource"]["label"] == "Data source"
        for name, label in (("job", "Job"), ("instance", "Instance")):
            variable = variables[name]
            assert (variable["type"], variable["label"]) == ("query", label)
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable["multi"] and variable["includeAll"] and variable["allValue"] == ".+"
            assert variable["refresh"] == 2, "read again when the time range changes"
            assert variable["query"]["query"].startswith("label_values(up{")

    def test_panels_have_title_description_unit_and_data_source(self, board):
        for panel in (panel for panel in BOARDS[board]["panels"] if panel["type"] != "row"):
            assert panel["title"], panel
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
            assert panel["targets"], panel["title"]
            for one in (panel, *panel["targets"]):
                assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]

    def test_panels_do_not_overlap(self, board):
        cells = set()
        for panel in BOARDS[board]["panels"]:
            at = panel["gridPos"]
            taken = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
            assert at["x"] + at["w"] <= 24, panel["title"]
            assert not cells & taken, panel["title"]
            cells |= taken


@pytest.mark.parametrize("one", targets(), ids=name_of)
class TestQueryRules:
    def test_selects_by_job_and_instance(self, one):
        expression = one[2]["expr"]
        found = list(selectors(expression))
        assert found, expression
        for _, metric, matchers in found:
            # A recording rule sums over instances; a budget is a constant.
            wanted = ["namespace", "release"] if ":" in metric else ["job", "instance"]
            if not metric.startswith("node_"):
                wanted += ["namespace", "release"]
            for label in wanted:
                assert f'{label}=~"${label}"' in matchers, f"{metric} in {expression}"

    def test_has_no_metric_without_selector(self, one):
        rest = SELECTOR.sub(" ", one[2]["expr"])
        rest = re.sub(r"\b(by|on|ignoring|group_left|group_right|without)\s*\([^)]*\)", " ", rest)
        rest = re.sub(r"\[[^\]]*\]", " ", rest)
        names = re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()", rest)
        assert set(names) <= {"or", "and", "unless", "bool", "marquee:slo_budget:ratio"}, names

    def test_takes_the_rate_of_counters_over_the_rate_interval(self, one):
        expression = one[2]["expr"]
        for before, metric, _ in selectors(expression):
            if re.search(r"_(total|count|sum|bucket)$", metric):
                assert re.search(r"\b(rate|increase)\($", before), f"{metric} in {expression}"
        assert set(re.findall(r"\brate\([^\[]*\[([^\]]*)\]", expression)) <= {"$__rate_interval"}
        assert set(re.findall(r"\[([^\]]*)\]", expression)) <= {"$__rate_interval", "$__range"}


# --- with data -------------------------------------------------------------------------------------------------------
class Load:
    """Some of everything that people do, and some of what goes wrong."""

    def __init__(self, suite):
        self.suite = suite
        self.anyone = Api(suite.url)
        self.person = Api(suite.url).register()
        self.movies = [movie["movie_id"] for movie in self.anyone.movies(page_size=20)["movies"]]

    def round(self):
        for movie in self.movies[:8]:
            self.person.rate(movie, 4.5)
            self.person.recommend()  # at once: it may have to wait for the rating
            self.anyone.get(f"/v1/movies/{movie}")
            self.anyone.send("GET", f"/v1/movies/{movie}/similar")
        self.person.recommend()
        self.anyone.recommend_for({self.movies[0]: 5, self.movies[1]: 1})
        Api(self.suite.url).register().recommend()  # nothing rated: the popular list
        for movie in self.movies[8:14]:
            self.person.predict(movie)
        assert self.anyone.send("GET", "/v1/movies/999999999").status_code == 404
        self.anyone.get("/v1/analytics/trending")
        self.anyone.get(f"/v1/movies/{self.movies[0]}/reviews")

    def mistakes(self):
        assert self.person.send("PUT", f"/v1/me/ratings/{self.movies[0]}", json={"value": 7}).status_code == 400
        login = {"email": self.person.user["email"], "password": "not the password"}
        assert self.anyone.send("POST", "/v1/auth/login", json=login).status_code == 401
        self.person.refresh()
        producer = confluent_kafka.Producer({"bootstrap.servers": self.suite.kafka_brokers})
        producer.produce("marquee.ratings.v1", key=b"1", value=b"\xff no rating")
        assert producer.flush(20) == 0


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """A Prometheus that has seen an import, a training run, reads, writes, refusals and a dead letter."""
    folder = tmp_path_factory.mktemp("monitor")
    settings = {"MARQUEE_PASSWORD": PASSWORD, "MARQUEE_CREDENTIALS_FILE": folder / "credentials.json"}
    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1, **settings)
    monitor = None
    try:
        suite.up()
        jobs = {name: f"127.0.0.1:{suite.port(name + '_metrics')}" for name in SERVICES}
        monitor = Monitor(folder, jobs, RULES).start()
        eventually(lambda: monitor.query("count(up == 1)") == len(SERVICES) + 1, 20, what="all targets are scraped")
        administrator = Api(suite.url).bootstrap(suite.secret("auth-bootstrap"))
        suite.marqueectl("login", administrator.user["email"])
        films = ROOT / ".tools" / "node" / "node_modules" / "vega-datasets" / "data" / "movies.json"
        suite.marqueectl("datagen", folder / "data", "--films", films, "--users", 400, "--ratings", 20000)
        suite.marqueectl("import", folder / "data", "--rejects", folder / "rejects.tsv")
        suite.marqueectl("train", "--factors", 16, "--iterations", 4)
        load = Load(suite)
        used = "min(marquee_recommender_model_version) > 0 and on () min(marquee_recommender_catalogue_movies) > 0"
        eventually(lambda: monitor.query(used), 30, what="the recommender serves the model")
        load.round()
        load.mistakes()
        # The quantities that come last: the dead letter's counter, and what the 5-minute rates are recorded from.
        letters = 'sum(marquee_rating_ingest_dead_letters_total{reason="undecodable"}) > 0'
        eventually(lambda: load.round() or monitor.query(letters), 30, what="the dead letter is counted")
        eventually(lambda: load.round() or monitor.query("count(marquee:slo_budget_left:ratio) == 3"), 30)
        # Series that the first call makes show no rate until the second; the trainer's gauges follow once a tick.
        for last in (
            "count(marquee_registry_model_quality) > 0",
            'sum(rate(marquee_recommender_degraded_total{why="no_history"}[10s])) > 0',
            'sum(rate(marquee_rpc_duration_seconds_count{job="recommender"}[10s])) > 0',
            'sum(rate(marquee_rpc_duration_seconds_count{code!="OK"}[10s])) > 0',
            "sum(rate(marquee_recommender_predicted_rating_stars_count[10s])) > 0",
        ):
            eventually(lambda last=last: load.round() or monitor.query(last), 30, what=last)
        yield monitor
    finally:
        if monitor:
            monitor.stop()
        suite.remove()


@pytest.mark.parametrize("one", targets(), ids=name_of)
def test_finds_data(scraped, one):
    board, panel, target = one
    values = scraped.query_range(substituted(target["expr"]))
    if (board, panel["title"]) in EMPTY and not values:
        return
    assert values, f"no data: {target['expr']}"
    if not ZERO & {(board, panel["title"]), (board, panel["title"], target["refId"])}:
        assert any(values), f"always 0: {target['expr']}"


def test_zero_list_names_panels_that_exist():
    assert {(board, panel["title"]) for board, panel in panels()} >= {zero[:2] for zero in ZERO}


@pytest.mark.parametrize("board", BOARDS)
def test_variables_offer_values(scraped, board):
    for variable in BOARDS[board]["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            assert scraped.query(f"count(group by ({inner[2]}) ({substituted(inner[1])}))") > 0, variable["name"]


def test_no_alert_fires_while_all_is_well(scraped):
    """Those of what the load itself did wrong aside: an event that nobody can decode, and a young model."""
    expected = "MarqueeWatchdog|MarqueeDeadLetters"
    assert scraped.query(f'count(ALERTS{{alertname!~"{expected}", alertstate="firing"}})') is None
    assert scraped.query('count(ALERTS{alertname="MarqueeWatchdog", alertstate="firing"})') == 1
