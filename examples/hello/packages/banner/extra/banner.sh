#!/bin/sh
# Frames what hello says. It stands in bin/ beside hello.
transform="cat"
line=$("$(dirname "$0")/hello" "$@" | $transform)
rule=$(printf '%s' "$line" | tr -c '*' '*')
printf '**%s**\n* %s *\n**%s**\n' "$rule" "$line" "$rule"
