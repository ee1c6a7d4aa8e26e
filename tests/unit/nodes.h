/* Processes for unit tests to look at, wait for and end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef NODES_H
#define NODES_H

#include <stdbool.h>
#include <sys/types.h>

/* A node is a forked process that ends with its parent (and after two minutes
   in any case), so that a failed test leaves nothing behind.  A test that uses
   nodes has nodes_setup and nodes_teardown as its fixture.  */

/* How much slower than usual the machine is allowed to be: seconds that
   anything may take before a test fails.  */
enum { NODES_PATIENCE = 60 };

/* Become the subreaper of all nodes.  */
void nodes_setup (void);

/* Kill and reap all nodes, whatever they are.  */
void nodes_teardown (void);

/* Return N, or in a run under valgrind, where fork is slow, at most 10.  */
int nodes_scaled (int n);

/* Fork a node that calls BODY (ARG) and exits with the status that it returns.
   Return its PID.  Nodes may call this too.  */
pid_t node_start (int (*body) (void *), void *arg);

/* Bodies: say ready and wait for a signal; the same after starting as many
   more as the int that ARG points to says, as children or as a chain.  */
int node_pause (void *arg);
int node_wide (void *arg);
int node_deep (void *arg);

/* In a node: tell the test that this node is ready.  */
void node_ready (void);

/* Wait until N nodes in all have said ready since the last call.  */
void nodes_await (int n);

/* Wait until PID is in STATE (of /proc/PID/stat), '-' for gone.  */
void node_await_state (pid_t pid, char state);

/* Return the state of PID, '-' if there is no such process.  */
char node_state (pid_t pid);

/* Check that all nodes end by themselves, and reap them.  */
void nodes_expect_end (void);

/* Check that PID ends, reap it, and return its wait status.  */
int node_reap (pid_t pid);

/* Return the number of descriptors that are open.  */
int open_descriptors (void);

#endif
