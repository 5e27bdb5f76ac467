"""A rule of your own: a pure function of the training's trace, asked beside ours."""

from graduate.findings import Evidence, Finding, Rule, Severity


def check(trace, thresholds):
    """slow-start: most of what the network learned, it learned late: a warm-up too long, or a first rate too low."""
    loss = trace.series("loss")
    early = loss[: max(1, int(len(loss) * thresholds["share"]))]
    gained = float((loss[0] - early.min()) / max(loss[0] - loss.min(), 1e-9))
    if gained < thresholds["gained"]:
        evidence = Evidence("loss", gained, thresholds["gained"], source="what we saw with our data")
        yield Finding("slow-start", Severity.WARNING, (0, len(early)), (), (evidence,), meaning="It learned late.")


rule = Rule("slow-start", check, needs={"loss"}, thresholds={"share": 0.25, "gained": 0.5}, when="end")
