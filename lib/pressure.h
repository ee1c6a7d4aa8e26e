/* How much work waits for a resource: pressure stall information.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PRESSURE_H
#define MP_PRESSURE_H

#include "cgroup.h"

/* What work waits for.  */
enum mp_pressure_kind
{
  MP_PRESSURE_CPU,
  MP_PRESSURE_MEMORY,
  MP_PRESSURE_IO,
  MP_PRESSURES
};

/* Their names, for the kernel and for users.  */
extern char const *const mp_pressure_names[MP_PRESSURES];

/* Store in *PERCENT for what part of the last ten seconds some work has waited
   for KIND: the avg10 of the line "some" (the kernel's
   Documentation/accounting/psi.rst) of the whole system or, if that is more, of
   the cgroup of version 2 of the process that C is about.  The former says
   whether the machine is short of it, the latter whether that is short under
   a limit of its own.
   Return 0, or an errno value if neither can be read: ENOENT or EOPNOTSUPP if
   the kernel does not measure it.  */
int mp_pressure_get (struct mp_cgroups *c, enum mp_pressure_kind kind,
                     double *percent);

#endif
