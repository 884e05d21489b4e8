#!/bin/sh
# buf -- proto/ keeps the rules of proto/buf.yaml.  Usage: buf.sh REPO VENV
set -eu
cd "$1/proto"
[ -e buf.yaml ] || { echo "proto/buf.yaml is missing"; exit 1; }
HOME=$2 exec "$2/bin/buf" lint .
