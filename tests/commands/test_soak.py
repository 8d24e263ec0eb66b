"""`manage.py soak` on a few seconds of visitors."""

from tests.processes import manage


def test_soak_tells_what_was_answered_and_what_the_server_weighs():
    done = manage("soak", "--minutes", "0.05", "--visitors", "2")
    assert done.returncode == 0, done.stderr
    head, line = done.stdout.splitlines()
    assert head.split()[:3] == ["minute", "answers", "failed"]
    _, answers, failed, slowest, memory, _ = line.replace(",", "").split()
    assert int(answers) > 10
    assert int(failed) == 0
    assert float(slowest) > 0
    assert float(memory) > 20
