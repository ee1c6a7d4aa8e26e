/* Run a command without some system calls, as on older kernels or in a
   sandbox.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Usage: refuse ERROR CALL[,CALL]... COMMAND [ARG]...
   In COMMAND and whatever it starts, each CALL, one of the names below, fails
   with ERROR: ENOSYS, as a kernel without it says, EPERM, as sandboxes do, or
   ENOTTY.  To see more than one ERROR, let COMMAND be refuse again.
   Exit with 77 if the kernel or the headers know no such filters.

   The filters are those of seccomp(2), under "Filters" and "Examples".  */

#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIP = 77, FAILURE = 125 };

#if (HAVE_LINUX_SECCOMP_H && HAVE_LINUX_FILTER_H && HAVE_LINUX_AUDIT_H \
     && HAVE_SYS_PRCTL_H && HAVE_SYS_SYSCALL_H)

# include <linux/audit.h>
# include <linux/filter.h>
# include <linux/seccomp.h>
# include <sys/ioctl.h>
# include <sys/prctl.h>
# include <sys/syscall.h>

/* What the kernel calls the system calls of this program.  Those of another
   kind, such as of a 32-bit program, have other numbers.  */
# if defined __x86_64__
#  define ARCH AUDIT_ARCH_X86_64
# elif defined __i386__
#  define ARCH AUDIT_ARCH_I386
# elif defined __aarch64__ && defined __AARCH64EB__
#  define ARCH (EM_AARCH64 | __AUDIT_ARCH_64BIT)
# elif defined __aarch64__
#  define ARCH AUDIT_ARCH_AARCH64
# elif defined __arm__ && defined __ARMEB__
#  define ARCH AUDIT_ARCH_ARMEB
# elif defined __arm__
#  define ARCH AUDIT_ARCH_ARM
# elif defined __s390x__
#  define ARCH AUDIT_ARCH_S390X
# elif defined __riscv && __riscv_xlen == 64
#  define ARCH AUDIT_ARCH_RISCV64
# elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#  define ARCH AUDIT_ARCH_PPC64LE
# elif defined __powerpc64__
#  define ARCH AUDIT_ARCH_PPC64
# endif

/* One name may stand for several calls, of which a machine has some.  */
static struct call
{
  char const *name;
  long number;
} const calls[] = {
# ifdef SYS_pidfd_open
  { "pidfd_open", SYS_pidfd_open },
# endif
# ifdef SYS_pidfd_send_signal
  { "pidfd_send_signal", SYS_pidfd_send_signal },
# endif
  /* This tells which file system pidfds are on.  */
  { "fstatfs", SYS_fstatfs },
# ifdef SYS_fstatfs64
  { "fstatfs", SYS_fstatfs64 },
# endif
# ifdef SYS_clone3
  { "clone3", SYS_clone3 },
# endif
# ifdef SYS_close_range
  { "close_range", SYS_close_range },
# endif
  { "epoll_create1", SYS_epoll_create1 },
# ifdef SYS_epoll_pwait2
  { "epoll_pwait2", SYS_epoll_pwait2 },
# endif
  { "inotify_init1", SYS_inotify_init1 },
  { "memfd_create", SYS_memfd_create },
# ifdef SYS_preadv2
  { "preadv2", SYS_preadv2 },
# endif
# ifdef SYS_pwritev2
  { "pwritev2", SYS_pwritev2 },
# endif
# ifdef SYS_renameat2
  { "renameat2", SYS_renameat2 },
# endif
  { "sched_getaffinity", SYS_sched_getaffinity },
  { "splice", SYS_splice },
# ifdef SYS_statx
  { "statx", SYS_statx },
# endif
# ifdef SYS_faccessat2
  { "faccessat2", SYS_faccessat2 },
# endif
  /* Every ioctl of the type that pidfds have.  */
  { "pidfd_ioctl", SYS_ioctl },
};

static struct { char const *name; int number; } const errors[] = {
  { "ENOSYS", ENOSYS }, { "EPERM", EPERM }, { "ENOTTY", ENOTTY }
};

enum { PIDFD_IOCTL_TYPE = 0xFF, PER_CALL = 7 };

static struct sock_filter program[3 + PER_CALL * 2 * 32];
static unsigned short int length;

static void
add (unsigned int code, unsigned int k, unsigned int on_true,
     unsigned int on_false)
{
  if (length == sizeof program / sizeof *program)
    {
      fputs ("refuse: too many calls\n", stderr);
      exit (FAILURE);
    }
  program[length++] = (struct sock_filter) {
    .code = code, .k = k, .jt = on_true, .jf = on_false
  };
}

/* Let the call at C fail with ERR.  */
static void
add_call (struct call const *c, int err)
{
  unsigned int action = SECCOMP_RET_ERRNO | (err & SECCOMP_RET_DATA);
  if (strcmp (c->name, "pidfd_ioctl") != 0)
    {
      add (BPF_JMP | BPF_JEQ | BPF_K, c->number, 0, 1);
      add (BPF_RET | BPF_K, action, 0, 0);
      return;
    }
  /* The lower half of the second argument, of 64 bits.  */
  size_t lower = offsetof (struct seccomp_data, args[1]);
# if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  lower += 4;
# endif
  add (BPF_JMP | BPF_JEQ | BPF_K, c->number, 0, 5);
  add (BPF_LD | BPF_W | BPF_ABS, lower, 0, 0);
  add (BPF_ALU | BPF_RSH | BPF_K, _IOC_TYPESHIFT, 0, 0);
  add (BPF_ALU | BPF_AND | BPF_K, _IOC_TYPEMASK, 0, 0);
  add (BPF_JMP | BPF_JEQ | BPF_K, PIDFD_IOCTL_TYPE, 0, 1);
  add (BPF_RET | BPF_K, action, 0, 0);
  add (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr), 0, 0);
}

/* Let the calls that LIST, which is changed, names fail with ERR.  */
static void
add_calls (char *list, int err)
{
  for (char *name = strtok (list, ","); name; name = strtok (NULL, ","))
    {
      bool found = false;
      for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp (calls[i].name, name) == 0)
          {
            add_call (&calls[i], err);
            found = true;
          }
      if (!found)
        {
          fprintf (stderr, "refuse: %s is not known here\n", name);
          exit (SKIP);
        }
    }
}

/* Install the filter, for good.  */
static void
filter (char *list, int err)
{
# ifdef ARCH
  add (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch), 0, 0);
  add (BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
  add (BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  add (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr), 0, 0);
  add_calls (list, err);
  add (BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  struct sock_fprog p = { .len = length, .filter = program };
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0)
    {
      fprintf (stderr, "refuse: no filter: %s\n", strerror (errno));
      exit (SKIP);
    }
# else
  (void) list;
  (void) err;
  fputs ("refuse: not known for this machine\n", stderr);
  exit (SKIP);
# endif
}

static int
parse_error (char const *name)
{
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (strcmp (errors[i].name, name) == 0)
      return errors[i].number;
  fprintf (stderr, "refuse: unknown error %s\n", name);
  exit (FAILURE);
}

int
main (int argc, char **argv)
{
  if (argc < 4)
    {
      fputs ("usage: refuse ERROR CALL[,CALL]... COMMAND [ARG]...\n", stderr);
      return FAILURE;
    }
  filter (argv[2], parse_error (argv[1]));
  execvp (argv[3], argv + 3);
  fprintf (stderr, "refuse: %s: %s\n", argv[3], strerror (errno));
  return errno == ENOENT ? 127 : 126;
}

#else

int
main (void)
{
  fputs ("refuse: built without seccomp\n", stderr);
  return SKIP;
}

#endif
