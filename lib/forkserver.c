/* The fork server: one supervisor that starts many processes on request.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "minmax.h"

#include "request.h"

static char const socket_name[] = ".server";
static char const lock_name[] = ".server-lock";

/* The file with the request in the folder of a record.  */
static char const request_name[] = "request";

/* How long the server waits for another request when nothing runs.  */
static mp_time const idle_time = 5000LL * MP_MILLISECOND;

/* The longest message: a record's name.  */
enum { MESSAGE_MAX = 512 };

/* The descriptors of a request: the folder, and the streams that are not to
   be kept.  */
enum { REQUEST_FDS = 4 };

/* What a request begins with.  */
struct message
{
  unsigned int version;
  bool has_stream[3];           /* which descriptors follow the folder's */
  char name[MESSAGE_MAX];       /* of the record */
};

enum { MESSAGE_VERSION = 1, QUEUE = 128 };

/* Make ADDRESS that of SCOPE's socket, relative to the directory of the
   records: a longer name might not fit.  Return 0 or ENAMETOOLONG.  */
static int
make_address (char const *scope, struct sockaddr_un *address)
{
  *address = (struct sockaddr_un) { .sun_family = AF_UNIX };
  if ((int) sizeof address->sun_path
      <= snprintf (address->sun_path, sizeof address->sun_path, "%s/%s",
                   scope, socket_name))
    return ENAMETOOLONG;
  return 0;
}

/* Call FN, bind or connect, for FD and ADDRESS within the directory of R.
   Return 0 or an errno value.  */
static int
within (struct mp_records *r,
        int (*fn) (int, struct sockaddr const *, socklen_t), int fd,
        struct sockaddr_un const *address)
{
  int here = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (here < 0)
    return errno;
  int err = fchdir (r->fd) == 0 ? 0 : errno;
  if (!err && fn (fd, (struct sockaddr const *) address, sizeof *address) != 0)
    err = errno;
  if (fchdir (here) != 0 && !err)
    err = errno;
  close (here);
  return err;
}

/* Return 0 if the process at the other end of FD is the same user's, or EPERM,
   or another errno value.  */
static int
check_peer (int fd)
{
#ifdef SO_PEERCRED
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return errno;
  return peer.uid == geteuid () ? 0 : EPERM;
#else
  /* The folder of the socket keeps others out.  */
  (void) fd;
  return 0;
#endif
}

/* Connect to the server of SCOPE, if there is one, and store the descriptor in
   *FD.  Return 0; ENOENT if there is none; or another errno value.  */
static int
try_connect (struct mp_records *r, struct sockaddr_un const *address, int *fd)
{
  *fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0)
    return errno;
  int err = within (r, connect, *fd, address);
  if (!err)
    err = check_peer (*fd);
  if (err)
    {
      close (*fd);
      *fd = -1;
    }
  return err == ECONNREFUSED ? ENOENT : err;
}

/* Open the lock of SCOPE as *FD.  Return 0 or an errno value.  */
static int
open_lock (struct mp_records *r, char const *scope, int *fd)
{
  char *path;
  if (asprintf (&path, "%s/%s", scope, lock_name) < 0)
    return ENOMEM;
  *fd = openat (r->fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                S_IRUSR | S_IWUSR);
  int err = *fd < 0 ? errno : 0;
  free (path);
  return err;
}

/* Make the socket of SCOPE, in the place of one that nobody serves, and store
   the descriptor in *FD.  Return 0 or an errno value.  */
static int
make_socket (struct mp_records *r, struct sockaddr_un const *address, int *fd)
{
  if (unlinkat (r->fd, address->sun_path, 0) != 0 && errno != ENOENT)
    return errno;
  *fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (*fd < 0)
    return errno;
  int err = within (r, bind, *fd, address);
  if (!err && listen (*fd, QUEUE) != 0)
    err = errno;
  if (err)
    close (*fd);
  return err;
}

/* Start a server that has ADDRESS, whose lock LOCK is held, and connect to it.
   Return as mp_forkserver_connect does.  */
static int
start_server (struct mp_records *r, struct sockaddr_un const *address,
              int lock, int *fd, bool *server)
{
  int listen_fd = -1;
  /* Somebody else may have been faster.  */
  int err = try_connect (r, address, fd);
  if (err != ENOENT)
    return err;
  err = make_socket (r, address, &listen_fd);
  if (err)
    return err;
  pid_t pid = fork ();
  if (pid == 0)
    {
      close (lock);
      *server = true;
      *fd = listen_fd;
      return 0;
    }
  err = pid < 0 ? errno : 0;
  close (listen_fd);
  return err ? err : try_connect (r, address, fd);
}

int
mp_forkserver_connect (struct mp_records *r, char const *scope,
                       int *fd, bool *server)
{
  struct sockaddr_un address;
  int lock;
  *server = false;
  int err = make_address (scope, &address);
  if (err)
    return err;
  err = try_connect (r, &address, fd);
  if (err != ENOENT)
    return err;
  err = open_lock (r, scope, &lock);
  if (err)
    return err;
  while (flock (lock, LOCK_EX) != 0 && !err)
    err = errno == EINTR ? 0 : errno;
  if (!err)
    err = start_server (r, &address, lock, fd, server);
  if (!*server)
    close (lock);
  return err;
}

/* Write the LEN bytes at TEXT to the file "request" of REC.  Return 0 or an
   errno value.  */
static int
write_request (struct mp_records *r, struct mp_record const *rec,
               char const *text, size_t len)
{
  char *path;
  if (asprintf (&path, "%s/%s", rec->path, request_name) < 0)
    return ENOMEM;
  int fd = openat (r->fd, path,
                   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
  int err = fd < 0 ? errno : 0;
  free (path);
  while (!err && len)
    {
      ssize_t n = write (fd, text, len);
      if (n < 0 && errno != EINTR)
        err = errno;
      else if (0 < n)
        {
          text += n;
          len -= n;
        }
    }
  if (0 <= fd && close (fd) != 0 && !err)
    err = errno;
  return err;
}

/* Send M with the N descriptors FDS to FD.  Return 0 or an errno value.  */
static int
send_message (int fd, struct message const *m, int const *fds, size_t n)
{
  union
  {
    struct cmsghdr header;
    char room[CMSG_SPACE (REQUEST_FDS * sizeof (int))];
  } control = { 0 };
  struct iovec v = { (void *) m, sizeof *m };
  struct msghdr h = {
    .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
    .msg_controllen = CMSG_SPACE (n * sizeof *fds)
  };
  struct cmsghdr *c = CMSG_FIRSTHDR (&h);
  if (!c)
    return EINVAL;
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN (n * sizeof *fds);
  memcpy (CMSG_DATA (c), fds, n * sizeof *fds);
  ssize_t sent;
  do
    sent = sendmsg (fd, &h, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == sizeof *m ? 0 : sent < 0 ? errno : EIO;
}

int
mp_forkserver_prepare (struct mp_records *r, struct mp_start const *start)
{
  char *text;
  size_t len;
  int err = mp_request_format (start, &text, &len);
  if (err)
    return err;
  err = write_request (r, start->rec, text, len);
  free (text);
  return err;
}

int
mp_forkserver_ask (struct mp_start const *start, int fd)
{
  struct message m = { .version = MESSAGE_VERSION };
  int fds[REQUEST_FDS] = { start->cwd };
  size_t n = 1;
  if (sizeof m.name <= strlen (start->rec->name))
    return ENAMETOOLONG;
  strcpy (m.name, start->rec->name);
  for (int i = 0; i < 3; i++)
    if (0 <= start->fd[i])
      {
        m.has_stream[i] = true;
        fds[n++] = start->fd[i];
      }
  return send_message (fd, &m, fds, n);
}

bool
mp_forkserver_untaken (struct mp_records *r, struct mp_record const *rec)
{
  char *path;
  if (asprintf (&path, "%s/%s", rec->path, request_name) < 0)
    return false;
  bool there = faccessat (r->fd, path, F_OK, 0) == 0;
  free (path);
  return there;
}

struct server;

/* A descriptor of a server: of a client that was accepted and has not sent
   its request, or the one that clients come to.  */
struct client
{
  struct mp_source source;      /* must come first */
  struct server *server;
};

/* A server.  */
struct server
{
  struct mp_super super;
  struct mp_records *r;
  char const *scope;
  struct client listener;       /* fd -1: no more requests are taken */
  int spare;                    /* a descriptor to give up, or -1 */
  sigset_t defaults;
};

/* Receive a message from FD into *M, and its descriptors into FDS, *N of them.
   Return 0 or an errno value; what was received is closed then.  */
static int
receive_message (int fd, struct message *m, int fds[REQUEST_FDS], size_t *n)
{
  union
  {
    struct cmsghdr header;
    char room[CMSG_SPACE (REQUEST_FDS * sizeof (int))];
  } control;
  struct iovec v = { m, sizeof *m };
  struct msghdr h = {
    .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
    .msg_controllen = sizeof control
  };
  *n = 0;
  ssize_t got;
  do
    got = recvmsg (fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return errno;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (&h); c; c = CMSG_NXTHDR (&h, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
      {
        *n = MIN ((c->cmsg_len - CMSG_LEN (0)) / sizeof *fds, REQUEST_FDS);
        memcpy (fds, CMSG_DATA (c), *n * sizeof *fds);
      }
  size_t want = 1;
  if (got == sizeof *m)
    for (int i = 0; i < 3; i++)
      want += m->has_stream[i];
  if (got == sizeof *m && m->version == MESSAGE_VERSION && *n == want
      && memchr (m->name, '\0', sizeof m->name)
      && mp_record_name_ok (m->name))
    return 0;
  while (*n)
    close (fds[--*n]);
  return EBADMSG;
}

/* Take the file "request" of REC, which goes on as the room for its status, as
   *FD, for the caller to close.  Return 0; ENOENT if there is none; or another
   errno value.  */
static int
open_request (struct mp_records *r, struct mp_record *rec, int *fd)
{
  char *path;
  if (asprintf (&path, "%s/%s", rec->path, request_name) < 0)
    return ENOMEM;
  *fd = openat (r->fd, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int err = (*fd < 0 ? errno
             : mp_recdir_make_room (r, rec->path, request_name, "status"));
  rec->has_room = !err;
  if (err && 0 <= *fd)
    {
      close (*fd);
      *fd = -1;
    }
  free (path);
  return err;
}

/* Read FD, the file of a request, into *TEXT, of *LEN bytes, which the caller
   frees.  Return 0 or an errno value.  */
static int
read_request (int fd, char **text, size_t *len)
{
  struct stat st;
  int err = (fstat (fd, &st) != 0 ? errno
             : S_ISREG (st.st_mode) ? 0 : EBADMSG);
  char *buf = err ? NULL : malloc (st.st_size + 1);
  *len = 0;
  while (buf && (off_t) *len < st.st_size)
    {
      ssize_t n = read (fd, buf + *len, st.st_size - *len);
      if (n == 0 || (n < 0 && errno != EINTR))
        break;
      *len += MAX (n, 0);
    }
  if (!err && !buf)
    err = ENOMEM;
  *text = buf;
  return err;
}

/* Tell FD that ERR has come of its request, and close it.  */
static void
refuse (int fd, int err)
{
  struct mp_start_reply reply = { .error = err };
  while (write (fd, &reply, sizeof reply) < 0 && errno == EINTR)
    continue;
  close (fd);
}

/* Start what REC asks for S, with the descriptors FDS as M tells; the answer
   goes to FD.  All are taken over.  */
static void
start (struct server *s, struct mp_record *rec, struct message const *m,
       int const *fds, int fd)
{
  struct mp_request req = { .start = {
    .rec = rec, .cwd = fds[0], .fd = { -1, -1, -1 }, .defaults = &s->defaults
  } };
  int n = 1;
  for (int i = 0; i < 3; i++)
    if (m->has_stream[i])
      req.start.fd[i] = fds[n++];
  char *text = NULL;
  size_t len;
  int file = -1;
  int err = open_request (s->r, rec, &file);
  if (!err)
    err = read_request (file, &text, &len);
  if (!err)
    err = mp_request_parse (text, len, &req);
  if (!err)
    {
      mp_super_start (&s->super, &req.start, fd);
      mp_request_free (&req);
    }
  else
    {
      for (int i = 0; i < n; i++)
        close (fds[i]);
      /* Without a request, it is not for us to say whose record it is.  */
      if (0 <= file)
        mp_record_remove (s->r, rec);
      mp_record_free (rec);
      refuse (fd, err);
    }
  /* An environment may hold what is not to stay on a disk.  */
  if (0 <= file)
    {
      mp_recdir_blank (file);
      close (file);
    }
  free (text);
}

/* Start for S what the client at FD asks for, and take FD over.  Return false
   if the client has not sent its request yet: FD stays the caller's then.  */
static bool
take_request (struct server *s, int fd)
{
  struct message m;
  int fds[REQUEST_FDS];
  size_t n;
  int err = receive_message (fd, &m, fds, &n);
  if (err == EAGAIN)
    return false;
  if (err)
    {
      close (fd);
      return true;
    }
  struct mp_record *rec = mp_record_new (s->scope, m.name);
  if (rec)
    {
      start (s, rec, &m, fds, fd);
      return true;
    }
  while (n)
    close (fds[--n]);
  refuse (fd, ENOMEM);
  return true;
}

/* A client has sent its request, or is gone.  */
static void
client_ready (struct mp_source *source, int events)
{
  (void) events;
  struct client *client = (struct client *) source;
  struct server *s = client->server;
  int fd = source->fd;
  mp_watch_remove (&s->super.watch, source);
  free (client);
  if (!take_request (s, fd))
    close (fd);
}

/* Wait until the client of S at FD, which is taken over, has sent its
   request.  */
static void
await_request (struct server *s, int fd)
{
  struct client *client = malloc (sizeof *client);
  if (client)
    *client = (struct client) {
      .source = { .fd = fd, .ready = client_ready }, .server = s };
  if (!client || mp_watch_add (&s->super.watch, &client->source, POLLIN) != 0)
    {
      free (client);
      close (fd);
    }
}

/* There is no descriptor for the client that wants to come in: let it in with
   the spare one and out again.  It must not wait for ever, nor S look at it
   again and again.  */
static void
turn_away (struct server *s)
{
  if (0 <= s->spare)
    close (s->spare);
  int fd = accept (s->listener.source.fd, NULL, NULL);
  if (0 <= fd)
    close (fd);
  s->spare = open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* A client wants to come in.  */
static void
listener_ready (struct mp_source *source, int events)
{
  (void) events;
  struct server *s = ((struct client *) source)->server;
  int fd = accept (source->fd, NULL, NULL);
  if (fd < 0)
    {
      if (errno == EMFILE || errno == ENFILE)
        turn_away (s);
      return;
    }
  if (fcntl (fd, F_SETFD, FD_CLOEXEC) != 0 || check_peer (fd) != 0)
    close (fd);
  /* Most come with it.  */
  else if (!take_request (s, fd))
    await_request (s, fd);
}

/* Let as many files be open as may be: every process needs two.  */
static void
raise_descriptors (void)
{
  struct rlimit l;
  if (getrlimit (RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max)
    {
      l.rlim_cur = l.rlim_max;
      setrlimit (RLIMIT_NOFILE, &l);
    }
}

/* Store in *SET the signals that are not at their default: the only ones that
   a new process has to set.  */
static void
note_changed (sigset_t *set)
{
  sigemptyset (set);
  for (int sig = 1; sig < NSIG; sig++)
    {
      struct sigaction sa;
      if (sigaction (sig, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
        sigaddset (set, sig);
    }
}

/* Take no more requests for S, unless one is coming or somebody starts a
   server.  Return whether that is so now.  */
static bool
leave (struct server *s)
{
  int lock;
  struct sockaddr_un address;
  if (open_lock (s->r, s->scope, &lock) != 0)
    {
      /* The folder was removed: nobody can come any more.  */
      mp_watch_close (&s->super.watch, &s->listener.source);
      return true;
    }
  struct pollfd p = { .fd = s->listener.source.fd, .events = POLLIN };
  bool free_to_go = flock (lock, LOCK_EX | LOCK_NB) == 0
                    && (s->super.stopping || poll (&p, 1, 0) == 0);
  if (free_to_go)
    {
      if (make_address (s->scope, &address) == 0)
        unlinkat (s->r->fd, address.sun_path, 0);
      mp_watch_close (&s->super.watch, &s->listener.source);
    }
  close (lock);
  return free_to_go;
}

int
mp_forkserver_serve (struct mp_records *r, char const *scope, int listen_fd,
                     struct mp_procid const *guard)
{
  struct server s = {
    .r = r, .scope = scope,
    .listener = { .source = { .fd = listen_fd, .ready = listener_ready } }
  };
  s.listener.server = &s;
  raise_descriptors ();
  s.spare = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int err = mp_super_init (&s.super, r, false);
  if (err)
    return err;
  s.super.guard = *guard;
  note_changed (&s.defaults);
  err = mp_watch_add (&s.super.watch, &s.listener.source, POLLIN);
  mp_time leave_at = mp_now () + idle_time;
  while (!err)
    {
      bool busy = mp_super_busy (&s.super);
      mp_time now = mp_now ();
      if (busy)
        leave_at = now + idle_time;
      if (0 <= s.listener.source.fd && (s.super.stopping || leave_at <= now)
          && !leave (&s))
        leave_at = now + idle_time;
      if (s.listener.source.fd < 0 && !busy)
        break;
      err = mp_super_step (&s.super, busy ? 0 : leave_at);
    }
  mp_super_free (&s.super);
  if (0 <= s.spare)
    close (s.spare);
  return err;
}
