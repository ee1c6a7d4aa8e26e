/* pmap: what is the same in all pages.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html-page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"
#include "xvasprintf.h"

#include "front.h"
#include "pmap-text.h"

char const *const pmap_html_style[] =
{
  ":root { color-scheme: light dark; --bg: #fff; --fg: #1b2330;\n",
  "  --dim: #596575; --line: #d5dbe3; --panel: #f4f6f9; --ok: #2b6cd0;\n",
  "  --bad: #c9252d; --again: #b86e00; --cut: #8390a0; --lost: #8043c8;\n",
  "  --grid: #e6eaef }\n",
  "@media (prefers-color-scheme: dark) {\n",
  "  :root { --bg: #12161c; --fg: #e3e8ef; --dim: #98a4b3;\n",
  "    --line: #323b47; --panel: #1b212a; --ok: #5b9bf3; --bad: #f2606b;\n",
  "    --again: #e0a040; --cut: #748296; --lost: #b98cf2;\n",
  "    --grid: #262e38 }\n",
  "}\n",
  "* { box-sizing: border-box }\n",
  "body { margin: 0 auto; max-width: 1200px; padding: 20px 16px 48px;\n",
  "  background: var(--bg); color: var(--fg);\n",
  "  font: 15px/1.45 system-ui, sans-serif }\n",
  "h1 { font-size: 1.25rem; margin: 0 0 4px; overflow-wrap: anywhere }\n",
  "h1 code { font-weight: 500 }\n",
  "h2 { font-size: 1.05rem; margin: 32px 0 8px }\n",
  "p { margin: 0 0 8px }\n",
  ".dim { color: var(--dim); font-size: .875rem }\n",
  "code, td.item { font-family: ui-monospace, monospace; font-size: .92em }\n",
  "dl { display: grid; gap: 8px; margin: 18px 0 0;\n",
  "  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)) }\n",
  "dl div { background: var(--panel); border: 1px solid var(--line);\n",
  "  border-radius: 8px; padding: 8px 12px }\n",
  "dt { color: var(--dim); font-size: .8rem }\n",
  "dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums }\n",
  "dd small { color: var(--dim); font-size: .8rem; display: block }\n",
  "dd.bad { color: var(--bad) }\n",
  ".tools { display: flex; flex-wrap: wrap; gap: 6px 16px;\n",
  "  align-items: center; margin: 0 0 8px }\n",
  ".tools span { white-space: nowrap; font-size: .875rem }\n",
  ".tools i { display: inline-block; width: 12px; height: 12px;\n",
  "  border-radius: 3px; margin-right: 6px; vertical-align: -1px }\n",
  ".tools .zoom { margin-left: auto }\n",
  "button { font: inherit; min-width: 34px; padding: 2px 9px;\n",
  "  color: inherit; background: var(--panel);\n",
  "  border: 1px solid var(--line);\n",
  "  border-radius: 6px; cursor: pointer }\n",
  "button:disabled { opacity: .45; cursor: default }\n",
  "#box { position: relative }\n",
  "canvas { display: block; width: 100%; touch-action: pan-y;\n",
  "  cursor: crosshair }\n",
  "#tip { position: absolute; pointer-events: none; max-width: 300px;\n",
  "  background: var(--panel); border: 1px solid var(--line);\n",
  "  border-radius: 6px; padding: 6px 9px; font-size: .85rem;\n",
  "  white-space: pre-wrap; overflow-wrap: anywhere;\n",
  "  box-shadow: 0 2px 8px #0004 }\n",
  "#tip[hidden] { display: none }\n",
  ".scroll { overflow-x: auto }\n",
  "table { border-collapse: collapse; width: 100% }\n",
  "th { text-align: left; color: var(--dim); font-weight: 500;\n",
  "  font-size: .85rem }\n",
  "th, td { border-bottom: 1px solid var(--line); padding: 4px 12px 4px 0;\n",
  "  vertical-align: top }\n",
  "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums;\n",
  "  white-space: nowrap }\n",
  "td.item { overflow-wrap: anywhere; white-space: pre-wrap; width: 60%;\n",
  "  unicode-bidi: isolate }\n",
  ".hist { width: auto; min-width: min(100%, 560px) }\n",
  ".hist td { border: 0; padding: 1px 10px 1px 0; white-space: nowrap;\n",
  "  vertical-align: middle }\n",
  ".hist td.bar { width: 100%; padding: 0 }\n",
  ".hist b { display: block; height: 14px; background: var(--ok);\n",
  "  border-radius: 0 3px 3px 0 }\n",
  NULL
};

char const *const pmap_html_script[] =
{
  "'use strict';\n",
  "const data = JSON.parse(document.getElementById('data').textContent);\n",
  "const canvas = document.getElementById('chart');\n",
  "const tip = document.getElementById('tip');\n",
  "const words = data.words;\n",
  "const fill = (s, ...args) =>\n",
  "  s.replace(/\\{(\\d)\\}/g, (all, n) => args[n - 1]);\n",
  "const whole = Math.max(data.wall, 1);\n",
  "let from = 0, to = whole;\n",
  "let drag = null;\n",
  "\n",
  "// Bars: [slot, begin, length, kind, index, item] is one attempt, and\n",
  "// [slot, begin, length, attempts, failed, busy, index] are several.\n",
  "const several = (b) => b.length > 6;\n",
  "const busy = (b) => Math.min(1, b[5] / Math.max(b[2], 1));\n",
  "const lanes = Array.from({ length: data.lanes }, () => []);\n",
  "for (const b of data.bars) lanes[b[0] - 1].push(b);\n",
  "for (const l of lanes) l.sort((a, b) => a[1] - b[1]);\n",
  "\n",
  "const height = Math.max(3, Math.min(24, Math.floor(480 / lanes.length)));\n",
  "const gap = height > 8 ? 2 : height > 4 ? 1 : 0;\n",
  "const top_ = 22;\n",
  "\n",
  "function number(x) {\n",
  "  return String(Number(x.toPrecision(3)));\n",
  "}\n",
  "function clock(us) {\n",
  "  const two = (n) => String(n).padStart(2, '0');\n",
  "  const s = Math.floor(us / 1e6), m = Math.floor(s / 60);\n",
  "  const seconds = ':' + two(s % 60);\n",
  "  return m < 60 ? m + seconds\n",
  "    : Math.floor(m / 60) + ':' + two(m % 60) + seconds;\n",
  "}\n",
  "function time(us) {\n",
  "  if (us < 1e3) return fill(words.us, number(us));\n",
  "  if (us < 1e6) return fill(words.ms, number(us / 1e3));\n",
  "  return us < 120e6 ? fill(words.s, number(us / 1e6)) : clock(us);\n",
  "}\n",
  "\n",
  "// The distance of grid lines for at most N of them.\n",
  "function step(n) {\n",
  "  const least = (to - from) / n;\n",
  "  for (const s of [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200,\n",
  "                   10800, 21600, 43200, 86400])\n",
  "    if (least > 5e6 && s * 1e6 >= least) return s * 1e6;\n",
  "  const power = 10 ** Math.floor(Math.log10(least));\n",
  "  for (const f of [1, 2, 5]) if (f * power >= least) return f * power;\n",
  "  return 10 * power;\n",
  "}\n",
  "function tick(us, s) {\n",
  "  if (whole >= 120e6 && s >= 1e6) return clock(us);\n",
  "  const unit = whole < 1e3 ? 1 : whole < 1e6 ? 1e3 : 1e6;\n",
  "  const digits = Math.max(0, Math.ceil(-Math.log10(s / unit) - 1e-9));\n",
  "  const name = unit === 1 ? 'us' : unit === 1e3 ? 'ms' : 's';\n",
  "  return fill(words[name], (us / unit).toFixed(digits));\n",
  "}\n",
  "\n",
  "// Rows are named where there are several hosts.\n",
  "const label = (i) => data.names ? data.names[i] : String(i + 1);\n",
  "const name = (i) =>\n",
  "  data.names ? data.names[i] : fill(words.slot, i + 1);\n",
  "const longest = Math.max(...lanes.map((l, i) => label(i).length));\n",
  "function gutter() {\n",
  "  return Math.min(8 + 7 * longest, Math.max(canvas.clientWidth / 4, 60));\n",
  "}\n",
  "function scale() {\n",
  "  return (canvas.clientWidth - gutter()) / (to - from);\n",
  "}\n",
  "\n",
  "function draw() {\n",
  "  const css = getComputedStyle(document.documentElement);\n",
  "  const color = (name) => css.getPropertyValue('--' + name).trim();\n",
  "  const kinds = ['ok', 'bad', 'again', 'cut', 'lost'].map(color);\n",
  "  const dots = window.devicePixelRatio || 1;\n",
  "  const w = canvas.clientWidth, h = top_ + height * lanes.length + 1;\n",
  "  canvas.style.height = h + 'px';\n",
  "  canvas.width = Math.round(w * dots);\n",
  "  canvas.height = Math.round(h * dots);\n",
  "  const g = canvas.getContext('2d');\n",
  "  g.scale(dots, dots);\n",
  "  g.font = '12px system-ui, sans-serif';\n",
  "  g.textBaseline = 'middle';\n",
  "  const left = gutter(), k = scale();\n",
  "\n",
  "  const s = step(Math.max(1, (w - left) / 90));\n",
  "  for (let t = Math.ceil(from / s) * s; t <= to; t += s) {\n",
  "    const x = left + (t - from) * k;\n",
  "    g.fillStyle = color('grid');\n",
  "    g.fillRect(Math.round(x), top_ - 4, 1, h);\n",
  "    g.fillStyle = color('dim');\n",
  "    const text = tick(t, s), width = g.measureText(text).width;\n",
  "    g.fillText(text, Math.min(Math.max(x - width / 2, 0), w - width), 8);\n",
  "  }\n",
  "  g.textAlign = 'right';\n",
  "  const each = Math.ceil(14 / height);\n",
  "  for (let i = 0; i < lanes.length; i += each)\n",
  "    g.fillText(label(i), left - 6, top_ + (i + 0.5) * height, left - 6);\n",
  "\n",
  "  g.save();\n",
  "  g.beginPath();\n",
  "  g.rect(left, 0, w, h);\n",
  "  g.clip();\n",
  "  lanes.forEach((lane, i) => {\n",
  "    const y = top_ + i * height, high = height - gap;\n",
  "    for (const b of lane) {\n",
  "      if (b[1] > to || b[1] + b[2] < from) continue;\n",
  "      const x = left + (b[1] - from) * k, long = b[2] * k;\n",
  "      // A gap between neighbours, where there is room for it.\n",
  "      const wide = Math.max(long > 3 ? long - 0.7 : long, 0.7);\n",
  "      g.fillStyle = kinds[several(b) ? 0 : b[3]];\n",
  "      if (several(b)) g.globalAlpha = 0.35 + 0.65 * busy(b);\n",
  "      g.fillRect(x, y, wide, high);\n",
  "      g.globalAlpha = 1;\n",
  "      if (several(b) && b[4]) {\n",
  "        const part = Math.max(high * b[4] / b[3], Math.min(2, high));\n",
  "        g.fillStyle = kinds[1];\n",
  "        g.fillRect(x, y + high - part, Math.max(wide, 1.5), part);\n",
  "      }\n",
  "    }\n",
  "  });\n",
  "  if (drag && drag.now !== drag.start) {\n",
  "    g.globalAlpha = 0.2;\n",
  "    g.fillStyle = color('fg');\n",
  "    g.fillRect(Math.min(drag.start, drag.now), 0,\n",
  "               Math.abs(drag.now - drag.start), h);\n",
  "  }\n",
  "  g.restore();\n",
  "  for (const id of ['out', 'all'])\n",
  "    document.getElementById(id).disabled = from <= 0 && to >= whole;\n",
  "}\n",
  "\n",
  "function show(a, b) {\n",
  "  const least = Math.min(10, whole);\n",
  "  const length = Math.min(Math.max(b - a, least), whole);\n",
  "  from = Math.min(Math.max(a, 0), whole - length);\n",
  "  to = from + length;\n",
  "  tip.hidden = true;\n",
  "  draw();\n",
  "}\n",
  "function zoom(factor) {\n",
  "  const middle = (from + to) / 2, half = (to - from) / 2 * factor;\n",
  "  show(middle - half, middle + half);\n",
  "}\n",
  "function move(part) {\n",
  "  const by = (to - from) * part;\n",
  "  show(from + by, to + by);\n",
  "}\n",
  "document.getElementById('in').onclick = () => zoom(0.5);\n",
  "document.getElementById('out').onclick = () => zoom(2);\n",
  "document.getElementById('all').onclick = () => show(0, whole);\n",
  "document.getElementById('back').onclick = () => move(-0.5);\n",
  "document.getElementById('on').onclick = () => move(0.5);\n",
  "canvas.ondblclick = () => show(0, whole);\n",
  "\n",
  "function at(x) {\n",
  "  return from + (x - gutter()) / scale();\n",
  "}\n",
  "function find(x, y) {\n",
  "  const lane = lanes[Math.floor((y - top_) / height)];\n",
  "  if (!lane || x < gutter()) return null;\n",
  "  let low = 0, high = lane.length;\n",
  "  while (low < high) {\n",
  "    const middle = (low + high) >> 1;\n",
  "    if (lane[middle][1] <= at(x + 1)) low = middle + 1;\n",
  "    else high = middle;\n",
  "  }\n",
  "  const b = lane[low - 1];\n",
  "  return b && b[1] + b[2] >= at(x - 3) ? b : null;\n",
  "}\n",
  "function text(b) {\n",
  "  const when = [time(b[1]), time(b[1] + b[2]), name(b[0] - 1)];\n",
  "  if (!several(b))\n",
  "    return fill(words.one, b[4], b[5], words.kinds[b[3]], time(b[2]),\n",
  "                ...when);\n",
  "  const rest = [Math.round(100 * busy(b)), ...when];\n",
  "  return b[4] ? fill(words.failed, b[3], b[6], b[4], ...rest)\n",
  "    : fill(words.several, b[3], b[6], ...rest);\n",
  "}\n",
  "function point(e) {\n",
  "  const r = canvas.getBoundingClientRect();\n",
  "  const x = e.clientX - r.left, y = e.clientY - r.top;\n",
  "  if (drag) {\n",
  "    drag.now = x;\n",
  "    draw();\n",
  "  }\n",
  "  const b = find(x, y);\n",
  "  tip.hidden = !b;\n",
  "  if (!b) return;\n",
  "  tip.textContent = text(b);\n",
  "  const most = Math.max(0, r.width - tip.offsetWidth);\n",
  "  tip.style.left = Math.min(x + 12, most) + 'px';\n",
  "  tip.style.top = y + 16 + 'px';\n",
  "}\n",
  "canvas.onpointermove = point;\n",
  "canvas.onpointerleave = () => { tip.hidden = true; };\n",
  "canvas.onpointerdown = (e) => {\n",
  "  if (e.pointerType !== 'mouse' || e.button) return point(e);\n",
  "  const x = e.clientX - canvas.getBoundingClientRect().left;\n",
  "  drag = { start: x, now: x };\n",
  "  canvas.setPointerCapture(e.pointerId);\n",
  "};\n",
  "canvas.onpointerup = () => {\n",
  "  if (!drag) return;\n",
  "  const a = Math.min(drag.start, drag.now);\n",
  "  const b = Math.max(drag.start, drag.now);\n",
  "  drag = null;\n",
  "  if (b - a > 4) show(at(a), at(b)); else draw();\n",
  "};\n",
  "canvas.onpointercancel = () => { drag = null; draw(); };\n",
  "matchMedia('(prefers-color-scheme: dark)')\n",
  "  .addEventListener('change', draw);\n",
  "new ResizeObserver(draw).observe(document.getElementById('box'));\n",
  "draw();\n",
  NULL
};

/* Return the time NUMBER in UNIT as words.  The caller frees it.  */
static char *
time_words (char const *number, enum pmap_unit unit)
{
  switch (unit)
    {
    case PMAP_NS:
      return xasprintf (_("%s ns"), number);
    case PMAP_US:
      /* TRANSLATORS: microseconds, for which English has the micro sign.  Use
         what is usual in your language, here and for the other units.  */
      return (strcmp (_("%s us"), "%s us") == 0
              ? xasprintf ("%s \302\265s", number)
              : xasprintf (_("%s us"), number));
    case PMAP_MS:
      return xasprintf (_("%s ms"), number);
    default:
      return xasprintf (_("%s s"), number);
    }
}

char *
pmap_html_time (char const *number, enum pmap_unit unit)
{
  struct pmap_text text = { .data = NULL };
  char *plain = time_words (number, unit);
  if (!plain)
    xalloc_die ();
  for (char const *s = plain; *s; s++)
    if (*s == ' ')
      pmap_text_puts (&text, "\302\240");
    else
      pmap_text_add (&text, s, 1);
  pmap_text_add (&text, "", 1);
  free (plain);
  return text.data;
}

/* Append "KEY":WORDS to TEXT, as in an object of JSON, behind others.  WORDS is
   freed.  */
static void
add_member (struct pmap_text *text, char const *key, char *words)
{
  if (!words)
    xalloc_die ();
  pmap_text_printf (text, ",\n\"%s\":", key);
  pmap_text_json (text, words, strlen (words), SIZE_MAX / 2);
  free (words);
}

/* The script puts its first word for {1}, and so on.  */
void
pmap_html_words (struct pmap_text *text)
{
  char const *const kinds[] = {
    _("success"), _("failed"), _("failed, tried again"),
    _("ended with the run"), _("lost with its host")
  };
  pmap_text_puts (text, "{\"kinds\":[");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
      pmap_text_puts (text, i ? "," : "");
      pmap_text_json (text, kinds[i], strlen (kinds[i]), SIZE_MAX / 2);
    }
  pmap_text_puts (text, "]");
  add_member (text, "us", time_words ("{1}", PMAP_US));
  add_member (text, "ms", time_words ("{1}", PMAP_MS));
  add_member (text, "s", time_words ("{1}", PMAP_S));
  /* TRANSLATORS: the number of a slot.  */
  add_member (text, "slot", xasprintf (_("slot %s"), "{1}"));
  add_member (text, "one",
              /* TRANSLATORS: about a task, when the mouse is on it: its number,
                 its item, its outcome, how long it took, when it began and
                 ended, and the name of its slot.  Another order is possible, as
                 with %2$s.  */
              xasprintf (_("#%s  %s\n%s, %s\nfrom %s to %s, %s"), "{1}", "{2}",
                         "{3}", "{4}", "{5}", "{6}", "{7}"));
  add_member (text, "several",
              /* TRANSLATORS: about several tasks: how many, the number of the
                 first one, how much of the time they ran, when that was, and
                 the name of their slot.  */
              xasprintf (_("tasks: %s, from #%s on\n%s %% busy\n"
                           "from %s to %s, %s"), "{1}", "{2}", "{3}", "{4}",
                         "{5}", "{6}"));
  add_member (text, "failed",
              /* TRANSLATORS: likewise, with how many of them failed after the
                 number of the first one.  */
              xasprintf (_("tasks: %s, from #%s on, failed: %s\n%s %% busy\n"
                           "from %s to %s, %s"), "{1}", "{2}", "{3}", "{4}",
                         "{5}", "{6}", "{7}"));
  pmap_text_puts (text, "}");
}
