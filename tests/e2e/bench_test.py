"""bench -- the two longest benches, for some seconds, side by side: that they work when
somebody wants their figures, and that the one of recovery finds what is lost.
Nothing here asserts a time.  Usage: bench_test.py BUILD_DIR."""
import concurrent.futures
import pathlib
import sys
import tempfile

from world import Check

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "bench")]
import recovery  # noqa: E402
import whole_day  # noqa: E402

check = Check()
MAY_FAIL = {"OFFER_CLOSED", "ALREADY_MATCHED", "TICKET_ENDED", "TALK_ENDED"}  # the other was faster


def fresh(work, name):
    path = pathlib.Path(work) / name
    path.mkdir(mode=0o700)
    return path


def day(build, work):
    """As short as it can be, and longer where it takes longer until somebody is heard."""
    for i, longer in enumerate((1, 4, 16)):
        got = whole_day.play(build, fresh(work, f"day{i}"), **whole_day.SHORT | {"minutes": longer * whole_day.SHORT["minutes"]})
        if got["heard"]:
            break
    return got


def check_day(got):
    check.that("people came, asked and were matched", 0 < got["matched"] <= got["asks"] <= got["members"] * 2, got)
    check.that("peers were on duty and accepted", 0 < got["duties"] and got["matched"] <= got["accepted"], got)
    check.that("what was said was heard", 0 < got["heard"] <= got["said"], got)
    check.that("calls were counted", got["calls"]["OK"] > got["asks"], got["calls"])
    check.that("nothing failed but what may", {why for _, why, _ in got["failures"]} <= MAY_FAIL, got["failures"])
    check.that("every row has its figure", all(figure for _, _, figure, _ in whole_day.rows(got)))


def check_recovery(got):
    check.that("every row has its figure", all(figure for _, _, figure, _ in recovery.rows(got)))
    told = {key: got[key] for key in recovery.COUNTS}
    stats = got["starts"][0]["stats"]
    recovery.verify(told, told, stats)
    for what in told:
        check.that(f"a lost one of {what} is found", finds(told, told | {what: told[what] - 1}, stats))
    for what in ("tickets", "talks"):
        check.that(f"one of {what} too many is found", finds(told, told | {what: told[what] + 1}, stats))
    for said in ("now: ", " talks,", "recovered_tickets", "recovered_talks"):
        check.that(f"stats without '{said}' are found", finds(told, told, stats.replace(said, "")))


def finds(told, there, stats):
    try:
        recovery.verify(told, there, stats)
    except RuntimeError:
        return True
    return False


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="kindred-bench-") as work, concurrent.futures.ThreadPoolExecutor() as both:
        had = both.submit(day, build, work)
        got = recovery.measure(build, fresh(work, "recovery"), **recovery.SHORT)
        check_recovery(got)
        check_day(had.result())
    check.report()


if __name__ == "__main__":
    main()
