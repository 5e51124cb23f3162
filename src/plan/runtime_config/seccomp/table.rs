//! What Docker's default filter says of each system call: a call that no line here names fails with EPERM.
//!
//! Source: github.com/moby/profiles, `seccomp/default.json` at cd3bed8, with which tests/builder/seccomp.rs compares it. Names
//! stand in groups, separated by spaces; one that an architecture lacks, or a runtime's libseccomp does not know, is skipped
//! by runtimes.

/// System calls that every container may make.
pub const ALWAYS: [&str; 25] = [
    // Files and directories by name.
    "access chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat \
     fstat fstat64 fstatat64 getcwd lchown lchown32 link linkat lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at \
     newfstatat open openat openat2 readlink readlinkat rename renameat renameat2 rmdir stat stat64 statx symlink symlinkat \
     umask unlink unlinkat",
    // File systems, and their times.
    "fstatfs fstatfs64 futimesat listmount statfs statfs64 statmount sync syncfs utime utimensat utimensat_time64 utimes",
    // Extended attributes.
    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr \
     lsetxattr removexattr removexattrat setxattr setxattrat",
    // Open files.
    "cachestat close close_range dup dup2 dup3 fadvise64 fadvise64_64 fallocate fcntl fcntl64 fdatasync flock fsync ftruncate \
     ftruncate64 getdents getdents64 ioctl lseek _llseek readahead sync_file_range truncate truncate64",
    // Reading and writing.
    "copy_file_range pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readv sendfile sendfile64 splice tee vmsplice write \
     writev",
    // Waiting for files.
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old _newselect poll \
     ppoll ppoll_time64 pselect6 pselect6_time64 select",
    // Files that are no files: pipes, events, signals, timers, notifications.
    "eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch pipe pipe2 signalfd signalfd4 \
     timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64",
    // Asynchronous reading and writing; not io_uring, whose requests a filter does not see.
    "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioprio_get ioprio_set",
    // Memory.
    "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap \
     mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages",
    // Processes; clone has a rule of its own.
    "execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid pidfd_open pidfd_send_signal prctl \
     setpgid setsid set_tid_address vfork wait4 waitid waitpid",
    // Threads.
    "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area rseq set_robust_list \
     set_thread_area",
    // Signals.
    "kill pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend \
     rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn tgkill tkill",
    // Users and groups.
    "getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid getresuid32 \
     getuid getuid32",
    "setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 \
     setresuid setresuid32 setreuid setreuid32 setuid setuid32",
    // Rights.
    "capget capset landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp",
    // Limits and what was used.
    "getpriority getrlimit getrusage prlimit64 setpriority setrlimit times ugetrlimit",
    // The scheduler.
    "getcpu sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler \
     sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler \
     sched_yield",
    // Clocks; setting one takes CAP_SYS_TIME all the same.
    "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 gettimeofday time",
    // Sleeping and timers.
    "alarm clock_nanosleep clock_nanosleep_time64 getitimer nanosleep setitimer timer_create timer_delete timer_getoverrun \
     timer_gettime timer_gettime64 timer_settime timer_settime64",
    // Sockets; which families is said below.
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send \
     sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair",
    // System V: messages, semaphores, shared memory.
    "ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget",
    // POSIX message queues.
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink",
    // The machine.
    "getrandom riscv_hwprobe sysinfo uname",
    // Probes that the kernel puts into a program.
    "uretprobe",
    // Looking at other processes of the same user: safe since Linux 4.8, which has filters decide after a tracer has changed a
    // call.
    "process_vm_readv process_vm_writev ptrace",
];

/// System calls of some architectures, by the names that Docker's format has for them.
pub const OF_ARCHITECTURES: [(&[&str], &str); 6] = [
    (&["ppc64le"], "swapcontext sync_file_range2"),
    (&["arm", "arm64"], "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"),
    (&["amd64", "x32"], "arch_prctl"),
    (&["amd64", "x32", "x86"], "modify_ldt"),
    (&["s390", "s390x"], "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"),
    (&["riscv64"], "riscv_flush_icache"),
];

/// System calls for containers with a capability: without it the kernel refuses them, or they have had bugs. Nobody gets
/// those that no line of this file names, such as `keyctl`, `kexec_load` and `swapon`.
pub const OF_CAPABILITIES: [(&str, &str); 14] = [
    ("CAP_BPF", "bpf"),
    ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
    ("CAP_PERFMON", "perf_event_open"),
    // Namespaces, which `clone` and `clone3` make as well, mounts, and much else.
    (
        "CAP_SYS_ADMIN",
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules \
         lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname \
         sethostname setns syslog umount umount2 unshare",
    ),
    ("CAP_SYS_BOOT", "reboot"),
    ("CAP_SYS_CHROOT", "chroot"),
    ("CAP_SYS_MODULE", "delete_module finit_module init_module"),
    ("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    ("CAP_SYS_PACCT", "acct"),
    ("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
    ("CAP_SYS_RAWIO", "ioperm iopl"),
    ("CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"),
    ("CAP_SYS_TTY_CONFIG", "vhangup"),
    ("CAP_SYSLOG", "syslog"),
];

/// Families of sockets: all but `AF_ALG` (38), whose ciphers have had bugs that gave root, and `AF_VSOCK` (40), which leads to
/// the hypervisor.
pub const SOCKET_FAMILIES: [(&str, u64); 3] = [("SCMP_CMP_LT", 38), ("SCMP_CMP_EQ", 39), ("SCMP_CMP_GT", 40)];

/// Execution domains (personality(2)): `PER_LINUX`, `PER_LINUX32`, each of them with `UNAME26`, and the question which it is.
/// Not those that turn off the randomisation of addresses.
pub const PERSONALITIES: [u64; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// The flags of `clone` that make namespaces: all but the one for time, whose bit is another flag of `clone` (clone(2)).
pub const NEW_NAMESPACES: u64 = 0x7e02_0000;
