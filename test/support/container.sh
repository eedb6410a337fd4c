#!/bin/sh
# Runs a program as a container of packaging/container would, in a mount namespace: container.sh SCRATCH
# CONFIGURATION SECRETS UID VARIABLE=... PROGRAM: /etc/cms-oauth and /run/secrets are two of the directories;
# three volumes can be written, and nothing else.
set -e
scratch=$1 configuration=$2 secrets=$3 uid=$4
shift 4
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/etc" "$scratch/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$scratch/etc,workdir=$scratch/work" /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir /etc/cms-oauth
mount --rbind "$configuration" /etc/cms-oauth
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/secrets
mount --rbind "$secrets" /run/secrets
for volume in /var/lib/cms-oauth /var/lib/cms-oauth-key /run/cms-oauth; do
  mkdir "$volume"
  mount -t tmpfs -o "size=8m,uid=$uid,gid=$uid,mode=711" tmpfs "$volume"
done
for place in /run /var/lib /etc /; do mount -o remount,bind,ro "$place"; done
exec setpriv "--reuid=$uid" "--regid=$uid" --clear-groups --no-new-privs env --ignore-environment "$@"
