"""C++, Java and JavaScript: honest programs run, and each attack of a list fails.

All attacks of a language are one program that is told by its input which to try; it prints BROKEN
only when it got what it was after, and that is what the tests "expect".
"""

# ruff: noqa: E501 (the programs inside are not Python)

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.sandbox import probe
from tools.sandbox.records import RunResult
from tools.sandbox.runner import run

STATUS = {s["name"]: s for s in probe() if s["works"]}
PAIRS = [(b, lang) for b, s in STATUS.items() for lang in s["languages"] if lang != "python"]
EACH = pytest.mark.parametrize(("backend", "language"), PAIRS)
LIMITS = {
    "time_s": 1.0,
    "wall_s": 100.0,
    "memory_mb": 128,
    "output_kb": 64,
    "file_mb": 8,
    "max_processes": 24,
}
SECRET = "secret-of-the-machine"

CPP = r"""
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>
using namespace std;
const string OUT = "@OUT@", SECRET = "@SECRET@";
const int PORT = @PORT@, DECOY = @DECOY@;
static string slurp(const string& p) { ifstream f(p); stringstream s; s << f.rdbuf(); return s.str(); }
static bool reach(int family, int kind) {
    int s = socket(family, kind, 0);
    if (s < 0) return false;
    sockaddr_in a{}; a.sin_family = AF_INET; a.sin_port = htons(PORT); a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(s, (sockaddr*)&a, sizeof a) == 0 && (kind == SOCK_STREAM || send(s, "x", 1, 0) == 1);
}
static volatile char* sink;
static bool attack(const string& n) {
    if (n == "read_file") return slurp(OUT + "/secret.txt").find(SECRET) != string::npos;
    if (n == "read_accounts") return slurp("/etc/passwd").find("root:") != string::npos;
    if (n == "read_through_link") { symlink((OUT + "/secret.txt").c_str(), "/tmp/l"); return slurp("/tmp/l").find(SECRET) != string::npos; }
    if (n == "read_parent_memory") return open(("/proc/" + to_string(getppid()) + "/mem").c_str(), O_RDWR) >= 0;
    if (n == "read_environment") { for (char** e = environ; *e; ++e) if (string(*e).find(SECRET) != string::npos) return true; return false; }
    if (n == "list_folder") { DIR* d = opendir(OUT.c_str()); return d && readdir(d); }
    if (n == "write_file") { ofstream f(OUT + "/new"); f << "x"; f.flush(); return f.good(); }
    if (n == "truncate_file") return truncate((OUT + "/victim.txt").c_str(), 0) == 0;
    if (n == "open_to_truncate") return open((OUT + "/victim.txt").c_str(), O_RDONLY | O_TRUNC) >= 0;
    if (n == "delete_file") return unlink((OUT + "/victim.txt").c_str()) == 0;
    if (n == "chmod_file") return chmod((OUT + "/victim.txt").c_str(), 0777) == 0;
    if (n == "overwrite_itself") { ofstream f("/proc/self/exe"); f << "x"; f.flush(); return f.good(); }
    if (n == "tcp") return reach(AF_INET, SOCK_STREAM);
    if (n == "udp") return reach(AF_INET, SOCK_DGRAM);
    if (n == "unix_socket") {
        int s = socket(AF_UNIX, SOCK_STREAM, 0); if (s < 0) return false;
        sockaddr_un a{}; a.sun_family = AF_UNIX; string p = OUT + "/s.sock"; p.copy(a.sun_path, sizeof a.sun_path - 1);
        return connect(s, (sockaddr*)&a, sizeof a) == 0;
    }
    if (n == "netlink") return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
    if (n == "kill_decoy") return kill(DECOY, 9) == 0;
    if (n == "ptrace") return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0;
    if (n == "prlimit_decoy") { rlimit l{3, 3}; return prlimit(DECOY, RLIMIT_NOFILE, &l, nullptr) == 0; }
    if (n == "new_namespace") return unshare(CLONE_NEWUSER) == 0;
    if (n == "mount") return mount("none", "/tmp", "tmpfs", 0, "") == 0;
    if (n == "io_uring") { char b[120] = {0}; return syscall(425, 4, b) >= 0; }
    if (n == "memfd") return memfd_create("m", 0) >= 0;
    if (n == "shared_memory") return shmget(IPC_PRIVATE, 1 << 20, 0600) >= 0;
    if (n == "shell") return system("echo x > /tmp/shell && true") == 0;
    if (n == "memory") { vector<char*> v; for (int i = 0; i < 900; ++i) { char* p = new char[1 << 20]; for (int k = 0; k < 1 << 20; k += 4096) p[k] = 1; sink = p; v.push_back(p); } return true; }
    if (n == "fork_bomb") { for (int i = 0; i < 200; ++i) { pid_t p = fork(); if (p < 0) return false; if (p == 0) { sleep(20); _exit(0); } } return true; }
    if (n == "thread_bomb") { try { for (int i = 0; i < 500; ++i) thread([] { sleep(20); }).detach(); } catch (...) { return false; } return true; }
    if (n == "daemon") { pid_t p = fork(); if (p < 0) return false; if (p == 0) { setsid(); if (fork() == 0) { for (int i = 0; i < 64; ++i) close(i); sleep(60); } _exit(0); } return false; }
    if (n == "output") { for (;;) puts(string(1000, 'x').c_str()); }
    if (n == "loop") { for (volatile int i = 0;; i = i + 1) {} }
    if (n == "disk") { for (int k = 0; k < 40; ++k) { ofstream f("/tmp/f" + to_string(k)); f << string(7 << 20, 'x'); f.flush(); if (!f.good()) return false; } return true; }
    if (n == "overflow") { volatile char a[1 << 16]; a[0] = 1; sink = (char*)a; return attack(n) && a[0]; }
    return false;
}
int main() { string n; cin >> n; if (n == "honest") { cout << "hello" << endl; return 0; } if (attack(n)) cout << "BROKEN" << endl; return 0; }
"""
CPP_ATTACKS = (
    "read_file read_accounts read_through_link read_parent_memory read_environment list_folder "
    "write_file truncate_file open_to_truncate delete_file chmod_file overwrite_itself tcp udp "
    "unix_socket netlink kill_decoy ptrace prlimit_decoy new_namespace mount io_uring memfd "
    "shared_memory shell memory fork_bomb thread_bomb daemon output loop disk overflow"
).split()

JAVA = r"""
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.nio.file.attribute.*;
import java.util.*;
import java.util.stream.*;
public class Main {
    static final String OUT = "@OUT@", SECRET = "@SECRET@";
    static final int PORT = @PORT@;
    static final long DECOY = @DECOY@;
    static String read(String p) throws IOException { return new String(Files.readAllBytes(Paths.get(p))); }
    static int deep(int n) { return 1 + deep(n + 1); }
    static boolean attack(String n) throws Exception {
        switch (n) {
            case "read_file": return read(OUT + "/secret.txt").contains(SECRET);
            case "read_accounts": return read("/etc/passwd").contains("root:");
            case "read_through_link": Files.createSymbolicLink(Paths.get("/tmp/l"), Paths.get(OUT + "/secret.txt")); return read("/tmp/l").contains(SECRET);
            case "read_parent_environment": return read("/proc/" + ProcessHandle.current().parent().get().pid() + "/environ").contains(SECRET);
            case "read_environment": return System.getenv().toString().contains(SECRET);
            case "list_folder": return Files.list(Paths.get(OUT)).count() > 0;
            case "write_file": Files.write(Paths.get(OUT + "/new"), new byte[1]); return true;
            case "append_file": Files.write(Paths.get(OUT + "/victim.txt"), new byte[1], StandardOpenOption.APPEND); return true;
            case "delete_file": Files.delete(Paths.get(OUT + "/victim.txt")); return true;
            case "move_file": Files.move(Paths.get(OUT + "/victim.txt"), Paths.get("/tmp/v")); return true;
            case "chmod_file": Files.setPosixFilePermissions(Paths.get(OUT + "/victim.txt"), PosixFilePermissions.fromString("rwxrwxrwx")); return true;
            case "touch_file": return new File(OUT + "/victim.txt").setLastModified(1000);
            case "write_class": Files.write(Paths.get("/work/Main.class"), new byte[1]); return true;
            case "tcp": new Socket("127.0.0.1", PORT).close(); return true;
            case "udp": new DatagramSocket().send(new DatagramPacket(new byte[1], 1, InetAddress.getLoopbackAddress(), PORT)); return true;
            case "unix_socket": return java.nio.channels.SocketChannel.open(UnixDomainSocketAddress.of(OUT + "/s.sock")).isConnected();
            case "listen": new ServerSocket(0).close(); return true;
            case "url": return new URL("http://127.0.0.1:" + PORT + "/").openStream().read() >= -1;
            case "kill_decoy": return ProcessHandle.of(DECOY).get().destroyForcibly();
            case "kill_parent": return ProcessHandle.current().parent().get().destroyForcibly();
            case "shell": return new ProcessBuilder("/bin/sh", "-c", "echo x").start().waitFor() == 0;
            case "list_processes": return ProcessHandle.allProcesses().anyMatch(p -> p.pid() == DECOY);
            case "memory": List<byte[]> l = new ArrayList<>(); while (l.size() < 900) { l.add(new byte[1 << 20]); } return true;
            case "thread_bomb": for (int i = 0; i < 2000; i++) { Thread t = new Thread(() -> { try { Thread.sleep(20000); } catch (InterruptedException e) { } }); t.setDaemon(true); t.start(); } return true;
            case "output": while (true) System.out.println("x".repeat(1000));
            case "loop": while (true) { if (System.nanoTime() == 0) return false; }
            case "disk": for (int k = 0; k < 40; k++) Files.write(Paths.get("/tmp/f" + k), new byte[7 << 20]); return true;
            case "recursion": return deep(0) > 0;
            case "hang_at_exit": Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { try { Thread.sleep(1000); } catch (InterruptedException e) { } } })); return false;
            default: return false;
        }
    }
    public static void main(String[] a) throws Exception {
        String n = new Scanner(System.in).next();
        if (n.equals("honest")) { System.out.println("hello"); return; }
        if (attack(n)) System.out.println("BROKEN");
    }
}
"""
JAVA_ATTACKS = (
    "read_file read_accounts read_through_link read_parent_environment read_environment "
    "list_folder write_file append_file delete_file move_file chmod_file touch_file write_class "
    "tcp udp unix_socket listen url kill_decoy kill_parent shell list_processes memory "
    "thread_bomb output loop disk recursion hang_at_exit"
).split()

JAVASCRIPT = r"""
const fs = require("fs"), net = require("net"), cp = require("child_process"), os = require("os");
const OUT = "@OUT@", SECRET = "@SECRET@", PORT = @PORT@, DECOY = @DECOY@;
const read = (p) => fs.readFileSync(p, "utf8");
const later = (emitter, event) => new Promise((yes) => { emitter.on(event, () => yes(true)); emitter.on("error", () => yes(false)); });
const attacks = {
  read_file: () => read(OUT + "/secret.txt").includes(SECRET),
  read_accounts: () => read("/etc/passwd").includes("root:"),
  read_through_link: () => { fs.symlinkSync(OUT + "/secret.txt", "/tmp/l"); return read("/tmp/l").includes(SECRET); },
  read_parent_environment: () => read("/proc/" + process.ppid + "/environ").includes(SECRET),
  read_environment: () => JSON.stringify(process.env).includes(SECRET),
  list_folder: () => fs.readdirSync(OUT).length > 0,
  write_file: () => { fs.writeFileSync(OUT + "/new", "x"); return true; },
  append_file: () => { fs.appendFileSync(OUT + "/victim.txt", "x"); return true; },
  delete_file: () => { fs.unlinkSync(OUT + "/victim.txt"); return true; },
  rename_file: () => { fs.renameSync(OUT + "/victim.txt", "/tmp/v"); return true; },
  truncate_file: () => { fs.truncateSync(OUT + "/victim.txt", 0); return true; },
  chmod_file: () => { fs.chmodSync(OUT + "/victim.txt", 0o777); return true; },
  touch_file: () => { fs.utimesSync(OUT + "/victim.txt", 1, 1); return true; },
  tcp: () => later(net.connect(PORT, "127.0.0.1"), "connect"),
  udp: () => new Promise((yes) => { const s = require("dgram").createSocket("udp4"); s.on("error", () => yes(false)); s.send("x", PORT, "127.0.0.1", (e) => yes(!e)); }),
  unix_socket: () => later(net.connect(OUT + "/s.sock"), "connect"),
  listen: () => later(net.createServer().listen(0, "127.0.0.1"), "listening"),
  fetch: () => fetch("http://127.0.0.1:" + PORT).then(() => true),
  kill_decoy: () => process.kill(DECOY, "SIGKILL"),
  kill_parent: () => { process.kill(process.ppid, "SIGKILL"); return false; },
  renice_decoy: () => { os.setPriority(DECOY, 19); return true; },
  shell: () => cp.execSync("/bin/sh -c 'echo x'").length > 0,
  spawn_node: () => cp.spawnSync(process.execPath, ["-e", "require('fs').readFileSync('" + OUT + "/secret.txt')"]).status === 0,
  native_code: () => { process.dlopen({ exports: {} }, OUT + "/evil.node"); return true; },
  become_root: () => { process.setuid(0); return read("/etc/shadow").length > 0; },
  memory: () => { const l = []; while (l.length < 900) l.push(Buffer.alloc(1 << 20, 1)); return true; },
  heap: () => { const l = []; while (l.length < 3e7) l.push({ a: l.length }); return true; },
  worker_bomb: () => { const { Worker } = require("worker_threads"); for (let i = 0; i < 100; i++) new Worker("setTimeout(() => {}, 20000)", { eval: true }); return new Promise((yes) => setTimeout(yes, 800, true)); },
  output: () => { for (;;) fs.writeSync(1, "x".repeat(1000)); },
  loop: () => { for (;;); },
  disk: () => { for (let k = 0; k < 40; k++) fs.writeFileSync("/tmp/f" + k, Buffer.alloc(7 << 20)); return true; },
  recursion: () => { const deep = (n) => 1 + deep(n + 1); return deep(0) > 0; },
};
const name = read(0).trim();
if (name === "honest") console.log("hello");
else Promise.resolve().then(() => attacks[name]()).then((won) => { if (won) console.log("BROKEN"); process.exit(0); }, () => process.exit(0));
"""
JAVASCRIPT_ATTACKS = (
    "read_file read_accounts read_through_link read_parent_environment read_environment "
    "list_folder write_file append_file delete_file rename_file truncate_file chmod_file "
    "touch_file tcp udp unix_socket listen fetch kill_decoy kill_parent renice_decoy shell "
    "spawn_node native_code become_root memory heap worker_bomb output loop disk recursion"
).split()
PROGRAMS = {
    "cpp": (CPP, CPP_ATTACKS),
    "java": (JAVA, JAVA_ATTACKS),
    "javascript": (JAVASCRIPT, JAVASCRIPT_ATTACKS),
}
INSIDE_ONLY = {"kill_parent"}
"""The parent it sees is the sandbox's own first process, which the kernel shields anyway."""


class World:
    """What the attacks are after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "secret.txt").write_text(SECRET)
        (folder / "victim.txt").write_text("precious")
        self.hits: list[str] = []
        self.listeners = [self._listen(socket.AF_INET, ("127.0.0.1", 0))]
        self.listeners.append(self._listen(socket.AF_UNIX, str(folder / "s.sock")))
        self.port = self.listeners[0].getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.udp.setblocking(False)
        self.decoy = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"])
        self.before = self.look()

    def _listen(self, family: int, address: Any) -> socket.socket:
        listener = socket.socket(family)
        listener.bind(address)
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

    def look(self) -> list[Any]:
        files = [p for p in sorted(self.folder.iterdir()) if p.is_file()]
        state = [(p.name, p.read_text(), p.stat().st_mode, p.stat().st_mtime) for p in files]
        return [state, os.getpriority(os.PRIO_PROCESS, self.decoy.pid), self.decoy.poll()]

    def fill(self, source: str) -> str:
        for name, value in {
            "OUT": self.folder,
            "SECRET": SECRET,
            "PORT": self.port,
            "DECOY": self.decoy.pid,
        }.items():
            source = source.replace(f"@{name}@", str(value))
        return source

    def close(self) -> None:
        for listener in self.listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        self.udp.close()
        self.decoy.kill()
        self.decoy.wait()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("KAOGUAN_TEST_SECRET", SECRET)
    planted = World(tmp_path)
    yield planted
    planted.close()


def attack(world: World, backend: str, language: str, names: list[str]) -> RunResult:
    source, _ = PROGRAMS[language]
    tests = [{"stdin": name, "expected": "BROKEN"} for name in names]
    return run(world.fill(source), tests, LIMITS, language=language, backend=backend)  # type: ignore[arg-type]


@pytest.mark.slow
@EACH
def test_every_attack_fails_and_leaves_no_trace(backend: str, language: str, world: World) -> None:
    from tools.sandbox.tree import members

    names = PROGRAMS[language][1]
    assert len(names) >= 20
    before = set(members(os.getpid()))
    result = attack(world, backend, language, names)
    rows = dict(zip(names, (row["verdict"] for row in result["tests"]), strict=True))
    assert result["verdict"] not in ("CE", "IE"), result["reason"]
    assert "-" not in rows.values(), rows
    won = {name for name, verdict in rows.items() if verdict in ("AC", "IE")}
    assert won <= (INSIDE_ONLY if backend == "bubblewrap" else set())
    assert world.hits == []
    with pytest.raises(BlockingIOError):
        world.udp.recv(1)
    assert world.look() == world.before
    assert set(members(os.getpid())) <= before


@EACH
def test_the_program_of_attacks_can_answer(backend: str, language: str, world: World) -> None:
    source, _ = PROGRAMS[language]
    tests = [{"stdin": "honest", "expected": "hello"}]
    result = run(world.fill(source), tests, LIMITS, language=language, backend=backend)  # type: ignore[arg-type]
    assert result["verdict"] == "AC", (result["reason"], result["stderr"])


@pytest.mark.parametrize("backend", sorted({b for b, _ in PAIRS}))
def test_source_cannot_make_the_compiler_tell_files(backend: str, world: World) -> None:
    if (backend, "cpp") not in PAIRS:
        pytest.skip("no C++ compiler")
    for line in ('#include "@OUT@/secret.txt"', 'asm(".incbin \\"@OUT@/secret.txt\\"");'):
        source = world.fill(line + "\nint main() {}\n")
        tests = [{"stdin": "", "expected": ""}]
        result = run(source, tests, LIMITS, language="cpp", backend=backend)
        assert result["verdict"] == "CE"
        assert SECRET not in str(result)


@EACH
def test_a_source_that_does_not_compile_names_its_line(backend: str, language: str) -> None:
    sources = {
        "cpp": "int main() {\n    return x;\n}\n",
        "java": "public class Main {\n    int f() { return x; }\n}\n",
        "javascript": "const a = 1;\nconst b = ;\n",
    }
    tests = [{"fn": "f", "args": [], "expected": 1}]
    if language != "javascript":
        tests = [{"stdin": "", "expected": "1"}]
    result = run(sources[language], tests, LIMITS, language=language, backend=backend)  # type: ignore[arg-type]
    assert result["verdict"] == "CE"
    assert result["error"] is not None and result["error"]["line"] == 2


@pytest.mark.parametrize("backend", [b for b, lang in PAIRS if lang == "javascript"])
def test_javascript_functions_and_classes_are_judged(backend: str) -> None:
    source = (
        "const add = (a, b) => a + b;\nclass Counter { constructor(n) { this.n = n; }\n"
        "  next() { return ++this.n; } }\nasync function slow(x) { return x * 2; }\n"
        "function* count() { let n = 0; for (;;) yield n++; }\n"
    )
    tests = [
        {"fn": "add", "args": [1, 2], "expected": 3},
        {"ops": [["Counter", [4]], ["next", []]], "expected": [None, 5]},
        {"fn": "slow", "args": [4], "expected": 8},
        {"fn": "count", "args": [], "take": 3, "expected": [0, 1, 2]},
    ]
    result = run(source, tests, LIMITS, language="javascript", backend=backend)
    assert result["verdict"] == "AC", result


@pytest.mark.parametrize("backend", [b for b, lang in PAIRS if lang == "javascript"])
def test_javascript_errors_name_their_line(backend: str) -> None:
    source = "function f(x) {\n  return x.y.z;\n}\n"
    tests = [{"fn": "f", "args": [1], "expected": 1}]
    result = run(source, tests, LIMITS, language="javascript", backend=backend)
    assert result["error"] is not None
    assert (result["error"]["type"], result["error"]["line"]) == ("TypeError", 2)


def test_a_language_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if not STATUS.keys() - {"wasi"}:
        pytest.skip("no isolation for compiled languages works here")
    monkeypatch.setattr("tools.sandbox.languages.runtime", lambda language: [])
    result = run("int main() {}", [{"stdin": "", "expected": ""}], LIMITS, language="cpp")
    assert result["verdict"] == "IE"
    assert "g++" in result["reason"]


ADD_ONE = {
    "cpp": "long long solve(long long n) {@\n    return n + 1;\n}\n",
    "java": "class Solution {\n    long solve(long n) {@\n        return n + 1;\n    }\n}\n",
    "javascript": "function solve(n) {@\n    return n + 1;\n}\n",
}
FAULTS: dict[str, dict[str, str]] = {
    "AC": {"cpp": "", "java": "", "javascript": ""},
    "WA": {"cpp": "n = 7;", "java": "n = 7;", "javascript": "n = 7;"},
    "TLE": {
        "cpp": "volatile int x = 0; for (;;) x = x + 1;",
        "java": "long x = 0; while (n != 123456) { x += n; }",
        "javascript": "for (;;) {}",
    },
    "RE": {
        "cpp": "throw 5;",
        "java": "int[] a = new int[1]; a[(int) n + 50] = 1;",
        "javascript": "null.x;",
    },
    "CE": {"cpp": "return }", "java": "return }", "javascript": "return )"},
    "MLE": {
        "cpp": "for (;;) { char* p = new char[1 << 20]; for (int i = 0; i < 1 << 20; ++i) p[i] = 1; }",
        "java": "java.util.List<byte[]> a = new java.util.ArrayList<>(); "
        "while (n != 123456) a.add(new byte[1 << 20]);",
        "javascript": "const a = []; for (;;) a.push(new Array(1 << 17).fill(a.length));",
    },
}
CALLS = [{"fn": "solve", "args": [n], "expected": n + 1} for n in (4, -7)]


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("expected", FAULTS)
def test_every_verdict_is_given_in_every_language(
    expected: str, backend: str, language: str
) -> None:
    source = ADD_ONE[language].replace("@", " " + FAULTS[expected][language])
    limits = {**LIMITS, "time_s": 2.0}
    result = run(source, CALLS, limits, language=language, backend=backend)  # type: ignore[arg-type]
    allowed = {expected, "TLE"} if expected == "MLE" else {expected}  # a slow machine may meet both
    assert result["verdict"] in allowed, (result["reason"], result["stderr"])
    assert (result["passed"] == 2) == (expected == "AC")


ECHO = {
    "cpp": "#include <bits/stdc++.h>\nusing namespace std;\n@T@ same(@T@ v) { return v; }",
    "java": "class Solution { @T@ same(@T@ v) { return v; } }",
}
TYPED: list[tuple[str, str, Any]] = [
    ("long long", "long", -(2**62)),
    ("double", "double", 1e300),
    ("bool", "boolean", True),
    ("string", "String", 'a\n"\\ é 😀'),
    ("vector<int>", "int[]", [1, -2, 3]),
    ("vector<bool>", "boolean[]", [True, False]),
    ("vector<vector<double>>", "double[][]", [[1.5, -0.25], [], [3.0]]),
    ("vector<string>", "java.util.List<String>", ["x", "", "é"]),
]


@pytest.mark.slow
@pytest.mark.parametrize("row", TYPED, ids=[row[0] for row in TYPED])
@pytest.mark.parametrize("language", sorted({lang for _, lang in PAIRS} & set(ECHO)))
def test_values_of_every_type_reach_compiled_functions_and_come_back(
    row: tuple[str, str, Any], language: str
) -> None:
    backend = next(b for b, lang in PAIRS if lang == language)
    kind, value = row[0 if language == "cpp" else 1], row[2]
    tests = [{"fn": "same", "args": [value], "expected": value}]
    source = ECHO[language].replace("@T@", kind)
    result = run(source, tests, LIMITS, language=language, backend=backend)  # type: ignore[arg-type]
    assert result["verdict"] == "AC", (result["reason"], result["failing"])


@pytest.mark.parametrize("backend", sorted({b for b, lang in PAIRS if lang == "cpp"}))
def test_a_compiled_function_cannot_pass_by_ending_or_by_printing(backend: str) -> None:
    forged = "#include <cstdio>\n#include <cstdlib>\nlong long solve(long long n) {\n"
    forged += '    puts("\\nkaoguan-call:0000000000000000:5");\n    exit(0);\n}\n'
    result = run(forged, CALLS, LIMITS, language="cpp", backend=backend)
    assert (result["verdict"], result["passed"]) == ("RE", 0)


def in_cpp(source: str, *tests: dict[str, Any]) -> RunResult:
    if not any(lang == "cpp" for _, lang in PAIRS):
        pytest.skip("no C++ compiler")
    return run(source, tests, LIMITS, language="cpp")


@pytest.mark.parametrize(
    "source",
    [
        "#include <vector>\n#define int long long\n#define endl '\\n'\nint solve(int n) { return n + 1; }\n",
        "class Solution {\npublic:\n    long long solve(long long n) const { return n + 1; }\n};\n",
        "#include <algorithm>\nusing namespace std;\nlong long merge(long long n) { return n + 1; }\n",
    ],
    ids=["macros", "const", "named as in std"],
)
def test_usual_cpp_forms_are_called(source: str) -> None:
    name = "merge" if "merge" in source else "solve"
    result = in_cpp(source, {"fn": name, "args": [2**40], "expected": 2**40 + 1})
    assert result["verdict"] == "AC", (result["reason"], result["stderr"])


@pytest.mark.parametrize("given", [[[1.5]], [["a"]], [[[1]]], [1], [], [[1], 2], [None]])
def test_arguments_that_do_not_fit_a_cpp_function_are_an_error_that_says_so(given: Any) -> None:
    source = "#include <vector>\nint solve(std::vector<int> v) { return v.size(); }\n"
    result = in_cpp(source, {"fn": "solve", "args": given, "expected": 1})
    assert result["verdict"] == "RE"
    assert "types of the arguments" in result["reason"]


def test_a_cpp_function_that_returns_nothing_is_told_so_without_a_line_of_the_driver() -> None:
    result = in_cpp("void solve(int n) {}\n", {"fn": "solve", "args": [1], "expected": 1})
    assert result["verdict"] == "CE"
    assert "has to return its answer" in result["reason"]
    assert result["error"] is not None and result["error"]["line"] is None


@pytest.mark.parametrize("language", sorted({lang for _, lang in PAIRS} & set(ECHO)))
@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"fn": "other"}, "one function"),
        ({"kwargs": {"n": 1}}, "kwargs"),
        ({"in_place": 0}, "in_place"),
        ({"take": 2}, "take"),
    ],
)
def test_what_a_driver_cannot_ask_is_refused_before_compiling(
    language: str, more: dict[str, Any], why: str
) -> None:
    tests = [CALLS[0], {**CALLS[1], **more}]
    result = run("does not compile", tests, LIMITS, language=language)  # type: ignore[arg-type]
    assert (result["verdict"], result["error"]) == ("IE", None)
    assert why in result["reason"]


THREE_LINES = "class A {\n    int b;\n}"


@pytest.mark.parametrize(
    ("stderr", "line", "text"),
    [
        ("at A.b(A.java:2)", 2, "int b;"),
        ("at A.b(A.java:99999)", None, ""),
        (f"at A.b(A.java:{'9' * 5000})", None, ""),
        ("at A.b(A.java:0)", None, ""),
        ("at KaoguanCall.as(A.java:2)\n\tat A.b(A.java:3)", 3, "}"),
        ("at A.b(A.java:99)\n\tat A.c(A.java:1)", 1, "class A {"),
    ],
)
def test_only_lines_the_candidate_wrote_are_taken_from_what_java_printed(
    stderr: str, line: int | None, text: str
) -> None:
    from tools.sandbox.backends import Backend
    from tools.sandbox.languages import Plan
    from tools.sandbox.records import Limits

    plan = Plan("java", object.__new__(Backend), THREE_LINES, Limits())
    error = plan.explain_exit(1, "Exception: x\n\t" + stderr).error
    assert error is not None
    assert (error["line"], error["text"]) == (line, text)


@pytest.mark.parametrize("backend", [b for b, lang in PAIRS if lang == "java"])
def test_a_java_source_that_names_the_driver_is_still_run_as_itself(backend: str) -> None:
    source = "// not class KaoguanCall\npublic class Main {\n"
    source += '    public static void main(String[] a) { System.out.print("own"); }\n}\n'
    tests = [{"stdin": "", "expected": "own"}]
    result = run(source, tests, LIMITS, language="java", backend=backend)
    assert result["verdict"] == "AC", result["reason"]
