#!/bin/sh
# Greets once a minute.
while :; do
  "$(dirname "$0")/hello" "$(date +%H:%M)"
  sleep 60
done
