"""System call numbers of x86-64 and aarch64, grouped by what the sandbox does with them.

Numbers: the Linux UAPI headers (arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h). A dash means the processor has no such call. A call that is in
no group is refused with EPERM.
"""

from __future__ import annotations

from typing import Literal

Machine = Literal["x86_64", "aarch64"]


def _table(rows: str) -> dict[str, tuple[int | None, int | None]]:
    """Read `name x86-64 aarch64;` entries."""
    table: dict[str, tuple[int | None, int | None]] = {}
    for row in filter(None, (part.split() for part in rows.split(";"))):
        name, x86, arm = row
        table[name] = (None if x86 == "-" else int(x86), None if arm == "-" else int(arm))
    return table


def numbers(table: dict[str, tuple[int | None, int | None]], machine: Machine) -> list[int]:
    """The numbers of a group on one processor, without the calls it lacks."""
    column = 0 if machine == "x86_64" else 1
    return [row[column] for row in table.values() if row[column] is not None]  # type: ignore[misc]


EVERYDAY = _table(
    """
    read 0 63; write 1 64; readv 19 65; writev 20 66; pread64 17 67; pwrite64 18 68;
    preadv 295 69; pwritev 296 70; preadv2 327 286; pwritev2 328 287; lseek 8 62; close 3 57;
    close_range 436 436; open 2 -; openat 257 56; creat 85 -; stat 4 -; fstat 5 80; lstat 6 -;
    newfstatat 262 79; statx 332 291; statfs 137 43; fstatfs 138 44; access 21 -;
    faccessat 269 48; faccessat2 439 439; readlink 89 -; readlinkat 267 78; getdents 78 -;
    getdents64 217 61; getcwd 79 17; chdir 80 49; fchdir 81 50; dup 32 23; dup2 33 -;
    dup3 292 24; pipe 22 -; pipe2 293 59; flock 73 32; fsync 74 82; fdatasync 75 83;
    ftruncate 77 46; fallocate 285 47; sendfile 40 71; copy_file_range 326 285;
    fadvise64 221 223; mkdir 83 -; mkdirat 258 34; rmdir 84 -; unlink 87 -; unlinkat 263 35;
    rename 82 -; renameat 264 38; renameat2 316 276; link 86 -; linkat 265 37; symlink 88 -;
    symlinkat 266 36; umask 95 166; mmap 9 222; munmap 11 215; mprotect 10 226; mremap 25 216;
    madvise 28 233; brk 12 214; membarrier 324 283; poll 7 -; ppoll 271 73;
    select 23 -; pselect6 270 72; epoll_create 213 -; epoll_create1 291 20; epoll_ctl 233 21;
    epoll_wait 232 -; epoll_pwait 281 22; epoll_pwait2 441 441; eventfd 284 -; eventfd2 290 19;
    signalfd4 289 74; timerfd_create 283 85; timerfd_settime 286 86; timerfd_gettime 287 87;
    timer_create 222 107; timer_settime 223 110; timer_gettime 224 108;
    timer_getoverrun 225 109; timer_delete 226 111; getitimer 36 102; setitimer 38 103;
    alarm 37 -; pause 34 -; nanosleep 35 101; clock_nanosleep 230 115; clock_gettime 228 113;
    clock_getres 229 114; gettimeofday 96 169; time 201 -; times 100 153; futex 202 98;
    set_robust_list 273 99; set_tid_address 218 96; rseq 334 293;
    restart_syscall 219 128; sched_yield 24 124; sched_getaffinity 204 123;
    sched_getparam 143 121; sched_getscheduler 145 120; sched_get_priority_max 146 125;
    sched_get_priority_min 147 126; sched_rr_get_interval 148 127; getcpu 309 168;
    rt_sigaction 13 134; rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigpending 127 136;
    rt_sigtimedwait 128 137; rt_sigsuspend 130 133; sigaltstack 131 132; exit 60 93;
    exit_group 231 94; getpid 39 172; getppid 110 173; gettid 186 178; getpgrp 111 -;
    getpgid 121 155; getsid 124 156; getuid 102 174; geteuid 107 175; getgid 104 176;
    getegid 108 177; getresuid 118 148; getresgid 120 150; getgroups 115 158; getrlimit 97 163;
    setrlimit 160 164;
    getrusage 98 165; getpriority 140 141; sysinfo 99 179; uname 63 160; getrandom 318 278;
    arch_prctl 158 -; sendto 44 206; recvfrom 45 207; sendmsg 46 211; recvmsg 47 212;
    shutdown 48 210; getsockopt 55 209; setsockopt 54 208; getsockname 51 204;
    getpeername 52 205;
    """
)
"""What any program needs; none of these can name another process or leave the folder."""

METADATA = _table(
    """
    chmod 90 -; fchmod 91 52; fchmodat 268 53; fchmodat2 452 452; utime 132 -; utimes 235 -;
    utimensat 280 88; futimesat 261 -; truncate 76 45;
    """
)
"""Change files without opening them: Landlock does not see these, mounts do."""

PROCESSES = _table(
    """
    fork 57 -; vfork 58 -; wait4 61 260; waitid 247 95; setsid 112 157; setpgid 109 154;
    execve 59 221; rt_sigqueueinfo 129 138; tkill 200 130;
    """
)
"""Start and wait for processes: left out where no namespace ends them all."""

CONDITIONAL = _table(
    """
    clone 56 220; kill 62 129; tgkill 234 131; prctl 157 167; ioctl 16 29; fcntl 72 25;
    prlimit64 302 261; socketpair 53 199;
    """
)
"""Allowed for some arguments only; see `seccomp.py`."""

ABSENT = _table(
    """
    clone3 435 435; openat2 437 437; pidfd_open 434 434; futex_waitv 449 449;
    landlock_create_ruleset 444 444; landlock_add_rule 445 445; landlock_restrict_self 446 446;
    io_pgetevents 333 292; mseal 462 462; map_shadow_stack 453 453; cachestat 451 451;
    """
)
"""Answered with ENOSYS, so that libraries fall back to an older call that can be checked."""

FATAL = _table(
    """
    ptrace 101 117; process_vm_readv 310 270; process_vm_writev 311 271; bpf 321 280;
    perf_event_open 298 241; kexec_load 246 104; kexec_file_load 320 294; init_module 175 105;
    finit_module 313 273; delete_module 176 106; mount 165 40; umount2 166 39;
    pivot_root 155 41; setns 308 268; unshare 272 97; fsopen 430 430; fsconfig 431 431;
    fsmount 432 432; fspick 433 433; move_mount 429 429; open_tree 428 428;
    mount_setattr 442 442; io_uring_setup 425 425; io_uring_enter 426 426;
    io_uring_register 427 427; userfaultfd 323 282; keyctl 250 219; add_key 248 217;
    request_key 249 218; open_by_handle_at 304 265; reboot 169 142; swapon 167 224;
    swapoff 168 225; iopl 172 -; ioperm 173 -; pidfd_getfd 438 438;
    """
)
"""No honest solution calls these: the process is killed and the verdict is SEC."""
