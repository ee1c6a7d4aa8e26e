/* A library to preload: the name of this host is 127.0.0.1, which is known
   though there be no network.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/slurm-cluster builds it where Slurm would listen at an address that is
   not loopback, or at none.  */

#ifndef _GNU_SOURCE
# define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Keep it away from what clients start: jobs, and tests of programs with a
   sanitizer, which has to come first.  slurmd starts slurmstepd.  */
__attribute__ ((constructor)) static void
unset_preload (void)
{
  if (strcmp (program_invocation_short_name, "slurmd") != 0)
    unsetenv ("LD_PRELOAD");
}

/* In place of the C library's.  */
int
getaddrinfo (char const *restrict name, char const *restrict service,
             struct addrinfo const *restrict hints,
             struct addrinfo **restrict res)
{
  static int (*real) (char const *, char const *, struct addrinfo const *,
                      struct addrinfo **);
  char host[256] = "";
  struct addrinfo any = { .ai_family = AF_UNSPEC };
  if (!real)
    *(void **) &real = dlsym (RTLD_NEXT, "getaddrinfo");
  if (hints)
    any = *hints;
  any.ai_flags &= ~AI_ADDRCONFIG;
  gethostname (host, sizeof host - 1);
  return real (name && strcmp (name, host) == 0 ? "127.0.0.1" : name,
               service, &any, res);
}
