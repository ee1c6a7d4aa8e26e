/* Unit tests of command templates and of the environment of tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shortage.h"
#include "taskenv.h"
#include "template.h"
#include "unit.h"

/* The most words and items of an entry below.  */
enum { WORDS_MAX = 8 };

/* How many strings are in LIST, WORDS_MAX at most.  */
static size_t
count (char const *const *list)
{
  size_t n = 0;
  while (n < WORDS_MAX && list[n])
    n++;
  return n;
}

/* Return the LEN bytes at DATA as an item.  */
static struct mp_item
item_of (char const *data, size_t len)
{
  return (struct mp_item) { (char *) data, len };
}

/* Parse the command WORD with REPLACEMENT.  */
static struct mp_template *
parse (char const *const *word, char const *replacement)
{
  struct mp_template_options const o = { .replacement = replacement };
  struct mp_template *t = NULL;
  ck_assert_int_eq (mp_template_parse ((char *const *) word, count (word), &o,
                                       &t), 0);
  return t;
}

/* What the placeholders make of an item.  These are the answers of GNU
   parallel 20221122 to
     parallel --plain -k -0 echo {.} {/} {//} {/.}  */
static struct
{
  char const *item, *no_extension, *basename, *dirname, *both;
} const meanings[] = {
  { "a", "a", "a", ".", "a" },
  { "a.b", "a", "a.b", ".", "a" },
  { "a.b.c", "a.b", "a.b.c", ".", "a.b" },
  { ".bashrc", "", ".bashrc", ".", "" },
  { "dir/.bashrc", "dir/", ".bashrc", "dir", "" },
  { "a.", "a", "a.", ".", "a" },
  { "a..b", "a.", "a..b", ".", "a." },
  { "a/b.c", "a/b", "b.c", "a", "b" },
  { "a.d/b", "a.d/b", "b", "a.d", "b" },
  { "a.d/", "a.d/", "", ".", "" },
  { "/", "/", "", "/", "" },
  { "//", "//", "", "/", "" },
  { "///", "///", "", "/", "" },
  { "/a", "/a", "a", "/", "a" },
  { "/a/", "/a/", "", "/", "" },
  { "/a/b", "/a/b", "b", "/a", "b" },
  { "a/b/", "a/b/", "", "a", "" },
  { "a//b", "a//b", "b", "a", "b" },
  { "x.y/z.w/", "x.y/z.w/", "", "x.y", "" },
  { "./x", "./x", "x", ".", "x" },
  { ".", "", ".", ".", "" },
  { "..", ".", "..", ".", "." },
  { "a/.", "a/", ".", "a", "" },
  { "a/..", "a/.", "..", "a", "." },
  { ".a.b", ".a", ".a.b", ".", ".a" },
  { "a/b.tar.gz", "a/b.tar", "b.tar.gz", "a", "b.tar" },
  { "", "", "", ".", "" },
  { " ", " ", " ", ".", " " },
  { "a b.c", "a b", "a b.c", ".", "a b" },
  { "a\nb.c", "a\nb", "a\nb.c", ".", "a\nb" },
  { "{}", "{}", "{}", ".", "{}" },
};

START_TEST (meaning)
{
  char const *const word[WORDS_MAX] = { "{}", "{.}", "{/}", "{//}", "{/.}" };
  char const *const expected[] = {
    meanings[_i].item, meanings[_i].no_extension, meanings[_i].basename,
    meanings[_i].dirname, meanings[_i].both
  };
  struct mp_template *t = parse (word, NULL);
  struct mp_item const item = item_of (meanings[_i].item,
                                       strlen (meanings[_i].item));
  struct mp_expansion const e = { .item = &item, .n_items = 1 };
  struct mp_command c = { 0 };
  ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
  ck_assert_uint_eq (c.argc, N_ENTRIES (expected));
  for (int i = 0; i < N_ENTRIES (expected); i++)
    ck_assert_msg (strcmp (c.argv[i], expected[i]) == 0,
                   "%s of '%s' is '%s', not '%s'", word[i], item.data,
                   expected[i], c.argv[i]);
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* Commands, items, and what becomes of them; task 12 in slot 3.  */
static struct
{
  char const *word[WORDS_MAX];
  char const *replacement;
  char const *item[WORDS_MAX];
  char const *expected[2 * WORDS_MAX];
  bool fixed_program, takes_items;
} const commands[] = {
  /* Appended.  */
  { { "echo" }, NULL, { "a" }, { "echo", "a" }, true, true },
  { { "echo" }, NULL, { "a", "", "b c" }, { "echo", "a", "", "b c" },
    true, true },
  { { "echo", "x", "" }, NULL, { "a" }, { "echo", "x", "", "a" },
    true, true },
  { { "echo" }, NULL, { NULL }, { "echo" }, true, true },
  { { NULL }, NULL, { "prog", "a" }, { "prog", "a" }, false, true },
  /* Any placeholder is enough for not appending.  */
  { { "echo", "{#}" }, NULL, { "a" }, { "echo", "12" }, true, false },
  { { "echo", "{%}" }, NULL, { "a", "b" }, { "echo", "3" }, true, false },
  { { "echo", "x{#}y{%}{#}z" }, NULL, { "a" }, { "echo", "x12y312z" },
    true, false },
  { { "echo", "{//}", "z" }, NULL, { "a/b" }, { "echo", "a", "z" },
    true, true },
  { { "{}", "-v" }, NULL, { "prog" }, { "prog", "-v" }, false, true },
  { { "pr{#}", "{}" }, NULL, { "a" }, { "pr12", "a" }, false, true },
  { { "./{/.}", "{}" }, NULL, { "d/a.c" }, { "./a", "d/a.c" }, false, true },
  /* Within a word, and more than once.  */
  { { "echo", "x{}y" }, NULL, { "a" }, { "echo", "xay" }, true, true },
  { { "echo", "{}{}" }, NULL, { "a" }, { "echo", "aa" }, true, true },
  { { "echo", "{}", "-", "{}" }, NULL, { "a" }, { "echo", "a", "-", "a" },
    true, true },
  { { "echo", "{/}{//}{.}{/.}" }, NULL, { "d/a.b" }, { "echo", "a.bdd/aa" },
    true, true },
  /* Each word that takes an item is repeated for every one.  */
  { { "echo", "x{}y", "z" }, NULL, { "a", "b" },
    { "echo", "xay", "xby", "z" }, true, true },
  { { "echo", "x{}{.}y" }, NULL, { "a.b", "c.d" },
    { "echo", "xa.bay", "xc.dcy" }, true, true },
  { { "echo", "{}", "{.}" }, NULL, { "a.b", "c.d" },
    { "echo", "a.b", "c.d", "a", "c" }, true, true },
  { { "echo", "{}:{#}", "{%}" }, NULL, { "a", "b" },
    { "echo", "a:12", "b:12", "3" }, true, true },
  { { "echo", "{}", "z" }, NULL, { NULL }, { "echo", "z" }, true, true },
  /* What looks like one is text.  */
  { { "echo", "{", "}", "{x}", "{ }", "{", "{/", "{..}" }, NULL, { "a" },
    { "echo", "{", "}", "{x}", "{ }", "{", "{/", "{..}", "a" }, true, true },
  { { "echo", "{{}}", "{{}", "{}}", "{{#}}" }, NULL, { "a" },
    { "echo", "{a}", "{a", "a}", "{12}" }, true, true },
  { { "echo", "{/{}}" }, NULL, { "a" }, { "echo", "{/a}" }, true, true },
  /* No item is looked at for placeholders, quotes or wildcards.  */
  { { "echo", "{}{#}" }, NULL, { "{#}{}" }, { "echo", "{#}{}12" },
    true, true },
  { { "echo", "{}" }, NULL, { "$(x) `y` 'z' \"*\\" },
    { "echo", "$(x) `y` 'z' \"*\\" }, true, true },
  /* Another text in place of {}.  */
  { { "echo", ",,", "{}", "{.}" }, ",,", { "a.b" },
    { "echo", "a.b", "{}", "a" }, true, true },
  { { "echo", "{x}" }, "{x}", { "a" }, { "echo", "a" }, true, true },
  { { "echo", "{}" }, "X", { "a" }, { "echo", "{}", "a" }, true, true },
  { { "echo", "aXXXb" }, "XX", { "-" }, { "echo", "a-Xb" }, true, true },
  { { "X" }, "X", { "prog" }, { "prog" }, false, true },
};

/* Make ITEM those of command I; return how many.  */
static size_t
make_items (int i, struct mp_item *item)
{
  size_t n = count (commands[i].item);
  for (size_t k = 0; k < n; k++)
    item[k] = item_of (commands[i].item[k], strlen (commands[i].item[k]));
  return n;
}

START_TEST (command)
{
  struct mp_item item[WORDS_MAX];
  struct mp_template *t = parse (commands[_i].word, commands[_i].replacement);
  struct mp_expansion const e = { .item = item, .index = 12, .slot = 3,
                                  .n_items = make_items (_i, item) };
  struct mp_command c = { 0 };
  ck_assert_int_eq (mp_template_fixed_program (t), commands[_i].fixed_program);
  ck_assert_int_eq (mp_template_takes_items (t), commands[_i].takes_items);
  /* The second time in the memory of the first.  */
  for (int times = 0; times < 2; times++)
    {
      ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
      size_t i;
      for (i = 0; commands[_i].expected[i]; i++)
        {
          ck_assert_ptr_nonnull (c.argv[i]);
          ck_assert_str_eq (c.argv[i], commands[_i].expected[i]);
        }
      ck_assert_uint_eq (c.argc, i);
      ck_assert_ptr_null (c.argv[i]);
    }
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* The bytes of C with the terminating NULs.  */
static size_t
size_of (struct mp_command const *c)
{
  size_t size = 0;
  for (size_t i = 0; i < c->argc; i++)
    size += strlen (c->argv[i]) + 1;
  return size;
}

/* What T is said to become with the values E.  */
static size_t
announced (struct mp_template const *t, struct mp_expansion const *e)
{
  size_t size = mp_template_base_size (t);
  for (size_t i = 0; i < e->n_items; i++)
    size += mp_template_row_size (t, &e->item[i], i);
  return size;
}

/* Sizes are never too small; without numbers and parts of items, exact.  */
START_TEST (sizes)
{
  struct mp_item item[WORDS_MAX];
  struct mp_template *t = parse (commands[_i].word, commands[_i].replacement);
  struct mp_expansion const e = { .item = item, .index = ULLONG_MAX,
                                  .slot = UINT_MAX,
                                  .n_items = make_items (_i, item) };
  struct mp_command c = { 0 };
  ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
  ck_assert_uint_ge (announced (t, &e), size_of (&c));
  bool exact = true;
  for (size_t i = 0; i < count (commands[_i].word); i++)
    exact &= !strpbrk (commands[_i].word[i], "#%/.");
  if (exact)
    ck_assert_uint_eq (announced (t, &e), size_of (&c));
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* The same for every meaning of every item.  */
START_TEST (sizes_of_meanings)
{
  static char const *const placeholder[] = { "{}", "{.}", "{/}", "{//}",
                                             "{/.}" };
  struct mp_item const item[] = {
    item_of (meanings[_i].item, strlen (meanings[_i].item)),
    item_of (BYTES (""))
  };
  struct mp_expansion const e = { .item = item, .n_items = N_ENTRIES (item) };
  for (int i = 0; i < N_ENTRIES (placeholder); i++)
    {
      char const *const word[WORDS_MAX] = { "echo", placeholder[i] };
      struct mp_template *t = parse (word, NULL);
      struct mp_command c = { 0 };
      ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
      ck_assert_uint_ge (announced (t, &e), size_of (&c));
      if (i == 0)
        ck_assert_uint_eq (announced (t, &e), size_of (&c));
      mp_command_free (&c);
      mp_template_free (t);
    }
}
END_TEST

/* A NUL cannot be in an argument; the next expansion is as good as ever.  */
START_TEST (nul_in_item)
{
  static struct
  {
    char const *data;
    size_t len;
  } const with_nul[] = { { BYTES ("\0") }, { BYTES ("a\0b") },
                         { BYTES ("a\0") } };
  char const *const word[WORDS_MAX] = { "echo" };
  struct mp_template *t = parse (word, NULL);
  struct mp_command c = { 0 };
  for (int i = 0; i < N_ENTRIES (with_nul); i++)
    {
      struct mp_item item[] = {
        item_of (BYTES ("x")), item_of (with_nul[i].data, with_nul[i].len)
      };
      struct mp_expansion e = { .item = item, .n_items = 2 };
      ck_assert_int_eq (mp_template_expand (t, &e, &c), EINVAL);
      e.n_items = 1;
      ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
      ck_assert_uint_eq (c.argc, 2);
      ck_assert_str_eq (c.argv[1], "x");
    }
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* Thousands of items, and then one of a megabyte.  */
START_TEST (many_and_long)
{
  enum { N = 20000, LONG = 1 << 20 };
  static char text[LONG + 1];
  static struct mp_item item[N];
  char const *const word[WORDS_MAX] = { "echo", "<{}>", "end" };
  struct mp_template *t = parse (word, NULL);
  struct mp_command c = { 0 };
  memset (text, 'x', LONG);
  for (int i = 0; i < N; i++)
    item[i] = item_of (text + LONG - i % 10, i % 10);
  struct mp_expansion e = { .item = item, .n_items = N };
  ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
  ck_assert_uint_eq (c.argc, N + 2);
  for (int i = 0; i < N; i++)
    {
      ck_assert_uint_eq (strlen (c.argv[i + 1]), 2 + i % 10);
      ck_assert (c.argv[i + 1][0] == '<');
    }
  ck_assert_str_eq (c.argv[N + 1], "end");
  ck_assert_uint_eq (announced (t, &e), size_of (&c));

  item[0] = item_of (text, LONG);
  e.n_items = 1;
  ck_assert_int_eq (mp_template_expand (t, &e, &c), 0);
  ck_assert_uint_eq (c.argc, 3);
  ck_assert_uint_eq (strlen (c.argv[1]), LONG + 2);
  ck_assert_uint_eq (announced (t, &e), size_of (&c));
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* Whichever allocation fails: ENOMEM, and nothing else.  */
START_TEST (no_memory)
{
  char const *const word[WORDS_MAX] = { "echo", "a{}b{#}", "{.}", "c" };
  struct mp_template_options const o = { .replacement = NULL };
  struct mp_item const item = item_of (BYTES ("item"));
  struct mp_expansion const e = { .item = &item, .n_items = 1 };
  int err = ENOMEM;
  struct mp_template *t = NULL;
  struct mp_command c = { 0 };
  int n;
  for (n = 0; err; n++)
    {
      ck_assert_int_eq (err, ENOMEM);
      shortage_after (n);
      err = mp_template_parse ((char *const *) word, count (word), &o, &t);
      shortage_after (-1);
    }
  ck_assert_int_gt (n, 2);
  err = ENOMEM;
  for (n = 0; err; n++)
    {
      ck_assert_int_eq (err, ENOMEM);
      mp_command_free (&c);
      shortage_after (n);
      err = mp_template_expand (t, &e, &c);
      shortage_after (-1);
    }
  ck_assert_int_gt (n, 2);
  ck_assert_str_eq (c.argv[1], "aitemb0");
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

/* Return what NAME, which ends with "=", is in ENVP; null if it is not there.
   It must not be there twice.  */
static char const *
variable (char *const *envp, char const *name)
{
  char const *value = NULL;
  for (; *envp; envp++)
    if (strncmp (*envp, name, strlen (name)) == 0)
      {
        ck_assert_ptr_null (value);
        value = *envp + strlen (name);
      }
  return value;
}

/* Check that NAME is VALUE in ENVP, or not there if VALUE is null.  */
static void
expect_variable (char *const *envp, char const *name, char const *value)
{
  char const *found = variable (envp, name);
  ck_assert_pstr_eq (found, value);
}

/* A task with the N items ITEM.  */
static struct mp_task *
make_task (size_t n, char const *const *item)
{
  size_t bytes = 0;
  for (size_t i = 0; i < n; i++)
    bytes += strlen (item[i]) + 1;
  char *store;
  struct mp_task *task = mp_task_new (n, bytes, &store);
  ck_assert_ptr_nonnull (task);
  for (size_t i = 0; i < n; i++)
    {
      task->item[i] = (struct mp_item) { store, strlen (item[i]) };
      store = stpcpy (store, item[i]) + 1;
    }
  return task;
}

START_TEST (environment)
{
  static char const *const base[] = {
    "A=1", "PMAP_ITEM=old", "PMAP_INDEX=old", "B=", "PMAP_SLOT=",
    "PMAP_ATTEMPT=9", "PMAP_ITEMS=mine", "XPMAP_ITEM=mine", "PMAP_=mine",
    "no value", NULL
  };
  static char const *const text[] = { "first", "", "=\n\"long\" item=" };
  struct mp_taskenv env;
  ck_assert_int_eq (mp_taskenv_init (&env, (char *const *) base), 0);
  for (int i = 0; i < 2 * N_ENTRIES (text); i++)
    {
      bool with_item = i % 2;
      struct mp_task *task = make_task (1, &text[i / 2]);
      task->index = i ? 7 : ULLONG_MAX;
      task->slot = i ? 5 : UINT_MAX;
      task->attempt = i ? 2 : UINT_MAX;
      ck_assert_int_eq (mp_taskenv_set (&env, task, with_item), 0);
      expect_variable (env.envp, "A=", "1");
      expect_variable (env.envp, "B=", "");
      expect_variable (env.envp, "PMAP_ITEMS=", "mine");
      expect_variable (env.envp, "XPMAP_ITEM=", "mine");
      expect_variable (env.envp, "PMAP_=", "mine");
      expect_variable (env.envp, "no value", "");
      expect_variable (env.envp, "PMAP_ITEM=", with_item ? text[i / 2] : NULL);
      expect_variable (env.envp, "PMAP_INDEX=",
                       i ? "7" : "18446744073709551615");
      expect_variable (env.envp, "PMAP_SLOT=", i ? "5" : "4294967295");
      expect_variable (env.envp, "PMAP_ATTEMPT=", i ? "2" : "4294967295");
      free (task);
    }
  /* Only one item is "the" item.  */
  struct mp_task *task = make_task (2, text);
  ck_assert_int_eq (mp_taskenv_set (&env, task, true), 0);
  expect_variable (env.envp, "PMAP_ITEM=", NULL);
  expect_variable (env.envp, "PMAP_INDEX=", "0");
  free (task);
  mp_taskenv_free (&env);
}
END_TEST

START_TEST (environment_no_memory)
{
  static char const *const base[] = { "A=1", NULL };
  static char const *const text[] = { "item" };
  struct mp_taskenv env;
  struct mp_task *task = make_task (1, text);
  shortage_after (0);
  int init_error = mp_taskenv_init (&env, (char *const *) base);
  shortage_after (-1);
  ck_assert_int_eq (init_error, ENOMEM);
  ck_assert_int_eq (mp_taskenv_init (&env, (char *const *) base), 0);
  shortage_after (0);
  int set_error = mp_taskenv_set (&env, task, true);
  shortage_after (-1);
  ck_assert_int_eq (set_error, ENOMEM);
  ck_assert_int_eq (mp_taskenv_set (&env, task, true), 0);
  expect_variable (env.envp, "PMAP_ITEM=", "item");
  mp_taskenv_free (&env);
  free (task);
}
END_TEST

/* Commands, how rows are made, and what becomes of them.  Without a separator
   and a width, there are no columns.  */
static struct
{
  char const *word[WORDS_MAX];
  char const *replacement;
  char const *separator;
  size_t width, positions;
  char const *item[WORDS_MAX];
  char const *expected[2 * WORDS_MAX];  /* none: there is no value */
  char const *lacking;          /* for this placeholder */
} const rows[] = {
  /* Columns, each an argument, or joined within one.  */
  { { "echo" }, NULL, ",", 1, 0, { "a,b" }, { "echo", "a", "b" }, NULL },
  { { "echo", "{}" }, NULL, ",", 1, 0, { "a b,,c" },
    { "echo", "a b", "", "c" }, NULL },
  { { "echo", "{.}" }, NULL, ",", 1, 0, { "a.x,b.y" }, { "echo", "a", "b" },
    NULL },
  { { "echo", "<{}>" }, NULL, ",", 1, 0, { "a,b" }, { "echo", "<a b>" }, NULL },
  { { "echo", "{//}:{#}" }, NULL, ",", 1, 0, { "a/b,," },
    { "echo", "a . .:12" }, NULL },
  { { "echo", "{2}", "{-1}", "x{1}y{1}" }, NULL, "::", 1, 0, { "a::b:::c" },
    { "echo", "b", ":c", "xaya" }, NULL },
  { { "echo", "{1.}", "{1/}", "{1//}", "{1/.}" }, NULL, ",", 1, 0,
    { "d/a.b,x" }, { "echo", "d/a", "a.b", "d", "a" }, NULL },
  { { "echo", "{1}{2}" }, NULL, ",", 1, 0, { "," }, { "echo", "" }, NULL },
  { { "echo", "{1}" }, NULL, ",", 1, 0, { "" }, { "echo", "" }, NULL },
  /* Several rows: once for each.  */
  { { "echo", "{2}", "z" }, NULL, ",", 1, 0, { "a,b", "c,d" },
    { "echo", "b", "d", "z" }, NULL },
  { { "echo", "<{}>{1}" }, NULL, ",", 1, 0, { "a,b", "c,d" },
    { "echo", "<a b>a", "<c d>c" }, NULL },
  /* Several items a row.  */
  { { "echo" }, NULL, NULL, 2, 0, { "a", "b", "c", "d" },
    { "echo", "a", "b", "c", "d" }, NULL },
  { { "echo", "x{}" }, NULL, NULL, 2, 0, { "a", "b", "c", "d" },
    { "echo", "xa b", "xc d" }, NULL },
  { { "echo", "{2}-{-2}" }, NULL, NULL, 2, 0, { "a", "b", "c", "d" },
    { "echo", "b-a", "d-c" }, NULL },
  { { "echo", "{3}", "{-3}" }, NULL, NULL, 2, 0, { "a", "b" },
    { "echo", "{3}", "{-3}", "a", "b" }, NULL },
  { { "echo", "{3}{-1}" }, NULL, ",", 2, 0, { "a,b", "c" }, { "echo", "cc" },
    NULL },
  /* Names: of column 1 of item 0, of column 0 of item 1.  */
  { { "echo", "{one}", "{two}", "{two.}", "{x}" }, NULL, ",", 2, 0,
    { "a,b,c", "d.e" }, { "echo", "b", "d.e", "d", "{x}" }, NULL },
  { { "echo", "{one}", "{1}", "@" }, "@", ",", 2, 0, { "a,b", "c" },
    { "echo", "b", "{1}", "a", "b", "c" }, NULL },
  /* Without columns, positions are those of items.  */
  { { "echo", "{2}", "{-1.}", "{}" }, NULL, NULL, 0, 3, { "a", "b", "c.d" },
    { "echo", "b", "c", "a", "b", "c.d" }, NULL },
  { { "echo", "{2}:{}" }, NULL, NULL, 0, 2, { "a", "b" }, { "echo", "b:a b" },
    NULL },
  { { "echo", "{2}", "{1}" }, NULL, NULL, 0, 1, { "a" }, { "echo", "{2}", "a" },
    NULL },
  { { "echo", "{1}" }, NULL, NULL, 0, 0, { "a", "b" },
    { "echo", "{1}", "a", "b" }, NULL },
  { { "echo", "{1}" }, "X", NULL, 0, 1, { "a" }, { "echo", "{1}", "a" }, NULL },
  /* What is none.  */
  { { "echo", "{0}{01}{+1}{1 }{1.x}", "{-}{--1}{-0}{1", "{1234567890}" }, NULL,
    ",", 1, 0, { "a" },
    { "echo", "{0}{01}{+1}{1 }{1.x}", "{-}{--1}{-0}{1", "{1234567890}", "a" },
    NULL },
  { { "echo", "{{1}}" }, NULL, ",", 1, 0, { "a" }, { "echo", "{a}" }, NULL },
  /* No value.  */
  { { "echo", "{1}x{2}" }, NULL, ",", 1, 0, { "a" }, { NULL }, "{2}" },
  { { "echo", "{-2/}" }, NULL, ",", 1, 0, { "a" }, { NULL }, "{-2/}" },
  { { "echo", "{2}" }, NULL, ",", 1, 0, { "a,b", "c" }, { NULL }, "{2}" },
  { { "echo", "{one}" }, NULL, ",", 2, 0, { "a", "b,c" }, { NULL }, "{one}" },
  { { "echo", "{999999999}" }, NULL, ",", 1, 0, { "a" }, { NULL },
    "{999999999}" },
  { { "echo", "{2}" }, NULL, NULL, 0, 2, { "a" }, { NULL }, "{2}" },
};

/* Expect C to be the words EXPECTED.  */
static void
expect_words (struct mp_command const *c, char const *const *expected)
{
  size_t i;
  for (i = 0; expected[i]; i++)
    {
      ck_assert_ptr_nonnull (c->argv[i]);
      ck_assert_str_eq (c->argv[i], expected[i]);
    }
  ck_assert_uint_eq (c->argc, i);
  ck_assert_ptr_null (c->argv[i]);
}

START_TEST (row)
{
  char const *separator = rows[_i].separator;
  struct mp_column_name name[] = { { (char *) "one", 3, 0, 1 },
                                   { (char *) "two", 3, 1, 0 } };
  struct mp_columns const columns = {
    .width = rows[_i].width, .separator = separator,
    .separator_len = separator ? strlen (separator) : 0,
    .name = name, .n_names = rows[_i].width == 2 ? N_ENTRIES (name) : 0
  };
  struct mp_template_options const o = {
    .replacement = rows[_i].replacement,
    .columns = rows[_i].width ? &columns : NULL,
    .positions = rows[_i].positions
  };
  struct mp_item item[WORDS_MAX];
  struct mp_expansion const e = { .item = item, .index = 12, .slot = 3,
                                  .n_items = count (rows[_i].item) };
  struct mp_template *t;
  struct mp_command c = { 0 };
  char const *placeholder;
  size_t len;
  for (size_t i = 0; i < e.n_items; i++)
    item[i] = item_of (rows[_i].item[i], strlen (rows[_i].item[i]));
  ck_assert_int_eq (mp_template_parse ((char *const *) rows[_i].word,
                                       count (rows[_i].word), &o, &t), 0);
  bool lacks = mp_template_lacks (t, &e, &placeholder, &len);
  ck_assert_int_eq (lacks, rows[_i].lacking != NULL);
  ck_assert_int_eq (mp_template_expand (t, &e, &c), lacks ? ENODATA : 0);
  if (lacks)
    {
      ck_assert_uint_eq (len, strlen (rows[_i].lacking));
      ck_assert_mem_eq (placeholder, rows[_i].lacking, len);
    }
  else
    {
      expect_words (&c, rows[_i].expected);
      size_t width = rows[_i].width ? rows[_i].width : 1;
      size_t size = mp_template_base_size (t);
      for (size_t i = 0; i < e.n_items; i += width)
        size += mp_template_row_size (t, &item[i], i / width);
      ck_assert_uint_ge (size, size_of (&c));
      /* Exact, but for numbers and items of which nobody knows whether they
         are the last.  */
      if (rows[_i].width && !strstr (rows[_i].word[1] ? rows[_i].word[1] : "",
                                     "{#}"))
        ck_assert_uint_eq (size, size_of (&c));
    }
  mp_command_free (&c);
  mp_template_free (t);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("template");
  TCase *t = unit_tcase ("template");
  tcase_add_loop_test (t, meaning, 0, N_ENTRIES (meanings));
  tcase_add_loop_test (t, command, 0, N_ENTRIES (commands));
  tcase_add_loop_test (t, row, 0, N_ENTRIES (rows));
  tcase_add_loop_test (t, sizes, 0, N_ENTRIES (commands));
  tcase_add_loop_test (t, sizes_of_meanings, 0, N_ENTRIES (meanings));
  tcase_add_test (t, nul_in_item);
  tcase_add_test (t, many_and_long);
  tcase_add_test (t, no_memory);
  suite_add_tcase (s, t);

  t = unit_tcase ("environment");
  tcase_add_test (t, environment);
  tcase_add_test (t, environment_no_memory);
  suite_add_tcase (s, t);
  return run_suite (s);
}
