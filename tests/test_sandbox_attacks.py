"""Attacks on the sandbox: each must fail, on every isolation that works here, and leave no trace.

An attack is the body of `solve(n)`; it returns True only when it got what it was after. Whatever
it does otherwise, the verdict may be anything but an answer of True.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.sandbox import probe
from tools.sandbox.runner import run

LIMITS = {
    "time_s": 2.0,
    "wall_s": 5.0,
    "memory_mb": 128,
    "output_kb": 64,
    "file_mb": 8,
    "max_processes": 24,
}
WORKING = [status["name"] for status in probe() if status["works"]]
SECRET = "secret-of-the-machine"

PRELUDE = """
import os, sys, time
def libc():
    import ctypes
    return ctypes.CDLL(None, use_errno=True)
def number(x86, arm):
    return arm if os.uname().machine == "aarch64" else x86
"""

READ = {
    "read_a_file": "return SECRET in open(OUT + '/secret.txt').read()",
    "read_through_a_link": (
        "os.symlink(OUT + '/secret.txt', 'l')\nreturn SECRET in open('l').read()"
    ),
    "read_through_a_hard_link": (
        "os.link(OUT + '/secret.txt', 'h')\nreturn SECRET in open('h').read()"
    ),
    "read_through_dots": "return SECRET in open('../' * 30 + OUT + '/secret.txt').read()",
    "read_by_renaming": (
        "os.rename(OUT + '/secret.txt', 'mine')\nreturn SECRET in open('mine').read()"
    ),
    "list_a_folder": "return 'secret.txt' in os.listdir(OUT)",
    "read_the_accounts": "return 'root:' in open('/etc/passwd').read()",
    "read_the_shadow": "return 'root' in open('/etc/shadow').read()",
    "read_own_environment": "return any(SECRET in v for v in os.environ.values())",
    "read_environment_of_all": (
        "got = b''\nfor p in os.listdir('/proc'):\n    if p.isdigit():\n        try:\n"
        "            got += open('/proc/' + p + '/environ', 'rb').read()\n"
        "        except OSError:\n            pass\nreturn SECRET.encode() in got"
    ),
    "read_memory_of_the_judge": (
        "return len(open('/proc/%d/mem' % os.getppid(), 'rb').read(1)) == 1"
    ),
    "read_inherited_descriptors": (
        "got = b''\nfor fd in range(3, 64):\n    try:\n        os.lseek(fd, 0, 0)\n"
        "        got += os.read(fd, 4096)\n    except OSError:\n        pass\n"
        "return SECRET.encode() in got"
    ),
    "read_a_disk": "return len(open('/dev/vda', 'rb').read(16)) == 16",
    "read_physical_memory": "return len(open('/dev/mem', 'rb').read(16)) == 16",
    "read_the_kernel_log": "return libc().syscall(number(103, 116), 10, None, 0) > 0",
}
WRITE = {
    "write_a_file": "open(OUT + '/new', 'w').write('x')\nreturn True",
    "change_a_file": "open(OUT + '/victim.txt', 'a').write('x')\nreturn True",
    "empty_a_file_by_name": "os.truncate(OUT + '/victim.txt', 0)\nreturn True",
    "empty_a_file_opened_to_read": (
        "os.open(OUT + '/victim.txt', os.O_RDONLY | os.O_TRUNC)\nreturn True"
    ),
    "delete_a_file": "os.unlink(OUT + '/victim.txt')\nreturn True",
    "delete_a_folder": "os.rmdir(OUT + '/folder')\nreturn True",
    "change_permissions": (
        "os.chmod(OUT + '/victim.txt', 0o777)\n"
        "return os.stat(OUT + '/victim.txt').st_mode & 0o777 == 0o777"
    ),
    "change_times": "os.utime(OUT + '/victim.txt', (1, 1))\nreturn True",
    "change_the_owner": "os.chown(OUT + '/victim.txt', 1000, 1000)\nreturn True",
    "set_an_attribute": "os.setxattr(OUT + '/victim.txt', 'user.x', b'1')\nreturn True",
    "make_a_device": "os.mknod('dev', 0o60666, os.makedev(8, 0))\nreturn True",
    "leave_a_file_in_tmp": "open('/tmp/LEFT', 'w').write('x')\nreturn False",
    "leave_a_file_in_shm": "open('/dev/shm/LEFT', 'w').write('x')\nreturn False",
    "write_into_the_library": (
        "open(os.__file__, 'a').write('#')\nreturn 'wasi' not in sys.platform  # a copy in memory"
    ),
    "chroot_away": "os.mkdir('c')\nos.chroot('c')\nreturn True",
}
NETWORK = {
    "tcp": "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1)\nreturn True",
    "udp": (
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".sendto(b'x', ('127.0.0.1', PORT))\nreturn True"
    ),
    "unix_socket": (
        "import socket\nsocket.socket(socket.AF_UNIX).connect(OUT + '/s.sock')\nreturn True"
    ),
    "abstract_socket": (
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0' + ABSTRACT)\nreturn True"
    ),
    "listen": (
        "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nreturn True"
    ),
    "netlink": "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nreturn True",
    "raw": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nreturn True",
    "vsock": "import socket\nsocket.socket(40, socket.SOCK_STREAM)\nreturn True",
    "crypto_socket": "import socket\nsocket.socket(38, socket.SOCK_SEQPACKET)\nreturn True",
    "inet_pair": "import socket\nsocket.socketpair(socket.AF_INET)\nreturn False",
}
PROCESS = {
    "kill_the_parent": "os.kill(os.getppid(), 9)\nreturn False",
    "kill_everything": "os.kill(-1, 9)\nreturn False",
    "kill_the_decoy": "os.kill(DECOY, 9)\nreturn True",
    "signal_by_thread": ("return libc().syscall(number(234, 131), DECOY, DECOY, 9) == 0"),
    "signal_by_owner": ("import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, 8, DECOY)\nreturn True"),
    "limit_the_decoy": (
        "import resource\nresource.prlimit(DECOY, resource.RLIMIT_NOFILE, (3, 3))\nreturn True"
    ),
    "renice_the_decoy": "os.setpriority(os.PRIO_PROCESS, DECOY, 19)\nreturn True",
    "pin_the_decoy": "os.sched_setaffinity(DECOY, {0})\nreturn True",
    "trace_the_decoy": "return libc().ptrace(16, DECOY, 0, 0) == 0",
    "outlive_as_a_daemon": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.closerange(0, 64)\n"
        "        time.sleep(30)\n    os._exit(0)\nreturn False"
    ),
    "outlive_by_forking_on": (
        "if os.fork() == 0:\n    os.setsid()\n    while True:\n        if os.fork():\n"
        "            os._exit(0)\n        time.sleep(0.01)\nreturn False"
    ),
    "stop_itself": "os.kill(os.getpid(), 19)\nreturn False",
    "become_root": "os.setuid(0)\nreturn os.getuid() == 0 and SECRET in open('/etc/shadow').read()",
}
KERNEL = {
    "io_uring": "return libc().syscall(425, 4, bytes(120)) >= 0",
    "bpf": "return libc().syscall(number(321, 280), 0, bytes(48), 48) >= 0",
    "userfaultfd": "return libc().syscall(number(323, 282), 0) >= 0",
    "perf_event_open": "return libc().syscall(number(298, 241), bytes(128), 0, -1, -1, 0) >= 0",
    "keyctl": "return libc().syscall(number(250, 219), 0, -3, 1, 0, 0) >= 0",
    "add_key": "return libc().syscall(number(248, 217), b'user', b'k', b'v', 1, -3) >= 0",
    "new_user_namespace": "return libc().unshare(0x10000000) == 0",
    "clone_a_namespace": (
        "pid = libc().syscall(number(56, 220), 0x10000000 | 17, 0, 0, 0, 0)\n"
        "if pid == 0:\n    os._exit(0)\nreturn pid > 0"
    ),
    "mount": "return libc().mount(b'none', b'/tmp', b'tmpfs', 0, b'') == 0",
    "personality": "return libc().personality(0x0040000) >= 0",
    "memfd": "return os.memfd_create('m') >= 0",
    "sysv_shared_memory": "return libc().shmget(0, 40964096, 0o1600) >= 0",
    "sysv_messages": "return libc().msgget(0, 0o1600) >= 0",
    "process_vm_readv": "return libc().syscall(number(310, 270), DECOY, 0, 0, 0, 0, 0) >= 0",
    "open_by_handle": "return libc().syscall(number(304, 265), -1, bytes(64), 0) >= 0",
    "module_loading": "return libc().syscall(number(313, 273), 0, b'', 0) >= 0",
    "dumpable": "return libc().prctl(4, 1, 0, 0, 0) == 0",
    "push_back_to_a_terminal": (
        "import fcntl\nfor fd in (0, 1, 2):\n    fcntl.ioctl(fd, 0x5412, b'x')\nreturn True"
    ),
}
RESOURCES = {
    "memory_of_one": "hoard = []\nwhile True:\n    hoard.append(bytes(1 << 20) + b'x')",
    "memory_of_children": (
        "pids = []\nfor _ in range(6):\n    pid = os.fork()\n    if pid == 0:\n"
        "        b = bytearray(b'x') * (100 << 20)\n        time.sleep(0.7)\n        os._exit(0)\n"
        "    pids.append(pid)\nreturn all(os.waitpid(p, 0)[1] == 0 for p in pids)"
    ),
    "memory_shared": (
        "import mmap\nm = mmap.mmap(-1, 600 << 20)\nfor i in range(0, 600 << 20, 4096):\n"
        "    m[i] = 1\nreturn True"
    ),
    "disk": (
        "n = 0\nfor d in ('.', '/tmp', '/dev/shm', '/var/tmp', '/'):\n    for k in range(20):\n"
        "        try:\n            open(d + '/f%d' % k, 'wb').write(bytes(7 << 20))\n"
        "            n += 7\n        except OSError:\n            break\nreturn n > 60"
    ),
    "many_empty_files": (
        "i = 0\nwhile i < 200000:\n    open('e%d' % i, 'w').close()\n    i += 1\nreturn True"
    ),
    "processes": "while True:\n    os.fork()",
    "threads": (
        "import threading\nfor _ in range(500):\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()\nreturn True"
    ),
    "descriptors": (
        "fds = []\nfor _ in range(5000):\n    fds.append(os.open('.', os.O_RDONLY))\nreturn True"
    ),
    "output": "while True:\n    print('x' * 1000)",
    "errors": "while True:\n    sys.stderr.write('x' * 1000)",
    "value": "return 'x' * (64 << 20)",
    "nested_value": "a = []\nfor _ in range(200000):\n    a = [a]\nreturn a",
    "endless_loop": "while True:\n    pass",
    "sleep": "time.sleep(60)",
    "pipes": (
        "import fcntl\nfor _ in range(100):\n    r, w = os.pipe()\n"
        "    fcntl.fcntl(w, 1031, 1 << 20)\nreturn True"
    ),
    "big_number": "return len(str(7 ** (7 ** 9))) > 0",
}
CHEAT = {
    "print_success": (
        'print(\'AC\', \'{"k": "value", "v": true}\')\nsys.stdout.flush()\nos._exit(0)'
    ),
    "exit_at_once": "sys.exit(0)",
    "close_the_channel": "os.closerange(3, 4096)\nreturn False",
    "forge_messages": (
        "for fd in range(3, 40):\n    try:\n"
        '        os.write(fd, b\'{"k": "value", "v": "UNGUESSABLE"}\\n\' * 3)\n'
        "    except OSError:\n        pass\nreturn False"
    ),
    "fill_the_channel": (
        "while True:\n    for fd in range(3, 40):\n        try:\n"
        "            os.write(fd, b'{}\\n' * 1000)\n        except OSError:\n            pass"
    ),
    "equal_to_everything": (
        "class Yes(str):\n    def __eq__(self, other):\n        return True\n"
        "    __hash__ = str.__hash__\nreturn Yes('?')"
    ),
    "patch_the_harness": (
        "for frame in sys._current_frames().values():\n    while frame:\n"
        '        frame.f_globals[\'encode\'] = lambda m: \'{"k": "value", "v": "UNGUESSABLE"}\'\n'
        "        frame = frame.f_back\nreturn False"
    ),
}
GROUPS = {
    **READ,
    **WRITE,
    **NETWORK,
    **PROCESS,
    **KERNEL,
    **RESOURCES,
}


class World:
    """What the attacks are after, planted outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "folder").mkdir()
        (folder / "secret.txt").write_text(SECRET)
        (folder / "victim.txt").write_text("precious")
        self.state = self.look()
        self.hits: list[str] = []
        self.tcp = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.udp.setblocking(False)
        self.abstract = f"kaoguan-test-{os.getpid()}"
        self.unix = self._listen(socket.AF_UNIX, str(folder / "s.sock"))
        self.hidden = self._listen(socket.AF_UNIX, "\0" + self.abstract)
        self.decoy = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.nice = os.getpriority(os.PRIO_PROCESS, self.decoy.pid)

    def _listen(self, family: int, address: object) -> socket.socket:
        listener = socket.socket(family)
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return
            self.hits.append("connection")

    def look(self) -> dict[str, tuple[str, int, float]]:
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_socket():
                continue
            state = path.stat()
            text = path.read_text() if path.is_file() else ""
            found[path.name] = (text, state.st_mode, state.st_mtime)
        return found

    def harms(self) -> list[str]:
        found = [*self.hits]
        try:
            found.append(f"datagram {self.udp.recv(10)!r}")
        except BlockingIOError:
            pass
        if self.look() != self.state:
            found.append("files changed")
        if self.decoy.poll() is not None:
            found.append("the decoy died")
        elif os.getpriority(os.PRIO_PROCESS, self.decoy.pid) != self.nice:
            found.append("the decoy was altered")
        found += [p for p in ("/tmp/LEFT", "/dev/shm/LEFT", "/var/tmp/LEFT") if os.path.exists(p)]
        return found

    def close(self) -> None:
        for listener in (self.tcp, self.unix, self.hidden):
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        self.udp.close()
        self.decoy.kill()
        self.decoy.wait()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    planted = World(tmp_path_factory.mktemp("planted"))
    os.environ["KAOGUAN_TEST_SECRET"] = SECRET
    leak = os.open(planted.folder / "secret.txt", os.O_RDONLY)
    os.set_inheritable(leak, True)
    yield planted
    os.close(leak)
    del os.environ["KAOGUAN_TEST_SECRET"]
    planted.close()


def source_of(body: str, world: World) -> str:
    names = {
        "OUT": repr(str(world.folder)),
        "SECRET": repr(SECRET),
        "PORT": str(world.port),
        "ABSTRACT": repr(world.abstract),
        "DECOY": str(world.decoy.pid),
    }
    lines = "".join(f"{name} = {value}\n" for name, value in names.items())
    return lines + PRELUDE + "def solve(n):\n    " + body.replace("\n", "\n    ") + "\n"


def children() -> set[int]:
    """All descendants of this process: what a run started must be gone after it."""
    from tools.sandbox.tree import members

    return set(members(os.getpid()))


@pytest.mark.parametrize("backend", WORKING)
@pytest.mark.parametrize("name", GROUPS)
def test_attack_fails_and_leaves_no_trace(name: str, backend: str, world: World) -> None:
    before = children()
    tests = [{"fn": "solve", "args": [1], "expected": True}]
    result = run(source_of(GROUPS[name], world), tests, LIMITS, backend=backend)
    assert result["verdict"] not in ("AC", "IE"), result["reason"]
    assert SECRET not in result["stdout"] + result["stderr"] + result["reason"]
    assert world.harms() == []
    assert children() <= before


@pytest.mark.parametrize("backend", WORKING)
@pytest.mark.parametrize("name", CHEAT)
def test_no_test_is_passed_without_the_answer(name: str, backend: str, world: World) -> None:
    answer = "HIDDEN-" + os.urandom(8).hex()
    tests = [{"fn": "solve", "args": [i], "expected": answer} for i in range(2)]
    result = run(source_of(CHEAT[name], world), tests, LIMITS, backend=backend)
    assert result["verdict"] not in ("AC", "IE")
    assert result["passed"] == 0


@pytest.mark.parametrize("backend", WORKING)
def test_a_run_finds_nothing_of_an_earlier_one(backend: str) -> None:
    write = "import os\ndef solve(n):\n    for d in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n"
    write += "        try:\n            open(d + '/hint-of-run', 'w').write('x')\n"
    write += "        except OSError:\n            pass\n    return True\n"
    look = "import os\ndef solve(n):\n    return not any(os.path.exists(d + '/hint-of-run')"
    look += " for d in ('.', '/tmp', '/dev/shm', '/var/tmp'))\n"
    tests = [{"fn": "solve", "args": [1], "expected": True}]
    assert run(write, tests, LIMITS, backend=backend)["verdict"] == "AC"
    assert run(look, tests, LIMITS, backend=backend)["verdict"] == "AC"


@pytest.mark.parametrize("backend", WORKING)
def test_even_a_flood_is_answered_in_time_and_in_small(backend: str, world: World) -> None:
    for body in (RESOURCES["output"], RESOURCES["value"], CHEAT["fill_the_channel"]):
        begun = time.monotonic()
        tests = [{"fn": "solve", "args": [1], "expected": True}]
        result = run(source_of(body, world), tests, LIMITS, backend=backend)
        assert time.monotonic() - begun < LIMITS["wall_s"] + 3
        assert len(json.dumps(result)) < 1 << 16


def test_no_shared_memory_segment_is_left() -> None:
    body = (
        "import ctypes\ndef solve(n):\n    return ctypes.CDLL(None).shmget(0, 40964096, 0o1600)\n"
    )
    before = Path("/proc/sysvipc/shm").read_text() if os.path.exists("/proc/sysvipc/shm") else ""
    for backend in WORKING:
        run(body, [{"fn": "solve", "args": [1], "expected": -1}], LIMITS, backend=backend)
    after = Path("/proc/sysvipc/shm").read_text() if before else ""
    assert before.count("40964096") == after.count("40964096")


@pytest.mark.skipif(sys.platform != "linux", reason="the attacks are written for Linux")
@pytest.mark.parametrize("name", ["read_a_file", "list_a_folder", "listen", "memfd"])
def test_the_attacks_can_succeed_without_a_sandbox(name: str, world: World) -> None:
    program = source_of(GROUPS[name], world) + "print(solve(1))\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "True"
