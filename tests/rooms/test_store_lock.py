from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from switchbot_dashboard.store.lock import FileLock

HOLD = """
import sys
from switchbot_dashboard.store.lock import FileLock
lock = FileLock(sys.argv[1], "scheduler")
assert lock.acquire(5)
print("held", flush=True)
sys.stdin.readline()
"""


def holding(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=10)


def test_one_holds_the_lock_and_the_other_waits_in_vain(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "heart.lock"), FileLock(tmp_path / "heart.lock")
    assert first.acquire()
    begun = time.monotonic()
    assert not second.acquire(0.1)
    assert 0.1 <= time.monotonic() - begun < 2
    assert (first.held, second.held) == (True, False)
    first.release()
    assert second.acquire()
    second.release()


def test_the_holder_can_be_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "heart.lock"
    assert FileLock(path).holder() == ""
    with FileLock(path, "web"):
        assert FileLock(path).holder() == f"pid {os.getpid()} (web)"
    assert FileLock(path).holder() == ""


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "heart.lock"
    process = holding(path)
    lock = FileLock(path)
    assert not lock.acquire()
    assert lock.holder() == f"pid {process.pid} (scheduler)"
    ended(process)
    assert lock.acquire(1)
    lock.release()


def test_one_lock_serves_many_threads_one_at_a_time(tmp_path: Path) -> None:
    lock, inside, most = FileLock(tmp_path / "turn.lock"), [0], [0]

    def work() -> None:
        for _ in range(30):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0)
                inside[0] -= 1

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_lock_is_taken_when_its_holder_lets_go(tmp_path: Path) -> None:
    first, second, taken = FileLock(tmp_path / "turn.lock"), FileLock(tmp_path / "turn.lock"), []
    assert first.acquire()
    waiter = Thread(target=lambda: taken.append(second.acquire(10)))
    waiter.start()
    first.release()
    waiter.join()
    assert taken == [True]
    second.release()


def test_a_program_that_is_started_meanwhile_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "turn.lock")
    assert lock.acquire()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    lock.release()
    assert FileLock(tmp_path / "turn.lock").acquire()
    child.communicate(b"\n", timeout=10)


def test_a_forked_child_does_not_keep_its_parents_lock(tmp_path: Path) -> None:
    program = f"""
import os
from switchbot_dashboard.store.lock import FileLock
lock = FileLock({str(tmp_path / "heart.lock")!r})
assert lock.acquire()
child = os.fork()
if not child:
    os._exit(0 if not lock.held and not lock.acquire() else 1)
assert os.waitpid(child, 0)[1] == 0
assert lock.held and not FileLock(lock.path).acquire()
"""
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_lock_file_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "deep" / "turn.lock")
    for _ in range(2):
        assert lock.acquire()
        lock.release()
        lock.path.unlink()


def test_a_lock_file_that_cannot_be_written_still_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, usual = tmp_path / "turn.lock", os.open
    path.touch()

    def read_only(name: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return usual(name, flags, mode)

    monkeypatch.setattr(os, "open", read_only)
    first, second = FileLock(path, "web"), FileLock(path)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_releasing_twice_does_no_harm(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "turn.lock")
    assert lock.acquire()
    lock.release()
    lock.release()
    assert lock.acquire()
    lock.release()


def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    lock = FileLock(tmp_path / "data" / "heart.lock")
    with pytest.raises(OSError, match=r"heart\.lock cannot be opened .*Make its folder writable"):
        lock.acquire()
    with pytest.raises(OSError, match="cannot be opened"):
        lock.acquire()  # and the threads' own lock was given back
