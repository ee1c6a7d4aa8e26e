# Put the examples into doc/python.texi.in.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: awk -v dir=doc/examples/python -f to-texi.awk python.texi.in

# Write the file NAME as an example, without its title and licence.
function put (name,    line, in_head)
{
  in_head = 1
  print "@smallexample"
  while ((getline line < name) > 0)
    {
      if (in_head && (line ~ /^#/ || line == ""))
        continue
      in_head = 0
      gsub (/[@{}]/, "@&", line)
      print line
    }
  close (name)
  print "@end smallexample"
}

/^@example-of / {
  print "@noindent\nIn Python:\n"
  put(dir "/" $2 ".py")
  print "\n@noindent\nIn the shell:\n"
  put(dir "/" $2 ".sh")
  print "\n@noindent\nBoth print:\n"
  put(dir "/" $2 ".out")
  next
}
{ print }
